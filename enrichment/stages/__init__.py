"""The stages: what happens to a chunk, and to the plan, judge, merge and refold work beside it."""

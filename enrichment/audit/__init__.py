"""The audit, as arithmetic: which rows are drawn, and what their verdicts decide. No I/O."""

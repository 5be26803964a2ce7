"""The fault suite: a real fleet is disturbed on seeded schedules, and an independent checker reads what is left."""

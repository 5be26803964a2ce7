"""How many swaps of two fields of one kind the evidence stops by itself, and how often it refuses what is right."""

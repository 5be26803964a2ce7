"""What is done to the data: a pure core, with I/O only behind single doors."""

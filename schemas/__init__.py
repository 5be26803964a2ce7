"""What the data is: contracts, plans, verdicts, tables and targets. No I/O lives here."""

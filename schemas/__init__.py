"""What the data is: contracts, plans, verdicts, tables and targets. No I/O lives here."""

#: Of the whole program.
VERSION = "0.1.0"

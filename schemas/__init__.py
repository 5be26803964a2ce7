"""What the data is: contracts, plans, verdicts, tables and targets. No I/O lives here."""

#: Of the whole program.
VERSION = "0.1.0"
#: Of messages, artifacts and plans; raised by a release that writes what the one before cannot read. Who meets a
#: higher one than its own leaves that in place, for those that can, so that two releases run side by side.
FORMAT = 3

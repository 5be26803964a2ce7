"""The demo: a small API of listed companies, a fleet that enriches a table from it, and a report of what it did."""

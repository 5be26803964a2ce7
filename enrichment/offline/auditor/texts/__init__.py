"""What texts state: the auditor's own readers of numbers, money, dates, places and addresses."""

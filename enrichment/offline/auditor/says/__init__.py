"""Whether the text at a place states a cell's value, for each sort of value."""

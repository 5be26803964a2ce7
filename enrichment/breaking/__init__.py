"""Breakers: work for one key stops after failures of quality, or of the infrastructure behind a model or a source."""

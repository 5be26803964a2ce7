"""Staged rows become assertions and target rows: the one function behind upsert, merge and replay."""

from enrichment.merging.merge import merge
from enrichment.merging.merged import Merged

__all__ = ["Merged", "merge"]

"""Trying dead letters again: a new job that starts at map with stored payloads, or at fetch."""

from __future__ import annotations

from enrichment.replaying.discarding import discard, reopen
from enrichment.replaying.jobs import Meant, Replayed, replay
from enrichment.replaying.prospects import EXPLANATIONS, Prospect, prospect

__all__ = ["EXPLANATIONS", "Meant", "Prospect", "Replayed", "discard", "prospect", "reopen", "replay"]

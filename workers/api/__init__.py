"""The HTTP API: `create_app` makes it, `run_api` serves it."""

from __future__ import annotations

from workers.api.app import create_app
from workers.api.context import ApiContext
from workers.api.serving import build_api_context, run_api

__all__ = ["ApiContext", "build_api_context", "create_app", "run_api"]

"""The only way out: guarded requests to sources, and the Python client's requests to Assay's own HTTP API."""

from enrichment.door.answers import Caps, Response, StatusError, ThrottledError
from enrichment.door.client import call_own_api, fetch_outside, require_outside

__all__ = ["Caps", "Response", "StatusError", "ThrottledError", "call_own_api", "fetch_outside", "require_outside"]

"""Keys of the HTTP API as a request is checked against them."""

from __future__ import annotations

import hmac

from enrichment.store import fleet
from enrichment.store.database import Tx
from enrichment.store.fleet import ApiKeyRow


def key_of(tx: Tx, *, prefix: str, digest: bytes) -> ApiKeyRow | None:
    """The key with this digest, unless it was revoked.

    Found by what may be seen of it and compared in constant time, so that an index tells nothing of a digest.
    """
    found: ApiKeyRow | None = None
    for row in tx.execute(
        "SELECT id, name, role, prefix, created_at, revoked_at, hash FROM api_key"
        " WHERE prefix = %s AND revoked_at IS NULL",
        (prefix,),
    ).fetchall():
        if hmac.compare_digest(bytes(row.pop("hash")), digest):
            found = fleet.ApiKeyRow(**row)
    return found

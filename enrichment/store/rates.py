"""When each rate was last used, for the case that the limiter loses its memory."""

from __future__ import annotations

from dataclasses import dataclass

from enrichment.store.database import Database, durably


@dataclass(frozen=True, slots=True)
class NotedUses:
    """In transactions of their own: a use counts whatever becomes of the work that it was for."""

    database: Database

    def left(self, key: str) -> float | None:
        """Seconds from now until the last noted use, negative for the past; null where none was noted."""
        with self.database.transaction() as tx:
            row = tx.execute(
                "SELECT extract(epoch FROM used_until - clock_timestamp())::float8 AS left FROM rate_use"
                " WHERE key = %s",
                (key,),
            ).fetchone()
        return None if row is None else float(row["left"])

    def note(self, key: str, seconds: float) -> None:
        with self.database.transaction() as tx:
            durably(tx)
            tx.execute(
                "INSERT INTO rate_use AS r (key, used_until) VALUES"
                " (%(key)s, clock_timestamp() + make_interval(secs => %(seconds)s))"
                " ON CONFLICT (key) DO UPDATE SET used_until = greatest(r.used_until, excluded.used_until)",
                {"key": key, "seconds": seconds},
            )

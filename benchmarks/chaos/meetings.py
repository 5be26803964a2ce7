"""Points at which the fleet's transactions can be held until another party has arrived, or something else is so.

The fleet's processes ask for them by a function that only this database has (`injected/sitecustomize.py`): `hold`, when
a stage's transaction begins and before it makes sure of its work; `lock`, when a merge has read its plans and before it
locks its keys; `append`, when it has appended its assertions and before it folds them, or has laid them over its rows.
Nobody is held where nothing was arranged. Sequences tell who came and went, since they are seen before a transaction
commits.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import psycopg

POINTS: Final = ("hold", "lock", "append")
#: Somebody whose name is like this one waits for a lock that the held transaction has.
BLOCKED: Final = (
    "EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.application_name LIKE '{name}%'"
    " AND pg_backend_pid() = ANY(pg_blocking_pids(a.pid)))"
)
#: The driver has called the meeting off.
OVER: Final = "NOT EXISTS (SELECT 1 FROM assay.meeting WHERE point = '{point}')"

_MADE: Final = (
    (
        "CREATE TABLE assay.meeting (point text PRIMARY KEY, stages text[], sources text[], most int, enough text,"
        " seconds float8)"
    ),
    *(
        f"CREATE SEQUENCE assay.meeting_{point}_{what} MINVALUE 0 START 0"
        for point in POINTS
        for what in ("arrived", "left", "pid")
    ),
    """
    CREATE FUNCTION assay.meet(at text, source text, pid bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = assay, pg_catalog AS $$
    DECLARE
        arranged assay.meeting;
        met boolean;
        ends timestamptz;
    BEGIN
        SELECT * INTO arranged FROM assay.meeting m WHERE m.point = at AND source = ANY(m.sources)
            AND current_setting('chaos.stage', true) = ANY(m.stages);
        IF NOT FOUND OR nextval('assay.meeting_' || at || '_arrived') > arranged.most THEN
            RETURN;
        END IF;
        PERFORM setval('assay.meeting_' || at || '_pid', pid);
        ends := clock_timestamp() + make_interval(secs => arranged.seconds);
        LOOP
            EXECUTE 'SELECT ' || arranged.enough INTO met;
            EXIT WHEN met OR clock_timestamp() > ends;
            PERFORM pg_sleep(0.02);
        END LOOP;
        PERFORM nextval('assay.meeting_' || at || '_left');
    END $$
    """,
)


class Meetings:
    """What is arranged at each point. `connect` gives a connection of the driver's own."""

    def __init__(self, connect: Callable[[], AbstractContextManager[psycopg.Connection[dict[str, Any]]]]) -> None:
        self._connect = connect
        with connect() as connection:
            for statement in _MADE:
                connection.execute(statement.encode())

    def arrange(
        self,
        point: str,
        *,
        stages: tuple[str, ...],
        sources: tuple[str, ...],
        enough: str,
        seconds: float,
        most: int = 1,
    ) -> None:
        """Hold the next `most` who come to a point in one of the stages until `enough`, for so many seconds at most."""
        with self._connect() as connection:
            for what in ("arrived", "left", "pid"):
                connection.execute(f"SELECT setval('assay.meeting_{point}_{what}', 0)".encode())
            connection.execute(
                "INSERT INTO assay.meeting VALUES (%s, %s, %s, %s, %s, %s)",
                (point, list(stages), list(sources), most, enough, seconds),
            )

    def call_off(self) -> None:
        with self._connect() as connection:
            connection.execute("DELETE FROM assay.meeting")

    def arrived(self, point: str) -> int:
        return self._value(point, "arrived")

    def pid(self, point: str) -> int:
        """The process that is held there, or was last."""
        return self._value(point, "pid")

    def _value(self, point: str, what: str) -> int:
        with self._connect() as connection:
            row = connection.execute(f"SELECT last_value AS n FROM assay.meeting_{point}_{what}".encode()).fetchone()
        return 0 if row is None else int(row["n"])

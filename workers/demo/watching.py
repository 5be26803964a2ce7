"""Wait for a job, and for what goes on behind it."""

from __future__ import annotations

import time
from typing import Final

from enrichment.client import Job
from enrichment.store import figures
from enrichment.store.database import Database
from schemas.errors import TransientError
from workers.demo.live import Moment, Progress

_POLL_SECONDS: Final = 0.25
#: Looks in a row without open work: one piece of work ends a moment before the next is filed.
_QUIET_LOOKS: Final = 4
#: A job of which nothing moves for so long is given up.
_STILL_SECONDS: Final = 180.0
_ENDED: Final = frozenset({"done", "partial", "failed", "cancelled", "blocked"})


def watch(job: Job, database: Database, progress: Progress, *, begun: float) -> None:
    """Show progress until the job has ended and no work is open: the audit of rows goes on after they are written.

    `begun` is the moment of submission (`time.monotonic`).

    Raises:
        TransientError: nothing moved for three minutes; the job stays and goes on when the fleet runs again.
    """
    quiet, last, moved = 0, "", time.monotonic()
    while quiet < _QUIET_LOOKS:
        with database.transaction() as tx:
            work = figures.open_work(tx, source=job.document["source"], target=job.document["target"])
        job.refresh()
        moment = Moment(time.monotonic() - begun, job.document, work)
        progress.show(moment)
        quiet = quiet + 1 if job.state in _ENDED and not work else 0
        if moment.standing != last:
            last, moved = moment.standing, time.monotonic()
        elif time.monotonic() - moved > _STILL_SECONDS:
            raise TransientError(
                f"nothing has moved for {_STILL_SECONDS:.0f} s: {last}",
                hint="look into the logs below the data directory; the job goes on when the fleet runs: assay up",
                code="timeout",
            )
        time.sleep(_POLL_SECONDS)

"""What the API said of jobs while a schedule lasted. Whoever was told that a job has ended relies on it.

The checker looks at what is left at the end, where all that a crash took back has been done once more. That somebody
was told of it before it was safe shows only to those who were told.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from benchmarks.chaos.checker import FINAL
from benchmarks.chaos.ground import Ground
from enrichment.client import Client, Job
from schemas.errors import AssayError, NotFoundError

_EVERY: Final = 0.3


@dataclass(frozen=True)
class Answer:
    """`counts` that are not 0."""

    state: str
    counts: Mapping[str, int]

    @classmethod
    def of(cls, job: Job) -> Answer:
        return cls(job.state, {name: count for name, count in job.counts.items() if count})

    def __str__(self) -> str:
        return ", ".join([self.state, *(f"{count} {name}" for name, count in self.counts.items())])


class Answers:
    """Context manager: asks for jobs again and again, as their producers do. `found` is what was not kept.

    `decided`: a person condemns what a job relied on, so that one that has ended may change.
    """

    def __init__(self, ground: Ground, *, decided: bool = False) -> None:
        #: Kind of wrong -> what is wrong.
        self.found: dict[str, list[str]] = defaultdict(list)
        self._ground = ground
        self._decided = decided
        #: What each job was when it was first said to have ended; null as long as it was not.
        self._told: dict[int, Answer | None] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="answers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if kind is None:
            self._thread.join()

    def follow(self, job: int) -> None:
        """A job that the API has said to be there."""
        self._told[job] = None

    def note(self, job: int, said: Answer | None) -> None:
        """What was answered; null where the job was not known."""
        before = self._told.get(job)
        if said is None:
            self.found["taken back"].append(f"job {job} was submitted, and is not there")
        elif before is None:
            self._told[job] = said if said.state in FINAL else None
        elif said != before and not self._decided:
            self.found["taken back"].append(f"job {job} was told as {before}, and is {said}")

    def _listen(self) -> None:
        """While the API is away nothing is told."""
        client: Client | None = None
        while not self._over.wait(_EVERY):
            for job in list(self._told):
                try:
                    client = client or Client.local(self._ground.data_dir, patience=0.0)
                    self.note(job, Answer.of(client.job(job)))
                except NotFoundError:
                    self.note(job, None)
                except AssayError:
                    # it is started anew at another address
                    client = None

    def ask_again(self) -> None:
        """Once all is over."""
        client = self._ground.client()
        for job in list(self._told):
            try:
                self.note(job, Answer.of(client.job(job)))
            except NotFoundError:
                self.note(job, None)

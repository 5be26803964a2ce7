"""The breaker of each model as a guard of its calls, and the way to a second provider past the first one's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from enrichment.asking import Asks, Call, Models, Request
from enrichment.breaking import guarding, infrastructure, keys
from enrichment.breaking.keys import Key
from enrichment.model.answer import Answer
from enrichment.model.failures import QUOTA, RATE_LIMITED, ModelUnavailableError
from enrichment.rates.port import HELD_OFF
from enrichment.store import wakings
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import AssayError, WaitingError

#: Seconds beyond which a provider that asks to be left alone is as good as down. A shorter wait is within one period of
#: the limits that providers state, and is waited for.
_LONG: Final = 60.0


def key_of(model: str, *, fallback: bool) -> Key:
    """A second provider may have a model of the same name."""
    return keys.of_model(f"fallback/{model}" if fallback else model)


@dataclass(frozen=True, slots=True)
class CallBreakers:
    """Stands first among the guards: a call that it stops is neither reserved nor counted as failed."""

    database: Database

    def admit(self, call: Call) -> PastBreaker:
        """
        Raises:
            WaitingError: the model's breaker is open, or its one probe is under way.
        """
        key = key_of(call.model, fallback=call.fallback)
        guarding.admit(self.database, key, call.work.id)
        return PastBreaker(self.database, key, call.work.id)


@dataclass(frozen=True, slots=True)
class PastBreaker:
    database: Database
    key: Key
    holder: int

    def sent(self) -> None:
        """A breaker has nothing to mark."""

    def answered(self, _: Answer) -> None:
        with self.database.transaction() as tx:
            stopped = not guarding.passes(tx, self.key)
            if guarding.record(tx, self.key, [infrastructure.ANSWERED], holder=self.holder) and stopped:
                wakings.wake(tx, QUOTA)

    def failed(self, error: Exception, *, sent: bool) -> None:
        outcome = infrastructure.of_call(error) if sent and isinstance(error, AssayError) else None
        if outcome is None:
            guarding.give_back(self.database, [self.key], self.holder)
            return
        with self.database.transaction() as tx:
            guarding.record(tx, self.key, [outcome], holder=self.holder)


class FailingOver:
    """Asks a second provider while the breaker of the first one's model is open, or the first one has asked to be left
    alone for long, and says so each time. Limits of ours are no such reason: they hold whoever is asked.

    names: (purpose, model of the first provider) -> model of the second one that takes its place; who has none waits
    tell:  (model, second model, work id, reason), called before the second provider is asked
    """

    def __init__(
        self,
        first: Asks,
        second: Asks,
        database: Database,
        *,
        names: Mapping[tuple[str, str], str],
        tell: Callable[[str, str, int, str], None],
    ) -> None:
        self._first = first
        self._second = second
        self._database = database
        self._names = names
        self._tell = tell

    @property
    def models(self) -> Models:
        return self._first.models

    def ask(self, work: Claimed, request: Request, *, purpose: str, model: str) -> Answer:
        """As `Asking.ask`. Only the infrastructure fails over: an answer that is refused is an answer."""
        key = key_of(model, fallback=False)
        try:
            return self._first.ask(work, request, purpose=purpose, model=model)
        except AssayError as error:
            other = self._names.get((purpose, model))
            if other is None or not (_is_held_off(error) or self._fails_over(key, error)):
                raise
            self._tell(model, other, work.id, error.code)
            try:
                answer = self._second.ask(work, request, purpose=purpose, model=other)
            except WaitingError as also:
                # Nobody else wakes work that waits on the second provider when the first one is back.
                raise (error if also.code == "breaker_open" else also) from also
        with self._database.transaction() as tx:
            # What came before the second provider answered waits on the first one; it need not any more.
            wakings.wake(tx, key.waits_on)
        return answer

    def _fails_over(self, key: Key, error: AssayError) -> bool:
        if isinstance(error, WaitingError) and error.waits_on == key.waits_on:
            return True
        if infrastructure.of_call(error) is None:
            return False
        with self._database.transaction() as tx:
            return not guarding.passes(tx, key)


def _is_held_off(error: AssayError) -> bool:
    """Whether the provider itself said that it is of no use for long, to this call or to one before it."""
    match error:
        case WaitingError(code=code, seconds=seconds) if code == HELD_OFF:
            return (seconds or 0.0) > _LONG
        case ModelUnavailableError(code=code, retry_after=seconds) if code == RATE_LIMITED:
            return (seconds or 0.0) > _LONG
    return False

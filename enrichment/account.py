"""The guard of budgets: every call is on account before it is sent, at its worst case, and settled after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from enrichment.asking import Call, Price
from enrichment.model.answer import Answer
from enrichment.model.failures import FAILING, ModelUnavailableError
from enrichment.store import budgets, calls
from enrichment.store.calls import NewCall
from enrichment.store.database import Database
from schemas.budget import PERIODS, Amount, Caps, Refusal, Scope, refusal
from schemas.errors import AssayError, TransientError, WaitingError

#: Calls of one piece of work that may fail by infrastructure within a day before it rests.
FAILED_A_DAY = 10
#: Seconds that a reservation holds before it is sent, and beyond the time in which the request itself is given up.
_RESERVED = 120.0
_MARGIN = 30.0
#: Seconds after which work looks again whether others' reservations are settled, where nothing woke it.
_ROOM = 15.0
#: After so many failures within a day the calls left are spread over it: a minute, and each time four times as long.
_QUICK, _FIRST_PAUSE, _GROWTH = 5, 60.0, 4.0


def pause(failed: int) -> float:
    """Seconds until work is tried again of which so many calls failed today, whatever its stage would wait.

    An outage of a quarter of an hour would else use up the day's calls, and cost a day.
    """
    if failed < _QUICK:
        return 0.0
    return _FIRST_PAUSE * _GROWTH ** (min(failed, FAILED_A_DAY - 1) - _QUICK)


@dataclass(frozen=True, slots=True)
class Account:
    """Reserves each call in every budget that it counts in, under a lock on their counters. `names` as in `Models`."""

    database: Database
    caps: Caps
    prices: Mapping[str, Price]
    names: Collection[str] = ()

    def admit(self, call: Call) -> OnAccount:
        """
        Raises:
            WaitingError: no room in a budget (`budget:<scope>:<key>`, or `room:…` while others have it reserved).
        """
        work, price = call.work, self.prices.get(call.model)
        cost = None if price is None else price.of(call.most_input_tokens, call.max_output_tokens)
        worst = Amount(call.most_input_tokens + call.max_output_tokens, cost or Decimal(0))
        with self.database.transaction() as tx:
            if calls.failed_today(tx, work.id, names=self.names) >= FAILED_A_DAY:
                raise WaitingError(
                    f"{FAILED_A_DAY} calls of work {work.id} failed within a day",
                    waits_on=FAILING,
                    seconds=3_600,
                    hint=f"it is tried again tomorrow, or once the breaker of {call.model} is closed by hand",
                )
            standings = budgets.lock(tx, job_id=work.job_id, source=work.source or "")
            refused = refusal(self.caps, standings, worst)
            if refused is not None:
                raise no_room(refused, worst)
            number = calls.reserve(
                tx,
                NewCall(
                    work_id=work.id,
                    job_id=work.job_id,
                    source=work.source or "",
                    purpose=call.purpose,
                    model=call.model,
                    input_tokens=call.most_input_tokens,
                    output_tokens=call.max_output_tokens,
                    cost=cost,
                    seconds=_RESERVED,
                    fallback=call.fallback,
                ),
            )
        return OnAccount(self.database, number, call, price)


def no_room(refused: Refusal, worst: Amount) -> WaitingError:
    """Say which budget has no room, and until when."""
    standing, unit = refused.standing, refused.unit
    scope = standing.scope
    name = f"the budget of {'every call' if scope is Scope.CALL else f'{scope} {standing.key}'}"
    if refused.cap <= 0:
        message = f"{name} is 0 {unit}: no call is made at all"
    else:
        spent = getattr(standing.used, unit)
        message = f"{name} has no room: {spent} of {refused.cap} {unit} used, a call may need {getattr(worst, unit)}"
    key = "" if scope in PERIODS | {Scope.CALL} else f" {standing.key}"
    hint = f"raise it: assay budget raise {scope}{key} --{unit} N"
    if refused.passing:
        room = budgets.waiting_for_room(scope, standing.key)
        return WaitingError(message, waits_on=room, seconds=_ROOM, hint=hint, code="budget_reserved")
    return WaitingError(
        message,
        waits_on=budgets.waiting_on(scope, standing.key),
        # A job's or a source's budget has no period: it holds until somebody raises it.
        seconds=None if standing.ends_in is None else standing.ends_in + 1,
        hint=hint,
        code="budget_exhausted",
    )


@dataclass(frozen=True, slots=True)
class OnAccount:
    """One call on account."""

    database: Database
    number: int
    call: Call
    price: Price | None

    def sent(self) -> None:
        with self.database.transaction() as tx:
            if not calls.mark_sent(tx, self.number, seconds=self.call.seconds + _MARGIN):
                raise TransientError(
                    "the reservation of a call expired before it was sent", hint="it is tried again", code="expired"
                )

    def answered(self, answer: Answer) -> None:
        cost = None if self.price is None else self.price.of(answer.input_tokens, answer.output_tokens)
        with self.database.transaction() as tx:
            calls.settle(
                tx,
                self.number,
                state="settled",
                outcome="answered",
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                cost=cost,
            )

    def failed(self, error: Exception, *, sent: bool) -> None:
        """What never left, and what a server says that it did not do, is given back; anything else was spent."""
        known = isinstance(error, AssayError) and not (isinstance(error, ModelUnavailableError) and error.presumed)
        outcome = error.code if isinstance(error, AssayError) else type(error).__name__
        with self.database.transaction() as tx:
            if sent and not known:
                calls.settle(tx, self.number, state="presumed", outcome=outcome)
            else:
                calls.settle(
                    tx,
                    self.number,
                    state="released",
                    outcome=outcome if sent else "not_sent",
                    input_tokens=0,
                    output_tokens=0,
                )

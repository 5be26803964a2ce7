"""Asking a model on account: every call is noted before it is sent and settled after it, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from enrichment.model.answer import Answer
from enrichment.model.failures import ModelUnavailableError
from enrichment.model.tokens import estimate_tokens
from enrichment.store import calls
from enrichment.store.database import Database
from enrichment.store.work import Claimed
from schemas.errors import AssayError, WaitingError

if TYPE_CHECKING:
    # Only the model role pays for importing the SDK.
    from enrichment.model.client import Model
    from enrichment.model.response_schemas import Schema


class Request(Protocol):
    """A request ready to be sent: `user_json` is the whole user message."""

    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def system(self) -> str: ...
    @property
    def user_json(self) -> str: ...


#: Calls of one piece of work that may fail by infrastructure within a day before it rests.
FAILED_A_DAY = 10


@dataclass(frozen=True, slots=True)
class Price:
    """Per million tokens."""

    input: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class Models:
    """Which model does what. `second` takes the second look at what the auditor found wrong; null: a person does."""

    small: str
    large: str
    auditor: str
    second: str | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    max_output_tokens: int = 16_000
    timeout: float = 120.0
    offline: bool = False


class Asking:
    """The fleet's way to a model: one per process."""

    def __init__(self, model: Model, models: Models, database: Database) -> None:
        self.models = models
        self._model = model
        self._database = database

    def ask(self, work: Claimed, request: Request, *, purpose: str, model: str) -> Answer:
        """Ask once and settle the call.

        Raises:
            WaitingError: this work's calls have failed too often today.
            ModelUnavailableError and the others of `Model.complete`.
        """
        estimate = estimate_tokens(request.system, request.user_json, str(request.schema))
        with self._database.transaction() as tx:
            if calls.failed_today(tx, work.id) >= FAILED_A_DAY:
                raise WaitingError(
                    f"{FAILED_A_DAY} calls of work {work.id} failed within a day",
                    waits_on="model:infrastructure",
                    seconds=3_600,
                )
            call = calls.reserve(
                tx,
                work_id=work.id,
                job_id=work.job_id,
                source=work.source or "",
                purpose=purpose,
                model=model,
                input_tokens=estimate,
                output_tokens=self.models.max_output_tokens,
            )
        try:
            answer = self._model.complete(
                request.name,
                request.schema,
                request.system,
                request.user_json,
                model,
                self.models.max_output_tokens,
                self.models.timeout,
            )
        except AssayError as error:
            presumed = isinstance(error, ModelUnavailableError) and error.presumed
            self._settle_failed(call, estimate, model, outcome=error.code, presumed=presumed)
            raise
        with self._database.transaction() as tx:
            calls.settle(
                tx,
                call,
                state="settled",
                outcome="answered",
                input_tokens=answer.input_tokens,
                output_tokens=answer.output_tokens,
                cost=self._cost(model, answer.input_tokens, answer.output_tokens),
            )
        return answer

    def _settle_failed(self, call: int, estimate: int, model: str, *, outcome: str, presumed: bool) -> None:
        worst = self._cost(model, estimate, self.models.max_output_tokens)
        with self._database.transaction() as tx:
            calls.settle(
                tx,
                call,
                state="presumed" if presumed else "released",
                outcome=outcome,
                input_tokens=None if presumed else 0,
                output_tokens=None if presumed else 0,
                cost=worst if presumed else None,
            )

    def _cost(self, model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
        price = self.models.prices.get(model)
        if price is None:
            return None
        return (price.input * input_tokens + price.output * output_tokens) / 1_000_000

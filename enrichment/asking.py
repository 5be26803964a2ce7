"""Asking a model: past every guard in its order, once, and each guard hears how it ended, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from enrichment.model.answer import Answer
from enrichment.model.tokens import estimate_tokens, most_tokens
from enrichment.store.work import Claimed

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


@dataclass(frozen=True, slots=True)
class Price:
    """Per million tokens."""

    input: Decimal
    output: Decimal

    def of(self, input_tokens: int, output_tokens: int) -> Decimal:
        return (self.input * input_tokens + self.output * output_tokens) / 1_000_000


@dataclass(frozen=True, slots=True)
class Models:
    """Which model does what.

    second: takes the second look at what the auditor found wrong; null: a person does
    names:  every model that may be called, those of a second provider too; what others failed before is no reason to
        wait. Empty: any
    """

    small: str
    large: str
    auditor: str
    second: str | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    max_output_tokens: int = 16_000
    timeout: float = 120.0
    offline: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request that is about to be sent.

    input_tokens:      what a server will likely count at most; `most_input_tokens` is what it cannot pass
    max_output_tokens: the cap that the request names
    seconds:           after which the request is given up
    fallback:          it goes to the second provider, since the first one failed
    """

    work: Claimed
    purpose: str
    model: str
    input_tokens: int
    most_input_tokens: int
    max_output_tokens: int
    seconds: float
    fallback: bool = False


class Passage(Protocol):
    """One call's way past one guard. After `sent`, or without it, exactly one of the other two is called."""

    def sent(self) -> None:
        """The request goes out now. May still raise, and then it does not."""

    def answered(self, answer: Answer) -> None: ...

    def failed(self, error: Exception, *, sent: bool) -> None:
        """There is no answer: a later guard refused (`sent` is false), or the request came to nothing."""


class Guard(Protocol):
    """What may stop a call before it is sent: a budget, a rate, a breaker."""

    def admit(self, call: Call) -> Passage:
        """
        Raises:
            WaitingError: not now, and what it waits on.
        """


class Asks(Protocol):
    """A way to a model: the plain one, or one that stands before it."""

    @property
    def models(self) -> Models: ...

    def ask(self, work: Claimed, request: Request, *, purpose: str, model: str) -> Answer: ...


class Asking:
    """The fleet's way to a model: one per process. Guards are asked in their order and told in the reverse one."""

    def __init__(self, model: Model, models: Models, guards: Sequence[Guard], *, fallback: bool = False) -> None:
        self.models = models
        self._fallback = fallback
        self._model = model
        self._guards = tuple(guards)

    def ask(self, work: Claimed, request: Request, *, purpose: str, model: str) -> Answer:
        """Ask once and settle the call with every guard.

        Raises:
            WaitingError: a guard does not let it pass now.
            ModelUnavailableError and the others of `Model.complete`.
        """
        texts = (request.system, request.user_json, str(request.schema))
        call = Call(
            work=work,
            purpose=purpose,
            model=model,
            input_tokens=estimate_tokens(*texts),
            most_input_tokens=most_tokens(*texts),
            max_output_tokens=self.models.max_output_tokens,
            seconds=self.models.timeout,
            fallback=self._fallback,
        )
        passed: list[Passage] = []
        sent = False
        try:
            for guard in self._guards:
                passage = guard.admit(call)
                passed.append(passage)
            for passage in passed:
                passage.sent()
            sent = True
            answer = self._model.complete(
                request.name,
                request.schema,
                request.system,
                request.user_json,
                model,
                call.max_output_tokens,
                call.seconds,
            )
        except Exception as error:
            for passage in reversed(passed):
                passage.failed(error, sent=sent)
            raise
        answer = _possible(answer, call)
        for passage in reversed(passed):
            passage.answered(answer)
        return answer


def _possible(answer: Answer, call: Call) -> Answer:
    """What a server says that it counted, as far as that can be: a cap holds against one that miscounts, too."""
    given = min(answer.input_tokens, call.most_input_tokens)
    made = min(answer.output_tokens, call.max_output_tokens)
    if (given, made) == (answer.input_tokens, answer.output_tokens):
        return answer
    return replace(answer, input_tokens=given, output_tokens=made, estimated=True)

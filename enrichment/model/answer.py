"""What a model answered, before anything is believed of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Code of the error where the server refuses a request as it stands.
REQUEST_REFUSED: Final = "model_request_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered call.

    text:          content of the message, empty where there was none
    finish_reason: why the model stopped; `length` also where the answer passed the bound on bytes
    refusal:       the model's words of refusal, null where it did not decline
    model:         the name that the server gave, else the one that was asked for
    input_tokens, output_tokens: as the server counted, or `estimated` where it did not say
    seconds:       wall clock of the call
    limits:        the server's x-ratelimit-* headers, names in lower case
    """

    text: str
    finish_reason: str | None
    refusal: str | None
    model: str
    input_tokens: int
    output_tokens: int
    seconds: float
    estimated: bool = False
    limits: Mapping[str, str] = field(default_factory=dict)

"""`[model]` and `[model.fallback]`: which models are asked, where, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from workers.settings.section import Count, Seconds, Section


def _asked_at(address: str) -> str:
    """Refuse what could not be asked, and what would be left out or shown where it is.

    Raises:
        ValueError: it says why.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(one.isspace() for one in address):
        raise ValueError("is like https://api.example.com/v1")
    if parts.port == 0:
        raise ValueError("names a port that does not exist")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or a password: keys belong into api_key_env or api_key_file")
    if parts.query or parts.fragment:
        raise ValueError("ends with a query or a fragment, behind which no path can be written")
    return address


BaseUrl = Annotated[str, AfterValidator(_asked_at), Field(examples=["https://api.example.com/v1"])]


class Price(Section):
    """Money per million tokens."""

    input: Annotated[Decimal, Field(ge=0)]
    output: Annotated[Decimal, Field(ge=0)]


class Provider(Section):
    """A server, which of its models does what, and what it charges and allows."""

    base_url: BaseUrl
    api_key_env: str | None = None
    api_key_file: Path | None = None
    small: Annotated[str, Field(min_length=1)]
    large: Annotated[str, Field(min_length=1)]  # default: small
    auditor: Annotated[str, Field(min_length=1)]  # default: large
    second_auditor: str | None = None
    prices: dict[str, Price] = Field(default_factory=dict)
    requests_per_minute: Count | None = None
    tokens_per_minute: Count | None = None
    max_in_flight: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_names(cls, data: object) -> object:
        """Models that were not named do what the next better one does."""
        if not isinstance(data, dict):
            return data
        large = data.get("large", data.get("small"))
        defaults = {"large": large, "auditor": data.get("auditor", large)}
        return {**{k: v for k, v in defaults.items() if v is not None}, **data}

    @property
    def own_names(self) -> tuple[str, ...]:
        """Its models, each once."""
        return tuple(dict.fromkeys(n for n in (self.small, self.large, self.auditor, self.second_auditor) if n))


class ModelFallback(Provider):
    """A second provider, asked instead of the first one while that one's breaker is open, or it has asked to be left
    alone for more than a minute; `fail_over` says for what. Prices that it does not name are those of `[model]`.
    """

    fail_over: Literal["infrastructure", "never"] = "infrastructure"


class Model(Provider):
    """A server that speaks the chat completions API. Without this section the offline model is used."""

    timeout: Seconds = 60.0
    max_output_tokens: Count = 8_192
    require_evaluation: bool = False  # refuse models that `assay eval` never found to pass
    fallback: ModelFallback | None = None

    @property
    def fallback_prices(self) -> dict[str, Price]:
        """What the second provider charges: its own prices, else those that are told of the model's name here."""
        return {**self.prices, **({} if self.fallback is None else self.fallback.prices)}

    @property
    def names(self) -> tuple[str, ...]:
        """Every model that may be called, once."""
        return tuple(dict.fromkeys([*self.own_names, *self.fallback_names]))

    @property
    def fallback_names(self) -> tuple[str, ...]:
        """Every model of the second provider that may be called; none where nothing fails over to it."""
        return () if self.fallback is None or self.fallback.fail_over == "never" else self.fallback.own_names

"""What the API answers, as Python reads it."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


class Document(dict[str, Any]):
    """A JSON object whose members can also be read as attributes: `letter.code` is `letter["code"]`."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the API tells
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no member {name!r}; there are: {', '.join(self)}") from None


class Listing(list[T]):
    """Items of a listing; `next` is the cursor behind them, null where there are no more."""

    next: str | None = None


def documents(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Every object within a JSON value as a `Document`."""
    if isinstance(value, dict):
        return Document({name: documents(member) for name, member in value.items()})
    if isinstance(value, list):
        return [documents(element) for element in value]
    return value

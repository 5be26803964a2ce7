"""A request document, read with checks: whoever sends a wrong one is told where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from schemas.errors import UsageError
from schemas.json_types import Json


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object of a request and where it stands, as `target.fields[2]`."""

    body: Mapping[str, Json]
    where: str = "document"

    @classmethod
    def of(cls, value: Json, where: str = "document") -> Self:
        """Take a value as an object.

        Raises:
            UsageError: it is none.
        """
        if not isinstance(value, Mapping):
            raise UsageError(f"{where} is not an object", hint="the user message is one JSON object")
        return cls(value, where)

    def _wrong(self, name: str, wanted: str) -> UsageError:
        return UsageError(f"{self.where}: {name!r} is not {wanted}", hint="see the request in docs/contract.md")

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.body.get(name) is None else self.text(name)

    def part(self, name: str) -> Document:
        value = self.body.get(name)
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object")
        return Document(value, f"{self.where}.{name}")

    def parts(self, name: str) -> Iterator[Document]:
        for index, value in enumerate(self.items(name)):
            yield Document.of(value, f"{self.where}.{name}[{index}]")

    def items(self, name: str) -> tuple[Json, ...]:
        value = self.body.get(name)
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise self._wrong(name, "a list")
        return tuple(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; a missing one is empty."""
        if self.body.get(name) is None:
            return ()
        values = self.items(name)
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(name, "a list of texts")
        return tuple(value for value in values if isinstance(value, str))

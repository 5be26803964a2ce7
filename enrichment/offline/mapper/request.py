"""The request of a mapping as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError

from enrichment.evidence import entity_words
from enrichment.offline.document import Document
from schemas.errors import UsageError
from schemas.json_types import Json
from schemas.plan import Refusal
from schemas.shape import SampledField
from schemas.target import TargetField

_MEMBERS = (
    "name", "type", "format", "kind", "unit", "currency_field", "required", "identity", "allowed", "minimum", "maximum",
    "pattern",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapRequest:
    """What is wanted, what is offered, and what was refused before.

    entity: words for the thing that a record is about, which distinguish no field
    """

    fields: tuple[TargetField, ...]
    sources: tuple[SampledField, ...]
    operations: frozenset[str]
    refused: tuple[Refusal, ...]
    entity: frozenset[str]

    def by_path(self, path: str) -> SampledField | None:
        return next((source for source in self.sources if source.path == path), None)


def _field(part: Document) -> TargetField:
    given = {name: part.body[name] for name in _MEMBERS if part.body.get(name) is not None}
    given["description"] = part.optional_text("description") or ""
    try:
        return TargetField.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{part.where}.{where}: {first['msg']}", hint="see the request in docs/contract.md") from error


def _source(part: Document) -> SampledField:
    fill = part.body.get("fill")
    if isinstance(fill, bool) or not isinstance(fill, int | float | Decimal):
        raise UsageError(f"{part.where}: 'fill' is not a number", hint="the share of records, 0 to 1")
    return SampledField(part.text("path"), part.texts("types"), float(fill), part.items("samples"))


def _refusal(part: Document) -> Refusal:
    return Refusal(
        target=part.optional_text("target"),
        paths=part.texts("paths"),
        rule=part.optional_text("rule") or "",
        message=part.optional_text("message") or "",
    )


def read(document: Document) -> MapRequest:
    """Read a `map_fields` request.

    Raises:
        UsageError: it is not one.
    """
    target, source = document.part("target"), document.part("source")
    refused: Json = document.body.get("refused")
    return MapRequest(
        fields=tuple(_field(part) for part in target.parts("fields")),
        sources=tuple(_source(part) for part in source.parts("fields")),
        operations=frozenset(part.text("op") for part in document.parts("operations")),
        refused=() if refused is None else tuple(_refusal(part) for part in document.parts("refused")),
        entity=entity_words(target.optional_text("name") or "", source.optional_text("name") or ""),
    )

"""Rows of targets: where their values came from."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from enrichment import explaining
from workers.api import described
from workers.api.access import Context, Reader
from workers.api.answers import ExactJSON
from workers.api.context import ApiContext
from workers.api.examples import CELL, PROBLEMS

router = APIRouter(prefix="/v1/rows", tags=["rows"], responses=PROBLEMS)


Field = Annotated[str | None, Query(description="One field; without it all of them are explained.")]
_KEY = "The identity's text; of several fields a JSON array of their texts."
_CELLS: Final = {"anyOf": [described.CELL, described.page(described.CELL)]}
_ANSWERS: Any = {200: described.answer("One cell, or a listing.", _CELLS, CELL)}


@router.get("/{target}/lineage", summary="Explain a cell, or every cell of a row, by any key", responses=_ANSWERS)
def lineage_of(
    context: Context, _: Reader, target: str, key: Annotated[str, Query(description=_KEY)], field: Field = None
) -> Response:
    """As the address with the key in its path, for keys that proxies would change there."""
    return _explained(context, target, key, field)


@router.get("/{target}/{key:path}/lineage", summary="Explain a cell, or every cell of a row", responses=_ANSWERS)
def lineage(
    context: Context, _: Reader, target: str, key: Annotated[str, Path(description=_KEY)], field: Field = None
) -> Response:
    """The text in the source, pointers and operations that gave the value, the plan, the audit, and earlier values."""
    return _explained(context, target, key, field)


def _explained(context: ApiContext, target: str, key: str, field: str | None) -> Response:
    with context.producer.database.transaction() as tx:
        cells = explaining.explain(context.producer, tx, target, key, field)
    if field is not None:
        return ExactJSON(cells[0])
    return ExactJSON({"target": target, "key": cells[0]["key"], "items": cells, "next": None})

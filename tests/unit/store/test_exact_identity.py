"""A table's identity has to tell apart what the ledger tells apart."""

from __future__ import annotations

import pytest

from enrichment.store.column_rules import Column, changed, require_exact
from schemas.errors import ConfigurationError
from schemas.target import Target, TargetField

FIRM = Target(
    name="firm",
    table="firm",
    fields=(TargetField(name="code", type="string", identity=True), TargetField(name="share", type="number")),
)
NUMERIC = Column("numeric", "numeric")


@pytest.mark.parametrize("kind", ["citext", "public.citext", "real", "double precision"])
def test_a_type_that_takes_two_keys_for_one_is_refused(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="identity column code takes different keys for one"):
        require_exact(FIRM, {"code": Column(kind, kind), "share": NUMERIC})


def test_a_collation_that_takes_two_keys_for_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="its collation"):
        require_exact(FIRM, {"code": Column("text", "text", folding=True), "share": NUMERIC})


@pytest.mark.parametrize("kind", ["text", "character varying", "bpchar", "bigint", "numeric", "uuid", "date"])
def test_other_columns_may_be_as_they_are(kind: str) -> None:
    require_exact(FIRM, {"code": Column(kind, kind), "share": Column("real", "real", folding=True)})


@pytest.mark.parametrize("kind", ["timestamp with time zone", "interval", "jsonb", "money", "public.odd"])
def test_a_type_of_many_spellings_is_refused_under_a_text(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="several spellings of one value"):
        require_exact(FIRM, {"code": Column(kind, kind), "share": NUMERIC})


def test_a_moment_and_a_list_of_texts_may_be_identities() -> None:
    moment = TargetField(name="code", type="string", format="date-time", identity=True)
    kind = "timestamp with time zone"
    require_exact(Target(name="firm", table="firm", fields=(moment,)), {"code": Column(kind, kind)})
    require_exact(FIRM, {"code": Column("public.grade", "grade", enum=True), "share": NUMERIC})


def field(kind: str, form: str | None = None) -> TargetField:
    return TargetField(name="x", type=kind, format=form)  # type: ignore[arg-type]  # of the parameters below


@pytest.mark.parametrize(
    ("one", "column"),
    [
        (field("string"), Column("text", "text")),
        (field("string"), Column("uuid", "uuid")),
        (field("integer"), Column("integer", "integer")),
        (field("number"), Column("numeric", "numeric")),
        (field("number"), Column("double precision", "double precision")),
        (field("string", "date"), Column("date", "date")),
        (field("string", "date-time"), Column("timestamp with time zone", "timestamptz")),
        (field("boolean"), Column("boolean", "boolean")),
    ],
)
def test_ordinary_columns_cost_no_question(one: TargetField, column: Column) -> None:
    assert changed(one, column) is None

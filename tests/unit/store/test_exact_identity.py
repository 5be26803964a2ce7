"""A table's identity has to tell apart what the ledger tells apart."""

from __future__ import annotations

import pytest

from enrichment.store.target_table import require_exact
from schemas.errors import ConfigurationError
from schemas.target import Target, TargetField

FIRM = Target(
    name="firm",
    table="firm",
    fields=(TargetField(name="code", type="string", identity=True), TargetField(name="share", type="number")),
)


@pytest.mark.parametrize("kind", ["citext", "public.citext", "real", "double precision"])
def test_a_type_that_takes_two_keys_for_one_is_refused(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="identity column code takes different keys for one"):
        require_exact(FIRM, {"code": kind, "share": "numeric"}, folding=())


def test_a_collation_that_takes_two_keys_for_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="its collation"):
        require_exact(FIRM, {"code": "text", "share": "numeric"}, folding={"code"})


@pytest.mark.parametrize("kind", ["text", "character varying", "bpchar", "bigint", "numeric", "uuid", "date"])
def test_other_columns_may_be_as_they_are(kind: str) -> None:
    require_exact(FIRM, {"code": kind, "share": "real"}, folding={"share"})

"""The table of rights, before any server is asked."""

import pytest

from enrichment.store.rights import OWN, TARGETS
from enrichment.store.roles import REFOLD
from schemas.tables import metadata
from workers.embedded.servers import REFOLD as EMBEDDED_REFOLD
from workers.embedded.servers import ROLES

TABLES = {table.name for table in metadata.tables.values()}


def test_only_tables_that_exist_are_named() -> None:
    for role, rights in OWN.items():
        assert set(rights) <= TABLES, role


def test_no_role_but_that_of_refolding_may_delete_from_targets() -> None:
    assert [role for role, letters in TARGETS.items() if "D" in letters] == [REFOLD]


@pytest.mark.parametrize("role", ["assay_fetch", "assay_model", "assay_gate"])
def test_roles_that_never_touch_targets_have_no_right_there(role: str) -> None:
    assert role not in TARGETS


def test_only_those_who_merge_may_write_the_ledger() -> None:
    # also of one column: what may lock or close a row writes it
    writers = {role for role, rights in OWN.items() if set("IUDLC") & set(rights.get("assertion", ""))}
    assert writers == {"assay_upsert", REFOLD, "assay_isolated"}


def test_nobody_but_the_api_reads_the_digests_of_keys() -> None:
    assert {role for role, rights in OWN.items() if rights.get("api_key")} == {"assay_api"}


def test_only_those_who_draw_samples_know_by_which_key() -> None:
    assert {role for role, rights in OWN.items() if rights.get("secret")} == {
        "assay_gate",
        "assay_model",
        "assay_upsert",
        "assay_isolated",
    }


def test_the_embedded_server_has_every_role() -> None:
    assert set(OWN) <= {*ROLES, EMBEDDED_REFOLD}

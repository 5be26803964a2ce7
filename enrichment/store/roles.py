"""The database role that refold work takes on. Apart from the grants, which need every table's definition."""

from __future__ import annotations

from typing import Final

from enrichment.store.database import Tx

#: Taken within one transaction by those who may: the only role that may delete from targets.
REFOLD: Final = "assay_refold"


def take_refold_role(tx: Tx) -> None:
    """Act as the role that may delete, until this transaction ends; where the login may not, nothing changes.

    Deleting has to be asked for: a login that merges cannot do it by mistake, nor by what a record made it do.
    """
    tx.execute(
        "SELECT set_config('role', rolname, true) FROM pg_roles"
        " WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')",
        (REFOLD,),
    )

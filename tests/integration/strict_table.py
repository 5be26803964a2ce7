"""A target whose table is a user's own, with one more rule than its columns are."""

from __future__ import annotations

from fleet_ground import COMPANY, PLAIN, Fleet, Script, company, ground

OWN = company(create=False, name="strict", table="strict")


def strict(database: str, change: str) -> Fleet:
    """A fleet over the table, made anew and changed by a statement."""
    ground(database).close()
    first = ground(database, targets=[COMPANY])
    first.execute("DROP TABLE IF EXISTS public.strict")
    first.execute("CREATE TABLE public.strict (code text PRIMARY KEY, name text, employees bigint, city text)")
    first.execute(change)
    first.close()
    return ground(database, targets=[OWN], asking=Script(PLAIN))

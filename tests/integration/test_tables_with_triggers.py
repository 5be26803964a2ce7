"""A table of somebody else whose triggers name other tables as its owner's programs do."""

from __future__ import annotations

from fleet_ground import CRM, PLAIN, Script, companies, company, ground

OWN = company(create=False, name="watched", table="watched")
MADE = """
    DROP TABLE IF EXISTS public.watched, public.watched_log;
    CREATE TABLE public.watched (code text PRIMARY KEY, name text, employees bigint, city text);
    CREATE TABLE public.watched_log (code text, was text);
    GRANT INSERT ON public.watched_log TO PUBLIC;
    CREATE OR REPLACE FUNCTION public.watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO watched_log VALUES (OLD.code, OLD.city);
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER watch BEFORE UPDATE OR DELETE ON public.watched FOR EACH ROW EXECUTE FUNCTION public.watch()
"""


def test_a_trigger_may_name_tables_as_everybody_else_does(database: str) -> None:
    fleet = ground(database, sources=[CRM], targets=[], asking=Script(PLAIN))
    fleet.execute(MADE)
    fleet.close()
    fleet = ground(database, sources=[CRM], targets=[OWN], asking=Script(PLAIN))
    fleet.enrich(companies(range(3)), target="watched")
    fleet.release_all()
    job = fleet.enrich(companies(range(3), city="moved"), target="watched")
    assert fleet.counts(job) == {"written": 3}
    logged = fleet.rows("SELECT code, was FROM public.watched_log ORDER BY code")
    assert logged == [{"code": f"C-0000{n}", "was": f"Town {n}"} for n in range(3)]
    fleet.close()

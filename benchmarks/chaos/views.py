"""The target's table behind a view of its name: rows of a view cannot be locked, so that merges of one key are kept
apart by the lock of the key alone.
"""

from __future__ import annotations

from typing import Any

import psycopg

from benchmarks.chaos.configuration import FIELDS

_COLUMNS = ", ".join(FIELDS)
_HIDE = (
    "ALTER TABLE public.company RENAME TO company_rows",
    "CREATE VIEW public.company AS SELECT * FROM public.company_rows",
    f"""
    CREATE OR REPLACE FUNCTION assay.through_view() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN
            DELETE FROM public.company_rows WHERE name = OLD.name;
            RETURN OLD;
        ELSIF TG_OP = 'INSERT' THEN
            INSERT INTO public.company_rows ({_COLUMNS}) VALUES ({", ".join(f"NEW.{name}" for name in FIELDS)});
        ELSE
            UPDATE public.company_rows SET ({_COLUMNS}) = ROW({", ".join(f"NEW.{name}" for name in FIELDS)})
            WHERE name = OLD.name;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER through INSTEAD OF INSERT OR UPDATE OR DELETE ON public.company
    FOR EACH ROW EXECUTE FUNCTION assay.through_view()
    """,
)
_SHOW = ("DROP VIEW public.company", "ALTER TABLE public.company_rows RENAME TO company")


def hide_table(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Put the view in the place of the table. Nothing changes where it is there already."""
    _change(connection, _HIDE, there="r")


def show_table(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Put the table back in the place of the view, if one is there."""
    _change(connection, _SHOW, there="v")


def _change(connection: psycopg.Connection[dict[str, Any]], statements: tuple[str, ...], *, there: str) -> None:
    with connection.transaction():
        found = connection.execute("SELECT relkind FROM pg_class WHERE oid = to_regclass('public.company')").fetchone()
        if found is None or found["relkind"] != there:
            return
        for statement in statements:
            connection.execute(statement.encode())

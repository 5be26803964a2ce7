"""What is kept with a plan, as its evidence, after it was stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb

from enrichment.store.database import Tx


def asked(tx: Tx, plan_id: int, pointers: Sequence[str], *, replaced: Sequence[str] = ()) -> None:
    """A shape was asked about again, also for condemned fields `replaced`, and gave nothing new for this plan."""
    tx.execute(
        "UPDATE plan SET evidence = evidence - 'again' || jsonb_build_object('pointers', %s::jsonb,"
        " 'replaced', %s::jsonb, 'asked', coalesce((evidence ->> 'asked')::int, 0) + 1) WHERE id = %s",
        (Jsonb(list(pointers)), Jsonb(list(replaced)), plan_id),
    )


def again(tx: Tx, plan_id: int, fields: Sequence[str]) -> None:
    """A person has it asked once more what feeds fields that were lost."""
    tx.execute(
        "UPDATE plan SET evidence = evidence || jsonb_build_object('again',"
        " coalesce(evidence -> 'again', '[]'::jsonb) || %s::jsonb) WHERE id = %s",
        (Jsonb(list(fields)), plan_id),
    )


def restored(tx: Tx, plan_id: int, fields: Sequence[str]) -> None:
    """Fields that were condemned or could not be decided, and are released now: rows without them are written anew."""
    tx.execute(
        "UPDATE plan SET evidence = evidence || jsonb_build_object('restored',"
        " coalesce(evidence -> 'restored', '[]'::jsonb) || %s::jsonb) WHERE id = %s",
        (Jsonb(list(fields)), plan_id),
    )


def sampled(tx: Tx, plan_id: int, records: int) -> None:
    """Keep with a successor how many records its samples may have had so far."""
    tx.execute(
        "UPDATE plan SET evidence = evidence || jsonb_build_object('sampled', %s::int) WHERE id = %s",
        (records, plan_id),
    )


def conditions(tx: Tx, plan_id: int, conditions: Mapping[str, str | None]) -> None:
    """Keep with a plan under what it was released."""
    tx.execute(
        "UPDATE plan SET evidence = evidence || jsonb_build_object('released_under', %s::jsonb) WHERE id = %s",
        (Jsonb(dict(conditions)), plan_id),
    )


def unread(tx: Tx, plan_id: int, models: Mapping[str, str]) -> None:
    """Keep with a plan of which models no answer about its rows could be read the last time, and why."""
    tx.execute(
        "UPDATE plan SET evidence = evidence || jsonb_build_object('unread', %s::jsonb) WHERE id = %s",
        (Jsonb(dict(models)), plan_id),
    )

"""What the user's table refuses is found out one by one, so that its neighbours are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg

from enrichment.store import obstacles, outages, refusals
from enrichment.store.database import Tx
from enrichment.store.target_rows import holders
from enrichment.store.target_table import TargetTable
from schemas.errors import ConfigurationError

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Isolated(Generic[T, R]):
    """What a step gave for each part that went through, and what was refused, each with why."""

    given: list[R]
    refused: list[tuple[T, Exception]]


def isolate(
    tx: Tx,
    table: TargetTable,
    things: Sequence[T],
    step: Callable[[Sequence[T]], R],
    *,
    last: bool,
    wrote: Callable[[R], bool] = bool,
    noticed: Callable[[Sequence[T], Exception], None] | None = None,
) -> Isolated[T, R]:
    """Do a step for all at once; where the table refuses, halve until what it refuses stands alone.

    step: begins with what it is given; with nothing it says whether the table takes anything at all
    last: nothing is tried again as a whole after this
    wrote: whether the table took something, so that what it refuses beside it is not for its own sake
    noticed: is told of each refusal before anything is halved, and may raise instead

    Raises:
        ConfigurationError: the table takes nothing; no single row is to blame.
        OutageError: others hold the table.
        InsufficientPrivilege: for want of a right.
    """
    done = _halved(tx, table, things, step, last=last, noticed=noticed)
    doubtful = [error for _, error in done.refused if not refusals.is_of_one_row(error)]
    if doubtful and not any(wrote(one) for one in done.given):
        raise _unwritable(tx, table, doubtful[0]) from doubtful[0]
    return done


def _halved(
    tx: Tx,
    table: TargetTable,
    things: Sequence[T],
    step: Callable[[Sequence[T]], R],
    *,
    last: bool,
    noticed: Callable[[Sequence[T], Exception], None] | None,
    tried: bool = False,
) -> Isolated[T, R]:
    """tried: the step was done with nothing, and went through."""
    if not things:
        return Isolated([], [])
    try:
        with tx.transaction():
            return Isolated([step(things)], [])
    except refusals.REFUSING as error:
        if not refusals.is_of_rows(error, last=last):
            _name_holders(tx, table, error)
            raise
        if noticed is not None:
            noticed(things, error)
        if not tried and not refusals.is_of_one_row(error):
            _try_with_nothing(tx, table, step)
            tried = True
        if len(things) == 1:
            return Isolated([], [(things[0], error)])
    middle = len(things) // 2
    first = _halved(tx, table, things[:middle], step, last=last, noticed=noticed, tried=tried)
    second = _halved(tx, table, things[middle:], step, last=last, noticed=noticed, tried=tried)
    return Isolated(first.given + second.given, first.refused + second.refused)


def _name_holders(tx: Tx, table: TargetTable, error: Exception) -> None:
    """
    Raises:
        OutageError: others hold the table.
    """
    if not isinstance(error, psycopg.errors.LockNotAvailable) or outages.is_raised(error):
        return
    if who := holders(tx, table, error):
        raise outages.held_table(f"{table.schema}.{table.target.table}", who) from error


def _try_with_nothing(tx: Tx, table: TargetTable, step: Callable[[Sequence[T]], R]) -> None:
    """What a statement without rows fails at is no row's fault, and is not asked of each of them."""
    try:
        with tx.transaction():
            step([])
    except psycopg.Error as error:
        raise _unwritable(tx, table, error) from error


def _unwritable(tx: Tx, table: TargetTable, error: Exception) -> Exception:
    """What says that the table itself is in the way: work waits for it, and says so."""
    if not isinstance(error, psycopg.Error) or isinstance(error, psycopg.errors.InsufficientPrivilege):
        return error
    if refusals.passes(error):
        return error
    obstacles.require_writable(tx, table)
    return ConfigurationError(
        f"target {table.target.name}: its table takes nothing: {refusals.words(error, table)}",
        hint="mend the table, or what its triggers need; what waits is tried again by itself then",
    )

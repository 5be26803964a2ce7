"""What limits hold by: counters of budgets, and when each rate was last used."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Column, Numeric, text
from sqlmodel import Field

from schemas.budget import Scope
from schemas.tables.columns import big, moment, one_of
from schemas.tables.registry import Row


def _money() -> Decimal:
    made: Decimal = Field(default=Decimal(0), sa_column=Column(Numeric, nullable=False, server_default=text("0")))
    return made


class Budget(Row, table=True):
    """What one scope has used and reserved; the sum of its calls, kept with every one of their changes.

    `key` names the job, the source, the UTC day (2026-11-22) or the UTC month (2026-11) of the fleet. `raised_*` comes
    on top of the configured cap. Whoever reserves locks the row, so that no number of workers can pass the cap.
    """

    __tablename__ = "budget"
    __table_args__ = (one_of("scope", Scope),)

    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    calls: int = big(default=0, nullable=False)
    used_tokens: int = big(default=0, nullable=False)
    used_money: Decimal = _money()
    reserved_tokens: int = big(default=0, nullable=False)
    reserved_money: Decimal = _money()
    raised_tokens: int = big(default=0, nullable=False)
    raised_money: Decimal = _money()


class RateUse(Row, table=True):
    """Until when a rate may have been used. Written ahead, so that a flushed Redis cannot hide the last minute."""

    __tablename__ = "rate_use"

    key: str = Field(primary_key=True)
    used_until: datetime = moment(default_now=True)

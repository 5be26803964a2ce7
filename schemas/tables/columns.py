"""Column shapes that many tables share: what PostgreSQL does best, said once."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Identity, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def identity() -> Any:  # noqa: ANN401 - SQLModel's own Field gives Any
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def big(*, default: int | None = None, nullable: bool = True, primary_key: bool = False) -> Any:  # noqa: ANN401
    server = None if default is None else text(str(default))
    return Field(
        default=default,
        sa_column=Column(
            BigInteger, nullable=nullable and not primary_key, server_default=server, primary_key=primary_key
        ),
    )


def moment(*, default_now: bool = False) -> Any:  # noqa: ANN401
    return Field(
        default=None,
        sa_column=Column(
            DateTime(timezone=True), nullable=not default_now, server_default=text("now()") if default_now else None
        ),
    )


def document(*, default: str | None = None) -> Any:  # noqa: ANN401
    server = None if default is None else text(f"'{default}'::jsonb")
    return Field(default=None, sa_column=Column(JSONB, nullable=default is None, server_default=server))


def blob(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(default=None, sa_column=Column(LargeBinary, nullable=nullable))


def one_of(column: str, states: Iterable[StrEnum | str]) -> CheckConstraint:
    listed = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

import pydantic
import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from schemas.errors import ConfigurationError
from schemas.kinds import Kind
from schemas.target import Invariant
from schemas.target_overrides import FieldOverride
from schemas.target_sqlmodel import target_from_model


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Forget the tables of a test, so that each may name its own alike."""
    yield
    SQLModel.metadata.clear()
    SQLModel._sa_registry.dispose()


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


def test_column_types_give_type_format_and_bounds() -> None:
    class Wide(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str = Field(max_length=80, unique=True)
        small: int | None = Field(default=None, sa_type=sa.SmallInteger)
        plain: int | None = None
        big: int | None = Field(default=None, sa_type=sa.BigInteger)
        money: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
        free: Decimal | None = None
        ratio: float | None = None
        flag: bool | None = None
        day: dt.date | None = None
        moment: dt.datetime | None = None
        text: str | None = Field(default=None, sa_type=sa.Text)
        size: Size | None = None
        token: uuid.UUID | None = None
        blob: bytes | None = None
        tags: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)

    target = target_from_model(Wide, "wide")
    of = target.by_name
    assert set(of) == set(Wide.model_fields) - {"id", "blob", "tags"}
    assert [f.name for f in target.identity] == ["name"]
    assert (of["name"].required, of["name"].max_length) == (True, 80)
    for name, bits in (("small", 15), ("plain", 31), ("big", 63)):
        assert (of[name].type, of[name].minimum, of[name].maximum) == ("integer", -(2**bits), 2**bits - 1)
    assert (of["money"].maximum, of["money"].scale) == (Decimal("9999999999.99"), 2)
    assert (of["free"].type, of["free"].maximum, of["free"].scale) == ("number", None, None)
    assert (of["ratio"].type, of["flag"].type) == ("number", "boolean")
    assert (of["day"].format, of["moment"].format, of["text"].max_length) == ("date", "date-time", None)
    assert of["size"].allowed == ("SMALL", "LARGE")
    assert of["token"].pattern is not None
    assert (target.table, target.create) == ("wide", False)


def test_kinds_survive_however_sqlmodel_lets_them_be_written() -> None:
    class Kinds(SQLModel, table=True):
        key: str = Field(primary_key=True, schema_extra={"json_schema_extra": {"x-kind": "identifier"}})
        a: int | None = Field(default=None, schema_extra={"x-kind": "count", "x-unit": "people"})
        b: int | None = Field(default=None, sa_column_kwargs={"info": {"x-kind": "year"}, "comment": "founded in"})
        c: int | None = Field(default=None, sa_column_kwargs={"info": {"kind": "year"}})
        d: Annotated[Decimal | None, pydantic.Field(json_schema_extra={"x-kind": "percent"})] = None

    of = target_from_model(Kinds, "kinds").by_name
    assert [of[n].kind for n in ("key", "a", "b", "c", "d")] == [
        Kind.IDENTIFIER,
        Kind.COUNT,
        Kind.YEAR,
        Kind.YEAR,
        Kind.PERCENT,
    ]
    assert of["a"].unit == "people"
    assert of["b"].description == "founded in"


def test_constraints_narrow_the_column() -> None:
    class Narrow(SQLModel, table=True):
        key: str = Field(primary_key=True, regex="^[A-Z]+$")
        a: int | None = Field(default=None, ge=0, lt=100)
        b: int | None = Field(default=None, le=10**12)

    of = target_from_model(Narrow, "narrow").by_name
    assert of["key"].pattern == "^[A-Z]+$"
    assert (of["a"].minimum, of["a"].exclusive_maximum, of["a"].maximum) == (0, 100, 2**31 - 1)
    assert of["b"].maximum == 2**31 - 1


def test_an_override_cannot_widen_a_column() -> None:
    class Held(SQLModel, table=True):
        key: str = Field(primary_key=True)
        a: int | None = None
        b: str = "x"

    of = target_from_model(
        Held,
        "held",
        overrides={"a": FieldOverride(maximum=Decimal(10**12), minimum=Decimal(0)), "b": FieldOverride(required=True)},
    ).by_name
    assert (of["a"].minimum, of["a"].maximum) == (0, 2**31 - 1)
    assert of["b"].required


def test_defaults_decide_what_is_required_and_what_an_insert_gives() -> None:
    class Defaults(SQLModel, table=True):
        id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
        name: str = Field(unique=True)
        needed: int
        active: bool = True
        note: str = "it's"
        size: Size = Size.SMALL
        state: str = Field(sa_column_kwargs={"server_default": "new"})
        created: dt.datetime = Field(default_factory=lambda: dt.datetime.now(dt.UTC))
        changed: dt.datetime = Field(sa_column_kwargs={"server_default": sa.func.now()})
        twice: int | None = Field(default=None, sa_column_args=[sa.Computed("needed * 2")])

    target = target_from_model(Defaults, "d")
    assert {f.name: f.required for f in target.fields} == {
        "name": True,
        "needed": True,
        "active": False,
        "note": False,
        "size": False,
        "state": False,
    }
    assert target.defaults == {
        "id": "gen_random_uuid()",
        "active": "true",
        "note": "'it''s'",
        "size": "'SMALL'",
        "state": "'new'",
        "created": "now()",
    }


def test_a_time_stamp_is_filled_when_it_is_named() -> None:
    class Stamped(SQLModel, table=True):
        key: str = Field(primary_key=True)
        created: dt.datetime = Field(default_factory=lambda: dt.datetime.now(dt.UTC))

    assert "created" not in target_from_model(Stamped, "s").by_name
    assert "created" in target_from_model(Stamped, "s", overrides={"created": FieldOverride(risk="high")}).by_name


def test_a_default_that_only_python_knows_is_refused() -> None:
    class Secretive(SQLModel, table=True):
        key: str = Field(primary_key=True)
        token: str = Field(default_factory=lambda: "made up")

    with pytest.raises(ConfigurationError, match=r"token.*Python only"):
        target_from_model(Secretive, "s")
    named = target_from_model(Secretive, "s", overrides={"token": FieldOverride(required=True)})
    assert named.by_name["token"].required


def test_a_column_that_must_be_filled_and_cannot_be() -> None:
    class Binary(SQLModel, table=True):
        key: str = Field(primary_key=True)
        blob: bytes

    with pytest.raises(ConfigurationError, match="cannot fill"):
        target_from_model(Binary, "b")


def test_names_schema_and_invariants() -> None:
    class Odd(SQLModel, table=True):
        __tablename__ = "Order"
        __table_args__ = (sa.UniqueConstraint("camelCase", "order"), {"schema": "crm", "comment": "what was bought"})
        model_config = {"json_schema_extra": {"x-invariants": ["founded <= closed"]}}
        id: int | None = Field(default=None, primary_key=True)
        camelCase: str  # noqa: N815 - the name under test
        order: str
        dollar: int | None = Field(default=None, sa_column_kwargs={"name": "$price"})
        founded: int | None = None
        closed: int | None = None

    target = target_from_model(Odd, "odd")
    assert [f.name for f in target.fields] == ["camelCase", "order", "$price", "founded", "closed"]
    assert [f.name for f in target.identity] == ["camelCase", "order"]
    assert (target.table, target.table_schema, target.description) == ("Order", "crm", "what was bought")
    assert target.invariants == (Invariant(left="founded", op="<=", right="closed"),)


def test_identity_must_be_clear() -> None:
    class Two(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        a: str = Field(unique=True)
        b: str = Field(sa_column_args=[], unique=True)

    class Unkeyed(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        a: str

    with pytest.raises(ConfigurationError, match="several unique keys"):
        target_from_model(Two, "two")
    assert [f.name for f in target_from_model(Two, "two", identity=("b",)).identity] == ["b"]
    with pytest.raises(ConfigurationError, match="no field makes a row unique"):
        target_from_model(Unkeyed, "unkeyed")
    assert [f.name for f in target_from_model(Unkeyed, "u", identity=("id",)).identity] == ["id"]


def test_no_table_class() -> None:
    class Plain(SQLModel):
        a: int

    for wrong in (Plain, dict, "text"):
        with pytest.raises(ConfigurationError, match="no SQLModel table class"):
            target_from_model(wrong, "w")  # type: ignore[arg-type]

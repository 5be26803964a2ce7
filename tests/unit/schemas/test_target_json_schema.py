from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigurationError
from schemas.kinds import Kind
from schemas.target import Invariant, Target, TargetField
from schemas.target_json_schema import target_from_json_schema
from schemas.target_overrides import FieldOverride


def read(properties: dict[str, Any], /, *, required: tuple[str, ...] = (), **top: Any) -> Target:
    document = {
        "type": "object",
        "properties": {"key": {"type": "string", "x-identity": True}, **properties},
        **({"required": list(required)} if required else {}),
        **top,
    }
    return target_from_json_schema("thing", document)


def field(schema: dict[str, Any], **top: Any) -> TargetField:
    return read({"f": schema}, **top).by_name["f"]


def refused(schema: dict[str, Any], **top: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        field(schema, **top)
    assert all(p.remedy for p in caught.value.problems)
    return caught.value.message


def test_everything_a_field_can_say() -> None:
    target = read(
        {
            "revenue": {
                "type": ["number", "null"],
                "description": "of the last full year",
                "minimum": 0,
                "exclusiveMaximum": 1e15,
                "multipleOf": 0.01,
                "x-kind": "money",
                "x-currency-field": "revenueCurrency",
                "x-risk": "high",
                "x-on-fault": "reject",
                "x-jump": 50,
            },
            "revenueCurrency": {"type": "string", "x-kind": "currency", "maxLength": 3, "pattern": "^[A-Z]{3}$"},
            "size": {"enum": ["small", "large", None], "x-plain": True},
            "headquarters": {"type": "string", "format": "uri"},
        },
        required=("revenue", "headquarters"),
        description="a company",
    )
    by_name = target.by_name
    assert by_name["revenue"] == TargetField(
        name="revenue",
        type="number",
        kind=Kind.MONEY,
        currency_field="revenueCurrency",
        description="of the last full year",
        minimum=Decimal(0),
        exclusive_maximum=Decimal("1e15"),
        scale=2,
        risk="high",
        on_fault="reject",
        jump=Decimal(50),
    )
    assert by_name["revenueCurrency"].max_length == 3
    assert by_name["revenueCurrency"].pattern == "^[A-Z]{3}$"
    assert by_name["size"].allowed == ("small", "large")
    assert by_name["size"].type == "string"
    assert by_name["size"].plain
    assert by_name["headquarters"].format == "uri"
    assert by_name["headquarters"].required
    assert target.description == "a company"
    assert (target.table, target.create, target.existing) == ("thing", True, "keep")


@pytest.mark.parametrize("name", ["camelCase", "order", "select", "user", "$id", "$x", "_a", "A" * 63])
def test_names_stay_as_they_are(name: str) -> None:
    assert name in read({name: {"type": "string"}}).by_name


@pytest.mark.parametrize("name", ["with space", "with-dash", "1st", "", "ü", "a" * 64, "a\n", 'quo"te'])
def test_other_names_are_refused_with_the_rule(name: str) -> None:
    with pytest.raises(ConfigurationError, match="usable name") as caught:
        read({name: {"type": "string"}})
    assert "A-Za-z_$" in caught.value.message


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "object", "properties": {}}, "object"),
        ({"type": "array", "items": {"type": "string"}}, "array"),
        ({"type": ["string", "integer"]}, "2 types"),
        ({"type": "null"}, "no type"),
        ({"description": "?"}, "no type"),
        ({"$ref": "other.json#/x"}, "cannot be followed"),
        ({"$ref": "#/$defs/missing"}, "cannot be followed"),
        ({"$ref": "#/properties/f"}, "cannot be followed"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "anyOf"),
        ({"type": "string", "not": {"enum": ["x"]}}, "not is not supported"),
        ({"type": "string", "format": "hostname"}, "hostname"),
        ({"type": "integer", "format": "date"}, "date"),
        ({"type": "integer", "multipleOf": 5}, "multipleOf"),
        ({"type": "string", "enum": ["a", 1]}, "enumerates 1"),
        ({"enum": [1.5]}, "enumerates a number"),
        ({"type": "string", "enum": [None]}, "enumerates no value"),
        ({"type": "string", "x-kind": "monies"}, "did you mean 'money'"),
        ({"type": "string", "x-kinds": "money"}, "did you mean 'x-kind'"),
        ({"type": "string", "x-plain": "yes"}, "plain is neither"),
        ({"type": "string", "x-risk": "huge"}, "risk"),
        ({"type": "string", "x-currency-field": "nowhere"}, "currency_field names no field"),
        ({"type": "string", "pattern": "("}, "pattern"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "above maximum"),
        ({"type": "number", "x-kind": "money", "x-unit": "EUR", "x-currency-field": "key"}, "both a unit"),
        ({"type": "number", "x-kind": "percent", "x-unit": "percnt"}, "'percnt' is no unit of a percentage"),
        ({"type": "number", "x-kind": "percent", "x-unit": "pct"}, "'pct' is no unit of a percentage"),
        ({"type": "number", "x-kind": "money", "x-unit": "eur"}, "'eur' is no code of a currency"),
        ({"type": "number", "x-kind": "money", "x-unit": "Euro"}, "'Euro' is no code of a currency"),
        ({"type": "integer", "minimum": "low"}, "valid JSON Schema"),
        ({"type": "text"}, "valid JSON Schema"),
        ({"type": "string", "x-ignore": "yes"}, "x-ignore"),
    ],
)
def test_what_a_flat_table_cannot_hold_is_refused_by_name(schema: dict[str, Any], word: str) -> None:
    message = refused(schema)
    assert word in message
    assert "thing" in message


@pytest.mark.parametrize("unit", ["percent", "Percent", "%", "fraction", "ratio", "1"])
def test_a_percentage_is_in_hundredths_or_a_fraction(unit: str) -> None:
    assert field({"type": "number", "x-kind": "percent", "x-unit": unit}).unit == unit


def test_several_findings_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({"a": {"type": "array"}, "b": {"type": "string", "x-kind": "nope"}, "c": {}})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "top",
    [
        {"allOf": [{}]},
        {"patternProperties": {"^x": {}}},
        {"if": {}},
        {"dependentRequired": {"f": ["key"]}},
        {"required": ["nowhere"]},
        {"x-invariants": "f <= key"},
        {"x-invariants": ["f is key"]},
        {"x-invariants": ["f <= nowhere"]},
    ],
)
def test_rules_over_the_whole_object_that_nobody_would_check(top: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        target_from_json_schema(
            "thing",
            {"properties": {"key": {"type": "string", "x-identity": True}, "f": {"type": "integer"}}, **top},
        )


def test_optional_and_referred_fields_as_generators_write_them() -> None:
    target = read(
        {
            "a": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None, "title": "A"},
            "b": {"$ref": "#/$defs/size", "description": "own words"},
            "c": {"allOf": [{"$ref": "#/$defs/size"}]},
            "d": {"type": "integer", "nullable": True},
        },
        required=("a", "b", "d"),
        **{"$defs": {"size": {"type": "string", "enum": ["s", "l"], "description": "theirs"}}},
    )
    a, b, c, d = (target.by_name[n] for n in "abcd")
    assert (a.type, a.minimum, a.required, a.description) == ("integer", Decimal(1), False, "A")
    assert (b.allowed, b.description, b.required) == (("s", "l"), "own words", True)
    assert c.allowed == ("s", "l")
    assert not d.required


def test_what_stands_in_two_places_holds_in_both() -> None:
    defs = {
        "short": {"type": "string", "maxLength": 5, "minLength": 2},
        "large": {"type": "integer", "minimum": 10, "maximum": 90},
        "few": {"type": "string", "enum": ["a", "b"]},
    }
    found = read(
        {
            "short": {"$ref": "#/$defs/short", "maxLength": 100, "minLength": 1, "description": "its own"},
            "large": {"$ref": "#/$defs/large", "minimum": 0, "maximum": 50},
            "few": {"$ref": "#/$defs/few", "enum": ["b", "c"]},
            "optional": {"anyOf": [{"type": "integer", "maximum": 5}, {"type": "null"}], "maximum": 50},
            "wrapped": {"allOf": [{"type": "string", "maxLength": 5}], "maxLength": 100},
            "one": {"type": "string", "enum": ["a", "b"], "const": "a"},
            "whole": {"$ref": "#/$defs/large", "type": ["number", "null"]},
        },
        **{"$defs": defs},
    ).by_name
    assert (found["short"].min_length, found["short"].max_length, found["short"].description) == (2, 5, "its own")
    assert (found["large"].minimum, found["large"].maximum) == (10, 50)
    assert found["few"].allowed == ("b",)
    assert (found["whole"].type, found["whole"].minimum) == ("integer", 10)
    assert (found["optional"].maximum, found["wrapped"].max_length, found["one"].allowed) == (5, 5, ("a",))


def test_what_a_referred_object_requires_is_required() -> None:
    fields = {"key": {"type": "string", "x-identity": True}, "a": {"type": "string"}, "b": {"type": "string"}}
    whole = {"type": "object", "properties": fields, "required": ["a"]}
    document = {"$ref": "#/$defs/whole", "required": ["b"], "$defs": {"whole": whole}}
    found = target_from_json_schema("thing", document).by_name
    assert [found[name].required for name in ("a", "b")] == [True, True]
    document["properties"] = {"a": {"type": "integer"}}
    with pytest.raises(ConfigurationError, match="has properties twice"):
        target_from_json_schema("thing", document)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"allOf": [{"type": "string", "pattern": "^a"}], "pattern": "b$"}, "has pattern twice"),
        ({"$ref": "#/$defs/day", "format": "date-time"}, "has format twice"),
        ({"$ref": "#/$defs/day", "type": "integer"}, "has type twice"),
        ({"type": "string", "format": "uuid", "pattern": "^a"}, "a pattern beside format 'uuid'"),
        ({"type": "string", "enum": ["a", "b"], "const": "c"}, "enumerates no value"),
        ({"$ref": "#/$defs/few", "enum": ["c"]}, "enumerates no value"),
    ],
)
def test_two_rules_that_cannot_be_made_one_are_refused(schema: dict[str, Any], word: str) -> None:
    defs = {"day": {"type": "string", "format": "date"}, "few": {"type": "string", "enum": ["a", "b"]}}
    assert word in refused(schema, **{"$defs": defs})


def test_exclusive_bounds_of_draft_4() -> None:
    f = field(
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        **{"$schema": "http://json-schema.org/draft-04/schema#"},
    )
    assert (f.minimum, f.exclusive_minimum) == (None, Decimal(0))


def test_widths_of_integers() -> None:
    f = field({"type": "integer", "format": "int32", "minimum": 0})
    assert (f.minimum, f.maximum) == (Decimal(0), Decimal(2**31 - 1))


def test_lengths() -> None:
    f = field({"type": "string", "minLength": 3, "maxLength": 9})
    assert (f.min_length, f.max_length) == (3, 9)
    assert "above max_length" in refused({"type": "string", "minLength": 3, "maxLength": 2})


def test_invariants_in_both_spellings() -> None:
    target = read(
        {"a": {"type": "integer"}, "b": {"type": "integer"}},
        **{"x-invariants": ["a <= b", {"left": "b", "op": "!=", "right": "a"}]},
    )
    assert target.invariants == (Invariant(left="a", op="<=", right="b"), Invariant(left="b", op="!=", right="a"))


@pytest.mark.parametrize("headcount", [{"type": "number"}, {"type": "integer", "x-kind": "count"}])
def test_an_invariant_between_fields_that_cannot_be_compared_is_refused(headcount: dict[str, Any]) -> None:
    fields = {"start": {"type": "string", "format": "date"}, "headcount": headcount}
    with pytest.raises(ConfigurationError) as caught:
        read(fields, **{"x-invariants": ["headcount != headcount", "start <= headcount"]})
    (problem,) = caught.value.problems
    assert problem.where == "x-invariants[1]"
    assert problem.what == "start is a date and headcount a number, which cannot be compared"
    assert "the kind year" in problem.remedy
    for year in ({"type": "integer", "x-kind": "year"}, {"type": "integer"}):
        assert read({**fields, "headcount": year}, **{"x-invariants": ["start <= headcount"]}).invariants


def test_every_format_that_is_taken_is_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        field({"type": "string", "format": "url"})
    assert caught.value.hint == "use one of date, date-time, email, uri, uuid, or a pattern"


PLAIN = {"type": "object", "properties": {"email": {"type": "string"}, "age": {"type": "integer", "minimum": 0}}}


def test_identity_from_the_configuration() -> None:
    target = target_from_json_schema("contact", PLAIN, identity=("email",), table="contacts", existing="replace")
    assert [f.name for f in target.identity] == ["email"]
    assert (target.table, target.existing) == ("contacts", "replace")


def test_identity_in_two_places_or_in_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="declared twice"):
        target_from_json_schema("t", {"properties": {"k": {"type": "string", "x-identity": True}}}, identity=("k",))
    with pytest.raises(ConfigurationError, match="no field makes a row unique"):
        target_from_json_schema("t", PLAIN)
    with pytest.raises(ConfigurationError, match="did you mean 'email'"):
        target_from_json_schema("t", PLAIN, identity=("emial",))


def test_the_configuration_narrows_and_adds() -> None:
    target = target_from_json_schema(
        "t",
        PLAIN,
        identity=("email",),
        overrides={"age": FieldOverride(kind=Kind.COUNT, minimum=Decimal(-5), maximum=Decimal(150), risk="high")},
    )
    age = target.by_name["age"]
    assert (age.kind, age.minimum, age.maximum, age.risk) == (Kind.COUNT, Decimal(0), Decimal(150), "high")


def test_a_setting_for_a_field_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'age'"):
        target_from_json_schema("t", PLAIN, identity=("email",), overrides={"aeg": FieldOverride(risk="high")})


def test_ignored_fields_are_left_out_unless_required() -> None:
    target = target_from_json_schema("t", PLAIN, identity=("email",), overrides={"age": FieldOverride(ignore=True)})
    assert "age" not in target.by_name
    with pytest.raises(ConfigurationError, match="cannot be ignored"):
        target_from_json_schema(
            "t", {**PLAIN, "required": ["age"]}, identity=("email",), overrides={"age": FieldOverride(ignore=True)}
        )


def test_no_object_at_all() -> None:
    for document in ({"type": "string"}, {"type": "object"}, {"type": "array", "items": {}}):
        with pytest.raises(ConfigurationError, match="does not describe an object"):
            target_from_json_schema("t", document)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_limits = ["type", "format", "enum", "const", "minimum", "exclusiveMaximum", "maxLength", "minLength", "pattern"]
_others = ["multipleOf", "anyOf", "allOf", "$ref", "x-kind", "x-unit", "x-identity", "x-jump", "x-plain", "nullable"]
_keywords = st.sampled_from([*_limits, *_others, "description"])


@settings(derandomize=True, max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_keywords, _json | st.sampled_from(["string", "integer", "#", "date", ["string", "null"]])))
def test_any_schema_gives_a_target_or_a_configuration_error(schema: dict[str, Any]) -> None:
    with suppress(ConfigurationError):
        assert "f" in read({"f": schema}).by_name

"""What a field's description says of its codes holds for what a binding gives."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Json, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpArg, OpCall
from schemas.target import Target, TargetField

KEY = TargetField(name="no", type="string", kind=Kind.IDENTIFIER, identity=True)
TWO = "Language of the text, ISO 639-1."


def call(op: str, **args: str) -> OpCall:
    return OpCall(op=op, args=tuple(OpArg(name=name, value=value) for name, value in args.items()))


def refused(description: str, values: Sequence[Json], *ops: OpCall, kind: Kind = Kind.LANGUAGE) -> list[str]:
    """The messages of the rule on kinds for a field that is read from these values, in turn."""
    name = kind.value
    records: list[Record] = [{"no": f"N{n}", name: values[n % len(values)]} for n in range(60)]
    field = TargetField(name=name, type="string", kind=kind, description=description)
    bound = [
        Binding(target="no", alternatives=(Alternative(paths=("/no",), ops=(call("copy"),)),)),
        Binding(target=name, alternatives=(Alternative(paths=(f"/{name}",), ops=ops or (call("copy"),)),)),
    ]
    target = Target(name="t", table="t", fields=(KEY, field))
    found = check_plan_evidence(target, sample_fields(records), records, bound)
    return [one.message for one in found if one.rule == "kind_mismatch"]


@pytest.mark.parametrize("values", [("ger", "fre", "eng"), ("en-GB", "de-DE", "fr"), ("German", "French")])
def test_other_codes_and_names_are_no_two_letters_of_iso_639(values: Sequence[Json]) -> None:
    (message,) = refused(TWO, values)
    assert "where language holds codes of ISO 639-1, 2 letters each" in message


def test_codes_of_the_list_are_taken_and_a_slip_among_them_costs_no_binding() -> None:
    assert refused(TWO, ("de", "EN", "fr")) == []
    assert refused(TWO, ["de"] * 19 + ["ger"]) == []


def test_what_operations_make_of_a_value_is_what_counts() -> None:
    assert refused(TWO, ("en-GB", "de-DE", "fr-FR"), call("part", separator="-", index="0")) == []
    assert refused("ISO 3166-1 alpha-2.", ("Germany", "France"), call("parse_country"), kind=Kind.COUNTRY) == []
    assert len(refused("ISO 3166-1 alpha-3.", ("Germany", "France"), call("parse_country"), kind=Kind.COUNTRY)) == 1


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Language of the text.",
        "ISO 639-1 or 639-2.",
        "ISO 639-1, else its name.",
        "ISO 639-1 (alpha-2) and alpha-3.",
    ],
)
def test_a_description_that_names_no_list_or_several_says_nothing(description: str) -> None:
    assert refused(description, ("ger", "fre", "eng")) == []

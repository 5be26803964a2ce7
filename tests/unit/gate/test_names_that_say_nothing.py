"""Sources whose names say nothing: a right plan is not taken for an exchange by chance, or by what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from gating import binding

from enrichment.evidence.spelling import words_of
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.sampling import sample_fields
from schemas.json_types import Json, Record
from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpArg, OpCall
from schemas.target import Target, TargetField

COUNTRIES = ("Norway", "Chad", "Georgia", "Jordan", "Turkey")
#: Target field -> the values that it takes, and what reads them.
VALUES: Mapping[str, tuple[Callable[[int], Json], Sequence[str]]] = {
    "sharep": (lambda n: n, ()),
    "sharet": (lambda n: f"{n % 90 + 0.5} %", ("parse_percent",)),
    "sku": (lambda n: f"0{n:04d}", ()),
    "ctryn": (lambda n: COUNTRIES[n % 5], ()),
    "year_of_death": (lambda n: 1900 + n, ()),
    "first_game": (lambda n: f"19{n % 90 + 10}-04-{n % 28 + 1:02d}", ()),
    "weight": (lambda n: f"{n + 40} kg", ("parse_decimal",)),
}
FIELDS = {
    "sharep": TargetField(name="sharep", type="number", kind=Kind.PERCENT, unit="percent"),
    "sharet": TargetField(name="sharet", type="number", kind=Kind.PERCENT),
    "sku": TargetField(name="sku", type="string", kind=Kind.CODE),
    "ctryn": TargetField(name="ctryn", type="string"),
    "year_of_death": TargetField(name="year_of_death", type="integer"),
    "first_game": TargetField(name="first_game", type="string"),
    "weight": TargetField(name="weight", type="number", kind=Kind.QUANTITY, unit="kg"),
}
KEY = TargetField(name="code", type="string", kind=Kind.CODE, identity=True)


def refused(named: Mapping[str, str], bound: Mapping[str, str] | None = None) -> set[str]:
    """The fields whose binding is refused. `named`: field -> the source that holds it; `bound`: -> the one it gets."""
    found: list[Record] = [
        {"code": f"K{n}", **{source: VALUES[field][0](n) for field, source in named.items()}} for n in range(90)
    ]
    held = {source: field for field, source in named.items()}
    bindings = [binding("code", "/code")]
    bindings += [binding(f, f"/{s}", ops=VALUES[held[s]][1]) for f, s in (bound or named).items()]
    target = Target(name="t", table="t", fields=(KEY, *(FIELDS[name] for name in named)))
    return {one.target or "" for one in check_plan_evidence(target, sample_fields(found), found, bindings)}


@pytest.mark.parametrize("names", [("f1", "f2"), ("col_7", "col_8"), ("xf8c4", "x36bb")])
@pytest.mark.parametrize("fields", [("sharep", "sharet"), ("sku", "ctryn"), ("year_of_death", "first_game")])
def test_a_right_plan_is_no_exchange(fields: tuple[str, str], names: tuple[str, str]) -> None:
    assert refused(dict(zip(fields, names, strict=True))) == set()
    assert refused(dict(zip(fields, reversed(names), strict=True))) == set()


def test_names_that_are_alike_by_chance_exchange_no_fields_of_unknown_kind() -> None:
    """`cy` could be short for the country, but for no more than a letter or two; nothing else speaks for it."""
    assert refused({"sku": "q_w_e_r_cy", "ctryn": "a_s_d"}) == set()


def test_an_exchange_that_a_name_speaks_for_is_still_seen() -> None:
    assert refused({"sku": "sku_no", "ctryn": "ctry_name"}, {"sku": "ctry_name", "ctryn": "sku_no"}) >= {"ctryn"}
    assert refused({"sharep": "share_p", "sharet": "share_t"}, {"sharep": "share_t", "sharet": "share_p"})


def test_a_word_of_the_kind_robs_no_field_of_its_source() -> None:
    """`nm` is a little like `former_name`, and `/ex` like nothing: an exchange would only rob the present name."""
    ships: list[Record] = [
        {
            "code": f"K{n}",
            "nm": f"Northern Star {n}",
            "ex": [f"Old Draco {n}"] if n % 3 else [],
            "leg": {"to": {"name": ("Santos", "Durban", "Hamburg", "Yokohama")[n % 4]}},
        }
        for n in range(90)
    ]
    first = (OpCall(op="element", args=(OpArg(name="index", value="0"),)),)
    bindings = [binding("code", "/code"), binding("vessel", "/nm"), binding("arrival_port", "/leg/to/name")]
    bindings.append(Binding(target="former_name", alternatives=(Alternative(paths=("/ex",), ops=first),)))
    names = [TargetField(name=b.target, type="string", kind=Kind.NAME) for b in bindings[1:]]
    target = Target(name="ship", table="ship", fields=(KEY, *names))
    assert check_plan_evidence(target, sample_fields(ships), ships, bindings) == ()


def test_a_name_that_speaks_for_one_side_is_enough_though_the_other_has_only_to_lose() -> None:
    found: list[Record] = [{"code": f"K{n}", "carrier_name": f"Northern Air {n}", "xq": f"Oslo {n}"} for n in range(90)]
    fields = [TargetField(name=name, type="string", kind=Kind.NAME) for name in ("carrier_name", "origin")]
    bindings = [binding("code", "/code"), binding("carrier_name", "/xq"), binding("origin", "/carrier_name")]
    target = Target(name="t", table="t", fields=(KEY, *fields))
    told = check_plan_evidence(target, sample_fields(found), found, bindings)
    assert {one.target for one in told if "look exchanged" in one.message} == {"carrier_name", "origin"}


def test_a_percent_sign_is_no_measure_of_weight() -> None:
    """The sign speaks for every share, and against what is none."""
    assert refused({"weight": "f1", "sharep": "f2"}, {"weight": "f2", "sharep": "f1"}) >= {"weight"}


def test_random_letters_among_digits_are_no_words() -> None:
    assert words_of("xf8c4") == ("xf8c4",)
    assert words_of("X36bb") == ("x36bb",)
    assert words_of("co2emissions") == ("co", "2", "emissions")
    assert words_of("alpha2code") == ("alpha", "2", "code")
    assert words_of("2B") == ("2", "b")
    assert words_of("tax_1") == ("tax", "1")


def test_no_field_gives_up_the_source_that_bears_its_very_name_for_what_names_alone_say() -> None:
    found: list[Record] = [
        {"ISIN": f"LU{n:010d}", "Bezeichnung": f"Global Growth {n}", "KVG": {"Name": f"Meridian Invest {n % 7}"}}
        for n in range(60)
    ]
    fields = (
        TargetField(name="isin", type="string", kind=Kind.IDENTIFIER, identity=True),
        TargetField(name="fund_name", type="string", kind=Kind.NAME),
        TargetField(name="company", type="string", kind=Kind.NAME),
    )
    target = Target(name="funds", table="funds", fields=fields)
    offered = sample_fields(found)
    bound = [binding("isin", "/ISIN"), binding("fund_name", "/Bezeichnung"), binding("company", "/KVG/Name")]
    assert check_plan_evidence(target, offered, found, bound) == ()

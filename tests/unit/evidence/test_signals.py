"""Each signal of the evidence: a swap of two fields of one kind that it alone tells from the right plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from enrichment.evidence.spelling import alike_words
from enrichment.evidence.trusted import TrustedRows
from enrichment.gate.plan_evidence import PlanEvidence
from enrichment.gate.plan_report import report, rivals_of, untold
from enrichment.gate.plan_rules import PLAN_RULES, refusals_of
from enrichment.operations import ReadSettings
from enrichment.sampling import sample_fields
from schemas.codes import Code
from schemas.json_types import Cell, Record
from schemas.plan import Alternative, Binding, OpCall
from schemas.target import Target, TargetField

#: The rule that weighs all signals; others would refuse some of these swaps by one of them alone.
_RIVAL = tuple(rule for rule in PLAN_RULES if rule.code is Code.RIVAL_SOURCE)


@dataclass(frozen=True)
class Swap:
    """Two bindings that are exchanged: `right` are target fields and their pointers; the records hold both."""

    fields: Sequence[TargetField]
    right: dict[str, str]
    records: Sequence[Record]
    rows: dict[tuple[str, ...], dict[str, Cell]] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    def refused(self, *, exchanged: bool) -> set[str | None]:
        one, other = self.right
        paths = {one: self.right[other], other: self.right[one]} if exchanged else self.right
        found = refusals_of(self.evidence({**self.settled, **paths}), rules=_RIVAL)
        return {refusal.target for refusal in found}

    def evidence(self, paths: dict[str, str]) -> PlanEvidence:
        target = Target(name="thing", table="thing", fields=(_field("key", "string", identity=True), *self.fields))
        bindings = [_bound(name, path) for name, path in {"key": "/key", **paths}.items()]
        offered = sample_fields(self.records)
        return PlanEvidence(target, offered, self.records, bindings, ReadSettings(), TrustedRows(self.rows))


def _field(name: str, type_: str = "number", **more: Any) -> TargetField:
    return TargetField.model_validate({"name": name, "type": type_, **more}, strict=False)


def _bound(name: str, path: str) -> Binding:
    return Binding(target=name, alternatives=(Alternative(paths=(path,)),))


def _records(**columns: Any) -> list[Record]:
    return [{"key": f"k{n}", **{name: of(n) for name, of in columns.items()}} for n in range(12)]


def _nested(n: int, *, first: str, second: str) -> Record:
    return {"key": f"k{n}", "p": {"a": n + 1, "b": first}, "q": {"a": n + 50, "b": second}}


#: signal -> a swap that only it notices
SWAPS = {
    "name": Swap(
        [_field("tax_id", "string"), _field("security_code", "string")],
        {"tax_id": "/ein", "security_code": "/sedol"},
        _records(ein=lambda n: f"a{n}x", sedol=lambda n: f"b{n}y"),
    ),
    "spelling": Swap(
        [_field("quux_brim_lax"), _field("zorn_tep_gid")],
        {"quux_brim_lax": "/qbl", "zorn_tep_gid": "/ztg"},
        _records(qbl=lambda n: 900 + n, ztg=lambda n: 300 + n),
    ),
    "description": Swap(
        [_field("f1", description="Turnover of the year"), _field("f2", description="Total debt")],
        {"f1": "/turnover", "f2": "/debt"},
        _records(turnover=lambda n: 900 + n, debt=lambda n: 300 + n),
    ),
    "qualifiers": Swap(
        [_field("alpha_2", "string"), _field("alpha_3", "string")],
        {"alpha_2": "/iso_alpha_2", "alpha_3": "/iso_alpha_3"},
        _records(iso_alpha_2=lambda n: "abcdefghijkl"[n] * 2, iso_alpha_3=lambda n: "abcdefghijkl"[n] * 3),
    ),
    "kind_by_name": Swap(
        [_field("f1", "integer", kind="duration"), _field("f2", "integer", kind="quantity")],
        {"f1": "/lead_time", "f2": "/volume"},
        _records(lead_time=lambda n: 20 + n, volume=lambda n: 40 + n),
    ),
    "kind_by_values": Swap(
        [_field("f1", "string", kind="name"), _field("f2", "string", kind="country")],
        {"f1": "/a", "f2": "/b"},
        _records(a=lambda n: f"Ida Holt {'abcdefghijkl'[n]}", b=lambda n: ["Norway", "Peru", "Italy"][n % 3]),
    ),
    "unit_by_name": Swap(
        [_field("f1", kind="quantity", unit="kg"), _field("f2", kind="quantity", unit="km")],
        {"f1": "/x_kg", "f2": "/y_km"},
        _records(x_kg=lambda n: 20 + n, y_km=lambda n: 40 + n),
    ),
    "unit_by_values": Swap(
        [_field("f1", "string", unit="kg", kind="text"), _field("f2", "string", unit="km", kind="text")],
        {"f1": "/x", "f2": "/y"},
        _records(x=lambda n: f"{20 + n} kg", y=lambda n: f"{40 + n} km"),
    ),
    "bounds": Swap(
        [_field("f1", minimum=Decimal(0), maximum=Decimal(10)), _field("f2", minimum=Decimal(1000))],
        {"f1": "/x", "f2": "/y"},
        _records(x=lambda n: n % 9, y=lambda n: 4000 + n),
    ),
    "distribution": Swap(
        [_field("f1"), _field("f2")],
        {"f1": "/x", "f2": "/y"},
        _records(x=lambda n: n + 1, y=lambda n: 4_000_000 + n),
        rows={(f"other{n}",): {"f1": n + 2, "f2": 5_000_000 - n} for n in range(8)},
    ),
    "trusted_rows": Swap(
        [_field("f1", "integer"), _field("f2", "integer")],
        {"f1": "/x", "f2": "/y"},
        _records(x=lambda n: 20 + n, y=lambda n: 60 - n),
        rows={(f"k{n}",): {"f1": 20 + n, "f2": 60 - n} for n in range(4)},
    ),
    "siblings": Swap(
        [
            _field("f1", currency_field="c1", kind="money"),
            _field("f2", currency_field="c2", kind="money"),
            _field("c1", "string", kind="currency"),
            _field("c2", "string", kind="currency"),
        ],
        {"f1": "/p/a", "f2": "/q/a"},
        [_nested(n, first="EUR", second="USD") for n in range(12)],
        settled={"c1": "/p/b", "c2": "/q/b"},
    ),
}


@pytest.mark.parametrize("signal", SWAPS)
def test_a_swap_that_one_signal_tells_is_refused(signal: str) -> None:
    swap = SWAPS[signal]
    assert swap.refused(exchanged=False) == set()
    assert swap.refused(exchanged=True) >= set(swap.right)


@pytest.mark.parametrize("signal", SWAPS)
def test_what_a_signal_says_is_reported_in_words(signal: str) -> None:
    swap = SWAPS[signal]
    told = report(swap.evidence({**swap.settled, **swap.right}))
    heard = {h["signal"]: h for name in swap.right for h in told[name]["signals"]}
    assert -1 <= heard[signal]["value"] <= 1
    assert heard[signal]["words"]


# What evidence cannot tell


def test_fields_that_are_always_equal_are_named_and_not_refused() -> None:
    same = Swap([_field("f1"), _field("f2")], {"f1": "/x", "f2": "/y"}, _records(x=lambda n: n, y=lambda n: n))
    for exchanged in (False, True):
        assert same.refused(exchanged=exchanged) == set()
    assert untold(report(same.evidence(same.right))) == {"f1": ["/y"], "f2": ["/x"]}


def test_a_source_of_one_record_is_judged_by_what_it_has() -> None:
    one = Swap([_field("quuxley"), _field("brimble")], {"quuxley": "/quuxl", "brimble": "/brmbl"}, _few(1))
    assert one.refused(exchanged=False) == set()
    assert one.refused(exchanged=True) == {"quuxley", "brimble"}
    (rival, *_) = rivals_of(one.evidence(one.right), one.fields[0], _bound("quuxley", "/quuxl"))
    assert (rival.path, rival.common, rival.differs) == ("/brmbl", 1, 1)


def _few(count: int) -> list[Record]:
    return _records(quuxl=lambda n: 900 + n, brmbl=lambda n: 300 + n)[:count]


def test_a_target_of_one_kind_only_is_told_apart_by_names() -> None:
    names = ("opening", "highest", "lowest", "closing", "volume")
    paths = {"opening": "/open", "highest": "/high", "lowest": "/low", "closing": "/close", "volume": "/vol"}
    columns = {path[1:]: (lambda n, at=at: 100 + 7 * at + n) for at, path in enumerate(paths.values())}
    fields = [_field(name, kind="quantity") for name in names]
    for declared in (fields, [_field(name) for name in names]):
        whole = Swap(declared, paths, _records(**columns))
        assert refusals_of(whole.evidence(paths)) == ()
        for one, other in pairwise(names):
            wrong = {**paths, one: paths[other], other: paths[one]}
            assert {r.target for r in refusals_of(whole.evidence(wrong))} >= {one, other}


def _swapped(fields: Sequence[TargetField], paths: dict[str, str], records: Sequence[Record]) -> dict[str, str]:
    """What the rule of rivals refuses of a plan, with its reasons."""
    swap = Swap(fields, {"": "", "-": ""}, records)
    found = refusals_of(swap.evidence(paths), rules=_RIVAL)
    return {str(refusal.target): refusal.message for refusal in found}


def test_a_figure_that_another_field_holds_is_not_read_a_second_time() -> None:
    records = _records(displacement=lambda n: 900 + n, unheard=lambda n: 4 + n % 5)
    fields = [_field("displacement", kind="quantity"), _field("cylinders", "integer", kind="count")]
    right = {"displacement": "/displacement", "cylinders": "/unheard"}
    assert _swapped(fields, right, records) == {}
    found = _swapped(fields, {**right, "cylinders": "/displacement"}, records)
    assert found.keys() == {"cylinders"}
    assert "is what displacement holds" in found["cylinders"]


def test_an_identity_may_be_read_from_what_another_field_holds() -> None:
    records = [{"symbol": f"ab{n}"} for n in range(12)]
    fields = [_field("symbol", "string")]
    assert _swapped(fields, {"key": "/symbol", "symbol": "/symbol"}, records) == {}


def test_fields_of_two_kinds_that_are_exchanged_are_both_refused() -> None:
    records = _records(number_of_items=lambda n: 900 + n, price=lambda n: 4_000 + n)
    fields = [_field("f1", "integer", kind="count"), _field("f2", "integer", kind="money")]
    assert _swapped(fields, {"f1": "/number_of_items", "f2": "/price"}, records) == {}
    assert _swapped(fields, {"f1": "/price", "f2": "/number_of_items"}, records).keys() == {"f1", "f2"}


def test_a_source_that_belongs_to_an_empty_field_is_given_back() -> None:
    records = [
        {"key": f"k{n}", "creator": {"displayName": f"Ida {n}"}, "issuetype": {"name": f"Ole {n}"}} for n in range(12)
    ]
    fields = [_field("creator_name", "string"), _field("issue_kind", "string")]
    assert _swapped(fields, {"creator_name": "/creator/displayName"}, records) == {}
    assert _swapped(fields, {"creator_name": "/issuetype/name"}, records).keys() == {"creator_name"}


def test_a_rival_that_contradicts_is_none() -> None:
    records = _records(cc=lambda n: "abcdefghijkl"[n] * 2, alpha_3=lambda n: "abcdefghijkl"[n] * 3)
    assert _swapped([_field("alpha_2", "string")], {"alpha_2": "/cc"}, records) == {}


def test_what_hardly_reads_its_own_source_is_no_measure_of_a_rival() -> None:
    """An amount read as a bare number from codes, few of which are digits, while its text feeds its currency."""
    records = _records(
        tkr=lambda n: "1234" if n < 2 else f"AB{n}", turnover_currency_text=lambda n: f"EUR {n + 2} million"
    )
    currency = _field("turnover_currency", "string", kind="currency")
    swap = Swap([_field("revenue", currency_field=currency.name, kind="money"), currency], {"": "", "-": ""}, records)
    evidence = swap.evidence({"revenue": "/tkr", currency.name: "/turnover_currency_text"})
    read = {"revenue": OpCall(op="parse_decimal"), currency.name: OpCall(op="currency_of")}
    bindings = [
        one
        if one.target not in read
        else Binding(
            target=one.target,
            alternatives=(Alternative(paths=one.alternatives[0].paths, ops=(read[one.target],)),),
        )
        for one in evidence.bindings
    ]
    found = refusals_of(evidence.proposing(bindings), rules=_RIVAL)
    assert {refusal.target for refusal in found} == {"revenue"}


def test_a_word_of_its_own_is_short_for_no_other() -> None:
    assert alike_words("spd", "speed") > 0.5
    assert alike_words("date", "departure") == 0

"""The evidence over fourteen labelled domains: correct bindings stand, swaps across kinds fall.

With `-s` the figures are printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from labelled_domains import DOMAINS, Domain
from labelled_services import SERVICES

from enrichment.evidence.lattice import compatible
from enrichment.gate.plan_rules import check_plan_evidence
from enrichment.matcher import match
from enrichment.sampling import sample_fields
from schemas.json_types import Record
from schemas.kinds import Kind
from schemas.target import Target

ALL = (*DOMAINS, *SERVICES)
#: Operations that make one kind of another, as a plan may.
CONVERTING = {
    ("currency_of", Kind.MONEY),
    ("parse_country", Kind.ADDRESS),
    ("parse_year", Kind.DATE),
    ("parse_year", Kind.DATETIME),
    ("parse_date", Kind.DATETIME),
}


def records_of(domain: Domain) -> list[Record]:
    parsed: list[Record] = json.loads(json.dumps(domain.records), parse_float=Decimal)
    return parsed


def targets(domain: Domain) -> tuple[Target, Target]:
    return domain.target, domain.bare


def swaps(domain: Domain) -> Iterator[tuple[str, str]]:
    """Pairs of target fields whose kinds exclude each other, and whose operations do not convert one to the other."""
    kinds = {f.name: f.kind for f in domain.target.fields}
    for field, (own_path, own_ops) in domain.right.items():
        for other, (path, _) in domain.right.items():
            wanted, given = kinds[field], kinds[other]
            if wanted is None or given is None or path == own_path or compatible(given, wanted):
                continue
            if not any((op, given) in CONVERTING for op in own_ops):
                yield field, other


@pytest.mark.parametrize("domain", ALL, ids=lambda d: d.target.name)
def test_no_correct_binding_is_refused(domain: Domain) -> None:
    records = records_of(domain)
    offered = sample_fields(records)
    for target in targets(domain):
        refusals = check_plan_evidence(target, offered, records, [domain.binding(f) for f in domain.right])
        assert refusals == ()


@pytest.mark.parametrize("domain", ALL, ids=lambda d: d.target.name)
def test_what_the_matcher_binds_is_right(domain: Domain) -> None:
    records = records_of(domain)
    for target in targets(domain):
        for binding in match(target, sample_fields(records), records).bindings:
            assert binding.alternatives[0].paths == (domain.right[binding.target][0],)


def test_swaps_across_kinds_are_refused() -> None:
    shares = {}
    for group, domains in (("familiar names", DOMAINS), ("names of services", SERVICES)):
        tried = caught = 0
        for domain in domains:
            records = records_of(domain)
            offered = sample_fields(records)
            for target in targets(domain):
                for field, other in swaps(domain):
                    swapped = domain.binding(field, domain.right[other][0])
                    tried += 1
                    caught += bool(check_plan_evidence(target, offered, records, [swapped]))
        shares[group] = caught / tried
        print(f"{group}: {caught} of {tried} swaps across kinds refused")  # noqa: T201 - the figure is wanted
    assert shares["familiar names"] >= 0.995
    assert shares["names of services"] >= 0.95


def test_the_matcher_binds_a_good_part() -> None:
    bound = sum(len(match(t, sample_fields(r), r).bindings) for d in ALL for r in [records_of(d)] for t in targets(d))
    fields = sum(2 * len(d.right) for d in ALL)
    print(f"the matcher binds {bound} of {fields} fields")  # noqa: T201 - as above
    assert bound >= fields / 2

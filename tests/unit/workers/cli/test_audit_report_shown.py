from __future__ import annotations

import pytest

from enrichment.audit.report import Drifted, FieldCounts, PlantedCounts, Untold, report
from workers.cli.audit_report import print_audit

KEY = ("company", "crm")


def test_the_sentence_comes_first_then_how_it_is_known_then_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    field = FieldCounts(1, *KEY, "city", "released", 188, 1, 1, 0, 2, 1_700, 137, 9)
    plants = PlantedCounts(1, *KEY, "swap", 40, 38, 0, 0)
    untold = Untold(1, *KEY, "city", ("/seat",), ("/office/city",))
    print_audit(report([field], [plants], {KEY: 1_837, ("contact", "crm"): 3}, [untold]))
    said = " ".join(capsys.readouterr().out.split())
    places = [
        said.index(part)
        for part in (
            "company from crm: 1,837 observations of records, 1,700 cells written",
            "with 95 % confidence at most",
            "assuming that real defects are no harder to see than planted ones.",
            "compared 188 cells with what the source says and found 1 wrong, which were taken out",
            "it was shown 40 mistakes made on purpose, in rows that are never written, and found 38",
            "tells where these belong: city from /seat (or from /office/city).",
            "city 1,700 188 1",
            "contact from crm: 3 observations of records, 0 cells written unknown: ",
            "An observation is a record as its source had it at one time; one that changed since counts once more",
        )
    ]
    assert places == sorted(places)


def test_a_source_that_moved_is_told_in_words_with_its_test_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    field = FieldCounts(1, *KEY, "city", "probation", 188, 0, 0, 0, 0, 1_700, 137, 9)
    at = "2026-07-01T09:30:20.5+00:00"
    fill = Drifted(1, *KEY, "city", "fill", 0.98, 0.55, 1e-30, 5e-5, at, "probation")
    values = Drifted(1, *KEY, "staff", "values", 0.0, 0.7, 1e-9, None, at, "condemned")
    items = report([field], [], {KEY: 1_837}, drifted=[fill, values])
    told = {"field": "city", "plan": 1, "test": "two-proportion", "what": "fill", "before": 0.98, "now": 0.55}
    assert items[0]["drift"][0] == {**told, "chance": 1e-30, "level": 5e-5, "at": at, "state": "probation"}
    assert items[0]["drift"][1]["test"] == "chi-squared"
    print_audit(items)
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Since its release city is filled by 55 % of the records (as of 2026-07-01 09:30 UTC), before by 98 %;"
        " by chance that is seen less than once in 20,000 looks (two-proportion test). It is being audited anew;"
        " what comes meanwhile waits." in said
    )
    assert "staff has other values: 70 % of them (as of 2026-07-01 09:30 UTC) lie where few or none lay before" in said
    assert "It was found to be wrong since then, and was taken out." in said


def test_nothing_audited_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_audit([])
    assert capsys.readouterr().out == "unknown: nothing was audited\n"

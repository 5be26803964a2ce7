from __future__ import annotations

import pytest

from enrichment.audit.report import FieldCounts, PlantedCounts, Untold, report
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
            "company from crm: 1,837 rows, 1,700 cells written",
            "with 95 % confidence at most",
            "assuming that real defects are no harder to see than planted ones.",
            "compared 188 cells with what the source says and found 1 wrong, which were taken out",
            "it was shown 40 mistakes made on purpose, in rows that are never written, and found 38",
            "tells where these belong: city from /seat (or from /office/city).",
            "city 1,700 188 1",
            "contact from crm: 3 rows, 0 cells written unknown: ",
        )
    ]
    assert places == sorted(places)


def test_nothing_audited_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_audit([])
    assert capsys.readouterr().out == "unknown: nothing was audited\n"

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError, UsageError
from workers.demo.changes import Change, changed, parse_change, read_changes, write_changes

COMPANIES = {
    "Oracle Corporation": {"name": "Oracle Corporation", "metadata": {"employees": "c. 162,000 (2025)"}},
    "M/I Homes, Inc.": {"name": "M/I Homes, Inc.", "symbols": [{"yahoo": "MHO"}]},
}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("DoorDash:/metadata/employees=40,000 (2026)", Change("DoorDash", "/metadata/employees", "40,000 (2026)")),
        ("DoorDash:/metadata/employees=40000", Change("DoorDash", "/metadata/employees", 40000)),
        ("DoorDash:/metadata/employees=", Change("DoorDash", "/metadata/employees", "")),
        ("DoorDash:/metadata/employees", Change("DoorDash", "/metadata/employees", keep=False)),
        ("M/I Homes, Inc.:/isins=null", Change("M/I Homes, Inc.", "/isins", None)),
        ("A:/note=a=b", Change("A", "/note", "a=b")),
        ("A:/note=NaN", Change("A", "/note", "NaN")),
    ],
)
def test_a_change_names_company_place_and_value(text: str, change: Change) -> None:
    assert parse_change(text) == change


@pytest.mark.parametrize("text", ["", "DoorDash", "DoorDash=1", ":/a=1", "DoorDash:/=1", "DoorDash:a=1", "A:/b~2=1"])
def test_what_is_no_change_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_change(text)
    assert raised.value.hint


def test_changes_add_up_and_are_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "changes.json"
    assert read_changes(file) == {}
    write_changes(file, [Change("Oracle Corporation", "/metadata/employees", "170,000 (2026)")], COMPANIES)
    write_changes(file, [Change("M/I Homes, Inc.", "/symbols/0/yahoo", "MHO2")], COMPANIES)
    assert read_changes(file) == {
        "Oracle Corporation": {"/metadata/employees": "170,000 (2026)"},
        "M/I Homes, Inc.": {"/symbols/0/yahoo": "MHO2"},
    }
    write_changes(file, [Change("Oracle Corporation", "/metadata/employees", keep=False)], COMPANIES)
    assert read_changes(file) == {"M/I Homes, Inc.": {"/symbols/0/yahoo": "MHO2"}}


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (Change("Oracle Corp", "/name", "x"), "Oracle Corporation"),
        (Change("Oracle Corporation", "/metadata/employees/count", 1), "member"),
        (Change("M/I Homes, Inc.", "/symbols/7/yahoo", "x"), "member"),
    ],
)
def test_a_change_that_cannot_be_served_is_refused_and_not_written(tmp_path: Path, change: Change, hint: str) -> None:
    file = tmp_path / "changes.json"
    with pytest.raises(UsageError) as raised:
        write_changes(file, [change], COMPANIES)
    assert hint in raised.value.hint
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "[]", '{"A": 1}', "{"])
def test_a_broken_file_is_told_of(tmp_path: Path, content: str) -> None:
    file = tmp_path / "changes.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"changes\.json"):
        read_changes(file)


def test_applying_changes_leaves_the_companies_as_they_were() -> None:
    before = json.dumps(COMPANIES)
    record = changed(COMPANIES["M/I Homes, Inc."], {"/symbols/0/yahoo": "MHO2", "/metadata/employees": 3})
    assert record == {"name": "M/I Homes, Inc.", "symbols": [{"yahoo": "MHO2"}], "metadata": {"employees": 3}}
    assert json.dumps(COMPANIES) == before

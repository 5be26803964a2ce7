"""What the doctor says of the files that sources read."""

from __future__ import annotations

from pathlib import Path

from workers.doctor import machine
from workers.settings import load_settings

SAID = """
[sources.firms]
connector = "file"
path = "firms.jsonl"
key = "/name"
[sources.shops]
connector = "file"
path = "shops.csv"
key = "/name"
"""


def test_a_file_that_is_not_there_is_told_before_a_job_asks_for_it(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    said.write_text(SAID, encoding="utf-8")
    (tmp_path / "firms.jsonl").write_text("{}", encoding="utf-8")
    settings = load_settings(said, {})
    (finding,) = machine.sources(settings)
    assert (finding.level, finding.check) == ("odd", "sources")
    assert finding.message.startswith("shops: there is no file")
    assert finding.remedy
    (tmp_path / "shops.csv").write_text("name", encoding="utf-8")
    (finding,) = machine.sources(settings)
    assert finding.level == "well"


def test_without_such_sources_nothing_is_said(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    said.write_text("", encoding="utf-8")
    assert list(machine.sources(load_settings(said, {}))) == []

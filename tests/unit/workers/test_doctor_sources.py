"""What the doctor says of files and addresses that sources read, and of sources between which a name decides."""

from __future__ import annotations

import json
from pathlib import Path

from workers.cli.invocation import Invocation
from workers.doctor import examine, reading
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
    (finding,) = reading.sources(settings)
    assert (finding.level, finding.check) == ("odd", "sources")
    assert finding.message.startswith("shops: there is no file")
    assert finding.remedy
    (tmp_path / "shops.csv").write_text("name", encoding="utf-8")
    (finding,) = reading.sources(settings)
    assert finding.level == "well"


def test_a_file_of_a_database_is_looked_at_too_and_never_made(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    lines = ["[sources.old]", 'connector = "sql"', f'url = "sqlite:///{tmp_path}/old.db"', 'table = "firm"']
    said.write_text("\n".join([*lines, "[sources.far]", lines[1], 'url = "postgresql://a@b/c"', lines[3]]))
    settings = load_settings(said, {})
    (finding,) = reading.sources(settings)
    assert (finding.level, finding.message.partition(":")[0]) == ("odd", "old")
    assert "there is no file" in finding.message
    assert not (tmp_path / "old.db").exists()
    (tmp_path / "old.db").touch()
    (finding,) = reading.sources(settings)
    assert finding.level == "well"


def test_an_address_that_the_way_out_refuses_is_told_before_a_job_asks_there(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    lines = [
        "[sources.crm]",
        'connector = "http"',
        'url = "http://127.0.0.1:9/v1"',
        'item_url = "http://10.0.0.7/{id}"',
    ]
    said.write_text("\n".join(lines))
    url, item = reading.sources(load_settings(said, {}))
    assert (url.level, url.message) == ("wrong", "crm: url: the host is not on the public internet")
    assert "allow_private = true" in url.remedy
    assert (item.level, item.message) == ("wrong", "crm: item_url: the host is not on the public internet")
    said.write_text("\n".join([*lines[:3], "allow_private = true"]))
    assert list(reading.sources(load_settings(said, {}))) == []


def test_sources_of_one_target_that_are_worth_the_same_are_named(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    said.write_text(
        "".join(
            f'[sources.{name}]\nconnector = "inline"\nprecedence = {precedence}\n'
            for name, precedence in {"erp": 1, "lief": 1, "web": 2}.items()
        )
    )
    settings = load_settings(said, {})
    (finding,) = reading.precedences(settings, {"supplier": ["web", "lief", "erp", "gone"], "other": ["erp", "web"]})
    assert finding.level == "odd"
    assert finding.message.startswith("erp, lief all fill supplier with precedence 1: ")
    # all sources of a configuration with one target fill that one, also before any job
    schema = {"type": "object", "properties": {"name": {"type": "string", "x-identity": True}}}
    (tmp_path / "one.json").write_text(json.dumps(schema))
    said.write_text(f'{said.read_text()}[targets.one]\njson_schema = "one.json"\n')
    found = examine(Invocation(said, tmp_path / "data"))
    (finding,) = (one for one in found if one.check == "sources")
    assert finding.message.startswith("erp, lief all fill one ")


def test_without_such_sources_nothing_is_said(tmp_path: Path) -> None:
    said = tmp_path / "assay.toml"
    said.write_text("", encoding="utf-8")
    assert list(reading.sources(load_settings(said, {}))) == []

"""An edited configuration is seen part by part, and nothing of it can be read from what was noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workers.embedded.processes import Identity, identity_of
from workers.settings import load_settings
from workers.settings.sections import Settings
from workers.up.configuration import Noted, noted
from workers.up.record import FleetRecord, Recorder, read_record
from workers.up.status import fleet_status

TOML = """
[database]
url = "postgresql+psycopg://assay:hunter2@db/assay"
[targets.company]
json_schema = "company.json"
identity = ["name"]
[sources.crm]
connector = "http"
url = "https://api.example.com/v1/companies"
key = "/id"
[sources.pushed]
connector = "inline"
key = "/id"
"""
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}


def loaded(folder: Path, text: str = TOML) -> Settings:
    (folder / "assay.toml").write_text(text, encoding="utf-8")
    return load_settings(None, {}, folder=folder)


@pytest.fixture(autouse=True)
def _schema(tmp_path: Path) -> None:
    (tmp_path / "company.json").write_text(json.dumps(SCHEMA), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("hunter2", "hunter3", ("database",)),
        ("/v1/", "/v2/", ("sources.crm",)),
        ('[sources.pushed]\nconnector = "inline"\nkey = "/id"', "", ("sources.pushed",)),
        ("[database]", "[work]\nchunk_size = 100\n[database]", ("work",)),
        ('identity = ["name"]', 'identity = ["name"]\nexisting = "replace"', ("targets.company",)),
        ("[database]", "# a remark\n[database]", ()),
    ],
)
def test_the_parts_that_differ_are_named(tmp_path: Path, old: str, new: str, expected: tuple[str, ...]) -> None:
    before = Noted.of(loaded(tmp_path))
    assert before.changed(loaded(tmp_path)) == ()
    assert before.changed(loaded(tmp_path, TOML.replace(old, new))) == expected


def test_an_edited_schema_is_a_change_of_its_target(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    before = Noted.of(settings)
    (tmp_path / "company.json").write_text(json.dumps({**SCHEMA, "required": ["name"]}), encoding="utf-8")
    assert before.changed(settings) == ("targets.company",)


def test_what_is_noted_survives_the_record_and_tells_no_secret(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    one, two = Noted.of(settings), Noted.of(settings)
    assert one.digests["database"] != two.digests["database"]
    path = tmp_path / "state.json"
    Recorder(path, Identity(1, "x"), one).phase("running")
    assert "hunter2" not in path.read_text(encoding="utf-8")
    assert read_record(path).configuration == one
    assert noted(None) is None


def test_only_a_running_fleet_can_have_been_started_with_something_else(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    me = identity_of(1) or Identity(1, "")
    record = settings.data_dir / "up" / "state.json"
    record.parent.mkdir(parents=True)
    Recorder(record, me, Noted.of(settings)).phase("running")
    edited = loaded(tmp_path, TOML.replace("/v1/", "/v2/"))
    assert fleet_status(edited).changed == ("sources.crm",)
    assert fleet_status(edited).document()["configuration"] == {"changed": ["sources.crm"]}
    assert fleet_status(settings).changed == ()
    Recorder(record, Identity(1, "another"), Noted.of(settings)).phase("running")
    assert fleet_status(edited).changed == ()
    assert FleetRecord().configuration is None

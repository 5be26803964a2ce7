"""What keeps a fleet from starting says what a person can do about it."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from schemas.errors import ConfigurationError
from workers.settings import load_settings
from workers.up import preparing

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}, "staff": {"type": "integer"}}}
TARGET = '[targets.firm]\njson_schema = "firm.json"\ntable = "prepared"\nidentity = ["name"]\n'


@pytest.mark.parametrize("embedded", [True, False])
def test_a_column_that_somebody_altered_can_be_reached_to_be_mended(
    database: str, tmp_path: Path, *, embedded: bool
) -> None:
    (tmp_path / "firm.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "assay.toml").write_text(TARGET + ("" if embedded else f'[database]\nurl = "{database}"\n'))
    settings = load_settings(tmp_path / "assay.toml", {})
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS prepared")
        preparing.prepare(settings, database)
        owner.execute("ALTER TABLE prepared ALTER staff TYPE text")
        with pytest.raises(ConfigurationError, match="column staff is text") as refused:
            preparing.prepare(settings, database)
        assert refused.value.hint.endswith("start without [targets.firm]") is embedded
        # as it says: the fleet starts, and with it the embedded server
        (tmp_path / "assay.toml").write_text("")
        preparing.prepare(load_settings(tmp_path / "assay.toml", {}), database)
        owner.execute("ALTER TABLE prepared ALTER staff TYPE bigint USING staff::bigint")
        preparing.prepare(settings, database)


def test_a_column_that_migrate_makes_again_is_noticed(database: str, tmp_path: Path) -> None:
    (tmp_path / "firm.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "assay.toml").write_text(TARGET + f'[database]\nurl = "{database}"\n')
    settings = load_settings(tmp_path / "assay.toml", {})
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS prepared")
        preparing.prepare(settings, database)
        filed = "SELECT args -> 'columns' FROM assay.work WHERE dedup = 'columns:firm'"
        assert owner.execute(filed).fetchall() == []
        owner.execute("ALTER TABLE prepared DROP staff")
        preparing.prepare(settings, database)
        assert owner.execute(filed).fetchall() == [({"staff": 3},)]

"""What the documentation shows can be copied: its blocks load, and every key and kind is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from schemas.kinds import Kind
from schemas.source import Auth, Pagination, Source
from schemas.target_declaration import FIELD_KEYWORDS, INVARIANTS
from schemas.target_overrides import FieldOverride
from workers.settings import load_settings
from workers.settings.sections import TargetSettings
from workers.targets import load_targets

ROOT = Path(__file__).parents[4]
SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", [*blocks(SOURCES, "toml"), *blocks(README, "toml")])
def test_a_block_loads_with_the_schema_that_is_shown(tmp_path: Path, block: str) -> None:
    (schema,) = blocks(SOURCES, "json")
    # identity is said in one place
    schema = schema.replace('"x-identity": true, ', "") if "identity = " in block else schema
    (tmp_path / "company.schema.json").write_text(schema)
    (tmp_path / "assay.toml").write_text(block)
    settings = load_settings(tmp_path / "assay.toml", {})
    assert settings.targets or settings.sources
    targets = load_targets(settings) if settings.targets else {}
    assert all([f.name for f in target.identity] == ["name"] for target in targets.values())


def test_every_connector_is_shown() -> None:
    shown = set(re.findall(r'^connector = "(\w+)"', SOURCES, re.MULTILINE))
    assert shown == {get_args(model.model_fields["connector"].annotation)[0] for model in get_args(get_args(Source)[0])}


def test_every_key_is_explained() -> None:
    models = [*get_args(get_args(Source)[0]), Pagination, Auth, TargetSettings, FieldOverride]
    keys = {name for model in models for name in model.model_fields} - {"name"}
    # what a table, a sentence, or a commented line of a block says
    said = set(re.findall(r"`(\w+)`", SOURCES)) | set(re.findall(r"^(\w+) = ", SOURCES, re.MULTILINE))
    said |= {"fields"} if "`fields.NAME`" in SOURCES else set()
    assert sorted(keys - said) == []
    assert [word for word in (*FIELD_KEYWORDS, INVARIANTS) if f'"{word}"' not in blocks(SOURCES, "json")[0]] == []


def test_every_kind_is_listed() -> None:
    listed = SOURCES.rpartition("Kinds: ")[2]
    assert re.findall(r"`(\w+)`", listed) == [kind.value for kind in Kind]

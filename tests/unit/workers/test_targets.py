import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from schemas.errors import ConfigurationError
from workers.settings import load_settings
from workers.targets import load_targets

CONTACT = {"type": "object", "properties": {"email": {"type": "string"}, "$id": {"type": "integer"}}}


@pytest.fixture(autouse=True)
def imports() -> Iterator[None]:
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name in [n for n in sys.modules if n.startswith("fixture_")]:
        del sys.modules[name]
    SQLModel.metadata.clear()


def configure(folder: Path, text: str, **files: str) -> Path:
    (folder / "assay.toml").write_text(text)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    return folder / "assay.toml"


def test_a_schema_whose_name_no_statement_takes_is_refused(tmp_path: Path) -> None:
    text = '[targets.contact]\njson_schema = "contact.json"\nidentity = ["email"]\ntable_schema = "{}"\n'
    for name, usable in (("odd % one", False), ('odd \\" one', True)):
        file = configure(tmp_path, text.format(name), contact__json=json.dumps(CONTACT))
        if usable:
            assert load_targets(load_settings(file, {}))["contact"].table_schema == 'odd " one'
            continue
        with pytest.raises(ConfigurationError, match="table_schema with % in its name"):
            load_targets(load_settings(file, {}))


def test_a_class_and_a_schema_beside_the_configuration(tmp_path: Path) -> None:
    file = configure(
        tmp_path,
        """
        [targets.company]
        model = "fixture_models:Company"
        fields.name.kind = "name"
        [targets.contact]
        json_schema = "contact.json"
        table = "order"
        identity = ["email"]
        existing = "replace"
        create = false
        invariants = ["$id != $id"]
        """,
        fixture_models__py="from sqlmodel import Field, SQLModel\n"
        "class Company(SQLModel, table=True):\n    name: str = Field(primary_key=True)\n",
        contact__json=json.dumps(CONTACT),
    )
    targets = load_targets(load_settings(file, {}))
    assert targets["company"].by_name["name"].kind == "name"
    assert not targets["company"].create
    contact = targets["contact"]
    assert (contact.table, contact.existing, contact.create) == ("order", "replace", False)
    assert list(contact.by_name) == ["email", "$id"]
    assert len(contact.invariants) == 1


def test_a_schema_makes_assay_create_the_table(tmp_path: Path) -> None:
    file = configure(tmp_path, '[targets.c]\njson_schema = "c.json"\nidentity = ["email"]', c__json=json.dumps(CONTACT))
    assert load_targets(load_settings(file, {}))["c"].create


def test_everything_wrong_with_targets_at_once(tmp_path: Path) -> None:
    file = configure(
        tmp_path,
        """
        targets.a.json_schema = "missing.json"
        targets.b.json_schema = "broken.json"
        targets.c.model = "fixture_nowhere:X"
        targets.d.model = "fixture_raising:X"
        targets.e.model = "json:Nothing"
        targets.f.model = "json:JSONDecoder"
        targets.g.json_schema = "twice.json"
        targets.h.json_schema = "flat.json"
        targets.i.json_schema = "list.json"
        """,
        broken__json="{",
        fixture_raising__py="raise ValueError('boom')",
        twice__json='{"properties": {"a": {}, "a": {}}}',
        flat__json=json.dumps(CONTACT),
        list__json="[]",
    )
    with pytest.raises(ConfigurationError) as caught:
        load_targets(load_settings(file, {}))
    message = caught.value.message
    assert str(file) in message
    for name, said in {
        "a": "cannot be read",
        "b": "no valid JSON",
        "c": "cannot be imported",
        "d": "ValueError: boom",
        "e": "has no 'Nothing'",
        "f": "no SQLModel table class",
        "g": "declared twice",
        "h.identity": "no field makes a row unique",
        "i": "no JSON object",
    }.items():
        assert any(f"targets.{name}" in line and said in line for line in message.splitlines()), name


def test_two_targets_may_not_fill_one_table(tmp_path: Path) -> None:
    file = configure(
        tmp_path,
        """
        [targets.a]
        json_schema = "c.json"
        table = "t"
        identity = ["email"]
        [targets.b]
        json_schema = "c.json"
        table = "t"
        identity = ["email"]
        """,
        c__json=json.dumps(CONTACT),
    )
    with pytest.raises(ConfigurationError, match=r"filled by targets\.a already"):
        load_targets(load_settings(file, {}))


def test_a_constant_for_a_field_that_no_target_has(tmp_path: Path) -> None:
    text = """
        [targets.a]
        json_schema = "c.json"
        identity = ["email"]
        [sources.s]
        connector = "inline"
        constants = { %s = "x" }
        """
    load_targets(load_settings(configure(tmp_path, text % "email", c__json=json.dumps(CONTACT)), {}))
    with pytest.raises(ConfigurationError, match="did you mean 'email'"):
        load_targets(load_settings(configure(tmp_path, text % "emial"), {}))


def test_constants_that_their_fields_refuse_are_named_all_at_once(tmp_path: Path) -> None:
    fields = {"email": {"type": "string"}, "status": {"enum": ["new", "old"]}, "headcount": {"type": "integer"}}
    text = """
        [targets.a]
        json_schema = "a.json"
        identity = ["email"]
        [targets.b]
        json_schema = "b.json"
        identity = ["email"]
        [sources.s]
        connector = "inline"
        constants = { status = "unknown", headcount = "many", email = "x" }
        """
    wide = json.dumps({"type": "object", "properties": {"email": {"type": "string"}, "headcount": {"type": "integer"}}})
    file = configure(tmp_path, text, a__json=json.dumps({"type": "object", "properties": fields}), b__json=wide)
    with pytest.raises(ConfigurationError) as caught:
        load_targets(load_settings(file, {}))
    assert [problem.where for problem in caught.value.problems] == [
        "sources.s.constants.status",
        "sources.s.constants.headcount",
    ]
    status, headcount = (problem.what for problem in caught.value.problems)
    assert status.startswith("target a refuses it as not_allowed: ")
    assert ("; target b refuses it as type: " in headcount, headcount.startswith("target a ")) == (True, True)
    # it is refused by one target that its source may have nothing to do with
    texts = wide.replace("integer", "string")
    taken = text.replace('"unknown"', '"new"')
    load_targets(load_settings(configure(tmp_path, taken, b__json=texts), {}))


def test_modules_of_the_user_come_last_on_the_path(tmp_path: Path) -> None:
    file = configure(tmp_path, 'targets.a.model = "json:Nothing"')
    with pytest.raises(ConfigurationError):
        load_targets(load_settings(file, {}))
    assert sys.path[-1] == str(tmp_path)

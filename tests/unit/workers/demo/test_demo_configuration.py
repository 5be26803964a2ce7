from __future__ import annotations

import socket
from pathlib import Path

from schemas.source import HttpSource
from workers.demo.configuration import SOURCE, TARGET, DemoFolder, companies_url
from workers.settings import load_settings
from workers.targets import load_targets

FIELDS = (
    "name symbol isin country founded_year employee_count revenue_amount revenue_currency net_income_amount "
    "net_income_currency website headquarters"
)


def test_the_configuration_is_one_that_the_fleet_takes(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    folder.write_configuration(8484)
    settings = load_settings(folder.configuration, {})
    assert settings.data_dir == tmp_path / "data"
    assert settings.offline
    assert settings.database.url is None
    assert settings.broker.url is None
    source = settings.sources[SOURCE]
    assert isinstance(source, HttpSource)
    assert source.url == companies_url(8484)
    assert source.key == "/name"
    assert not source.currency_hints


def test_the_target_is_the_table_of_the_demo(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    folder.write_configuration(8484)
    target = load_targets(load_settings(folder.configuration, {}))[TARGET]
    assert target.table == "company"
    assert target.create
    assert " ".join(field.name for field in target.fields) == FIELDS
    assert [field.name for field in target.identity] == ["name"]
    assert [field.name for field in target.fields if field.required] == ["name"]
    assert all(field.description and field.kind for field in target.fields)
    companions = {field.name: field.currency_field for field in target.fields if field.currency_field}
    assert companions == {"revenue_amount": "revenue_currency", "net_income_amount": "net_income_currency"}


def test_the_source_keeps_its_port_until_another_program_takes_it(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    with socket.create_server(("127.0.0.1", 0)) as other:
        first = folder.companies_port()
        assert folder.companies_port() == first
        (folder.path / "port.json").write_text(f'{{"port": {other.getsockname()[1]}}}')
        moved = folder.companies_port()
        assert moved != other.getsockname()[1]
    assert folder.companies_port() == moved


def test_a_configuration_is_new_where_the_port_moved_only(tmp_path: Path) -> None:
    folder = DemoFolder.make(tmp_path / "data")
    assert folder.write_configuration(8484)
    assert not folder.write_configuration(8484)
    assert folder.write_configuration(8485)

"""The pure parts of `make bench`: what it concludes, tells and draws."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import records
from benchmarks.speed import gate_cost, plain
from benchmarks.speed.drawing import draw
from benchmarks.speed.mapped import Rows, kept
from benchmarks.speed.parts import SERIES, conclusions
from benchmarks.speed.stages import by_stage
from benchmarks.speed.table import lines
from benchmarks.truth.predicted import rows_until_condemned


def _fleet(rate: float, **more: Any) -> dict[str, Any]:
    return {
        "records": 1_000,
        "shapes": 2,
        "workers": None,
        "model_delay": 0.0,
        "chunk_size": None,
        "record_bytes": 420,
        "state": "done",
        "counts": {"accepted": 1_000, "written": 1_000},
        "calls": {"planning": 2, "audit": 12},
        "calls_released": {"planning": 0, "audit": 0},
        "lost": 0,
        "seconds": {"first_job": 2.0, "released_plans": 1_000 / rate},
        "records_per_second": {"first_job": 500.0, "released_plans": rate},
        "cpu_seconds": {"gate": 1.0, "postgres": 2.0},
        "peak_memory_mb": {"gate": 120.0, "postgres": 300.0, "dispatcher": 60.0},
        **more,
    }


def _found() -> dict[str, Any]:
    told = [
        {"event": "stage.done", "stage": "gate", "job": 2, "seconds": 0.4, "cpu": 0.3},
        {"event": "stage.done", "stage": "gate", "job": 2, "seconds": 0.2, "cpu": 0.1},
        {"event": "stage.done", "stage": "fetch", "job": 2, "seconds": 0.1, "cpu": 0.1},
        {"event": "stage.done", "stage": "gate", "job": 1, "seconds": 9.0, "cpu": 9.0},
        {"event": "stage.not_ours", "stage": "gate", "job": 2},
    ]
    found = {
        "machine": {"cores": 2, "system": "Linux", "architecture": "x86_64", "python": "3.11"},
        "seed": 1,
        **_fleet(6_000.0, stages=by_stage(told, job=2, records=1_000)),
        "plain": {"pool": "prefork", "records_per_second": 200.0, "seconds": 5.0, "lost": 0},
        "floor": {"records_per_second": 12_000.0, "seconds": 0.1, "lost": 0},
        "by_workers": [_fleet(2_000.0, workers=1), _fleet(3_000.0, workers=2)],
        "by_shapes": [_fleet(5_000.0)],
        "by_chunks": [_fleet(5_000.0, chunk_size=500), _fleet(6_000.0, chunk_size=2_000)],
        "by_widths": [_fleet(5_000.0), _fleet(3_000.0, record_bytes=4_000)],
        "slow_model": _fleet(4_000.0, model_delay=0.3),
    }
    return found | conclusions(found)


def test_stages_are_of_one_job_and_in_the_order_of_the_path() -> None:
    gate = {"stage": "gate", "runs": 2, "seconds": 0.6, "cpu": 0.4, "records": 1_000}
    stages = _found()["stages"]
    assert [one["stage"] for one in stages] == ["fetch", "gate"]
    assert {name: stages[1][name] for name in gate} == gate
    assert stages[1]["us_per_record"] == pytest.approx(600.0)


def test_a_record_lost_by_any_part_is_seen() -> None:
    found = _found()
    assert found["ratios"] == {"plain_chain": 30.0, "floor": 0.5}
    assert found["lost_in_all"] == 0
    found["by_workers"][1]["lost"] = 3
    assert conclusions(found)["lost_in_all"] == 3


def test_the_table_tells_rates_ratios_stages_and_memory() -> None:
    text = "\n".join(lines(_found()))
    for told in ("6,000", "to hold: 30", "prefork", "0.3 s away", "dispatcher 60", "planning 2", "records lost: 0"):
        assert told in text


def test_the_picture_is_whole_whatever_was_measured() -> None:
    found = _found()
    fewer = {k: v for k, v in found.items() if k not in {"plain", "floor", *SERIES, "slow_model"}}
    for one in (found, fewer, {**fewer, "stages": [], "cpu_seconds": {}}):
        ET.fromstring(draw(one))  # noqa: S314 - our own text
    assert "after 300 ms" in draw({**fewer, "slow_model": found["slow_model"]})
    assert "bare COPY" in draw(found)
    assert "bare COPY" not in draw(fewer)


def test_the_chain_does_the_work_of_its_five_steps(tmp_path: Any) -> None:
    listed = [
        {
            "shape": 1,
            "state": "released",
            "bindings": [
                {"target": "name", "alternatives": [{"paths": ["/name"], "ops": []}], "origin": "small"},
                {
                    "target": "founded_year",
                    "alternatives": [{"paths": ["/block0/founded"], "ops": [{"op": "parse_year", "args": []}]}],
                    "origin": "small",
                },
            ],
            "abstained": [{"target": "website", "reason": "absent", "origin": "small"}],
        }
    ]
    rows = Rows(kept([*listed, {**listed[0], "bindings": []}, {**listed[0], "shape": 2, "state": "condemned"}]))
    records.write(tmp_path / "firms.jsonl", records=3, shapes=1, seed=1)
    passed: Any = (tmp_path / "firms.jsonl").read_text().splitlines()
    written: list[dict[str, Any]] = []
    for step in plain.steps(rows, written.extend).values():
        passed = json.loads(json.dumps(step(passed)))
    assert [row["name"] for row in written] == ["Alpha Alpha 0", "Beta Alpha 1", "Gamma Alpha 2"]
    assert all(1850 <= row["founded_year"] <= 2020 for row in written)
    assert "name = EXCLUDED.name" not in plain.insert_sql(["name", "country"])


def test_the_gate_accepts_every_record_that_its_cost_is_measured_on() -> None:
    found = gate_cost.measure(records=50, seed=1)
    assert found["lost"] == 0
    assert found["filled_cells"] == 50 * found["fields"]


def test_a_wrong_field_falls_within_predicted_rows() -> None:
    """Two defects condemn within 25 cells or so; what both looks hardly see is promised nothing."""
    assert rows_until_condemned(1.0, request=20) == 20
    fifth = rows_until_condemned(0.2, request=20)
    assert fifth is not None
    assert 20 < fifth <= 60
    assert rows_until_condemned(0.018, request=20) is None

"""Which model of a second provider takes whose place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from enrichment.breaking.calls import FailingOver
from schemas.errors import WaitingError
from workers.asked_models import evaluated_replacements, replacements
from workers.composition import fallback_models_of, models_of
from workers.settings import Settings
from workers.settings.model_sections import Model, ModelFallback


def _replaced(first: dict[str, str], second: dict[str, str]) -> dict[tuple[str, str], str]:
    model = Model.model_validate({"base_url": "http://x", "small": "s", **first})
    return replacements(model, ModelFallback.model_validate({"base_url": "http://y", "small": "fs", **second}))


def test_each_model_is_replaced_by_the_one_that_does_the_same() -> None:
    first = {"large": "l", "auditor": "a", "second_auditor": "b"}
    second = {"large": "fl", "auditor": "fa", "second_auditor": "fb"}
    assert _replaced(first, second) == {
        ("planning", "s"): "fs",
        ("planning", "l"): "fl",
        ("audit", "a"): "fa",
        ("audit", "b"): "fb",
    }


def test_one_name_for_two_tasks_is_replaced_for_each() -> None:
    assert _replaced({"large": "l"}, {"large": "fl", "auditor": "fa"}) == {
        ("planning", "s"): "fs",
        ("planning", "l"): "fl",
        ("audit", "l"): "fa",
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"large": "l", "auditor": "a", "second_auditor": "b"}, {"large": "fl"}),
        ({"large": "l", "auditor": "a"}, {}),
        ({"large": "l", "auditor": "a", "second_auditor": "b"}, {"large": "a", "auditor": "fa"}),
    ],
    ids=["its auditor is its large model", "it has one model", "it has the first auditor"],
)
def test_no_auditor_takes_the_second_look_at_what_it_said(first: dict[str, str], second: dict[str, str]) -> None:
    looks_again = first.get("second_auditor", first["large"])
    found = _replaced(first, second)
    assert ("audit", looks_again) not in found
    assert ("audit", first["auditor"]) in found


@pytest.mark.parametrize(
    ("second", "asked"),
    [
        ({"large": "fl", "auditor": "fa", "second_auditor": "fb"}, ["audit fa", "audit fb", "map fl", "map fs"]),
        ({"large": "l", "auditor": "fa"}, ["audit fa", "audit l", "map fs"]),
        ({"auditor": "fa", "fail_over": "never"}, []),
    ],
    ids=["all", "the first one's name", "never asked"],
)
def test_what_may_be_asked_of_it_is_evaluated(second: dict[str, str], asked: list[str], tmp_path: Path) -> None:
    first = {"base_url": "http://x", "small": "s", "large": "l", "auditor": "a", "second_auditor": "b"}
    fallback = {"base_url": "http://y", "small": "fs", **second}
    settings = Settings.model_validate({"base": tmp_path, "model": {**first, "fallback": fallback}})
    # what any of them failed counts for work that may ask it again
    assert set(models_of(settings).names) == {"s", "l", "a", "b", *(one.split()[1] for one in asked)}
    found = evaluated_replacements(settings)
    assert sorted(f"{task.partition('_')[0]} {name}" for task, name in found) == asked


def test_a_model_without_a_replacement_waits_for_the_first_provider() -> None:
    class Stopped:
        models: Any = None

        def ask(self, *_: object, **__: object) -> Any:
            raise WaitingError("open", waits_on="breaker:1")

    unused: Any = None
    over = FailingOver(Stopped(), unused, unused, names={}, tell=unused)
    with pytest.raises(WaitingError):
        over.ask(unused, unused, purpose="audit", model="b")


def test_each_provider_is_paid_at_its_own_prices_though_their_models_have_one_name() -> None:
    price = {"input": 1, "output": 2}
    told = Model.model_validate(
        {
            "base_url": "http://x",
            "small": "s",
            "auditor": "a",
            "prices": {"s": price, "a": price},
            "fallback": {
                "base_url": "http://y",
                "small": "s",
                "auditor": "a",
                "prices": {"s": {"input": 7, "output": 8}},
            },
        }
    )
    first = models_of(Settings(base=Path(), model=told))
    assert told.fallback is not None
    second = fallback_models_of(first, told, told.fallback)
    assert {name: (p.input, p.output) for name, p in first.prices.items()} == {"s": (1, 2), "a": (1, 2)}
    assert {name: (p.input, p.output) for name, p in second.prices.items()} == {"s": (7, 8), "a": (1, 2)}

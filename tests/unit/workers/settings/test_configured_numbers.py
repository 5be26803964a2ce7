"""`true` is no number, wherever the configuration takes one."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from workers.settings import Settings


def _parts(declared: Any) -> frozenset[Any]:
    """Every type that a declaration names."""
    return frozenset({declared}).union(*map(_parts, get_args(declared)))


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part)


def _numbers() -> list[Any]:
    found: dict[str, Any] = {}
    for model in _models(Settings):
        for name, field in model.model_fields.items():
            parts = _parts(field.annotation)
            if parts & {int, float} and bool not in parts:
                declared: Any = TypeAdapter(field.rebuild_annotation())
                found[f"{model.__name__}.{name}"] = pytest.param(declared, id=f"{model.__name__}.{name}")
    assert len(found) > 40
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("declared", _numbers())
def test_true_is_no_number(declared: Any) -> None:
    with pytest.raises(ValidationError):
        declared.validate_json("true")

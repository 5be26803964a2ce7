"""What a field says of a text is found out once, and never differs from what finding it out anew would say."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from enrichment.execution import Reading
from enrichment.gate.telling import Told, compile_telling, remembering
from schemas.json_types import Record

_FAULTS = frozenset({"type", "out_of_range"})


def _counting(calls: list[object]) -> Callable[[Record], Reading]:
    def read(record: Record) -> Reading:
        calls.append(record["a"])
        text = str(record["a"])
        if text.isdigit():
            return Reading(int(text), None, 0, False, "")  # noqa: FBT003 - fields of a tuple
        return Reading(None, "type" if text else "absent", None, False, "no number")  # noqa: FBT003

    return read


def _below_ten(value: object, _record: object, _winner: object) -> str | None:
    return "too much" if isinstance(value, int) and value > 9 else None


def _told(read: Callable[[Record], Reading]) -> Callable[[Record], Told]:
    return compile_telling("n", read, (("out_of_range", _below_ten, False),), _FAULTS)


@given(st.lists(st.sampled_from(["", "1", "7", "12", "x", "y" * 101, 3, True, None]), max_size=60))
def test_what_is_remembered_is_what_would_be_said_anew(texts: list[object]) -> None:
    tell = _told(_counting([]))
    kept = remembering(tell, "/a")
    for text in texts:
        record: Record = {"a": text}  # type: ignore[dict-item]
        assert kept(record) == tell(record)


def test_a_text_that_comes_again_is_read_once() -> None:
    calls: list[object] = []
    kept = remembering(_told(_counting(calls)), "/a")
    for _ in range(50):
        kept({"a": "7"})
    assert calls == ["7"]


def test_equal_numbers_of_other_types_are_not_taken_for_one_another() -> None:
    calls: list[object] = []
    kept = remembering(_told(_counting(calls)), "/a")
    for value in (1, True, "1"):
        kept({"a": value})
    assert len(calls) == 3


def test_texts_that_hardly_come_again_are_not_kept() -> None:
    calls: list[object] = []
    kept = remembering(_told(_counting(calls)), "/a")
    for number in range(2_000):
        kept({"a": str(number)})
    kept({"a": "1"})
    assert len(calls) == 2_001

"""One form for everything that is logged, and nothing in it that a record or a credential said."""

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import structlog

from schemas.errors import TransientError
from workers.logs import configure_logging, masked
from workers.settings.sections import Log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def logged(form: Any = "json", level: Any = "info", **more: Any) -> tuple[io.StringIO, Any]:
    out = io.StringIO()
    configure_logging(Log(level=level, format=form), service="gate", stream=out, **more)
    return out, structlog.get_logger()


def raised(error: Exception) -> Exception:
    """The error as it is caught: with a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_keeps_its_name_and_its_ids() -> None:
    out, log = logged()
    with structlog.contextvars.bound_contextvars(boot="gate1@x/1"):
        log.bind(work=7, fence=2).info("stage.done", goes_on=True)
    (line,) = lines(out)
    assert (line["event"], line["work"], line["fence"], line["goes_on"]) == ("stage.done", 7, 2, True)
    assert (line["service"], line["boot"], line["level"]) == ("gate", "gate1@x/1", "info")
    assert line["timestamp"].endswith("Z")


def test_loggers_of_libraries_and_warnings_take_the_same_way() -> None:
    out, _ = logged()
    logging.getLogger("celery.worker").warning("lost %s", "the broker")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)
    first, second = lines(out)
    assert (first["event"], first["level"], first["logger"]) == ("lost the broker", "warning", "celery.worker")
    assert "old" in second["event"]


def test_what_libraries_repeat_for_every_piece_of_work_is_left_out() -> None:
    out, _ = logged()
    logging.getLogger("celery.app.trace").info("Task succeeded")
    assert lines(out) == []


def test_records_do_not_get_in() -> None:
    out, log = logged()
    log.info("seen", record={"name": "1&1", "revenue": 5}, rows=[{"a": 1}], text="x" * 5_000, works=[1, 2])
    (line,) = lines(out)
    assert line["record"] == "<dict of 2>"
    assert line["rows"] == "<list of 1>"
    assert line["works"] == [1, 2]
    assert len(line["text"]) < 400


def test_an_unknown_error_is_told_without_its_message() -> None:
    out, log = logged()
    log.error("stage.broke", exc_info=raised(ValueError("Key (name)=(1&1 AG) already exists")))
    (line,) = lines(out)
    assert line["error_type"] == "ValueError"
    assert "test_logs.py" in line["error_at"]
    assert "1&1" not in out.getvalue()


def test_an_error_of_ours_is_told_with_its_message() -> None:
    out, log = logged()
    log.warning("dispatcher.no_broker", exc_info=raised(TransientError("the broker cannot be asked")))
    assert lines(out)[0]["error"] == "the broker cannot be asked"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("redis://:hunter2@host:6379/0", "hunter2"),
        ("postgresql+psycopg://assay_owner:s3cr3t@h/assay", "s3cr3t"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("key assay_abcdefghijklmnopqrstuvwxyz", "ijklmnopqrstuvwxyz"),
        ("sk-proj-abcdefgh12345", "abcdefgh12345"),
    ],
)
def test_secrets_are_masked_wherever_they_stand(text: str, secret: str) -> None:
    assert secret not in masked(text)
    out, log = logged()
    log.info("asked", url=text)
    logging.getLogger("kombu").warning(text)
    assert secret not in out.getvalue()


def test_errors_are_handed_to_the_reporter_with_their_labels() -> None:
    told: list[tuple[BaseException | None, str, Mapping[str, str]]] = []

    def reporter(error: BaseException | None, *, name: str, labels: Mapping[str, str]) -> None:
        told.append((error, name, labels))

    _, log = logged(reporter=reporter)
    broken = ValueError("x")
    log.error("stage.broke", work=7, exc_info=broken)
    log.info("stage.done", work=8)
    assert told == [(broken, "stage.broke", {"work": "7"})]


def test_a_person_reads_lines() -> None:
    out, log = logged("console", "warning")
    log.info("left.out")
    log.warning("seen", work=7)
    assert "seen" in out.getvalue()
    assert "left.out" not in out.getvalue()
    assert "\x1b" not in out.getvalue()

"""Logs of every process: constant event names with ids beside them, as JSON or for a person to read.

Nothing that a record, a model or a credential said gets in: values are scalars and short, addresses lose their
passwords, and of an error that is not ours only its type and the places in the code are told, because messages of
databases and parsers quote what they failed on.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final, Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from schemas.errors import AssayError
from workers.settings.sections import Log

_LONGEST: Final = 300
#: Innermost places of an error's traceback that are told.
_FRAMES: Final = 12
_SECRETS: Final = (
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    (re.compile(r"\b(assay_[\w-]{4})[\w-]{12,}"), r"\1***"),
    (re.compile(r"\bsk-[\w-]{8,}"), "sk-***"),
)
_ERRORS: Final = frozenset({"error", "exception", "critical"})
#: Libraries that tell at INFO what our own events say already, or what nobody asks for.
_QUIET: Final = (
    "alembic",
    "celery.app.trace",
    "celery.worker.strategy",
    "tornado.access",
    "httpx2",
    "httpcore2",
    "kombu",
    "amqp",
)


class Reporter(Protocol):
    """Is told of every event of ours at the level error, with the error where there is one."""

    def __call__(self, error: BaseException | None, *, name: str, labels: Mapping[str, str]) -> None: ...


def configure_logging(
    log: Log, *, service: str, stream: TextIO | None = None, reporter: Reporter | None = None
) -> None:
    """Route structlog, the standard library's loggers and warnings of this process to one place, in one form."""
    out = stream if stream is not None else sys.stderr
    level = logging.getLevelNamesMapping()[log.level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        told_error,
        without_content,
    ]
    structlog.configure(
        processors=[_reporting(reporter), *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    render: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log.format == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=28, sort_keys=False)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def leave_logging_to_us() -> None:
    """Celery sets its own logging up unless its signal for that has a receiver."""
    from celery.signals import setup_logging

    setup_logging.connect(_already, weak=False)


def _already(**_: object) -> None:
    return


def _reporting(reporter: Reporter | None) -> Processor:
    def told(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
        if reporter is not None and method in _ERRORS:
            error = event.get("exc_info")
            labels = {name: str(value) for name, value in event.items() if isinstance(value, str | int)}
            labels.pop("event", None)
            reporter(error if isinstance(error, BaseException) else None, name=str(event.get("event")), labels=labels)
        return event

    return told


def _named(service: str) -> Processor:
    def name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return name


def told_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An error as its type and places; its message only where it is one of ours."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    if error is not None:
        event["error_type"] = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        if isinstance(error, AssayError):
            event.setdefault("error", error.message)
        event["error_at"] = places_of(error)
    return event


def places_of(error: BaseException) -> str:
    """The innermost places of the traceback, where it broke first: file:line function."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    named = (("/".join(frame.filename.split("/")[-2:]), frame) for frame in reversed(frames))
    return " < ".join(f"{file}:{frame.lineno} {frame.name}" for file, frame in named)


def without_content(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep scalars, cut and cleaned of secrets; of anything larger tell only what it was."""
    for name, value in list(event.items()):
        if not name.startswith("_"):
            event[name] = _kept(name, value)
    return event


def _kept(name: str, value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        longest = _LONGEST * 10 if name == "error_at" else _LONGEST
        text = masked(value)
        return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    if isinstance(value, AssayError):
        return masked(value.message)
    if isinstance(value, Sequence) and all(isinstance(one, int) for one in value) and len(value) <= 20:
        return list(value)
    if isinstance(value, MutableMapping | Sequence | set | frozenset):
        return f"<{type(value).__name__} of {len(value)}>"
    return f"<{type(value).__name__}>"


def masked(text: str) -> str:
    """The text without passwords in addresses, bearer tokens and keys."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text

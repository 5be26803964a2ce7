"""Error reports to Sentry, where an address is configured; without one nothing is imported and nothing is sent.

What is collected is listed, not left to defaults: no prompts and answers, no arguments, no bodies, no variables, no
query data. What remains is cleaned once more before it leaves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from schemas import VERSION
from schemas.errors import ConfigurationError
from workers.logs import masked
from workers.settings import Settings

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions
    from sentry_sdk.types import Event, Hint

#: Modules whose errors say in their message what went wrong, and nothing of a record.
_OURS: Final = ("schemas.errors",)
_FILTERED: Final = "[Filtered]"
_NAMES: Final = ("password", "passwd", "secret", "token", "key", "auth", "cookie", "session", "dsn", "credential")
#: Parts of an event that carry what others wrote.
_DROPPED: Final = ("request", "user", "breadcrumbs", "extra", "modules", "logentry")


def start_reporting(settings: Settings, *, service: str) -> bool:
    """Report errors of this process; false where no address is configured.

    Raises:
        ConfigurationError: the file that should hold the address cannot be read.
    """
    dsn = _dsn(settings)
    if not dsn:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=settings.sentry.environment,
        release=VERSION,
        default_integrations=False,
        auto_enabling_integrations=False,
        # Celery's flushes what a pool process still holds when that ends
        integrations=[
            AtexitIntegration(callback=lambda *_: None),
            CeleryIntegration(propagate_traces=False),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
        ],
        data_collection=COLLECTED,
        max_breadcrumbs=0,
        max_request_body_size="never",
        attach_stacktrace=False,
        before_send=before_send,
    )
    sentry_sdk.set_tag("service", service)
    return True


#: Everything that the SDK can collect, and that none of it is wanted: file, line and release say where it broke.
COLLECTED: Final[DataCollectionUserOptions] = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "graphql": {"document": False, "variables": False},
    "gen_ai": {"inputs": False, "outputs": False},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
    "frame_context_lines": 0,
}


def before_send(event: Event, _: Hint) -> Event | None:
    """The event without what others wrote: messages of errors that are not ours, and all that could hold content."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name not in _DROPPED}
    for one in (kept.get("exception") or {}).get("values") or []:
        if not str(one.get("module") or "").startswith(_OURS):
            one["value"] = ""
        for frame in (one.get("stacktrace") or {}).get("frames") or []:
            frame.pop("vars", None)
    return cast("Event", scrubbed(kept))


def scrubbed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value with everything that is named like a secret replaced, at any depth, and texts masked."""
    if isinstance(value, Mapping):
        return {
            name: _FILTERED if isinstance(inner, str) and _is_secret(str(name)) else scrubbed(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrubbed(inner) for inner in value]
    return masked(value) if isinstance(value, str) else value


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in _NAMES)


def _dsn(settings: Settings) -> str:
    file = settings.sentry.dsn_file
    if file is None:
        return os.environ.get(settings.sentry.dsn_env, "").strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}", hint="correct sentry.dsn_file") from error


def report(error: BaseException | None, *, name: str, labels: Mapping[str, str]) -> None:
    """Send one error, or one event by its name, if reports are on in this process."""
    if "sentry_sdk" not in sys.modules:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_tags(dict(labels))
        if error is not None:
            sentry_sdk.capture_exception(error)
        else:
            sentry_sdk.capture_message(name, level="error")

"""What every process of the fleet does first: logs in one form, and error reports where they are configured."""

from __future__ import annotations

from workers.logs import configure_logging
from workers.reporting import report, start_reporting
from workers.settings import Settings


def begin_process(settings: Settings, *, service: str) -> None:
    """
    Raises:
        ConfigurationError: the file with the address for reports cannot be read.
    """
    reports = start_reporting(settings, service=service)
    configure_logging(settings.log, service=service, reporter=report if reports else None)

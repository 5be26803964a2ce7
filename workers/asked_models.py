"""Which models a fleet with these settings asks, and what for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.offline_names import AUDITOR, LARGE, SECOND, SMALL
from workers.settings import Settings
from workers.settings.model_sections import Model as ModelSettings
from workers.settings.model_sections import ModelFallback

if TYPE_CHECKING:
    from enrichment.evals import Task


def evaluated_models(settings: Settings) -> tuple[tuple[Task, str], ...]:
    """(task, model) for everything that a fleet with these settings asks of its first provider."""
    configured = settings.model
    if configured is None:
        names = (SMALL, LARGE, AUDITOR, SECOND)
    else:
        second = configured.second_auditor or configured.large
        names = (configured.small, configured.large, configured.auditor, second)
    tasks: tuple[Task, ...] = ("map_fields", "map_fields", "audit_cells", "audit_cells")
    return tuple(dict.fromkeys(zip(tasks, names, strict=True)))


def evaluated_replacements(settings: Settings) -> tuple[tuple[Task, str], ...]:
    """The same for the second provider. A model of the first one's name counts as that one."""
    from enrichment.evals.guard import TASKS

    configured = settings.model
    if configured is None or configured.fallback is None or configured.fallback.fail_over == "never":
        return ()
    asked = ((TASKS[purpose], name) for (purpose, _), name in replacements(configured, configured.fallback).items())
    first = evaluated_models(settings)
    return tuple(dict.fromkeys(one for one in asked if one not in first))


def replacements(first: ModelSettings, second: ModelFallback) -> dict[tuple[str, str], str]:
    """Which model of the second provider takes the place of which, and for what. A second look that its auditor, or the
    first provider's, would take itself is no other opinion: it waits for the first provider.
    """
    looks_again = second.second_auditor or second.large
    audits = {first.second_auditor or first.large: looks_again} if looks_again not in _auditors(first, second) else {}
    audits[first.auditor] = second.auditor
    plans = {first.large: second.large, first.small: second.small}
    return {
        (purpose, name): other for purpose, of in (("planning", plans), ("audit", audits)) for name, other in of.items()
    }


def _auditors(*told: ModelSettings | ModelFallback) -> set[str]:
    return {models.auditor for models in told}

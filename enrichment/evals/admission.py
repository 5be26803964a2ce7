"""Whether a model may be asked for the fleet: not with a prompt that was last found to fail."""

from __future__ import annotations

from collections.abc import Iterable

from enrichment.evals.scoring import Verdict
from enrichment.model.prompts import PROMPT_VERSION
from enrichment.store import evaluations
from enrichment.store.database import Tx
from schemas.errors import ConfigurationError


def require_evaluated(tx: Tx, asked: Iterable[tuple[str, str]], *, strictly: bool = False) -> None:
    """Refuse models whose last verdict for today's prompt is a fail; `asked` are pairs of task and model.

    `strictly` refuses also what was never found to pass.

    Raises:
        ConfigurationError: `evaluation`.
    """
    for task, model in sorted(set(asked)):
        last = evaluations.latest(tx, task=task, model=model, prompt_version=PROMPT_VERSION)
        if last is not None and last.verdict == Verdict.FAIL:
            raise _refused(
                f"{model} failed the evals of {task} with prompt {PROMPT_VERSION}: {last.passed} of {last.cases} cases"
                f" passed, and the bar is {last.bar:g}"
            )
        if strictly and (last is None or last.verdict != Verdict.PASS):
            said = "was never evaluated" if last is None else f"was found {last.verdict}"
            raise _refused(f"{model} {said} for {task} with prompt {PROMPT_VERSION}, and [model] requires a pass")


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError(
        message,
        hint="see what fails: assay eval --stored; mend the prompt or name another model, then run: assay eval",
        code="evaluation",
    )

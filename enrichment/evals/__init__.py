"""Labelled cases for a model: what a plan or a verdict must say, asked several times, and how sure the score is."""

from enrichment.evals.admission import require_evaluated
from enrichment.evals.cases import Case, load_cases, shipped_cases
from enrichment.evals.scoring import Interval, Verdict, wilson
from enrichment.evals.suite import CaseResult, Evaluation, Task, evaluate

__all__ = [
    "Case",
    "CaseResult",
    "Evaluation",
    "Interval",
    "Task",
    "Verdict",
    "evaluate",
    "load_cases",
    "require_evaluated",
    "shipped_cases",
    "wilson",
]

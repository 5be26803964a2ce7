"""The closed registry of operations: pure, total, and never guessing."""

from enrichment.operations.operation import Argument, Operation, ReadSettings, ResultType, Step
from enrichment.operations.outcome import ABSENT, Absent, Approximate, Fault, Outcome
from enrichment.operations.registry import REGISTRY, compile_operation, operation_offers
from enrichment.operations.settling import settle_date_format, settle_separators

__all__ = [
    "ABSENT",
    "REGISTRY",
    "Absent",
    "Approximate",
    "Argument",
    "Fault",
    "Operation",
    "Outcome",
    "ReadSettings",
    "ResultType",
    "Step",
    "compile_operation",
    "operation_offers",
    "settle_date_format",
    "settle_separators",
]

"""Every row Assay keeps. The tables live in the PostgreSQL schema `assay`; targets live outside it.

One module per noun. State machines are written beside their table and enforced by checks, partial unique keys and
conditional updates.
"""

from schemas.states import SCHEMA
from schemas.tables.audits import ColumnHistory, ExistingChange, PlanSketch, Planted, ReleasedLot, Sample, WrongCell
from schemas.tables.breakers import BreakerEvent, BreakerRow
from schemas.tables.compensations import Compensation
from schemas.tables.evaluations import EvaluationRow
from schemas.tables.fleet import ApiKey, DispatcherSeat, Secret, Worker
from schemas.tables.freezes import FreezeRow
from schemas.tables.jobs import Item, Job, JobBatch, Payload, ScopeId, SourceRecord
from schemas.tables.ledger import Assertion, TargetKey
from schemas.tables.letters import DeadLetter, Review
from schemas.tables.limits import Budget, RateUse
from schemas.tables.plans import ModelCall, Plan, PlanField, Shape
from schemas.tables.registry import Gate, SourceRow, TargetRow, metadata
from schemas.tables.retention import RetentionPass
from schemas.tables.staging import Staged
from schemas.tables.work import Artifact, Work

__all__ = [
    "SCHEMA",
    "ApiKey",
    "Artifact",
    "Assertion",
    "BreakerEvent",
    "BreakerRow",
    "Budget",
    "ColumnHistory",
    "Compensation",
    "DeadLetter",
    "DispatcherSeat",
    "EvaluationRow",
    "ExistingChange",
    "FreezeRow",
    "Gate",
    "Item",
    "Job",
    "JobBatch",
    "ModelCall",
    "Payload",
    "Plan",
    "PlanField",
    "PlanSketch",
    "Planted",
    "RateUse",
    "ReleasedLot",
    "RetentionPass",
    "Review",
    "Sample",
    "ScopeId",
    "Secret",
    "Shape",
    "SourceRecord",
    "SourceRow",
    "Staged",
    "TargetKey",
    "TargetRow",
    "Work",
    "Worker",
    "WrongCell",
    "metadata",
]

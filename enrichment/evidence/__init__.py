"""Evidence: how well a source field fits a target field, from names, kinds and values."""

from enrichment.evidence.fit import Fit, Offered, Wanted, entity_words, fit, read_source, read_target, score
from enrichment.evidence.kinds import CERTAIN, KindView, infer_source_kind, infer_target_kind, plausible_target_kinds

__all__ = [
    "CERTAIN",
    "Fit",
    "KindView",
    "Offered",
    "Wanted",
    "entity_words",
    "fit",
    "infer_source_kind",
    "infer_target_kind",
    "plausible_target_kinds",
    "read_source",
    "read_target",
    "score",
]

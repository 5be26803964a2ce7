"""Evidence: how well a source field fits a target field, from names, kinds and values."""

from enrichment.evidence.fit import Fit, entity_words, fit
from enrichment.evidence.kinds import CERTAIN, KindView, infer_source_kind, infer_target_kind, plausible_target_kinds

__all__ = [
    "CERTAIN",
    "Fit",
    "KindView",
    "entity_words",
    "fit",
    "infer_source_kind",
    "infer_target_kind",
    "plausible_target_kinds",
]

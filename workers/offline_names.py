"""The names of the offline model, which say what it is wherever a user sees them."""

from __future__ import annotations

SMALL = "assay-offline-small"
LARGE = "assay-offline-large"
AUDITOR = "assay-offline-auditor"
SECOND = "assay-offline-second"

"""The configuration: one file, `assay.toml`, overridden by `ASSAY_SECTION__KEY` variables."""

from workers.settings.loading import load_settings
from workers.settings.sections import Settings

__all__ = ["Settings", "load_settings"]

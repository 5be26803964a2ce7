"""The listed companies of the package `pytickersymbols`, as its public interface gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.errors import ConfigurationError


def load_companies() -> Mapping[str, Mapping[str, Any]]:
    """Every company by its name, which is unique, in the package's order.

    Raises:
        ConfigurationError: the package is not installed.
    """
    try:
        from pytickersymbols import PyTickerSymbols
    except ImportError as error:
        raise ConfigurationError(
            f"the demo's companies are not installed: {error}", hint="pip install 'assay[demo]'", code="demo_missing"
        ) from error
    return {company["name"]: company for company in PyTickerSymbols().get_all_stocks()}

"""Which rows an auditor sees is for nobody to know who has not the key."""

from __future__ import annotations

import pytest

from enrichment.audit import drawing
from schemas.errors import ConfigurationError


def test_rows_have_another_order_under_another_key() -> None:
    names = [f"C-{n}" for n in range(20)]
    one, other = (sorted(names, key=lambda name: drawing.order(key, 1, name)) for key in (b"one", b"other"))
    assert one != other


def test_nobody_draws_without_a_key() -> None:
    with pytest.raises(ConfigurationError, match="no key"):
        drawing.order(b"", 1, "C-1")

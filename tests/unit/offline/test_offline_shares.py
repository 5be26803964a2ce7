"""Shares in hundredths, thousandths and ten thousandths: what an operation reads right, no auditor condemns."""

from __future__ import annotations

import pytest
from auditing import one

from enrichment.offline.desk import AUDITOR, SECOND


def verdict(model: str, text: str, value: str, unit: str | None) -> str:
    return one(model, {"margin": text}, value, "margin", type="number", kind="percent", unit=unit)


@pytest.mark.parametrize("model", [AUDITOR, SECOND])
@pytest.mark.parametrize(
    ("text", "value", "hundredths"),
    [
        *(("12 bps", "0.0012", "0.12"), ("12 basis points", "0.0012", "0.12"), ("12 \u2031", "0.0012", "0.12")),
        *(("5 \u2030", "0.005", "0.5"), ("5 Promille", "0.005", "0.5"), ("5 per mille", "0.005", "0.5")),
        *(
            ("12 per cent", "0.12", "12"),
            ("12 pour cent", "0.12", "12"),
            ("12\u066a", "0.12", "12"),
            ("12 %", "0.12", "12"),
        ),
    ],
)
def test_a_share_is_what_its_sign_says(model: str, text: str, value: str, hundredths: str) -> None:
    assert verdict(model, text, value, None) == "supported"
    assert verdict(model, text, hundredths, "percent") == "supported"
    assert verdict(model, text, "0.7", None) == "unsupported"

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.breaking import infrastructure
from enrichment.model.failures import classify_status, retry_after
from enrichment.model.tokens import estimate_tokens
from schemas.errors import AssayError, ConfigurationError

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "999999"}, 3_600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 -0000", "date": NOW}, None),
        ({"retry-after": "Wed, 21 Oct 99999999999999 07:28:30 GMT", "date": NOW}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 +9999999999999999", "date": NOW}, None),
        ({"retry-after": NOW, "date": "Wed, 21 Oct 9999999999999999999999 07:28:30 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    status=st.integers(300, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date", "retry-after-ms"]), st.text(max_size=30)),
    body=st.binary(max_size=40)
    | st.sampled_from([b"[1]", b'{"error": 1}', b'{"error": {"code": 5}}', b'{"code": "x"}']),
)
def test_every_failure_is_of_one_class(status: int, headers: dict[str, str], body: bytes) -> None:
    error = classify_status(status, headers, body, "m")
    assert isinstance(error, AssayError)
    assert error.hint or status >= 408


def test_tokens_are_estimated_from_above() -> None:
    assert estimate_tokens("a" * 4_000) >= 2_000
    assert estimate_tokens("漢" * 1_000) >= 1_000
    assert estimate_tokens() > 0
    assert estimate_tokens("a\ud800") > 0


@pytest.mark.parametrize("code", ["bad\x00code", "half \ud800", "x" * 5_000])
def test_a_code_that_nobody_could_store_is_not_told(code: str) -> None:
    body = json.dumps({"error": {"code": code, "type": "invalid_request_error"}}).encode()
    error = classify_status(400, {}, body, "m")
    assert error.message == "the model server refuses the request (status 400, invalid_request_error)"


@pytest.mark.parametrize("status", [400, 404])
def test_a_name_that_the_server_does_not_know_is_a_matter_of_the_configuration(status: int) -> None:
    body = json.dumps({"error": {"code": "model_not_found", "type": "invalid_request_error"}}).encode()
    error = classify_status(status, {}, body, "gpt-tpyo")
    assert isinstance(error, ConfigurationError)
    assert error.code == "model_not_found"
    outcome = infrastructure.of_call(error)
    assert outcome is not None
    assert outcome.at_once

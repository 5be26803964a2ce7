"""The offline model over real HTTP, asked by the client library that the fleet uses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import openai
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    command = [sys.executable, "-m", "workers.offline_model", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split()[-1]
        process.terminate()


@pytest.fixture
def client(server: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server, api_key="ignored", max_retries=0, timeout=20) as made:
        yield made


def ask(client: openai.OpenAI, model: str, document: object, **options: object) -> openai.types.chat.ChatCompletion:
    messages = [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": json.dumps(document)}]
    return client.chat.completions.create(model=model, messages=messages, **options)  # type: ignore[call-overload]


FIELD = {"name": "employee_count", "type": "integer", "kind": "count", "unit": "people", "description": "Employees"}
AUDIT = {
    "task": "audit_cells",
    "version": 1,
    "source": {"name": "firms"},
    "target": {"name": "company", "fields": [FIELD]},
    "records": [
        {
            "id": "r1",
            "source": {"staff": "3,167 (2021)"},
            "cells": [{"id": "a", "field": "employee_count", "value": 3167}],
        },
        {
            "id": "r2",
            "source": {"staff": "4,000 (2021)"},
            "cells": [{"id": "b", "field": "employee_count", "value": 3167}],
        },
    ],
}


def test_lists_its_models(client: openai.OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert names == {
        "assay-offline-small",
        "assay-offline-large",
        "assay-offline-auditor",
        "assay-offline-second",
    }


FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}}}


@pytest.mark.parametrize("model", ["assay-offline-auditor", "assay-offline-second"])
def test_audits(client: openai.OpenAI, model: str) -> None:
    answer = ask(client, model, AUDIT, response_format=FORMAT, max_completion_tokens=4000)
    assert answer.choices[0].finish_reason == "stop"
    assert json.loads(answer.choices[0].message.content or "") == {
        "verdicts": [{"id": "a", "verdict": "supported"}, {"id": "b", "verdict": "unsupported"}]
    }


@pytest.mark.parametrize("model", ["assay-offline-small", "assay-offline-large"])
def test_maps(client: openai.OpenAI, model: str) -> None:
    document = {
        "task": "map_fields",
        "version": 1,
        "target": {"name": "company", "description": "", "fields": [FIELD, {"name": "lei", "type": "string"}]},
        "source": {
            "name": "firms",
            "shape": "1",
            "part": {"index": 0, "of": 1},
            "fields": [{"path": "/staff", "types": ["string"], "fill": 0.5, "samples": ["3,167 (2021)"]}],
        },
        "operations": [{"op": "parse_integer", "args": [], "doc": ""}],
        "refused": [],
    }
    answer = ask(client, model, document, response_format=FORMAT)
    assert json.loads(answer.choices[0].message.content or "") == {
        "bindings": [
            {
                "target": "employee_count",
                "alternatives": [{"paths": ["/staff"], "ops": [{"op": "parse_integer", "args": []}]}],
            }
        ],
        "abstained": [{"target": "lei", "reason": "absent"}],
    }


def test_unknown_model(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        ask(client, "gpt-none", AUDIT)
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    "content", ["no JSON", "[]", '{"task": "sing"}', '{"task": "audit_cells"}', '{"task": NaN}', "[" * 100_000]
)
def test_bad_documents_are_400(client: openai.OpenAI, content: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="assay-offline-auditor", messages=[{"role": "user", "content": content}])
    assert caught.value.type == "invalid_request_error"
    assert caught.value.message


def test_bad_bodies_are_400(server: str) -> None:
    for body in (b"", b"{", b"[]", b'{"model": "assay-offline-small"}', b"\xff"):
        answer = httpx.post(f"{server}/chat/completions", content=body)
        assert answer.status_code in {400, 404}
        assert answer.json()["error"]["message"]
    assert httpx.get(f"{server}/nothing").json()["error"]["code"] == "unknown_url"


def test_cut_answers_say_so(client: openai.OpenAI) -> None:
    answer = ask(client, "assay-offline-auditor", AUDIT, max_completion_tokens=2)
    assert answer.choices[0].finish_reason == "length"
    assert len(answer.choices[0].message.content or "") == 8


def test_usage_counts_characters(client: openai.OpenAI) -> None:
    answer = ask(client, "assay-offline-auditor", AUDIT)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == (len("Answer in JSON.") + len(json.dumps(AUDIT))) // 4
    assert answer.usage.completion_tokens == len(answer.choices[0].message.content or "") // 4
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_endpoint_file(tmp_path: Path) -> None:
    file = tmp_path / "endpoint"
    command = [sys.executable, "-m", "workers.offline_model", "--port", "0", "--endpoint-file", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert file.read_text(encoding="utf-8").strip() == line.split()[-1]
        process.terminate()

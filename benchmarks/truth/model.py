"""The hostile model: a process that speaks the contract over HTTP, and is told line by line on stdin how to err.

Each line is a `Script` as JSON, and is answered on stdout by one line with the counts of the one before.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_REPEATED = 709_000


@dataclass(slots=True)
class Script:
    """What is right, what is said instead, and how well the auditors see.

    plan, faulty: target field -> alternatives as the contract has them, null for an abstention
    times:        so many planning answers are faulty, the others right
    truth:        record key -> target field -> value
    recall, false_alarm: of each look by itself, drawn by cell and model
    """

    key: str = "code"
    plan: dict[str, Any] = field(default_factory=dict)
    faulty: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    on: str = ""
    times: int = 0
    truth: dict[str, dict[str, Any]] = field(default_factory=dict)
    recall: float = 1.0
    false_alarm: float = 0.0
    seed: str = ""


class Mind:
    """The model's state: the script, and what was asked under it."""

    def __init__(self) -> None:
        self.script = Script()
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def follow(self, script: Script) -> dict[str, int]:
        with self._lock:
            counts, self.counts, self.script = dict(self.counts), Counter(), script
        return counts

    def answer(self, model: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The message and finish reason of a completion."""
        with self._lock:
            self.counts[document["task"]] += 1
            if document["task"] == "audit_cells":
                return _said(json.dumps(self._judged(model, document)))
            errs = self.counts["map_fields"] <= self.script.times and self._concerns(document)
            self.counts["faulty"] += errs
        right = self._planned(document, errs=errs)
        return _edited(right, self.script) if errs and self.script.text else _said(json.dumps(right))

    def _concerns(self, document: Mapping[str, Any]) -> bool:
        """Whether the fault can be made here: a part that does not ask about the field is answered rightly."""
        asked = {f["name"] for f in document["target"]["fields"]}
        return bool(asked & self.script.faulty.keys()) if self.script.faulty else True

    def _planned(self, document: Mapping[str, Any], *, errs: bool) -> dict[str, Any]:
        offered = {f["path"] for f in document["source"]["fields"]}
        plan = {**self.script.plan, **(self.script.faulty if errs else {})}
        bindings, abstained = [], []
        for name in (f["name"] for f in document["target"]["fields"]):
            alternatives = plan.get(name)
            if alternatives and all(path in offered for one in alternatives for path in one["paths"]):
                bindings.append({"target": name, "alternatives": alternatives})
            else:
                abstained.append({"target": name, "reason": "absent"})
        return {"bindings": bindings, "abstained": abstained}

    def _judged(self, model: str, document: Mapping[str, Any]) -> dict[str, Any]:
        verdicts = []
        for record in document["records"]:
            row = self.script.truth.get(str(record["source"].get(self.script.key)))
            for cell in record["cells"]:
                verdict = "unsure" if row is None else self._verdict(model, record, cell, row)
                verdicts.append({"id": cell["id"], "verdict": verdict})
        return {"verdicts": verdicts}

    def _verdict(self, model: str, record: Mapping[str, Any], cell: Mapping[str, Any], row: Mapping[str, Any]) -> str:
        right = canonical(cell["value"]) == canonical(row.get(cell["field"]))
        text = f"{self.script.seed}|{model}|{record['source'][self.script.key]}|{cell['field']}|{cell['value']}"
        chance = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48
        objects = chance < (self.script.false_alarm if right else self.script.recall)
        return "unsupported" if objects else "supported"


def canonical(value: object) -> object:
    """A value by which two cells compare, however they travelled."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return str(value)


def _said(content: str | None, *, finish: str = "stop", refusal: str | None = None) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content, "refusal": refusal}, "finish_reason": finish}


def _edited(right: dict[str, Any], script: Script) -> dict[str, Any]:
    """The right plan, spoilt as the script's text fault says."""
    names = [b["target"] for b in right["bindings"]]
    victim = script.on if script.on in names else next(iter(names), script.on)
    others = [b for b in right["bindings"] if b["target"] != victim]
    own = [b for b in right["bindings"] if b["target"] == victim]
    whole = json.dumps(right)
    match script.text:
        case "nonexistent_path":
            right["bindings"] = [
                *others,
                {"target": victim, "alternatives": [{"paths": ["/no/such/field"], "ops": []}]},
            ]
        case "duplicate_target":
            right["bindings"] = [*others, *own, *own]
        case "missing_target":
            right["bindings"] = others
        case "literal_value":
            right["bindings"] = [*others, {"target": victim, "value": "invented"}]
        case "verified_true":
            right["verified"] = True
        case "prose":
            return _said(f"Sure! Here is the mapping:\n{whole}\nAll of it is verified.")
        case "truncated":
            return _said(whole[: len(whole) // 2], finish="length")
        case "repetition":
            return _said((whole + "The answer is above. " * 34_000)[:_REPEATED])
        case "refusal":
            return _said(None, refusal="I cannot help with that.")
        case _:
            return _said("")
    return _said(json.dumps(right))


def _handler(mind: Mind) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            choice = {"index": 0, **mind.answer(body["model"], json.loads(body["messages"][-1]["content"]))}
            usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
            completion = {"id": "c", "object": "chat.completion", "created": 0, "model": body["model"]}
            raw = json.dumps({**completion, "choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """The counts say it all."""

    return Handler


def main() -> None:
    mind = Mind()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(mind))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}/v1\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(mind.follow(Script(**json.loads(line)))) + "\n")
        sys.stdout.flush()
    server.shutdown()


if __name__ == "__main__":
    main()

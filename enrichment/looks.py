"""The two looks at rows: the auditor's, and another model's at what it found unsupported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from enrichment import planting_rows
from enrichment.asking import Asks
from enrichment.context import Context
from enrichment.gate.answer_text import AnswerText
from enrichment.gate.answers import parse_audit_answer
from enrichment.members import packed, unpacked
from enrichment.model.audit_cells import AuditRow, build_audit_cells, portions
from enrichment.store import artifacts
from enrichment.store import work as work_rows
from enrichment.store.plans import PlanRow
from enrichment.store.planted import PlantedRow
from enrichment.store.work import Claimed

#: A row and a field of it. A sampled row goes by its staged id, a planted one by its own with a minus sign.
Cell: TypeAlias = tuple[int, str]
#: Answers that may be refused as a whole before the rows count as unsure.
_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Looks:
    """What is asked about rows of one plan, for one judge work. `unread`: model -> why no answer could be read."""

    asking: Asks
    work: Claimed
    context: Context
    plan: PlanRow
    unread: dict[str, str] = field(default_factory=dict)

    def first(self, rows: Mapping[int, AuditRow], names: Sequence[str]) -> dict[Cell, str]:
        """The auditor's verdicts, kept where anything else is asked behind them: its failure must not cost them
        again.
        """
        database, models = self.context.database, self.asking.models
        with database.transaction() as tx:
            kept = artifacts.get(tx, self.work.id, "judge")
        told = {} if kept is None else unpacked(kept)
        looked_at = set(told.get("rows", ()))
        if not looked_at <= set(rows):
            told, looked_at = {}, set()
        known = {(staged_id, name): verdict for staged_id, name, verdict in told.get("first", ())}
        left = {row: shown for row, shown in rows.items() if row not in looked_at}
        for portion in portions(names, left, max_output_tokens=models.max_output_tokens):
            known |= self._look(portion, names, model=models.auditor)
            looked_at |= set(portion)
            if len(looked_at) < len(rows) or disputed(rows, known):
                first = [[staged_id, name, verdict] for (staged_id, name), verdict in known.items()]
                with database.transaction() as tx:
                    work_rows.hold(tx, self.work)
                    artifacts.put(tx, self.work.id, "judge", packed({"first": first, "rows": sorted(looked_at)}))
        return known

    def second(
        self,
        disputed: Mapping[int, tuple[AuditRow, list[str]]],
        plants: Sequence[tuple[PlantedRow, AuditRow]],
    ) -> dict[Cell, str]:
        """What another model says of what is disputed. Planted rows that the first one saw go along, never by
        themselves: they would cost a call, and a row that nobody doubts needs none.
        """
        models = self.asking.models
        second = models.second or (models.large if models.large != models.auditor else None)
        if not disputed or second is None:
            return {}
        names = sorted({name for _, fields in disputed.values() for name in fields})
        rows = {staged_id: row for staged_id, (row, _) in disputed.items()}
        rows |= {-one.id: row for one, row in plants if one.field in names}
        hidden = planting_rows.in_hidden_order(rows, key=self.context.audit_key, work_id=self.work.id)
        found: dict[Cell, str] = {}
        in_order = {row: rows[row] for row in hidden}
        for portion in portions(names, in_order, max_output_tokens=models.max_output_tokens):
            found |= self._look(portion, names, model=second)
        return found

    def _look(self, rows: Mapping[int, AuditRow], names: Sequence[str], *, model: str) -> dict[Cell, str]:
        """Verdict of each cell that was answered for; after three answers that were refused as a whole, of none."""
        ids = list(rows)
        target = self.context.target(self.plan.target)
        request = build_audit_cells(target, names, self.plan.source, list(rows.values()))
        if not request.cells:
            return {}
        why = ""
        for _ in range(_ANSWERS):
            answer = self.asking.ask(self.work, request, purpose="audit", model=model)
            parsed = parse_audit_answer(AnswerText(answer.text, answer.finish_reason, answer.refusal), request.cells)
            if parsed.refusal is None:
                return {(ids[row], name): parsed.verdicts[cell] for cell, (row, name) in request.cells.items()}
            why = f"{parsed.refusal.rule}: {parsed.refusal.message}"
        self.unread[model] = why
        return {}


def disputed(rows: Mapping[int, AuditRow], first: Mapping[Cell, str]) -> dict[int, tuple[AuditRow, list[str]]]:
    """Sampled rows with filled cells that were found unsupported, with those cells."""
    found = {
        staged_id: (row, [name for name in row.cells if first.get((staged_id, name)) == "unsupported"])
        for staged_id, row in rows.items()
        if staged_id > 0
    }
    return {staged_id: pair for staged_id, pair in found.items() if pair[1]}


def word(cell: Cell, row: AuditRow, first: Mapping[Cell, str], second: Mapping[Cell, str]) -> str:
    verdict = first.get(cell, "unsure")
    if verdict != "unsupported":
        return verdict
    if row.cells.get(cell[1]) is None:
        return "miss"
    confirmed = second.get(cell, "unsure")
    # Two that differ are two opinions, not a doubt that nobody looked into.
    return {"unsupported": "defect", "supported": "refuted"}.get(confirmed, "unconfirmed")

"""The auditor may not share a parser or a lexicon with what filled the cells."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
AUDITOR = ROOT / "enrichment" / "offline" / "auditor"
MAPPING = ("enrichment.operations", "enrichment.evidence", "enrichment.matcher", "enrichment.execution")


def imports_of(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def file_of(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def reached_from(start: list[Path]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        for module in imports_of(waiting.pop()) - seen:
            seen.add(module)
            file = file_of(module)
            if file is not None and module.startswith(("enrichment.", "schemas.")):
                waiting.append(file)
    return seen


def test_the_auditor_reaches_nothing_that_maps() -> None:
    reached = reached_from(sorted(AUDITOR.rglob("*.py")))
    assert "enrichment.offline.document" in reached
    shared = {m for m in reached if m.startswith((*MAPPING, "enrichment.offline.mapper"))}
    assert not shared


def test_the_mapper_reaches_nothing_that_audits() -> None:
    reached = reached_from(sorted((AUDITOR.parent / "mapper").rglob("*.py")))
    assert not {m for m in reached if m.startswith("enrichment.offline.auditor")}


def test_the_walk_sees_indirect_imports() -> None:
    assert any(m.startswith("enrichment.operations") for m in reached_from([AUDITOR.parent / "mapper" / "__init__.py"]))

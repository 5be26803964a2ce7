"""What the API is handed is what the configuration says."""

from __future__ import annotations

from pathlib import Path

from workers.addresses import Addresses
from workers.api import build_api_context
from workers.settings import load_settings

SAID = """
[work]
chunk_size = 120
chunk_growth = 3
held_cap = 7000
rows_per_audit_request = 11
queue_limit = 90000
"""


def test_decisions_made_by_the_api_leave_work_of_the_configured_size(tmp_path: Path) -> None:
    file = tmp_path / "assay.toml"
    file.write_text(SAID, encoding="utf-8")
    nowhere = Addresses("postgresql+psycopg://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1/0")
    made = build_api_context(load_settings(file, {}), nowhere)
    try:
        context = made.stages
        numbers = (context.tuning.chunk_size, context.tuning.chunk_growth, context.tuning.held_cap)
        assert (*numbers, context.tuning.rows_per_audit) == (120, 3, 7_000, 11)
        assert (made.producer.chunk_size, made.producer.queue_limit) == (120, 90_000)
    finally:
        made.producer.database.close()

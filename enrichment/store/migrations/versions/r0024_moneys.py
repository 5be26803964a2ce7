"""an amount is folded with its currency: what lies below in another one is put aside"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # moneys: currency field -> it and the fields of its amounts
    op.execute(
        """
        CREATE FUNCTION assay.jsonb_lay_over(below jsonb, cells jsonb, moneys jsonb) RETURNS jsonb
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT (below - ARRAY(
                SELECT m.name FROM jsonb_each(moneys) AS g(currency, names)
                CROSS JOIN LATERAL jsonb_array_elements_text(g.names) AS m(name)
                WHERE cells ?| ARRAY(SELECT jsonb_array_elements_text(g.names))
                  AND below ->> g.currency IS DISTINCT FROM cells ->> g.currency)) || cells
        $$
        """
    )
    op.execute(
        "CREATE AGGREGATE assay.jsonb_fold(jsonb, jsonb)"
        " (sfunc = assay.jsonb_lay_over, stype = jsonb, initcond = '{}', parallel = safe)"
    )


def downgrade() -> None:
    op.execute("DROP AGGREGATE assay.jsonb_fold(jsonb, jsonb)")
    op.execute("DROP FUNCTION assay.jsonb_lay_over(jsonb, jsonb, jsonb)")

"""The gate: what stands between a plan and a table. Pure, deterministic, without I/O."""

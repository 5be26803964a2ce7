"""What was measured, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Ratio -> what it should be at least.
BARS = {"plain_chain": 30.0, "floor": 0.3}
_NAMES = {
    "plain": "a plain Celery chain per record",
    "chunk": "the same per chunk, no gates",
    "floor": "bare COPY + merge + ledger + payload",
}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    machine = found["machine"]
    yield (
        f"{found['records']:,} records of {found['shapes']} shapes, seed {found['seed']};"
        f" {machine['cores']} cores, {machine['system']} {machine['architecture']}, Python {machine['python']}"
    )
    yield f"state {found['state']}: {_listed(found['counts'])}"
    yield f"calls of the first job {_listed(found['calls'])}; on released plans {_listed(found['calls_released'])}"
    yield ""
    yield f"{'':<44}{'records/s':>11}{'seconds':>10}"
    for key, name in _NAMES.items():
        if key in found and key != "floor":
            yield _rate(_named(found[key], name), found[key]["records_per_second"], found[key]["seconds"])
    for key, name in (("first_job", "Assay, first job"), ("released_plans", "Assay, released plans, all gates")):
        yield _rate(name, found["records_per_second"][key], found["seconds"][key])
    if "floor" in found:
        yield _rate(_NAMES["floor"], found["floor"]["records_per_second"], found["floor"]["seconds"])
    for name, ratio in found["ratios"].items():
        bar = f" (to hold: {BARS[name]:g})" if name in BARS else ""
        yield f"released plans / {name.replace('_', ' '):<25}{ratio:>13.2f}{bar}"
    if "gate" in found:
        gate = found["gate"]
        yield (
            f"the gate alone, {gate['fields']} fields: {gate['gate_us_per_record']} µs a record,"
            f" and {gate['parse_us_per_record']} µs to parse it"
        )
    yield from _series(found)
    yield from _where(found)
    yield f"records lost: {found['lost_in_all']}"


def _series(found: Mapping[str, Any]) -> Iterator[str]:
    rows = [(f"gate and upsert, {one['workers']} each", one) for one in found.get("by_workers", ())]
    rows += [(f"shapes: {one['shapes']}", one) for one in found.get("by_shapes", ())]
    rows += [(f"records in a chunk: {one['chunk_size']:,}", one) for one in found.get("by_chunks", ())]
    rows += [(f"bytes of a record: {one['record_bytes']:,}", one) for one in found.get("by_widths", ())]
    if (slow := found.get("slow_model")) is not None:
        rows.append((f"a model {slow['model_delay']:g} s away", slow))
    if not rows:
        return
    yield ""
    yield f"{'records/s':<32}{'records':>10}{'first job':>12}{'released':>12}{'planning calls':>16}"
    for name, one in rows:
        rate = one["records_per_second"]
        calls = one["calls"].get("planning", 0)
        yield (f"{name:<32}{one['records']:>10,}{rate['first_job']:>12,.0f}{rate['released_plans']:>12,.0f}{calls:>16}")


def _where(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"{'stage, released plans':<24}{'runs':>6}{'seconds':>10}{'in Python':>11}{'µs/record':>11}{'records/s':>11}"
    for one in found["stages"]:
        rate = one["records_per_second"]
        yield (
            f"{one['stage']:<24}{one['runs']:>6}{one['seconds']:>10.2f}{one['cpu']:>11.2f}{one['us_per_record']:>11.1f}"
            + (f"{rate:>11,.0f}" if rate else "")
        )
    yield "processor seconds, released plans: " + ", ".join(f"{n} {s:.1f}" for n, s in found["cpu_seconds"].items())
    yield "peak memory (MB): " + ", ".join(f"{n} {s:,.0f}" for n, s in found["peak_memory_mb"].items())


def _named(one: Mapping[str, Any], name: str) -> str:
    return f"{name} ({one['pool']})"


def _rate(name: str, rate: float, seconds: float) -> str:
    return f"{name:<44}{rate:>11,.0f}{seconds:>10.2f}"


def _listed(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none"

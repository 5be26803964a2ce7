"""What was measured as one picture, SVG by hand: rates beside each other, rates by size of the fleet, time by stage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

_WIDTH: Final = 1000
_MARGIN: Final = 36
_INK, _QUIET, _GRID = "#1f2933", "#616e7c", "#e4e7eb"
_OURS, _FIRST, _OTHERS, _WAIT = "#0b69a3", "#62b0e8", "#9aa5b1", "#cbd2d9"
_STYLE: Final = (
    f"<style>text{{font:13px system-ui,sans-serif;fill:{_INK}}}.h{{font-weight:600;font-size:15px}}"
    f".q{{fill:{_QUIET};font-size:12px}}</style>"
)
_ROW: Final = 30
_LABELS: Final = 264
_NUMBERS: Final = 110
#: Small multiples in a row.
_BESIDE: Final = 3


def draw(found: Mapping[str, Any]) -> str:
    """An SVG document of all parts that were measured."""
    body: list[str] = []
    top = 52.0
    for panel in (_rates, _lines, _stages, _memory):
        drawn, height = panel(found, top)
        body += drawn
        top += height
    machine = found["machine"]
    head = (
        f"{found['records']:,} records of {found['shapes']} shapes, {machine['cores']} cores,"
        f" Python {machine['python']}, seed {found['seed']}"
    )
    height = math.ceil(top)
    opened = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}"'
        f' height="{height}" role="img" aria-label="{escape(head)}">'
    )
    paper = f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
    return "\n".join([opened, _STYLE, paper, _text(_MARGIN, 30, head, kind="q"), *body, "</svg>\n"])


def _rates(found: Mapping[str, Any], top: float) -> tuple[list[str], float]:
    """Bars on a logarithmic scale, since they lie orders of magnitude apart."""
    ours = found["records_per_second"]
    bars = [
        (name, found[key]["records_per_second"], _OTHERS)
        for key, name in (("plain", "plain Celery chain, per record"), ("chunk", "the same per chunk, no gates"))
        if key in found
    ]
    bars += [
        ("Assay, first job (plans are made)", ours["first_job"], _FIRST),
        ("Assay, released plans, all gates", ours["released_plans"], _OURS),
    ]
    if "floor" in found:
        bars.append(("bare COPY + merge + ledger + payload", found["floor"]["records_per_second"], _OTHERS))
    largest = max(rate for _, rate, _ in bars)
    low = math.floor(math.log10(min(rate for _, rate, _ in bars)))
    scale = (_WIDTH - _LABELS - _NUMBERS - 2 * _MARGIN) / max(math.log10(largest) - low, 1e-9)
    left, bottom = _MARGIN + _LABELS, top + 24 + _ROW * len(bars)
    drawn = [_text(_MARGIN, top + 6, "Records per second (logarithmic)", kind="h")]
    for power in range(low, math.floor(math.log10(largest)) + 1):
        x = left + (power - low) * scale
        drawn += [_line(x, top + 20, x, bottom), _text(x, bottom + 16, f"{10**power:,}", kind="q", anchor="middle")]
    for place, (name, rate, colour) in enumerate(bars):
        y = top + 24 + place * _ROW
        width = max((math.log10(rate) - low) * scale, 2)
        drawn += [_text(left - 10, y + 17, name, anchor="end"), _bar(left, y + 3, width, colour)]
        drawn.append(_text(left + width + 8, y + 17, f"{rate:,.0f}"))
    return drawn, bottom - top + 52


def _lines(found: Mapping[str, Any], top: float) -> tuple[list[str], float]:
    """Small multiples on one scale of rates: by worker processes, by shapes, and a model near and far."""
    series = [
        (title, [(str(one[key]), one["records_per_second"]) for one in found[name]])
        for name, key, title in (
            ("by_workers", "workers", "by processes of gate and upsert"),
            ("by_shapes", "shapes", "by shapes"),
            ("by_chunks", "chunk_size", "by records in a chunk"),
            ("by_widths", "record_bytes", "by bytes of a record"),
        )
        if found.get(name)
    ]
    if (slow := found.get("slow_model")) is not None:
        near = next((one for one in found.get("by_shapes", ()) if one["shapes"] == slow["shapes"]), None)
        points = [] if near is None else [("at once", near["records_per_second"])]
        points.append((f"after {slow['model_delay'] * 1000:.0f} ms", slow["records_per_second"]))
        series.append(("by when the model answers", points))
    if not series:
        return [], 0.0
    # Room above the tallest bar for its figure.
    largest = _round_up(1.08 * max(max(rates.values()) for _, points in series for _, rates in points))
    drawn = [_text(_MARGIN, top + 6, "Records per second, smaller jobs", kind="h")]
    drawn += _key(_MARGIN + 300, top + 6, (("released plans", _OURS), ("first job", _FIRST)))
    height, below = 0.0, top
    for at in range(0, len(series), _BESIDE):
        row, high = _beside(series[at : at + _BESIDE], below, largest)
        drawn += row
        below, height = below + high, height + high
    return drawn, height


def _beside(
    series: Sequence[tuple[str, Sequence[tuple[str, Mapping[str, float]]]]], top: float, largest: float
) -> tuple[list[str], float]:
    """One row of small multiples."""
    height, left = 170.0, _MARGIN + 56.0
    width = (_WIDTH - left - _MARGIN - 40 * (len(series) - 1)) / len(series)
    base = top + 46 + height
    drawn: list[str] = []
    for at, (title, points) in enumerate(series):
        x0 = left + at * (width + 40)
        drawn.append(_text(x0, top + 32, title, kind="q"))
        for step in range(5):
            y = base - height * step / 4
            drawn.append(_line(x0, y, x0 + width, y))
            if at == 0:
                drawn.append(_text(x0 - 8, y + 4, f"{largest * step / 4:,.0f}", kind="q", anchor="end"))
        drawn += _points(points, x0, width, base, height / largest)
    return drawn, base - top + 58


def _points(
    points: Sequence[tuple[str, Mapping[str, float]]], x0: float, width: float, base: float, scale: float
) -> Iterator[str]:
    step = width / len(points)
    slot = min(step * 0.34, 34)
    for place, (name, rates) in enumerate(points):
        middle = x0 + step * (place + 0.5)
        for offset, key, colour in ((-slot, "first_job", _FIRST), (0.0, "released_plans", _OURS)):
            tall = rates[key] * scale
            yield _bar(middle + offset + 1, base - tall, slot - 2, colour, tall=tall)
        shown = rates["released_plans"]
        yield _text(middle + slot / 2, base - shown * scale - 5, f"{shown:,.0f}", kind="q", anchor="middle")
        yield _text(middle, base + 18, name, anchor="middle")


def _stages(found: Mapping[str, Any], top: float) -> tuple[list[str], float]:
    """Microseconds a record in each stage: in Python, and waiting for others."""
    stages = [one for one in found["stages"] if one["seconds"] > 0]
    if not stages:
        return [], 0.0
    per_record = 1e6 / found["records"]
    largest = max(one["seconds"] for one in stages) * per_record
    left = _MARGIN + _LABELS
    scale = (_WIDTH - _LABELS - _NUMBERS - 2 * _MARGIN) / largest
    drawn = [_text(_MARGIN, top + 6, "Microseconds a record by stage, released plans", kind="h")]
    drawn += _key(
        left + 180, top + 6, (("in Python", _OURS), ("waiting: for the database, the model, a processor", _WAIT))
    )
    for place, one in enumerate(stages):
        y = top + 20 + place * _ROW
        whole = one["seconds"] * per_record * scale
        busy = min(one["cpu"], one["seconds"]) * per_record * scale
        drawn += [
            _text(left - 10, y + 17, one["stage"], anchor="end"),
            _bar(left, y + 3, busy, _OURS),
            _bar(left + busy, y + 3, whole - busy, _WAIT),
            _text(left + whole + 8, y + 17, f"{one['seconds'] * per_record:,.1f}"),
        ]
    return drawn, 20 + _ROW * len(stages) + 36


def _memory(found: Mapping[str, Any], top: float) -> tuple[list[str], float]:
    """Two columns of figures for each service: memory, and processor time of the second job."""
    used = found["cpu_seconds"]
    peaks = sorted(found["peak_memory_mb"].items(), key=lambda item: -item[1])
    most_memory = max((size for _, size in peaks), default=1.0) or 1.0
    most_time = max(used.values(), default=1.0) or 1.0
    left = _MARGIN + _LABELS
    middle = left + (_WIDTH - left - _MARGIN) / 2
    room = (_WIDTH - left - _MARGIN) / 2 - 70
    drawn = [
        _text(_MARGIN, top + 6, "By service, with children", kind="h"),
        _text(left, top + 6, "peak memory, MB", kind="q"),
        _text(middle, top + 6, "processor seconds, released plans", kind="q"),
    ]
    for place, (name, size) in enumerate(peaks):
        y = top + 16 + place * 24
        seconds = used.get(name, 0.0)
        drawn.append(_text(left - 10, y + 14, name, anchor="end"))
        memory, time = (left, size / most_memory, f"{size:,.0f}"), (middle, seconds / most_time, f"{seconds:,.1f}")
        for x, share, shown in (memory, time):
            drawn += [_bar(x, y + 2, share * room, _OTHERS, tall=16), _text(x + share * room + 6, y + 14, shown)]
    return drawn, 16 + 24 * len(peaks) + 24


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)


def _key(x: float, y: float, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, colour in entries:
        yield f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11" fill="{colour}"/>'
        yield _text(x + 17, y, name, kind="q")
        x += 40 + 7 * len(name)


def _bar(x: float, y: float, width: float, colour: str, *, tall: float = 20) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{tall:.1f}" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{_GRID}"/>'


def _text(x: float, y: float, text: str, *, kind: str = "", anchor: str = "start") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{of_kind}>{escape(text)}</text>'

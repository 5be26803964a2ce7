"""`make bench`: what a stream of records costs end to end, beside plain Celery chains and a bare load of the same rows.

`--only assay,plain` measures some parts, `--records 2000 --series 1000 --plain-records 200` makes all of it quick.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.speed import parts
from benchmarks.speed.drawing import draw
from benchmarks.speed.parts import PARTS, Sizes
from benchmarks.speed.table import lines


def main() -> int:
    """Measure and print; with `--json` as one object. The exit code says whether every record of every part came."""
    options = _options()
    if options.out is not None:
        # Before anything is measured: a folder that cannot be written would cost the whole run.
        options.out.mkdir(parents=True, exist_ok=True)
    # Whoever ends the run early leaves no fleet behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        sizes = Sizes(
            records=options.records,
            shapes=options.shapes,
            plain=options.plain_records,
            series=options.series,
            seed=options.seed,
            limit_seconds=options.limit_seconds,
        )
        found = parts.measure(folder, sizes, options.only, parts.progress)
    whole = json.dumps(found, indent=2) + "\n"
    if options.out is not None:
        (options.out / "bench.json").write_text(whole, encoding="utf-8")
        (options.out / "bench.svg").write_text(draw(found), encoding="utf-8")
    sys.stdout.write(whole if options.json else "\n".join(lines(found)) + "\n")
    return 0 if found["lost_in_all"] == 0 else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=_count, default=100_000)
    parser.add_argument("--shapes", type=_count, default=10)
    parser.add_argument("--plain-records", type=_count, default=1_500, help="of the plain chain per record")
    parser.add_argument("--series", type=_count, default=15_000, help="records for each number of workers and shapes")
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--only", type=_parts, default=frozenset(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--limit-seconds", type=float, default=600.0, help="that one job or chain may take")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="folder that receives bench.json and bench.svg")
    return parser.parse_args()


def _parts(text: str) -> frozenset[str]:
    chosen = frozenset(text.split(","))
    if unknown := sorted(chosen - set(PARTS)):
        raise argparse.ArgumentTypeError(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return chosen


def _count(text: str) -> int:
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count


if __name__ == "__main__":
    raise SystemExit(main())

"""The program `assay`: look whether the packages are ours, and only then import them."""

from __future__ import annotations

import gc
import signal
import sys

from workers.shadowing import check_packages

#: sysexits.h EX_CONFIG.
CONFIGURATION = 78
#: Objects made between two searches for cycles, searches between two of what survived one, and of all there is.
#: Python's own first number, 700, is reached some five hundred times while everything is imported, of which nothing
#: ever dies, and a hundred times by each chunk, which dies whole and has no cycles.
COLLECTING = (100_000, 20, 100)


def main() -> None:
    gc.set_threshold(*COLLECTING)
    # Who changes their mind while everything is imported is done with it, without a page of where it was.
    if interruptible := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        check_packages()
    except Exception as error:
        # the class may come from a file that was loaded beside the shadowed package
        if type(error).__name__ != "ConfigurationError":
            raise
        sys.stderr.write(f"error: {error}\nhint: {getattr(error, 'hint', '')}\n")
        raise SystemExit(CONFIGURATION) from None
    from workers.cli import main as run

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()

"""The program `assay`: look whether the packages are ours, and only then import them."""

from __future__ import annotations

import sys

from workers.shadowing import check_packages

#: sysexits.h EX_CONFIG.
CONFIGURATION = 78


def main() -> None:
    try:
        check_packages()
    except Exception as error:
        # the class may come from a file that was loaded beside the shadowed package
        if type(error).__name__ != "ConfigurationError":
            raise
        sys.stderr.write(f"error: {error}\nhint: {getattr(error, 'hint', '')}\n")
        raise SystemExit(CONFIGURATION) from None
    from workers.cli import main as run

    run()

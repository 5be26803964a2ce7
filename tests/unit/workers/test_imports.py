"""A fleet is a dozen processes that start at once: each imports what it uses, and not what all others do."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

#: Half of all that there is to import, and only what judges records, asks a model or reads its answers uses them.
_OPERATIONS = ("enrichment.operations", "enrichment.evidence", "phonenumbers", "pint", "pycountry", "babel")
_OTHERS = ("openai", "alembic", "jsonschema", "sqlmodel")


@pytest.mark.parametrize("module", ["workers.running", "workers.api", "workers.flower", "workers.up.supervisor"])
def test_a_process_that_judges_nothing_imports_no_operation(module: str) -> None:
    assert _loaded(f"import {module}", *_OPERATIONS, *_OTHERS) == []


def test_a_parent_imports_what_its_children_run() -> None:
    judging = ("enrichment.gate.compiled", "enrichment.stages.audit")
    asking = ("enrichment.stages.plan", "enrichment.stages.judge", "openai")
    load = "from enrichment import pipeline; from tasks.queues import ROLES; pipeline.load"
    assert _loaded(f"{load}(ROLES['gate'].stages)", *judging, *asking) == list(judging)
    assert _loaded(f"{load}(ROLES['upsert'].stages)", *judging, *asking) == []
    assert _loaded(f"{load}(pipeline.STAGES)", *judging, *asking) == [*judging, *asking]


def test_cycles_are_looked_for_rarely_before_anything_is_imported() -> None:
    # `--version` ends in the command line, which is imported by then
    script = (
        "import gc, sys; from workers.entry import COLLECTING, main\n"
        "assert 'workers.cli' not in sys.modules\n"
        "seen = []\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        seen.append((name, gc.get_threshold() == COLLECTING))\n"
        "sys.meta_path.insert(0, Watch()); sys.argv = ['assay', '--version']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'workers.cli' in dict(seen)\n"
        "sys.stderr.write(' '.join(name for name, rarely in seen if not rarely) or 'all')"
    )
    assert _told(script)[-1] == "all"


_INTERRUPTED = """
import os, signal, sys
from workers.entry import main
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == 'workers.cli': os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Watch()); sys.argv = ['assay', '--version']
try: main()
except SystemExit: sys.stderr.write(signal.getsignal(signal.SIGINT).__class__.__name__)
"""


#: As a terminal starts a command; of what a script has put into the background, interrupts are ignored.
_INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


def test_who_interrupts_while_everything_is_imported_sees_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTIBLE + _INTERRUPTED], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_who_is_started_without_interrupts_is_not_interrupted() -> None:
    script = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + _INTERRUPTED
    assert _told(script) == ["Handlers"]


def test_interrupts_are_for_the_command_once_it_is_there() -> None:
    script = _INTERRUPTIBLE + _INTERRUPTED.replace("os.kill(os.getpid(), signal.SIGINT)", "pass")
    assert _told(script) == ["builtin_function_or_method"]


def _loaded(script: str, *names: str) -> list[str]:
    return _told(f"import sys; {script}\nsys.stderr.write(' '.join(n for n in {names!r} if n in sys.modules))")


def _told(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stderr.split()

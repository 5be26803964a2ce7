"""What the nodes of a fleet are called; told apart from running them, which takes long to import."""

from __future__ import annotations

import os
from typing import Final

#: The role that serves every isolation lane of an embedded fleet: one process, one piece of work.
ISOLATED: Final = "isolated"


def node_name(role: str, *, isolated: bool, number: int = 1) -> str:
    """A node keeps its name between boots, so that a new boot knows which earlier ones are dead."""
    lane = ".isolated" if isolated and role != ISOLATED else ""
    return f"{role}{lane}{number}@{os.uname().nodename}"

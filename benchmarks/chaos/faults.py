"""Every fault that a schedule may inject. Each says what it does and undoes, within its call, what would not end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from benchmarks.chaos.ground import Ground
from benchmarks.chaos.started import until

Fault = Callable[[Ground, random.Random], None]
#: Longer than a lease, so that whoever wakes up finds its work given away.
ZOMBIE: Final = 11.5
#: Seconds from TERM until a successor serves: what a stage may take to end, and a start on a busy machine.
GRACE: Final = 60.0
#: Services that a rolling restart replaces at once.
_AT_A_TIME: Final = 2
_CLOCKS: Final = ("fetch", "gate", "upsert", "model", "isolated", "control", "dispatcher", "api")
_CONSUMERS: Final = ("fetch", "gate", "upsert", "model", "isolated")


def _kill(service: str, ground: Ground, _: random.Random) -> None:
    ground.kill(service)


def _kill_child(service: str, ground: Ground, chance: random.Random) -> None:
    ground.kill_child(service, chance)


def _freeze(service: str, ground: Ground, _: random.Random) -> None:
    ground.freeze(service, frozen=True)
    time.sleep(ZOMBIE)
    ground.freeze(service, frozen=False)


def _hang_child(service: str, ground: Ground, chance: random.Random) -> None:
    """One process of several stands still for the rest of the schedule, with what it holds."""
    ground.hang_child(service, chance)


def _cut(ground: Ground, chance: random.Random) -> None:
    chance.choice(ground.wires).cut()


def _refuse(ground: Ground, chance: random.Random) -> None:
    proxy = chance.choice(ground.wires)
    proxy.refuse(refusing=True)
    time.sleep(chance.uniform(0.5, 2.0))
    proxy.refuse(refusing=False)


def _slow(ground: Ground, chance: random.Random) -> None:
    proxy = chance.choice(ground.wires)
    proxy.slow(0.02)
    time.sleep(2.0)
    proxy.slow(0.0)


def _half_open(ground: Ground, chance: random.Random) -> None:
    """No byte passes and nothing is closed; after that the connections are gone, or go on as if nothing had been."""
    proxy = chance.choice(ground.wires)
    proxy.stall(stalled=True)
    time.sleep(chance.choice((2.0, ZOMBIE)))
    if chance.random() < 0.5:
        proxy.cut()
    proxy.stall(stalled=False)


def _redeliver(ground: Ground, chance: random.Random) -> None:
    for _ in range(3):
        ground.counted["messages delivered again, in any order"] += ground.deliver_again(chance)
        time.sleep(0.2)


def _model(how: str, ground: Ground, chance: random.Random) -> None:
    ground.outside.model_faults += [how] * chance.randint(1, 2)


def _source(how: str, ground: Ground, chance: random.Random) -> None:
    for listing in ground.outside.listings.values():
        listing.fail_page, listing.fail_times, listing.fail_how = chance.randint(1, 4), chance.randint(1, 2), how


def _switch(ground: Ground, chance: random.Random) -> None:
    for listing in ground.outside.listings.values():
        listing.switch_at = chance.randint(2, 4)


def _everything(ground: Ground, _: random.Random) -> None:
    ground.kill_everything()
    ground.ended(ground.assay("up", "--detach"))


def _nothing(_ground: Ground, _chance: random.Random) -> None:
    """The sources themselves are what disturbs."""


def _term(service: str, ground: Ground, _: random.Random) -> None:
    """A service is told to end, with what it has under way, and its successor takes its place."""
    seconds = ground.replace(service)
    if seconds > GRACE:
        ground.seen.append(("stuck", f"{service} took {seconds:.0f} s from TERM to its successor"))


def _roll(ground: Ground, chance: random.Random) -> None:
    """Two services at a time are ended with TERM and started anew with a newer release.

    One at a time takes longer than the work that they roll under: the last ones would be idle.
    """
    ground.release()
    services = ["fetch", "model", "gate", "upsert", "isolated", "control", "dispatcher", "api"]
    chance.shuffle(services)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for one in [pool.submit(_term, service, ground, chance) for service in services]:
            one.result()


def _clocks_differ(ground: Ground, chance: random.Random) -> None:
    """Each host has another time, until all is healed."""
    ground.set_clocks({name: round(chance.uniform(-7_200.0, 7_200.0), 1) for name in _CLOCKS})


def _clock_back(ground: Ground, chance: random.Random) -> None:
    """The clock of one host, or of all, jumps back an hour."""
    ground.set_clocks(dict.fromkeys(chance.choice(([chance.choice(_CLOCKS)], list(_CLOCKS))), -3_600.0))


def _condemn(ground: Ground, _: random.Random) -> None:
    """A person condemns the plan that merges are just relying on; they take long, so that some are in the midst."""
    ground.drag(3.0)
    merging = (
        "SELECT w.id, p.id AS plan FROM work w JOIN plan p ON p.source = w.source AND p.state = 'released'"
        " WHERE w.status = 'running' AND w.stage IN ('upsert', 'merge') AND w.source LIKE 'fresh%%' LIMIT 1"
    )
    found: list[dict[str, int]] = []

    def merges() -> bool:
        found[:] = ground.rows(merging)
        return bool(found)

    until(merges, seconds=60)
    time.sleep(0.2)
    for row in found:
        ground.client().plans.condemn(row["plan"], reason="it is wrong")
    ground.drag(0.15)


#: By what they hit: the fleet's processes, the servers, the wires, the messages, and what lies outside.
FAULTS: Final[Mapping[str, Fault]] = {
    **{f"kill {name}": partial(_kill, name) for name in (*_CONSUMERS[:4], "dispatcher", "api")},
    **{f"kill child of {name}": partial(_kill_child, name) for name in ("gate", "upsert")},
    **{f"hang child of {name}": partial(_hang_child, name) for name in ("gate", "upsert")},
    **{f"freeze {name}": partial(_freeze, name) for name in ("fetch", "gate", "upsert", "dispatcher")},
    "kill redis": lambda ground, _: ground.kill_redis(),
    "kill postgres": lambda ground, _: ground.kill_postgres(),
    "flush redis": lambda ground, _: ground.flush(),
    **{f"term {name}": partial(_term, name) for name in ("fetch", "gate", "upsert", "dispatcher")},
    "clocks differ": _clocks_differ,
    "clock back": _clock_back,
    "cut": _cut,
    "refuse": _refuse,
    "slow": _slow,
    "half-open": _half_open,
    "deliver again": _redeliver,
    "source 500": partial(_source, "500"),
    "source reset": partial(_source, "reset"),
    "source hang": partial(_source, "hang"),
    "source changes": _switch,
}
#: Those that only matter while a plan is sought or audited.
MODEL_FAULTS: Final[Mapping[str, Fault]] = {
    **{f"model {how}": partial(_model, how) for how in ("hang", "reset", "late", "429", "500")},
    "kill model": FAULTS["kill model"],
    "freeze model": partial(_freeze, "model"),
}
#: Hits everything at once; it takes a start of the fleet to go on.
KILL_ALL: Final = "kill everything"
#: A plan falls while merges rely on it; its records then wait for a person, and only what stands is checked.
CONDEMN: Final = "condemn the plan"
#: A rolling restart, service by service.
ROLL: Final = "roll"
#: No fault, but two sources that write the same rows at the same time.
BOTH: Final = "both at once"
RARE: Final[Mapping[str, Fault]] = {
    KILL_ALL: _everything,
    ROLL: _roll,
    CONDEMN: _condemn,
    BOTH: _nothing,
}
#: Set before the job is submitted: afterwards its pages may all have been read.
BEFORE: Final = frozenset(
    {"source 500", "source reset", "source hang", "source changes", *MODEL_FAULTS} - {"kill model", "freeze model"}
)

"""What the audit's figures say, in words that need no knowledge of sampling. Pure.

A limit is rounded away from what it promises: an upper one up, a lower one down.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Any, Final

from enrichment.audit.faults import WORDS

#: Planted mistakes of one sort from which on their share is named.
_SOME: Final = 3
ASSUMPTION = "assuming that real defects are no harder to see than planted ones"


def at_most(share: float) -> str:
    """An upper limit in percent, never below it: to a tenth, below one percent to a hundredth."""
    parts = 100 if share < 0.01 else 10
    return f"{ceil(share * 100 * parts - 1e-9) / parts:g} %"


def at_least(share: float) -> str:
    """A lower limit in percent, never above it."""
    return f"{floor(share * 1000 + 1e-9) / 10:g} %"


def headline(entry: Mapping[str, Any]) -> str:
    """The one sentence on a target and source."""
    if entry["wrong_at_most"] is not None:
        share = at_most(entry["wrong_at_most"])
        return f"with 95 % confidence at most {share} of the cells written are wrong, {ASSUMPTION}"
    return f"unknown: {_why(entry)}"


def _why(entry: Mapping[str, Any]) -> str:
    if not entry["cells"]:
        return "nothing that was written by it stands"
    if not entry["audited"]:
        return "none of the cells written was audited"
    if entry["not_audited"]:
        return f"{', '.join(entry['not_audited'])} {_were(entry['not_audited'])} written without any audit"
    if entry["recall"] is None:
        seen = at_most(entry["visible_wrong_at_most"])
        return (
            "no defects were planted, so nobody knows what this auditor overlooks (of what it can see, at most"
            f" {seen} of the cells are wrong)"
        )
    found = entry["recall"]
    return (
        f"the auditor found {found['seen']:,} of {found['planted']:,} planted defects, which is too few to say anything"
        " of what it did not find"
    )


def _were(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"


def explained(entry: Mapping[str, Any]) -> list[str]:
    """How the figure came about, a sentence a line."""
    if not entry["audited"]:
        return []
    looked = (
        f"Another model, which did not see how the values were made, compared {entry['audited']:,} cells with what the"
        f" source says and found {_wrong(entry['defects'])}. (A cell is one field of one row; which ones are looked at"
        " cannot be foreseen by whoever fills them.)"
    )
    if entry["unconfirmed"]:
        looked += f" It doubted {entry['unconfirmed']:,} more, which nobody confirmed; a person decides on those."
    lines = [looked]
    found = entry["recall"]
    if found is not None:
        lines.append(
            f"To test that model itself, it was shown {found['planted']:,} mistakes made on purpose, in rows that are"
            f" never written, and found {found['seen']:,}, so that it sees at least {at_least(found['lower'])} of such"
            " mistakes. What it may overlook is counted in; if real mistakes are harder to see than these, more may be"
            " wrong."
        )
        lines += _by_class(found)
    if entry["wrong_estimate"] is not None and entry["wrong_at_most"] is not None:
        lines.append(_meant(entry["wrong_estimate"], at_most(entry["wrong_at_most"])))
    return lines


def _by_class(found: Mapping[str, Any]) -> list[str]:
    """What it mostly overlooks, and what nobody knows of, since no row offered it: there the limit says too little."""
    overlooked = [
        f"{WORDS.get(one['class'], one['class'])} ({one['seen']:,} of {one['planted']:,} found)"
        for one in found["classes"]
        if one["planted"] >= _SOME and 2 * one["seen"] < one["planted"]
    ]
    untried = [WORDS[fault] for fault in found["not_planted"]]
    lines = []
    if overlooked:
        lines.append(f"It overlooks most of one sort of mistake, of which more may stand: {', '.join(overlooked)}.")
    if untried:
        lines.append(f"No row could be made wrong by {', nor by '.join(untried)}.")
    return lines


def _meant(estimate: float, limit: str) -> str:
    if estimate == 0.0:
        return (
            f"{limit} is a limit, not a guess: as far as can be seen nothing is wrong, and if more than that were, at"
            " least 95 of 100 audits like this one would have shown more. It falls as more is audited."
        )
    return (
        f"The likeliest share of wrong cells is {_percent(estimate)}. {limit} is the limit: if more were wrong, at"
        " least 95 of 100 audits like this one would have shown more. It falls as more is audited."
    )


def moved(entry: Mapping[str, Any]) -> list[str]:
    """Which fields' sources moved after their release, a sentence or two each."""
    return [f"Since its release {one['field']} {_how(one)}{_chance(one)}. {_since(one)}" for one in entry["drift"]]


def _how(one: Mapping[str, Any]) -> str:
    when = f"as of {one['at'][:16].replace('T', ' ')} UTC"
    if one["what"] == "fill":
        was, now = _percent(one["before"]), _percent(one["now"])
        return f"is filled by {now} of the records ({when}), before by {was}"
    return f"has other values: {_percent(one['now'])} of them ({when}) lie where few or none lay before"


def _chance(one: Mapping[str, Any]) -> str:
    if not one["level"]:
        return ""
    return f"; by chance that is seen less than once in {1 / one['level']:,.0f} looks ({one['test']} test)"


def _since(one: Mapping[str, Any]) -> str:
    return {
        "released": "It was audited anew, and stands.",
        "probation": "It is being audited anew; what comes meanwhile waits.",
        "condemned": "It was found to be wrong since then, and was taken out.",
    }.get(one["state"], "It is no longer filled that way.")


def not_told_apart(entry: Mapping[str, Any]) -> str | None:
    """Name the bindings that no record could tell from another source field; null where there is none."""
    named = [
        f"{one['field']} from {', '.join(one['paths'])} (or from {' or '.join(one['rivals'])})"
        for one in entry["untold"]
    ]
    if not named:
        return None
    return (
        f"No record looked at tells where these belong: {'; '.join(named)}. Both places held the same value, so that an"
        " audit sees no difference; it matters as soon as they differ."
    )


def _wrong(defects: int) -> str:
    return "none wrong" if not defects else f"{defects:,} wrong, which were taken out"


def _percent(share: float) -> str:
    return f"{round(100 * share, 2):g} %"


def interval(found: Mapping[str, Any]) -> str:
    """A share with its limits: `98 % (95 to 99.5 %)`."""
    if found["lower"] is None:
        return "unknown"
    if found["lower"] == found["upper"]:
        return at_least(found["lower"])
    low = at_least(found["lower"]).removesuffix(" %")
    return f"{low} to {at_most(found['upper'])}"

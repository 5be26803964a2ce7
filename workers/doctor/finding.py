"""What one check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

#: well: as it should be; odd: works, and should be looked at; wrong: does not work; unknown: could not be asked.
Level = Literal["well", "odd", "wrong", "unknown"]

_MARKS = {"well": "ok   ", "odd": "look ", "wrong": "WRONG", "unknown": "?    "}


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` says what a person can do; it is empty where all is well."""

    check: str
    level: Level
    message: str
    remedy: str = ""

    def document(self) -> dict[str, str]:
        return asdict(self)

    def line(self) -> str:
        said = f"{_MARKS[self.level]}  {self.check:<12}  {self.message}"
        return f"{said}\n       {'':<12}  -> {self.remedy}" if self.remedy else said


def well(check: str, message: str) -> Finding:
    return Finding(check, "well", message)


def odd(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, "odd", message, remedy)


def wrong(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, "wrong", message, remedy)


def unknown(check: str, message: str, remedy: str = "") -> Finding:
    return Finding(check, "unknown", message, remedy)

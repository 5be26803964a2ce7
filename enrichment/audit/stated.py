"""Whether a record may state a value somewhere, read as widely as anybody could. Pure.

For planted values only: it says "perhaps" too often rather than too seldom, for a plant that turns out to be true would
count against an auditor that is right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Final

import pycountry
from babel import Locale

from enrichment.exact import shortest, times_ten
from enrichment.operations.currencies import sign_codes, word_codes
from enrichment.operations.magnitudes import magnitude
from schemas.json_types import Cell, Json
from schemas.kinds import Kind

_WORDS: Final = re.compile(r"[^\W_]+")
_FIGURE: Final = re.compile(r"\d(?:[\d.,'\u2019 \u00a0\u2009\u202f]*\d)?")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SIGNS: Final = re.compile(r"[^\w\s.,;:()\[\]'\"+/-]")
_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv")
_TRUTHS: Final = frozenset({"yes", "no", "true", "false", "y", "n", "t", "f", "0", "1"})
_SECONDS_A_DAY: Final = 86_400


def words(text: str) -> tuple[str, ...]:
    """The words and figures of a text, in one spelling."""
    return tuple(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def is_within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether words stand in a text side by side."""
    size = len(part)
    return size > 0 and any(tuple(whole[at : at + size]) == tuple(part) for at in range(len(whole) - size + 1))


def as_number(value: Cell) -> Decimal | None:
    """A cell as an exact number, whether it is sent as one or as text; nothing for what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return shortest(number) if number.is_finite() else None


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same once case, marks, white space and trailing zeros are put aside."""
    if one is None or other is None or isinstance(one, bool) or isinstance(other, bool):
        return one is other
    left, right = as_number(one), as_number(other)
    if left is not None and right is not None:
        return left == right
    return "".join(words(str(one))) == "".join(words(str(other)))


@dataclass(frozen=True)
class Leaf:
    """A scalar of a record; `path` has its list positions collapsed."""

    path: tuple[str, ...]
    value: str | int | Decimal | bool

    @cached_property
    def text(self) -> str:
        return str(self.value)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words(self.text)

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """Every number that some reading of the leaf gives, without its sign."""
        if isinstance(self.value, bool):
            return frozenset()
        if not isinstance(self.value, str):
            number = as_number(self.value)
            return frozenset() if number is None else frozenset({number.copy_abs()})
        plain = {number for found in _FIGURE.findall(self.text) for number in _readings(found)}
        powers = {power for word in _LETTERS.findall(self.text) for power in _powers(word)}
        return frozenset(shortest(times_ten(n, power)) for n in plain for power in {0} | powers)

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Every currency that some word or sign of the leaf may mean."""
        codes = [word_codes(word) | sign_codes(word) for word in (*self.text.split(), *_LETTERS.findall(self.text))]
        signs = [sign_codes(sign) for sign in _SIGNS.findall(self.text)]
        return frozenset().union(*codes, *signs)


def leaves(record: Json) -> tuple[Leaf, ...]:
    """The present scalars of a record."""
    return tuple(_leaves(record, ()))


def _leaves(value: Json, path: tuple[str, ...]) -> Iterator[Leaf]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, str | int | Decimal):
        if not isinstance(value, str) or value.strip():
            yield Leaf(path, value)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _leaves(inner, (*path, "*"))


def stating(found: Sequence[Leaf], value: Cell, kind: Kind | None) -> list[Leaf]:
    """The leaves that may state a value of a kind."""
    return [leaf for leaf in found if _may_state(leaf, value, kind)]


def _may_state(leaf: Leaf, value: Cell, kind: Kind | None) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return leaf.text.strip().casefold() in _TRUTHS
    if isinstance(leaf.value, bool):
        return False
    return is_within(words(str(value)), leaf.words) or _may_mean(leaf, value, kind)


def _may_mean(leaf: Leaf, value: str | int | Decimal, kind: Kind | None) -> bool:
    if kind is Kind.COUNTRY:
        return any(is_within(name, leaf.words) for name in _country_names(str(value)))
    if kind is Kind.CURRENCY:
        return str(value) in leaf.currencies
    if kind in {Kind.DATE, Kind.DATETIME}:
        return _may_be_dated(leaf, str(value))
    if isinstance(value, str) and _is_written_into(value, leaf.text):
        return True
    number = as_number(value)
    if number is None:
        return False
    # a share of one may be written as a percentage, and the other way round
    sizes = (0, 2, -2) if kind is Kind.PERCENT else (0,)
    return any(shortest(times_ten(number.copy_abs(), size)) in leaf.numbers for size in sizes)


def _is_written_into(value: str, text: str) -> bool:
    """Whether a text holds another's letters and digits in a row; too short ones stand in anything."""
    bare = "".join(words(value))
    return len(bare) >= 4 and bare in "".join(words(text))


@lru_cache(maxsize=4096)
def _readings(figure: str) -> frozenset[Decimal]:
    digits = re.sub(r"\D", "", figure)
    found = {Decimal(digits)}
    last = max(figure.rfind("."), figure.rfind(","))
    if last > 0:
        fraction = re.sub(r"\D", "", figure[last:])
        found.add(Decimal(f"{re.sub(r'[^0-9]', '', figure[:last])}.{fraction}"))
    for piece in re.split(r"\D+", figure):
        if piece:
            found.add(Decimal(piece))
    return frozenset(found)


def _powers(word: str) -> Iterator[int]:
    for glued in (True, False):
        power = magnitude(word.casefold(), glued=glued, money=True)
        if power is not None and power > 0:
            yield power


def _may_be_dated(leaf: Leaf, value: str) -> bool:
    """Whether year and day of a date stand in one leaf, in any order, or as seconds since 1970."""
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return True
    figures = set(re.findall(r"\d+", leaf.text))
    if day.strftime("%Y%m%d") in leaf.text:
        return True
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    if any(
        midnight - _SECONDS_A_DAY <= float(n) / unit < midnight + 2 * _SECONDS_A_DAY
        for n in leaf.numbers
        for unit in (1, 1000)
    ):
        return True
    years, days = {str(day.year), f"{day.year % 100:02d}"}, {str(day.day), f"{day.day:02d}"}
    return bool(years & figures and days & figures)


@lru_cache(maxsize=512)
def _country_names(code: str) -> tuple[tuple[str, ...], ...]:
    country = pycountry.countries.get(alpha_2=code.upper()) if len(code) == 2 else None
    if country is None:
        return ()
    names = {country.name, country.alpha_2, country.alpha_3, getattr(country, "common_name", country.name)}
    names |= {name for language in _LANGUAGES if (name := Locale(language).territories.get(country.alpha_2))}
    return tuple(words(name) for name in names)

"""How one cell of an audited row is made wrong: a way for each fault, and what none of them may give. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from enrichment.audit.faults import Fault
from enrichment.audit.stated import Leaf, as_number, is_within, leaves, same, stating, words
from enrichment.evidence import infer_target_kind
from enrichment.exact import is_whole, plain, times_ten
from schemas.json_types import Cell, Record
from schemas.kinds import Kind
from schemas.target import Target, TargetField

_FACTOR: Final = 3
#: Kinds of numbers that a factor leaves what they are.
_SCALES: Final = frozenset({None, Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT})
#: Kinds of texts that are whole or wrong.
_CUT: Final = frozenset(
    {None, Kind.NAME, Kind.TEXT, Kind.ADDRESS, Kind.CODE, Kind.IDENTIFIER, Kind.URL, Kind.EMAIL, Kind.PHONE}
)
_SHORTEST_CUT: Final = 6
#: What a record goes by: one of them is perhaps another one too, as IBM is a symbol and a name.
_DESIGNATIONS: Final = frozenset({Kind.NAME, Kind.CODE, Kind.IDENTIFIER})
#: Kinds of texts -> those whose value is wrong there for certain, and not odd in itself.
_WRONG_TEXTS: Final[Mapping[Kind | None, frozenset[Kind]]] = {
    **dict.fromkeys(_DESIGNATIONS, frozenset({Kind.ADDRESS, Kind.TEXT})),
    Kind.ADDRESS: _DESIGNATIONS | {Kind.TEXT},
}
#: Kinds of numbers of which each can stand where another is asked for.
_NUMBERS: Final = frozenset({Kind.COUNT, Kind.QUANTITY, Kind.MONEY, Kind.PERCENT, Kind.YEAR})
#: What passes for a year.
_FIRST_YEAR: Final = 1500
_LAST_YEAR: Final = 2100
_CURRENCIES: Final = ("USD", "EUR", "GBP", "JPY", "CHF", "SEK", "INR", "BRL", "PLN", "KRW", "TRY", "ZAR")
_DIGITS: Final = "0123456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ATTEMPTS: Final = 8


@dataclass(frozen=True)
class Base:
    """An audited row that plants are made of. `sound`: the fields whose cells may be made wrong."""

    id: int
    record: Record
    cells: Mapping[str, Cell]
    sound: Collection[str]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        return leaves(self.record)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field whose cell counts, and the cells that are set for it."""

    field: str
    cells: Mapping[str, Cell]


class Dice:
    """Choices that only the key explains, the same each time (HMAC-SHA-256, RFC 2104)."""

    def __init__(self, key: bytes, *about: object) -> None:
        self._key = key
        self._about = "\x1f".join(map(str, about))

    def number(self, *what: object) -> int:
        text = "\x1f".join((self._about, *map(str, what)))
        return int.from_bytes(hmac.digest(self._key, text.encode(), hashlib.sha256)[:8])

    def shuffled(self, names: Collection[str], *what: object) -> list[str]:
        return sorted(names, key=lambda name: (self.number(*what, name), name))


class Planter:
    def __init__(self, target: Target, base: Base, others: Sequence[Base], key: bytes) -> None:
        self._fields = target.by_name
        self._kinds = {field.name: infer_target_kind(field) for field in target.fields}
        self._companions = {f.currency_field for f in target.fields if f.currency_field is not None}
        self._base = base
        self._others = others
        self._dice = Dice(key, base.id)
        self._places: dict[str, Leaf | None] = {}
        self._names = [n for n in self._dice.shuffled(base.sound, "field") if n in self._fields]

    def swap(self) -> Iterator[Wrong]:
        """The value of another field, each stated once in the record, and not side by side in one list.

        Two of one form change places. Where none are, a field has the value of one of another kind, as where a plan
        reads revenue into a count: it stands in the record, and says nothing of what the field asks for.
        """
        cells = self._base.cells
        for other, name in self._pairs(self._like_each_other):
            yield Wrong(name, {name: cells[other], other: cells[name]})
        for other, name in self._pairs(self._may_pass_for):
            yield Wrong(name, {name: cells[other]})

    def _pairs(self, fit: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
        """(other, name): fields of which the other's value could come to stand in the cell of `name`."""
        once = {name: leaf for name in self._names if (leaf := self._place(name)) is not None}
        for name, mine in once.items():
            for other, theirs in once.items():
                if other != name and theirs.path != mine.path and fit(other, name):
                    yield other, name

    def _place(self, name: str) -> Leaf | None:
        """The one leaf that states the cell; null where none or several do."""
        if name not in self._places:
            found = self._stated(name, self._base.cells.get(name))
            self._places[name] = found[0] if len(found) == 1 else None
        return self._places[name]

    def factor(self) -> Iterator[Wrong]:
        """A thousand times too much, or too little."""
        for name in self._names:
            field, value = self._fields[name], self._base.cells.get(name)
            number = as_number(value)
            if field.type not in {"integer", "number"} or self._kinds[name] not in _SCALES or not number:
                continue
            sizes = [times_ten(number, _FACTOR), times_ten(number, -_FACTOR)]
            for size in sizes if self._dice.number("factor", name) % 2 else reversed(sizes):
                if field.type == "number" or is_whole(size):
                    yield Wrong(name, {name: _like(value, size)})

    def shifted(self) -> Iterator[Wrong]:
        """The cells of another record."""
        for other in self._others:
            for name in self._names:
                if self._base.cells.get(name) is not None and other.cells.get(name) is not None:
                    yield Wrong(name, {**dict.fromkeys(self._base.cells), **other.cells})

    def invented(self) -> Iterator[Wrong]:
        """A value where the record has none, or another one than it has."""
        empty = [n for n in self._names if self._base.cells.get(n) is None]
        filled = [n for n in self._names if self._base.cells.get(n) is not None]
        in_turn = (empty, filled) if self._dice.number("invented") % 2 else (filled, empty)
        for names in in_turn:
            for name in names:
                yield from (Wrong(name, {name: value}) for value in self._inventions(name))

    def currency(self) -> Iterator[Wrong]:
        """Another currency beside the same amount."""
        for name in self._names:
            if self._base.cells.get(name) is None:
                continue
            if self._kinds[name] is Kind.CURRENCY or name in self._companions:
                for code in self._dice.shuffled(_CURRENCIES, "currency", name):
                    yield Wrong(name, {name: code})

    def truncated(self) -> Iterator[Wrong]:
        """A text that ends within a word."""
        for name in self._names:
            field, value = self._fields[name], self._base.cells.get(name)
            if not isinstance(value, str) or field.type != "string" or field.allowed or self._kinds[name] not in _CUT:
                continue
            if field.format in {"date", "date-time"}:
                continue
            first = max(_SHORTEST_CUT // 2, len(value) * 2 // 5)
            cuts = [at for at in range(first, len(value) - 1) if value[at - 1].isalnum() and value[at].isalnum()]
            for at in sorted(cuts, key=lambda at: self._dice.number("cut", name, at)):
                short = value[:at]
                if len(value) >= _SHORTEST_CUT and not any(is_within(words(short), x.words) for x in self._base.leaves):
                    yield Wrong(name, {name: short})

    def holds(self, fault: Fault, wrong: Wrong) -> bool:
        """Whether it is wrong for certain, and nothing that the gate would have stopped."""
        value, right = wrong.cells[wrong.field], self._base.cells.get(wrong.field)
        if same(value, right) or not all(
            _allowed(self._fields[n], v) for n, v in wrong.cells.items() if n in self._fields
        ):
            return False
        if fault == "swap":
            return not same(self._base.cells[wrong.field], value)
        if fault == "truncated":
            return True
        return not self._stated(wrong.field, value)

    def _like_each_other(self, other: str, name: str) -> bool:
        return self._form(other) == self._form(name)

    def _may_pass_for(self, other: str, name: str) -> bool:
        """Whether the value of a field of another kind can stand in this one's cell, and is stated nowhere else."""
        value, field = self._base.cells.get(other), self._fields[name]
        if self._kinds[other] is self._kinds[name] or field.allowed or field.pattern or field.format:
            return False
        if len(self._stated(name, value)) != 1:
            return False
        if field.type == "string":
            return isinstance(value, str) and self._kinds[other] in _WRONG_TEXTS.get(self._kinds[name], ())
        number = None if self._fields[other].type == "string" else as_number(value)
        if number is None or not {self._kinds[name], self._kinds[other]} <= _NUMBERS:
            return False
        if self._kinds[name] is Kind.YEAR and not _FIRST_YEAR <= number <= _LAST_YEAR:
            return False
        return field.type == "number" or is_whole(number)

    def _form(self, name: str) -> tuple[object, ...]:
        field = self._fields[name]
        return (self._kinds[name], field.type, field.format, field.unit, field.allowed)

    def _stated(self, name: str, value: Cell) -> list[Leaf]:
        return stating(self._base.leaves, value, self._kinds[name])

    def _inventions(self, name: str) -> Iterator[Cell]:
        """Values of other rows, which look right, and the own one with other figures and letters."""
        field, value = self._fields[name], self._base.cells.get(name)
        yield from (cell for other in self._others if (cell := other.cells.get(name)) is not None)
        if value is None or field.allowed or self._kinds[name] in {Kind.COUNTRY, Kind.CURRENCY, Kind.LANGUAGE}:
            return
        if isinstance(value, bool):
            yield not value
            return
        for attempt in range(_ATTEMPTS):
            yield self._altered(name, value, attempt)

    def _altered(self, name: str, value: Cell, attempt: int) -> Cell:
        number = as_number(value)
        if self._kinds[name] in {Kind.DATE, Kind.DATETIME} and isinstance(value, str) and value[:4].isdigit():
            return f"{int(value[:4]) - 1 - self._dice.number(name, attempt) % 9:04d}{value[4:]}"
        if self._kinds[name] is Kind.YEAR and number is not None:
            return _like(value, number - 1 - self._dice.number(name, attempt) % 9)
        text = str(value)
        changed = [self._mark(mark, name, attempt, at) for at, mark in enumerate(text)]
        if not isinstance(value, str):
            return _like(value, Decimal("".join(changed)))
        return "".join(changed)

    def _mark(self, mark: str, name: str, attempt: int, at: int) -> str:
        """Another mark of its sort. Zeros stay, so that sizes and shapes do; so does what is not plain."""
        roll = self._dice.number(name, attempt, at)
        if mark in _DIGITS[1:]:
            return _DIGITS[1 + roll % 9]
        if mark.casefold() in _LETTERS and roll % 3 == 0:
            letter = _LETTERS[roll // 3 % len(_LETTERS)]
            return letter.upper() if mark.isupper() else letter
        return mark


def _like(value: Cell, number: Decimal) -> Cell:
    """A number as cells are staged: whole ones as the cell's own is given, fractions as text."""
    text = plain(number)
    return text if isinstance(value, str) or "." in text else int(text)


def _allowed(field: TargetField, value: Cell) -> bool:
    if value is None:
        return True
    if field.allowed is not None and value not in field.allowed:
        return False
    number = as_number(value) if field.type in {"integer", "number"} else None
    if number is None:
        return True
    low, high = field.minimum, field.maximum
    return (low is None or number >= low) and (high is None or number <= high)


MAKES: Final[Mapping[Fault, Callable[[Planter], Iterator[Wrong]]]] = {
    "swap": Planter.swap,
    "factor": Planter.factor,
    "shifted": Planter.shifted,
    "invented": Planter.invented,
    "currency": Planter.currency,
    "truncated": Planter.truncated,
}

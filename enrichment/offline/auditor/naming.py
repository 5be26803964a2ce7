"""Whether the name of a place could mean a target field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from enrichment.offline.auditor.lexicon import AMOUNTS, CLASS_WORDS, CODES, DISTINCT, EMPTY, ENTITIES, HOLDS, PARTS
from enrichment.offline.auditor.words import abbreviates, described, is_known, meanings, spellings, without_unit


class Fit(IntEnum):
    """How a place's name stands to a field: higher is nearer."""

    OTHER = 0  # clearly means something else
    PIECE = 1  # means one of the things that the field is put together of
    UNKNOWN = 2  # nothing is known of it
    COULD = 3  # could mean the field, or hold it as a part
    FITS = 4  # means the field


@dataclass(frozen=True, slots=True)
class Meaning:
    """A name: the things it names, and the sort of value it announces."""

    things: frozenset[str]
    classes: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        return self.things | self.classes


def _meaning(name: str, context: frozenset[str]) -> Meaning:
    words = frozenset(meanings(without_unit(name))) - EMPTY
    words = words - context or words
    return Meaning(words - CLASS_WORDS, words & CLASS_WORDS)


def of_field(name: str, context: frozenset[str]) -> Meaning:
    """What a field's name means, given what the target and the source are about.

    A name of words that tell nothing (`total_amount`) means these words.
    """
    found = _meaning(name, context)
    return found if found.all else Meaning(frozenset(meanings(name)), frozenset())


def of_place(
    names: tuple[str, ...], labels: tuple[str, ...], context: frozenset[str]
) -> tuple[Meaning, frozenset[str]]:
    """What a place's name means, and the roles it stands under.

    The last member's name counts; where it names no thing (`amount`, `name`) those above it speak too. Where all of
    them tell nothing (`code`), the last one means its words, as a field's name does.
    """
    things: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    taken = 0
    for name in reversed(names):
        own = _meaning(name, context)
        things, classes, taken = things | own.things, classes | own.classes, taken + 1
        if things:
            break
    labelled = frozenset(word for label in labels for word in meanings(label)) - EMPTY - context
    outer = frozenset(word for name in names[: len(names) - taken] for word in meanings(name)) - EMPTY - context
    found = Meaning(things | (labelled - CLASS_WORDS), classes)
    return found if found.all or not names else Meaning(frozenset(meanings(names[-1])), frozenset()), outer


def _leftover(extra: frozenset[str], *, both: bool) -> Fit:
    if extra & DISTINCT:
        return Fit.OTHER
    if both and all(is_known(word) for word in extra):
        return Fit.OTHER
    return Fit.UNKNOWN if both else Fit.COULD


def _sets_apart(extra: frozenset[str], place: Meaning) -> bool:
    """`revenue_currency` is not the revenue and `customer_id` not the customer, but `isin_number` is the ISIN."""
    return bool(extra & DISTINCT) or ("id" in extra and not place.things & CODES)


def _things(field: Meaning, place: Meaning, outer: frozenset[str]) -> Fit | None:
    """Compare the things two names name; nothing where they share none. `outer` may say the rest of the field."""
    if not field.things & place.things:
        return None
    more, less = place.things - field.things, field.things - place.things - outer
    if not more and not less:
        return Fit.OTHER if _sets_apart(place.classes - field.classes, place) else Fit.FITS
    return _leftover(more | less, both=bool(more) and bool(less))


def _classes(field: Meaning, place: Meaning) -> Fit:
    """Compare names of which at least one names no thing, only a sort of value."""
    shared = field.classes & place.classes
    if not field.things and not place.things:
        if shared:
            return Fit.FITS if field.classes == place.classes else Fit.COULD
        return Fit.OTHER if field.classes and place.classes else Fit.UNKNOWN
    extra = field.things | place.things
    if shared == {"name"} and any(word in ENTITIES or not is_known(word) for word in extra):
        return Fit.UNKNOWN
    if shared == {"id"} and place.things:
        # the number of something else
        return Fit.OTHER if all(map(is_known, place.things)) else Fit.UNKNOWN
    if not shared:
        return Fit.OTHER if all(map(is_known, field.all | place.all)) and field.all and place.all else Fit.UNKNOWN
    return _leftover(extra, both=False)


def _held(field: Meaning, place: Meaning) -> bool:
    if field.classes & place.classes and not field.things:
        # both announce the same sort of value, and it is that of another thing
        return False
    wanted = field.things or field.classes
    if not wanted:
        return False
    if wanted == {"currency"} and place.things & AMOUNTS:
        # a currency of no amount in particular stands beside any
        return True
    holders = place.things or place.classes
    return any(wanted <= HOLDS.get(holder, frozenset()) for holder in holders) or any(
        wanted - {holder} and wanted - {holder} <= HOLDS.get(holder, frozenset()) for holder in holders & wanted
    )


def _parts(field: Meaning) -> frozenset[str]:
    return frozenset().union(*(PARTS.get(word, frozenset()) for word in field.things or field.classes))


def _told(field: Meaning, description: str, place: Meaning) -> Fit | None:
    """What the field's description makes of a place that its name says nothing about."""
    words = described(description)
    subject = place.things or place.classes
    if not subject or not subject <= words:
        return None
    return Fit.COULD if any(map(is_known, field.things)) else Fit.FITS


def _by_name(field: Meaning, place: Meaning, outer: frozenset[str]) -> Fit:
    shared = _things(field, place, outer)
    if shared is not None:
        return shared
    if field.things and place.things:
        return Fit.OTHER if all(map(is_known, field.things | place.things)) else Fit.UNKNOWN
    return _classes(field, place)


def _shortened(field: Meaning, place: Meaning) -> bool:
    """Whether a strange word of the place abbreviates what the field means: `ctry`, `odo`, `publ`."""
    strange = [word for word in place.all - field.all if not is_known(word)]
    if len(strange) != 1 or place.all - field.all - set(strange):
        return False
    return any(
        abbreviates(strange[0], word) for meaning in field.things or field.classes for word in spellings(meaning)
    )


def _by_outer(field: Meaning, place: Meaning, outer: frozenset[str]) -> Fit | None:
    """A strange word speaks through what it stands under: `symbols/xetra` is a symbol."""
    if not field.things or any(map(is_known, place.things)):
        return None
    above = frozenset(filter(is_known, outer))
    if field.things <= above:
        return Fit.COULD
    return Fit.OTHER if above and all(map(is_known, field.things)) else None


def fit(field: Meaning, description: str, place: Meaning, outer: frozenset[str]) -> Fit:
    """Say how the name of a place stands to a field.

    Names that share their things fit; what only one of them has makes it a possibility or, where it is a word that
    sets things apart (`operating`, `previous`, `parent`), something else. Words of no known meaning decide nothing.
    """
    found = Fit.OTHER if (outer & DISTINCT) - field.all else _by_name(field, place, outer)
    if found > Fit.UNKNOWN or (outer & DISTINCT) - field.all:
        return found
    if _held(field, place) or _shortened(field, place):
        return Fit.COULD
    if (place.things or place.classes) & _parts(field):
        return Fit.PIECE
    by_outer = _by_outer(field, place, outer) if found == Fit.UNKNOWN else None
    told = _told(field, description, place) if by_outer is None else None
    if told is not None and (found == Fit.UNKNOWN or not any(map(is_known, field.things))):
        return told
    return found if by_outer is None else by_outer

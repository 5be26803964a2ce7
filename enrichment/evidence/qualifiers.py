"""Words that tell apart what else is called alike: `max` and `min`, `billing` and `shipping`, `alpha_2` and `alpha_3`.

Two names that share all but such a word look nearly the same to whoever compares words, and mean different things. A
line is one opposition; its sides stand apart by bars, and the words of one side may stand for one another. A word may
stand in several lines, since it is the line in which both names have a word that tells. That such words contradict says
much; that they agree says little beyond what comparing words says, and nothing in the lines that begin with `!`, whose
words are what many names consist of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from enrichment.evidence.spelling import words_of
from enrichment.evidence.words import split
from schemas.pointer import tokens

_OPPOSED: Final = """
min minimum low lowest lower least floor | max maximum hi high highest upper most peak ceiling | mean avg average median
first begin beginning begins start starts starting started initial earliest since opening | last end ends ending ended
    final finish finished latest until closing
open opening opened | close closing closed | high | low
from source src origin orig sender | to dest dst destination recipient receiver target
dep depart departs departing departed departure outbound | arr arrive arrives arriving arrived arrival inbound
in incoming inbound received input entry checkin | out outgoing outbound sent output exit checkout
bill billing invoice invoicing payer | ship shipping shipment delivery deliver dispatch | pickup collection | return
home host | away guest visitor visiting opponent
home private personal | work office business | mobile cell
home | mobile cell cellphone | work office | fax telefax facsimile
! telephone landline | fax telefax facsimile
gross | net
! buy bid purchase cost | sell ask offer sale selling
planned scheduled sched expected exp estimated est eta etd due budget budgeted forecast target | actual act real
    effective realised realized
created creation create inserted added opened registered | updated update modified modification changed edited
    lastmodified | deleted deletion removed closed cancelled canceled | published publication | resolved resolution |
    due | shipped fulfilled
birth born | death dead died deceased
birth born | hire hired hiring joined start | termination end terminated leave left
short abbr abbreviated brief abbreviation | long full complete official formal legal
nick preferred | full legal
old previous prev prior former last past | new current cur curr present next upcoming
given first fore christian firstname forename givenname | middle middlename | family last sur surname lastname
    familyname
read | write
! debit | credit
! income revenue | expense expenses cost costs
! parent | child children
! adult adults | child children kids | infant infants baby babies
! mother maternal | father paternal
! male men man boys | female women woman girls
north northern | south southern | east eastern | west western
left | right
front | rear back
top upper | bottom lower
! day daily | week weekly | month monthly | quarter quarterly | year yearly annual | hour hourly | minute | second
primary main | secondary alternate alternative other
single | double | triple
! won wins win | lost losses loss lose | drawn draws draw tied ties
before pre | after post
inner inside indoor interior | outer outside outdoor exterior
! width breadth | length | height | depth
! author | editor | publisher | translator | illustrator
! owner | assignee | reporter | creator author | reviewer | approver
! buyer customer client | seller vendor supplier
! sunrise | sunset
! street address1 | city town municipality | state province region county | zip zipcode postcode postal postalcode
    | country
    nation
! web website homepage | wiki wikipedia | linkedin | twitter | facebook | github | instagram | youtube
local domestic national | international foreign global worldwide
positive | negative
active | inactive
! upload uploaded | download downloaded
german de deu ger deutsch | french fr fra fre francais | italian it ita italiano | spanish es spa espanol
    | english en eng
    | portuguese pt por | dutch nl nld dut | japanese ja jpn | chinese zh zho chi | russian ru rus | polish pl pol
    | swedish sv swe | korean ko kor | arabic ar ara | persian fa fas | croatian hr hrv | turkish tr tur
"""
#: What agreement is worth, against a contradiction.
_AGREES: Final = 0.4
_WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "ten": "10"}
)
#: Words for a place in a list, in their order.
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth")
#: What is called first or second wherever it stands: a given name, a moment.
_CALLED_SO: Final = frozenset({"name", "names", "forename"})
#: Extremes that are written together with a letter for what they are of.
_HIDDEN: Final = re.compile(r"(?P<head>max|avg)[a-z]$|[a-z](?P<tail>min|max|avg)$")
_SHORT: Final = 4
#: Units after which a figure is their power: `area_km2`.
_POWER_OF: Final = re.compile(r"(?:^|[a-z]{3})(?:km|m|cm|mm|ft|mi|in)$")


def opposition(name: str, path: str) -> float:
    """Say whether a target field's name and a pointer agree in words of this sort: above 0 they do, -1 they contradict.

    0 where they have no such words of one opposition. What the last name of the pointer says goes before what its
    enclosing objects say.
    """
    named = [token for token in tokens(path) if not token.isdigit()]
    if not named:
        return 0.0
    own = _words(named[-1])
    above = [word for token in named[:-1] for word in _words(token)]
    said = [_of_word(word, own, above) for word in _words(name)]
    said.append(_of_figures(_words(name), own, above))
    said.append(_of_places(split(name), path, {*own, *above}))
    return min(said) if min(said) < 0 else max(said)


def _of_word(word: str, own: Sequence[str], above: Sequence[str]) -> float:
    """Compare one word with all of the other name: where it agrees in one of its lines, the others do not matter."""
    found = 0.0
    for line, side in _table().get(word, ()):
        others = _sides(line, own) or _sides(line, above)
        if side in others:
            return 0.0 if line in _plain_lines() else _AGREES
        if others:
            found = -1.0
    return found


def _sides(line: int, words: Sequence[str]) -> frozenset[int]:
    return frozenset(side for word in words for one, side in _table().get(word, ()) if one == line)


def _of_figures(wanted: Sequence[str], own: Sequence[str], above: Sequence[str]) -> float:
    asked, given = _figures(wanted), _figures(own) or _figures(above)
    if not asked or not given:
        return 0.0
    return _AGREES if asked & given else -1.0


def _of_places(wanted: Sequence[str], path: str, named: Collection[str]) -> float:
    """Compare a place in a list that a name speaks of with the one that a pointer takes: `second_author`, `/1/name`."""
    taken = {int(token) for token in tokens(path) if token.isdigit()}
    asked = {
        _ORDINALS.index(word)
        for word, behind in zip(wanted, (*wanted[1:], ""), strict=True)
        if word in _ORDINALS and word not in named and behind and behind not in _CALLED_SO
    }
    if not asked or not taken:
        return 0.0
    return _AGREES if asked & taken else -1.0


def _figures(words: Sequence[str]) -> frozenset[str]:
    powers = {n + 1 for n, word in enumerate(words) if _POWER_OF.search(word)}
    told = (_WRITTEN.get(word, word) for n, word in enumerate(words) if n not in powers)
    return frozenset(word.lstrip("0") or "0" for word in told if word.isdigit())


@lru_cache(maxsize=16_384)
def _words(name: str) -> tuple[str, ...]:
    """Give the words of a name, those that hide in `tmax` and `mintemp` among them."""
    found: list[str] = []
    for word in words_of(name):
        hidden = _HIDDEN.match(word) if word not in _table() and len(word) <= _SHORT else None
        found += [word] if hidden is None else [hidden["head"] or hidden["tail"]]
    return tuple(found)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, frozenset[tuple[int, int]]]:
    """Give the words: (line, side) of each place in which one stands."""
    found: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_lines()):
        for side, words in enumerate(line.removeprefix("!").split("|")):
            for word in words.split():
                for piece in {word, *split(word)} if len(split(word)) == 1 else {word}:
                    found.setdefault(piece, set()).add((number, side))
    return MappingProxyType({word: frozenset(places) for word, places in found.items()})


@lru_cache(maxsize=1)
def _plain_lines() -> frozenset[int]:
    return frozenset(number for number, line in enumerate(_lines()) if line.startswith("!"))


def _lines() -> Sequence[str]:
    return _OPPOSED.strip().replace("\n    ", " ").splitlines()

"""Everyday words of one meaning, whatever the domain: a line each, the words of it may stand for one another.

Beside the lexicon, which also says what kind of value a word announces; these words announce none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from enrichment.evidence.words import Entry, known_form, phrases

SYNONYMS: Final = """
population inhabitants residents people pop populace
city town municipality locality village settlement
country nation
region area zone territory
capital seat
language tongue
maker manufacturer producer brand make mfr
model type version
speed velocity spd
height altitude elevation alt elev hgt
weight mass wt wgt
width breadth wd
length len extent
depth thickness
size magnitude dimension
area surface
volume capacity vol
temperature temp temps tmp
humidity humid rh moisture
rain rainfall precipitation precip
pressure press
visibility visib vis
direction dir heading bearing
wind gust
departure dep depart departing
arrival arr arrive arriving
destination dest dst
origin source orig
start begin beginning from first initial opening commencement von debut desde inizio
end finish to until last final closing expiry bis fin hasta fine
minimum min low lowest lower von
maximum max high highest upper peak bis
average avg mean
total sum overall aggregate
worldwide global world international
domestic national home us
local native
planned scheduled sched expected
actual real current
budget cost costs expense expenses expenditure spending outlay
price fee fare
income earnings profit net
revenue sales turnover gross proceeds
salary pay wage wages compensation
debt liability liabilities loan
asset assets
employees staff headcount workforce workers personnel jobs effectif effectifs
store stores shop shops outlet outlets branch branches magasin magasins
attendance spectators audience visitors
stadium park ground venue arena
season year
team club side
player athlete
league competition division
points score pts
wins won victories
losses lost defeats
games matches played
rank ranking position standing place
rating stars score
votes ballots
reviews ratings comments feedback
title name label
author writer creator
publisher press
director filmmaker
genre category class kind
summary abstract description synopsis overview
keyword tag topic
picture image photo thumbnail img pic
link url website homepage web site
phone telephone mobile cell tel
mail email
customer client buyer purchaser
supplier vendor seller provider
order purchase
buy buying purchase einkauf einkaufs einkaufspreis ek bid
sell selling sales verkauf verkaufs verkaufspreis vk ask
item product article goods sku
quantity qty amount number count units
discount rebate reduction
tax vat duty
delivery shipping shipment dispatch freight ship liefer lieferung lieferadresse lieferland lieferort dlv dlvry
payment paid
invoice bill billing rechnung rechnungs rechnungsadresse rechnungsland rechnungsort inv
created added registered inserted entered
updated modified changed edited revised
deleted removed
active enabled live
status state condition
birth born
death died deceased
gender sex
surname lastname family last
given first forename
father dad
mother mom
doctor physician
patient case
disease illness diagnosis
drug medicine medication
dose dosage
school college university
student pupil learner
teacher instructor professor tutor
course class lecture
grade mark score
flight trip
airline carrier operator
plane aircraft tail
passenger traveller traveler rider
seat seats
car vehicle auto automobile
engine motor
fuel gas petrol
mileage odometer
color colour
power horsepower hp
duration runtime length time
distance dist range
longitude lon lng long
latitude lat
street road avenue
postcode zip postal postalcode zipcode
province state
timezone tz zone
discovered discovery found
discoverer discoverers discovered
invented invention
founded established founding
heat thermal warmth
boiling vaporization evaporation vaporisation
melting fusion
built constructed construction build
bedrooms beds
bathrooms baths
rooms room
floor storey level
owner holder proprietor
manager head chief boss
leader president
member user
message text body content
comment note remark
reply answer response
question query
error fault failure
file document
folder directory
identifier id key
code symbol
issue problem ticket
priority urgency severity
deadline due
likes favorites favourites hearts
followers subscribers fans
views hits visits
downloads installs
shares outstanding
open opening
close closing
trade trading
quote price
bid offer
height tall
species breed
"""


@lru_cache(maxsize=1)
def _table() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(SYNONYMS.strip().splitlines()):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return MappingProxyType({word: frozenset(numbers) for word, numbers in found.items()})


@lru_cache(maxsize=16_384)
def meanings(word: str) -> frozenset[int | str]:
    """Give what a word can mean: the lines it stands in and its concept in the lexicon; empty where unknown."""
    table = _table()
    forms = {word, known_form(word), word.removesuffix("s")}
    found: set[int | str] = set().union(*(table.get(form, frozenset()) for form in forms))
    entry = phrases().get((known_form(word),))
    if isinstance(entry, Entry) and entry.kinds and not entry.is_facet:
        found.add(entry.concept)
    return frozenset(found)

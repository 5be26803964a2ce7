"""What the words in field names mean to the auditor. Data only, and the auditor's own.

A line is `meaning: word word ...`; words of one line name the same thing. Two words joined by `+` are a phrase.
"""

from __future__ import annotations

from typing import Final

_MEANINGS = """
employee: employees staff headcount head+count workforce personnel fte workers team+size mitarbeiter effectif empleados
employee: beschäftigte
revenue: revenues turnover sales umsatz net+sales total+revenue umsatzerlöse ventas ingresos chiffre+affaires
net_income: net+profit net+earnings net+result net+loss profit+after+tax bottom+line jahresüberschuss nettogewinn pat
profit: profits earnings income gewinn
gross_profit: gross+income gross+margin
operating_income: operating+profit operating+result operating+earnings ebit
ebitda:
expense: expenses expenditure opex cost+of+revenue cogs cost+of+sales
asset: assets total+assets balance+sheet bilanzsumme aum
equity: total+equity shareholders+equity book+value eigenkapital
debt: liabilities liability loan loans
market_cap: market+capitalization market+capitalisation marketcap market+value
funding: funding+total total+funding raised investment
dividend: dividends
found: founded founding foundation established establishment inception incorporated
found: incorporation formed gegründet gründung since fondation fundación year+founded
update: updated modified changed last+update last+updated last+modified revised refreshed
create: created added inserted creation
register: registered registration admission zulassung
publish: published publication released release issued launch launched
expire: expires expired expiry expiration valid+until
birth: born dob birthday birthdate date+of+birth birth+date geburtsdatum geboren
death: died deceased dod date+of+death
close: closed dissolved defunct ceased
start: begin began started starts starting from beginning
end: ended ends finish finished ending until
hire: hired joined employed+since start+of+employment
headquarters: hq head+office headquarter main+office sitz hauptsitz siège sede domicile seat based+in
address: addr adresse dirección indirizzo
street: street+address straße strasse road
city: town municipality stadt ort locality ville ciudad place
region: state province county bundesland prefecture
postal: zip postleitzahl zipcode postcode postal+code zip+code post+code plz
country: land nation pays país country+name country+code nationality
continent:
location: standort venue site
latitude: lat
longitude: lng lon long
website: www homepage web site web+site home+page webpage web+page webseite internet domain
wikipedia: wiki
linkedin:
facebook:
twitter:
instagram:
youtube:
github:
crunchbase:
blog:
logo: icon favicon
image: photo picture img thumbnail avatar bild
video:
email: mail e+mail email+address mail+address
phone: telephone tel phone+number telephone+number telefon mobile cell
fax: telefax fax+number
ticker: symbol symbols stock+symbol ticker+symbol tickersymbol
listing: traded+as listed+as listings
exchange: stock+exchange bourse börse
isin: isins
lei:
wkn:
cusip:
sedol:
figi:
cik:
vat: vat+id vat+number ust+id
tax: tax+rate taxes steuer
sku: article+number item+number part+number artikelnummer mpn
ean: gtin upc barcode ean13 gtin13
isbn: isbn13 isbn10
vin: chassis frame+number chassis+number vehicle+identification
serial: serial+number
license: licence plate
uuid: guid
order: orders purchase
name: title label called bezeichnung nom nombre full+name display+name headline
given_name: first+name forename given+name firstname vorname prénom
family_name: last+name surname family+name lastname nachname
middle_name: middle+name
username: user+name login handle nickname
legal_name: legal+name registered+name
former_name: former+name previous+name old+name
alias: aka also+known+as
description: desc summary about abstract overview beschreibung bio biography profile
comment: comments message note notes remark remarks
price: fare rent asking+price unit+price selling+price preis sale+price prix precio amount+due
list_price: msrp rrp retail+price list+price
cost: costs fee charge
discount: rebate
shipping: ship shipto delivery freight
category: categories department dept kategorie
industry: industries sector branch branche vertical
genre: genres
tag: tags keywords
product: products
service: services
brand: manufacturer make maker producer vendor marke hersteller
model: modell
color: colour farbe couleur paint finish
weight: gewicht mass
height: höhe
width: breite
depth: tiefe
length: länge
size: dimension dimensions größe
volume: capacity
material: fabric
power: horsepower hp kw ps
engine: motor displacement
fuel: fuel+type kraftstoff
mileage: odometer odo kilometers miles kilometerstand km
transmission: gearbox
door: doors
seat_count: seats seating
population: inhabitants einwohner residents
area: fläche surface
floor: floors storeys stories
room: rooms
bedroom: bedrooms beds bed
bathroom: bathrooms baths bath
build: built construction constructed year+built baujahr
rating: stars score grade bewertung star avg+rating average+rating
review: reviews ratings review+count number+of+reviews num+reviews rating+count
rank: ranking position+in+list
stock: inventory quantity qty on+hand units+in+stock bestand
available: availability in+stock is+available verfügbar
active: enabled is+active aktiv
verified: confirmed
status: condition zustand state+of
type: form art
check_in: checkin arrival+date
check_out: checkout departure+date
guest: guests persons
night: nights
age: alter
gender: sex geschlecht
position: job+title role occupation profession beruf
salary: wage compensation comp pay gehalt base+salary base+pay
department_of_staff: division
employer: organisation organization workplace
author: authors byline writer writers autor
artist: artists
director: directors
actor: cast actors
publisher: verlag
editor:
translator:
page: pages page+count pp
citation: citations cited cited+by
journal: periodical magazine container+title
edition:
language: languages lang sprache langue idioma
runtime: duration elapsed playtime dauer running+time
speed: velocity
temperature: temp
distance: dist range
origin: departure+airport origin+airport from
destination: destination+airport arrival+airport
depart: departure departs dep
arrive: arrival arrives arr
airline: carrier
aircraft: equipment plane airplane
passenger: passengers pax
humidity:
depth_of_sea:
budget:
gross: box+office
vote: votes
view: views
download: downloads
follower: followers
member: members
student: students enrollment enrolment
teacher: teachers faculty
customer: customers client clients buyer purchaser
user: users
supplier: suppliers
competitor: competitors
parent: parent+company mother
owner: owners proprietor holder
subsidiary: subsidiaries
founder: founders gründer
ceo: chief+executive chief+executive+officer
chairman: chair chairperson
manager: management supervisor boss reports+to
key_people: executives board leadership
contact: contacts ansprechpartner
company: firm business enterprise corporation companies unternehmen
person: people human persons
legal_form: company+type legal+form rechtsform
fiscal: fy financial+year
quarter:
growth: increase change
margin:
share: shares
maximum: max highest high hi
minimum: min lowest low lo
percent: percentage pct prozent rate quota
currency: cur ccy currency+code währung devise moneda
year: jahr année año
date: datum day fecha
month: monat
timezone: tz time+zone zoneinfo
id: identifier ident ids
time: timestamp datetime zeit
url: link href uri
"""

_PHRASE_OF = {
    tuple(word.split("+")): meaning.strip()
    for line in _MEANINGS.strip().splitlines()
    for meaning, _, words in [line.partition(":")]
    for word in [meaning.strip().replace("_", "+"), *words.split()]
}
#: words in sequence -> the one meaning they have
PHRASES: Final = {words: meaning for words, meaning in _PHRASE_OF.items() if len(words) > 1}
WORDS: Final = {words[0]: meaning for words, meaning in _PHRASE_OF.items() if len(words) == 1}
LONGEST_PHRASE: Final = max(len(words) for words in PHRASES)

_EMPTY = (
    "value values amount number num no nr count total text string raw field data info information detail details "
    "metadata meta attribute attributes property properties props main primary official current latest public full "
    "default the of in at on is has a an and or for by with as per x overall record records item items entity object "
    "node result results content contents key code iso alpha2 iso2 utc local formatted display general basic core "
    "stats statistics financials facts infobox annual yearly actual reported short usd eur gbp ref list all fact "
    "element sum figure figures original normalized normalised clean english en approx estimated"
)
#: Words that tell nothing about which thing is meant.
EMPTY: Final = frozenset(_EMPTY.split())
#: Words that tell which sort of value stands there, and only together with others which thing is meant.
CLASS_WORDS: Final = frozenset(
    {"name", "type", "currency", "year", "date", "month", "time", "url", "percent", "size", "country"}
    | {"description", "status", "category", "id"}
)
_DISTINCT = (
    "previous prev former old past next planned target goal forecast expected projected minimum maximum "
    "growth margin ratio per change increase operating parent "
    "subsidiary competitor founder ceo "
    "chairman manager key_people update create publish expire birth death close start end hire fiscal quarter "
    "discount shipping tax wikipedia linkedin facebook twitter instagram youtube github crunchbase blog "
    "logo image video fax billing supplier customer author publisher editor translator review rank member student user "
    "cost debt share follower contact former_name alias username middle_name given_name family_name currency percent "
    "related similar alternate alternative mother owner employer brand product service artist director actor rating "
    "vote view download cents temporary seasonal parttime"
)
#: Words that, where only one of two names has them, make the two name different things.
DISTINCT: Final = frozenset(_DISTINCT.split())
#: meaning of a place -> meanings that a part of what stands there can have
HOLDS: Final = {
    "headquarters": frozenset({"country", "city", "region", "address", "street", "postal", "location"}),
    "address": frozenset({"country", "city", "region", "street", "postal", "location", "headquarters"}),
    "location": frozenset({"country", "city", "region", "address", "headquarters", "latitude", "longitude"}),
    "city": frozenset({"country", "region", "location", "headquarters", "address"}),
    "length": frozenset({"runtime"}),
    "region": frozenset({"status", "country", "address", "location", "headquarters"}),
    "country": frozenset({"city", "region", "address", "location", "headquarters"}),
    "birth": frozenset({"age"}),
    "name": frozenset({"given_name", "family_name", "middle_name", "legal_name", "alias"}),
    "legal_name": frozenset({"name"}),
    "profit": frozenset({"net_income"}),
    "email": frozenset({"website", "username"}),
    "id": frozenset({"sku", "uuid", "serial"}),
    "brand": frozenset({"company"}),
    "size": frozenset({"width", "height", "depth", "length", "area", "volume"}),
    "employer": frozenset({"company"}),
    "company": frozenset({"name", "employer"}),
    "product": frozenset({"name"}),
    "person": frozenset({"name"}),
    "ticker": frozenset({"exchange"}),
    "listing": frozenset({"ticker", "exchange"}),
    "industry": frozenset({"category"}),
    "genre": frozenset({"category"}),
    "tag": frozenset({"category"}),
    "category": frozenset({"industry", "genre", "type"}),
    "stock": frozenset({"available"}),
    "status": frozenset({"available", "active"}),
    "available": frozenset({"stock", "status"}),
    "vat": frozenset({"tax"}),
    "cost": frozenset({"price"}),
    "list_price": frozenset({"price"}),
    "hire": frozenset({"start"}),
    "register": frozenset({"create"}),
    "create": frozenset({"register"}),
    "publish": frozenset({"start"}),
    "website": frozenset({"email"}),
    "url": frozenset({"website"}),
    "key_people": frozenset({"ceo", "chairman"}),
    "comment": frozenset({"description"}),
    "author": frozenset({"name"}),
}
#: Things that are told in money, so that what is said of them says in which.
AMOUNTS: Final = frozenset(
    {"price", "list_price", "cost", "revenue", "net_income", "profit", "gross_profit", "operating_income", "ebitda"}
    | {"expense", "asset", "equity", "debt", "market_cap", "funding", "dividend", "salary", "budget"}
)
#: meaning -> meanings of which it is put together; one of them alone is not it
PARTS: Final = {
    "name": frozenset({"given_name", "family_name", "middle_name"}),
    "address": frozenset({"street", "postal", "city", "region", "country", "house"}),
    "headquarters": frozenset({"street", "postal", "city", "region", "country"}),
    "location": frozenset({"street", "postal", "city", "region", "country"}),
    "birth": frozenset({"day", "month", "year"}),
}
#: Things of their own: the name of one is not the name of another.
ENTITIES: Final = frozenset(
    {
        "company",
        "person",
        "product",
        "brand",
        "customer",
        "supplier",
        "employer",
        "service",
        "user",
        "member",
        "location",
    }
)
#: What a record may be about under several words.
ALIKE: Final = (
    frozenset(
        {"company", "supplier", "customer", "employer", "brand", "vendor", "account", "lead", "partner", "merchant"}
        | {"organizer", "institution", "shop", "school", "university", "bank", "issuer", "fund", "hotel", "restaurant"}
    ),
    frozenset(
        {"person", "contact", "employee", "user", "member", "author", "actor", "artist", "player", "student", "patient"}
        | {"candidate", "teacher", "speaker"}
    ),
    frozenset({"product", "article", "offer", "listing", "good", "book", "device"}),
)
#: Names that are numbers or codes of a thing, so that `number` or `id` adds nothing to them.
CODES: Final = frozenset(
    {
        "isin",
        "lei",
        "wkn",
        "cusip",
        "sedol",
        "figi",
        "cik",
        "vat",
        "sku",
        "ean",
        "isbn",
        "vin",
        "serial",
        "license",
        "uuid",
    }
    | {"phone", "fax", "postal", "order", "ticker"}
)

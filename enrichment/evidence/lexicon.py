"""The words in which people name fields, across domains: what they mean and which kind of value they announce.

One line is `concept | kinds | words`; an indented line goes on with it. Kinds carry the weight with which the word
alone announces them. A concept may have several lines where its words announce different things (`employees` is a
number of people, `employee` is not).
A concept that starts with `@` says only what kind of thing a value is, and nothing about whose it is.
"""

from __future__ import annotations

from typing import Final

FACETS: Final = """
@name | name .9 | name, nm, label, nom, nombre, nome, bezeichnung
@id | identifier .9 | id, ids, identifier, uuid, guid, key, ref, reference, oid, pk, external id, record id
@code | code .85 | code, cd, codes
@number | identifier .4, count .3 | number, nr, nummer, no, num, nbr, numero
@count | count .9 | count, cnt, number of, num of, no of, nr of, nbr of, anzahl, tally, how many, total number of,
    total number
@amount | money .6, quantity .25 | amount, amt, betrag, montant, importe, sum
@currency | currency .92 | currency, ccy, curr, currency code, iso currency, wahrung, waehrung, devise, moneda, valuta
@percent | percent .92 | percent, percentage, pct, perc, prozent, pourcentage, porcentaje
@percent | percent .85 | growth, margin, growth rate, interest rate, tax rate, vat rate, apr, dividend yield, occupancy,
    unemployment rate, growth yoy, yoy, discount rate, conversion rate, churn rate, churn, success rate
@percent | percent .5 | ratio, rate, share, change, fraction, proportion, roi, utilization
@percent | percent .3 | yield
@year | year .92 | year, yr, jahr, annee, ano, anno, fiscal year, model year
@date | date .75, datetime .15 | date, dt, datum, fecha, data di
@datetime | datetime .85, date .1 | datetime, timestamp, ts, date time, epoch, unix time
@datetime | datetime .5, duration .3 | time
@month | text .2, category .3, count .2 | month, quarter, week, weekday, day
@duration | duration .85 | duration, runtime, elapsed, lead time, dauer, play time, playtime, turnaround time,
    tenure, warranty period
@url | url .92 | url, uri, link, href, permalink, urls
@type | category .85 | type, kind, class, classification, typ, subtype
@type | category .7 | range, band, bracket, tier, bucket, level, grade, flag
@text | text .8 | text, txt, description, desc, beschreibung, descripcion
@boolean | boolean .8 | enabled, disabled, verified, active, confirmed, deleted, archived, visible, optin, opt in,
    subscribed, is public
"""

ORGANISATIONS: Final = """
company | name .75 | company, organisation, organization, org, firm, business, employer, corp, corporation,
    enterprise, unternehmen, firma, entreprise, empresa, societa, account
revenue | money .9 | revenue, revenues, turnover, net sales, gross sales, total revenue, annual revenue, sales
    revenue, umsatz, umsatzerlose, chiffre affaires, chiffre d affaires, ingresos, facturacion, fatturato, omzet,
    rev, proceeds
revenue | money .7 | sales
net_income | money .9 | net income, net profit, net earnings, net result, profit after tax, bottom line,
    jahresuberschuss, reingewinn, nettogewinn, resultat net, utile netto
operating_income | money .9 | operating income, operating profit, operating result, operating earnings, ebit
ebitda | money .9 | ebitda
gross_profit | money .9 | gross profit, gross income
profit | money .85 | profit, profits, earnings, gewinn, benefice, beneficio
income | money .85 | income, einkommen
tax | money .8 | tax, taxes, vat, gst, iva, mwst
assets | money .9 | assets, total assets, bilanzsumme
assets | money .5 | asset
equity | money .85 | equity, total equity, shareholders equity, stockholders equity, eigenkapital
liabilities | money .85 | liabilities, debt, debts, total debt
cash | money .8 | cash, cash flow, cashflow, free cash flow
capital | money .6 | capital, share capital
market_cap | money .9 | market cap, market capitalization, market capitalisation, mcap, marketcap, market value
valuation | money .85 | valuation
funding | money .8 | funding, raised, funding total, total funding, investment
employees | count .9 | employees, headcount, head count, workforce, full time employees, full time
    equivalents, mitarbeiter, mitarbeitende, beschaftigte, employes, empleados, dipendenti, medewerkers, number of
    employees, team size, employee count, staff count, workers
employees | count .5 | fte, ftes
employees | count .75 | staff, personnel, staff size
employees |  | employee, worker, emp
employee_number | identifier .5, count .35 | employee no, employee nr, employee number, staff no, staff number
employee_number | identifier .9 | personnel no, personnel number, personalnummer, mitarbeiternummer, payroll no,
    payroll number
founded | year .45, date .45 | founded, founding, established, estd, est, inception, incorporated, incorporation,
    formed, formation, foundation, founded on, gegrundet, gegruendet, grundung, gruendung, fondee, fundada, fondata,
    opgericht, establishment
headquarters | address .85 | headquarters, headquarter, hq, head office, headoffice, main office, registered office,
    hauptsitz, siege social, sede, sede central, corporate office, home office
industry | category .9 | industry, industries, sector, sectors, vertical, branche, line of business, sic
    description, naics description, secteur
legal_form | category .85 | legal form, company type, rechtsform, entity type
ceo | name .75 | ceo, chief executive, chief executive officer, managing director, president
founder | name .8 | founder, founders, founder name, cofounder, cofounders
parent | name .5 | parent, parent company, holding, owner
subsidiary |  | subsidiary, subsidiaries, affiliate
key_people | name .5, text .3 | key people, executives, management, leadership, board
products | text .4, category .4 | products, services, offerings
stock_exchange | category .7, code .2 | exchange, stock exchange, listing, traded as, bourse
symbol | code .85 | symbol, ticker, ticker symbol, stock symbol, stock ticker, trading symbol, symbols, tickers
isin | code .95 | isin, isins
lei | code .95 | lei, legal entity identifier
tax_id | code .85 | vat number, vat id, vat no, tax id, tax number, ein, siren, siret, duns, duns number, company
    number, registration number, handelsregisternummer, ust id, tin
security_code | code .9 | cusip, sedol, wkn, figi, valor
industry_code | code .85 | naics, sic, nace, naics code, sic code, nace code
shares | count .7 | shares, shares outstanding, outstanding shares
stores | count .7 | stores, branches, locations, offices, outlets, shops, restaurants
customers | count .7 | customers, clients, customer count
"""

PEOPLE: Final = """
person | name .65 | person, contact, customer, client, user, member, patient, student, applicant, candidate, guest,
    passenger, individual, lead
first_name | name .95 | first name, given name, forename, fname, vorname, firstname, prenom, givenname, nombre de pila
last_name | name .95 | last name, surname, family name, lname, nachname, lastname, familyname, apellido, cognome
full_name | name .95 | full name, fullname, display name, complete name, formatted name, displayname
middle_name | name .9 | middle name, middle initial
nickname | name .7, identifier .2 | nickname, alias, screen name, handle
username | identifier .8 | username, user name, login, login name, user handle
salutation | category .8 | salutation, prefix, honorific, anrede
job_title | category .45, name .3, text .2 | job title, position, role, designation, occupation, profession,
    jobtitle, job role, job, beruf
department | category .8 | department, dept, division, team, abteilung
gender | category .9 | gender, sex, geschlecht
born | date .85, year .1 | born, dob, birthday, birthdate, birth date, date of birth, geburtsdatum, date naissance,
    fecha nacimiento, geboren
born |  | birth
died | date .8, year .15 | died, dod, death date, date of death, deceased
age | count .45, duration .45 | age, alter
nationality | country .6, category .3 | nationality, citizenship
email | email .95 | email, e mail, mail, email address, mail address, correo, correo electronico, courriel, emails,
    mail id
phone | phone .95 | phone, telephone, tel, phone number, telephone number, telefon, telefono, contact number,
    phones, telefonnummer, phone no, tel no, fon
mobile | phone .95 | mobile, cell, cellphone, mobile phone, cell phone, mobile number, cell number, handy, mobil,
    movil, mob
fax | phone .95 | fax, fax number, telefax
salary | money .9 | salary, wage, wages, compensation, gehalt, remuneration, base pay, annual pay, lohn, salaire
hired | date .8 | hired, hire date, joined, join date, joining date, start date of employment, doj
ssn | code .9 | ssn, social security number, passport number, national id, passport
marital_status | category .9 | marital status, civil status
"""

PLACES: Final = """
address | address .92 | address, addr, adresse, street address, direccion, indirizzo, mailing address, full address,
    postal address, postanschrift, anschrift, formatted address
street | address .7 | street, address line, street name, strasse, rue, calle, via
house_number | code .7 | house number, hausnummer, street number, house no
city | address .5, name .4 | city, town, municipality, stadt, ville, ciudad, locality, citta, gemeinde, village
region | category .35, name .3, address .2 | state, province, region, county, prefecture, bundesland, provincia,
    district, departement, state code, territory
country | country .92 | country, nation, pays, pais, paese, country code, country name, ctry, cntry, country iso,
    iso country, staat, country of origin, domicile, land
continent | category .8 | continent
postal_code | postal_code .95 | zip, zipcode, postcode, postal code, plz, zip code, post code, postal, postleitzahl,
    code postal, codigo postal, pincode, pin code, eircode
latitude | latitude .95 | latitude, lat, geo lat, breitengrad
longitude | longitude .95 | longitude, lon, lng, geo lon, geo lng, langengrad
longitude | longitude .5 | long
coordinates | address .2 | coordinates, coords, geo, geolocation, latlng, lat lng, latlon, geopoint, position gps
airport | code .5, name .4 | airport, station
office | address .5, name .3, category .15 | office, branch, depot
location | address .75 | location, loc, place, standort, ort, venue, lugar, lieu
population | count .95 | population, inhabitants, residents, einwohner, habitants, poblacion, pop, einwohnerzahl,
    popolazione
elevation | quantity .9 | elevation, altitude, hohe
area | quantity .8 | area, surface, land area, floor area, flache, superficie, living area, square footage, lot size
timezone | category .8 | timezone, time zone, tz
language | language .9 | language, lang, locale, sprache, langue, idioma, languages, language code
"""

THINGS: Final = """
product | name .7 | product, item, article, artikel, produkt, goods, good
sku | code .92 | sku, article no, art no, product no, artikel nr, item number, item no, article number,
    artikelnummer, part number, part no, mpn, model number,
    product code, item code, product number, stock keeping unit, asin
barcode | code .92 | ean, gtin, upc, barcode, ean13, gtin13, ean code
serial_number | code .9 | serial, serial number, serial no, seriennummer, imei
brand | name .6, category .35 | brand, marke, marca, marque, trademark
manufacturer | name .75, category .15 | manufacturer, mfr, mfg, maker, producer, oem, hersteller, fabricant,
    fabricante, make
model | name .6, category .2, code .15 | model, modell, modele, modelo
supplier | name .7 | supplier, vendor, seller, lieferant, merchant, retailer, distributor
stores | name .4 | store, shop
category | category .92 | category, categories, cat, segment, kategorie, categorie, categoria, genre, genres,
    subcategory, group, tag, tags, topic, topics
status | category .9 | status, stage, phase, condition, zustand, state of, availability status, lifecycle
price | money .92 | price, list price, unit price, msrp, rrp, retail price, preis, prix, precio, prezzo, selling
    price, sale price, asking price, base price, uvp, prijs, compare at, compare at price
cost | money .88 | cost, costs, expense, expenses, spend, unit cost, kosten, cogs, spending
fee | money .85 | fee, fees, charge, charges, rent, deposit, premium, toll, hourly rate, daily rate, day rate, fare,
    tuition
discount | money .4, percent .4 | discount, rebate, rabatt
shipping_cost | money .85 | shipping cost, shipping fee, shipping price, delivery fee, freight, shipping amount
total | money .4, count .35 | total, gesamt
total | money .8 | subtotal, sub total, grand total, order total, total price, total amount, invoice total, total
    cost,
    amount due, total due, order
    value, order amount, invoice amount
balance | money .55 | balance, saldo, outstanding balance
budget | money .85 | budget, box office, gross, goal amount
payment | money .5 | payment, paid, refund, credit, debit
dividend | money .7 | dividend, eps, dividends
quantity | count .6, quantity .35 | quantity, qty, menge, cantidad, quantite
stock | count .75 | stock, inventory, stock level, on hand, units in stock, lagerbestand, units, stock quantity,
    stock count, units available, bestand
sold | count .75 | sold, units sold, sold units, sales volume, sales count
minimum |  | minimum, min, lowest
maximum |  | maximum, max, highest
average |  | average, avg, mean, median
rating | quantity .8 | rating, score, grade point, gpa, avg rating, average rating, bewertung, note moyenne
rating | quantity .45, count .45 | stars
rank | count .5, quantity .3 | rank, ranking, position rank
reviews | count .8 | reviews, ratings, review count, num reviews, votes, vote count, comments count, rating count
views | count .8 | views, likes, downloads, followers, subscribers, visits, visitors, clicks, impressions, plays,
    shares count
attendance | count .8 | attendees, attendance, participants, passengers, players
weight | quantity .92 | weight, mass, gewicht, poids, peso, gross weight, net weight, wt, curb weight
height | quantity .9 | height, hoehe, hauteur, altura
width | quantity .9 | width, breite, largeur
depth | quantity .85 | depth, tiefe, thickness
length | quantity .7, duration .2 | length, lange, longueur, len
distance | quantity .9 | distance, range km, entfernung, reichweite, track length
volume | quantity .7 | volume
volume | quantity .85 | tank capacity
volume | quantity .5, count .35 | capacity, storage
speed | quantity .9 | speed, top speed, velocity, hochstgeschwindigkeit
temperature | quantity .9 | temperature, temp, temperatur
pressure | quantity .9 | pressure, humidity
dimensions | text .5 | dimensions, dimension, measurements
size | category .35, quantity .3, count .15 | size, grosse, taille, talla
color | category .92 | color, colour, farbe, couleur, colores, paint
material | category .85 | material, fabric
power | quantity .9 | power, horsepower, hp, engine power, leistung, kw, ps, bhp
engine_size | quantity .85 | engine size, displacement, engine displacement, engine capacity, hubraum, cc
engine | text .3, category .4 | engine, motor
mileage | quantity .85 | mileage, odometer, kilometrage, kilometerstand, kilometers, kilometres, miles, km stand,
    odometer reading
fuel | category .85 | fuel, fuel type, kraftstoff, carburant, combustible
consumption | quantity .85 | consumption, fuel consumption, mpg, miles per gallon, kilometers per liter,
    liters per 100 km, fuel economy, fuel efficiency, verbrauch, emissions
transmission | category .85 | transmission, gearbox, getriebe, drivetrain
body | category .6 | body style, body type
vin | code .95 | vin, vehicle identification number, chassis number, fahrgestellnummer, fin
plate | code .9 | plate, license plate, licence plate, number plate, kennzeichen, plate number
vehicle | name .4 | vehicle, car, auto, fahrzeug, truck, bike
doors | count .85 | doors, seats, rooms, bedrooms, bathrooms, beds, floors, stories, storeys, cylinders, gears,
    passengers capacity, baths
built | year .5, date .35 | built, construction, constructed, completed, baujahr, year built, year of manufacture,
    manufactured, production year, first registration, erstzulassung
order | identifier .4 | order, invoice, bestellung, rechnung, transaction, booking, reservation, shipment, ticket,
    case, claim
order_number | identifier .9 | order number, order no, invoice number, invoice no, bestellnummer, rechnungsnummer,
    po number, tracking number, booking number, confirmation number, account number, order id, transaction id,
    ticket number, case number, policy number, contract number, flight number, customer number
iban | code .95 | iban
bic | code .9 | bic, swift, swift code, routing number, sort code, bank code, blz
warranty | duration .4 | warranty, garantie, guarantee
availability | boolean .5, count .3, category .2 | availability, available, instock, in stock
"""

PUBLICATIONS: Final = """
title | name .7, text .2 | title, titel, titre, titulo, headline, heading, titolo
subtitle | name .5, text .3 | subtitle, tagline, subheading
description | text .92 | long desc, short desc, product description, summary, abstract, overview, about, bio,
    biography, synopsis, blurb, plot, excerpt,
    zusammenfassung, resumen, long description, short description, about us
notes | text .85 | notes, note, comment, comments, remarks, remark, bemerkung, message, body, content, review text
author | name .8 | author, authors, writer, byline, autor, auteur, autore, creator, artist, director, composer
publisher | name .75 | publisher, verlag, editeur, editorial, imprint, studio, record label
journal | name .8 | journal, periodical, magazine, publication name, container title, venue name, newspaper,
    booktitle, journal title
editor | name .8 | editor, editors, translator
published | date .55, year .35 | published, publication, publish, pub, issued, publication date, published on,
    published at, publication year, erscheinungsdatum, erscheinungsjahr, pub date, publish date, date published,
    veroffentlicht
released | date .6, year .3 | released, release, launch, launched, premiere, release date, launch date, released on,
    aired
pages | count .85 | pages, page count, number of pages, num pages, seiten, seitenzahl, pp, words, word count, page
    total
citations | count .85 | citations, cited by, citation count, times cited, references count, cited by count
isbn | code .95 | isbn, isbn13, isbn10
issn | code .95 | issn, eissn
doi | code .9 | doi, pmid, pmcid, arxiv, arxiv id, orcid
edition | category .5, count .2 | edition, auflage
issue | code .4, count .3 | issue, chapter, episode
season | year .4, category .3, count .1 | season
keywords | category .6, text .2 | keywords, subjects, subject
license | category .8 | license, licence, lizenz
format | category .7 | format, medium, binding, media type, mime type
"""

MOMENTS: Final = """
created | datetime .55, date .35 | created, creation, inserted, added, created at, create time, created on, date
    created, erstellt, registered
created | date .3, code .2 | registration
updated | datetime .55, date .35 | updated, modified, changed, last updated, last modified, refreshed, edited,
    revised, updated at, last change, last update, last edited, aktualisiert, geandert, mtime, update
retrieved | datetime .55, date .35 | retrieved, scraped, crawled, fetched, imported, synced, indexed, ingested, last
    seen, first seen, last sync, accessed, checked, last checked, exported
started | date .55, datetime .35 | start, started, starts, begin, begins, beginning, start date, from date, beginn,
    valid from, effective, effective date, start time, commenced
ended | date .55, datetime .35 | end, ended, ends, finish, finished, end date, to date, until, valid until, valid
    to, end time, ende, closed, close date, terminated
expires | date .6, datetime .3 | expires, expiry, expiration, expiry date, expiration date, expire, best before,
    valid through
due | date .65, datetime .2 | due, due date, deadline
ordered | date .6, datetime .3 | ordered, order date, purchased, purchase date, bought, placed, date of purchase,
    bestelldatum
shipped | date .6, datetime .3 | shipped, ship date, dispatched, shipping date
delivered | date .6, datetime .3 | delivered, delivery date, received, arrival, arrived, arrival date
departed | date .5, datetime .4 | departure, departed, departure date
opened | date .6, year .2 | opened, opening, opening date, inaugurated, inauguration
"""

LINKS: Final = """
website | url .92 | website, web site, homepage, home page, site, web, webpage, web page, webseite, sitio web, site
    web, www, internet, web address, website url, company url, internetseite, weburl
website | url .6 | domain, domain name
image | url .6 | image, photo, picture, logo, avatar, thumbnail, icon, cover, bild, foto, banner, img
wikipedia | url .7 | wikipedia, wiki
social | url .6 | linkedin, twitter, facebook, instagram, github, youtube, crunchbase, xing, tiktok
source | url .3 | source, origin, provider, quelle
ip | code .9 | ip, ip address, mac address, hostname
api |  | api, endpoint
"""

TABLES: Final = (FACETS, ORGANISATIONS, PEOPLE, PLACES, THINGS, PUBLICATIONS, MOMENTS, LINKS)

#: Words that say nothing of what is meant: containers, wrappers and emphasis.
NOISE: Final = frozenset(
    [
        "metadata",
        "meta",
        "data",
        "attributes",
        "attribute",
        "fields",
        "properties",
        "props",
        "info",
        "information",
        "details",
        "detail",
        "payload",
        "record",
        "records",
        "item",
        "items",
        "values",
        "value",
        "val",
        "raw",
        "str",
        "string",
        "obj",
        "object",
        "json",
        "main",
        "primary",
        "official",
        "current",
        "actual",
        "latest",
        "annual",
        "reported",
        "overall",
        "global",
        "worldwide",
        "consolidated",
        "field",
        "entry",
        "entries",
        "list",
        "array",
        "result",
        "results",
        "response",
        "general",
        "basic",
        "profile",
        "facts",
        "fact",
        "stats",
        "statistics",
        "total",
        "totals",
        "fy",
        "ttm",
        "ltm",
        "approx",
        "approximate",
        "estimated",
        "full",
        "default",
        "display",
        "formatted",
        "fmt",
        "the",
        "a",
        "an",
        "and",
        "or",
        "de",
        "der",
        "die",
        "das",
        "du",
        "des",
        "la",
        "le",
        "les",
        "el",
        "of",
        "in",
        "for",
        "to",
        "by",
        "with",
        "from",
        "as",
        "its",
        "their",
        "this",
        "that",
        "per",
        "each",
        "extra",
        "additional",
        "misc",
        "other",
        "node",
        "attr",
        "content",
        "column",
        "col",
        "core",
        "inc",
        "infobox",
        "custom",
        "std",
        "iso",
        "alpha2",
        "alpha3",
        "numeric",
        "new",
        "x",
    ]
)

#: Words after which the rest of a name only narrows what stands before them.
NARROWING: Final = frozenset(["of", "per", "by", "in", "for", "from", "within", "at", "as", "since", "to", "among"])

#: First words that make a name a question with a yes or no.
ASKING: Final = frozenset(
    ["is", "has", "have", "can", "should", "was", "were", "did", "does", "allow", "allows", "are"]
)

#: Words that stand near each other without meaning the same, and how near.
RELATED: Final = """
title @name .8
full_name @name .95
website @url .85
website source .2
headquarters location .75
headquarters address .7
headquarters city .4
headquarters country .2
address location .75
address street .6
city location .5
region location .3
mobile phone .7
fax phone .25
company @name .75
product @name .7
model @name .3
first_name @name .3
last_name @name .3
title product .3
manufacturer brand .75
brand company .2
supplier manufacturer .4
price cost .55
price @amount .5
total @amount .7
cost @amount .5
payment @amount .5
profit net_income .65
profit operating_income .4
income net_income .6
income revenue .3
founded created .3
founded opened .55
founded started .45
founded built .35
published released .75
published created .35
born created .1
category industry .6
category @type .75
category products .3
status @type .3
legal_form @type .7
industry @type .3
description @text .95
description notes .6
notes @text .8
sku serial_number .3
sku @code .6
symbol @code .4
isin @code .3
industry_code @code .3
nationality country .5
quantity stock .65
quantity @count .7
quantity @amount .4
stock @count .3
rating rank .3
author person .2
founder ceo .2
ceo key_people .4
username @id .6
order_number @id .7
order_number @number .7
employee_number @id .7
employee_number @number .7
employee_number employees .3
tax_id @id .4
job_title title .7
job_title @type .2
salutation title .5
mileage distance .5
weight size .2
population @count .3
employees size .5
employees quantity .2
capital market_cap .2
valuation market_cap .7
coordinates location .5
released built .2
ordered created .45
started created .2
"""

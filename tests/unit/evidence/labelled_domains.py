"""Invented records of eight domains with messy names, and which source field is right for each target field.

A target field is written `name:type[:kind]`; a right binding is a pointer and the names of the operations it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.kinds import Kind
from schemas.plan import Alternative, Binding, OpArg, OpCall
from schemas.target import Target, TargetField

ARGS = {
    "part": {"separator": ",", "index": "0"},
    "element": {"index": "0"},
    "join": {"separator": " "},
    "parse_epoch": {"unit": "s"},
}


@dataclass(frozen=True)
class Domain:
    """`right`: target field -> (pointer, operations). `bare`: the target without any declared kind."""

    target: Target
    bare: Target
    records: tuple[dict[str, Any], ...]
    right: dict[str, tuple[str, tuple[str, ...]]]

    def binding(self, field: str, path: str | None = None, ops: tuple[str, ...] | None = None) -> Binding:
        own_path, own_ops = self.right[field]
        calls = tuple(
            OpCall(op=name, args=tuple(OpArg(name=k, value=v) for k, v in ARGS.get(name, {}).items()))
            for name in (own_ops if ops is None else ops)
        )
        return Binding(target=field, alternatives=(Alternative(paths=(path or own_path,), ops=calls),))


def domain(name: str, fields: str, right: dict[str, str], records: list[dict[str, Any]]) -> Domain:
    declared = []
    for text in fields.split():
        spec, _, companion = text.partition(">")
        label, kind, *rest = spec.split(":")
        declared.append(
            TargetField(
                name=label,
                type=rest[0] if rest else "string",  # type: ignore[arg-type]  # written right below
                format=rest[1] if len(rest) > 1 else None,  # type: ignore[arg-type]  # as above
                kind=Kind(kind),
                currency_field=companion or None,
                identity=not declared,
            )
        )
    bare = [TargetField(name=f.name, type=f.type, format=f.format, identity=f.identity) for f in declared]
    pairs = {field: (path.split()[0], tuple(path.split()[1:])) for field, path in right.items()}
    return Domain(
        Target(name=name, table=name, fields=tuple(declared)),
        Target(name=name, table=name, fields=tuple(bare)),
        tuple(records),
        pairs,
    )


PRODUCTS = domain(
    "product",
    "sku:code title:name brand:name price_amount:money:number>price_currency price_currency:currency "
    "stock_count:count:integer  "
    "weight_kg:quantity:number discount_percent:percent:number category:category barcode:code "
    "image_url:url:string:uri  "
    "released_on:date:string:date description:text rating:quantity:number in_stock:boolean:boolean",
    {
        "sku": "/articleNo",
        "title": "/productName",
        "brand": "/mfr/brandName",
        "price_amount": "/pricing/listPrice parse_money",
        "price_currency": "/pricing/listPrice currency_of",
        "stock_count": "/qtyOnHand",
        "weight_kg": "/dims/grossWeightKg",
        "discount_percent": "/pricing/rebatePct",
        "category": "/cat",
        "barcode": "/ean13",
        "image_url": "/pictures/0/href parse_url",
        "released_on": "/launchDate parse_date",
        "description": "/longDesc",
        "rating": "/avgRating",
        "in_stock": "/isAvailable",
    },
    [
        {
            "articleNo": f"KX-{n}04-B",
            "productName": name,
            "mfr": {"brandName": brand, "country": "Germany"},
            "pricing": {"listPrice": f"€{price}", "rebatePct": pct, "updatedAt": "2024-03-01T10:00:00Z"},
            "qtyOnHand": qty,
            "reorderLevel": 5,
            "dims": {"grossWeightKg": weight, "lengthCm": 30 + n},
            "cat": cat,
            "ean13": f"40062{n}1333931",
            "pictures": [{"href": f"https://cdn.example.com/{n}.jpg", "alt": "front"}],
            "launchDate": f"2021-0{n}-14",
            "longDesc": "A sturdy everyday companion for the kitchen, made to last and easy to clean in seconds.",
            "avgRating": rating,
            "reviewCount": 10 * n,
            "isAvailable": n != 2,
        }
        for n, name, brand, price, pct, qty, weight, cat, rating in [
            (1, "Copper kettle", "Norrland", "49.90", 10, 120, 1.2, "Kitchen", 4.5),
            (2, "Oak board, large", "Holm & Sons", "1,249.00", 0, 0, 2.75, "Kitchen", 3.9),
            (3, "Desk lamp", "Lumo", "19.95", 25, 14, 0.8, "Lighting", 4.8),
            (4, "Wool rug 2x3", "Norrland", "310.00", 5, 3, 9.1, "Home", 4.1),
        ]
    ],
)

CONTACTS = domain(
    "contact",
    "contact_id:identifier first_name:name last_name:name email:email:string:email phone:phone "
    "date_of_birth:date:string:date  "
    "job_title:category employer:name city:address country:country postal_code:postal_code salary:money:integer "
    "hired_year:year:integer is_active:boolean:boolean last_login_at:datetime:string:date-time language:language",
    {
        "contact_id": "/rec_id",
        "first_name": "/Vorname",
        "last_name": "/Nachname",
        "email": "/kontakt/eMail",
        "phone": "/kontakt/tel_nr",
        "date_of_birth": "/dob parse_date",
        "job_title": "/position",
        "employer": "/company",
        "city": "/addr/town",
        "country": "/addr/ctry parse_country",
        "postal_code": "/addr/zip",
        "salary": "/annualSalaryEUR",
        "hired_year": "/hireDate parse_year",
        "is_active": "/active",
        "last_login_at": "/lastLogin",
        "language": "/prefLang",
    },
    [
        {
            "rec_id": f"c-{1000 + n}",
            "Vorname": first,
            "Nachname": last,
            "kontakt": {
                "eMail": f"{first.lower()}@example.org",
                "tel_nr": f"+49 89 55{n}2 110",
                "fax": "+49 89 1100 9",
            },
            "dob": f"19{70 + n}-11-0{n}",
            "position": job,
            "company": firm,
            "addr": {
                "town": town,
                "ctry": "Austria" if n % 2 else "France",
                "zip": f"{80000 + n}",
                "street": "Ringstr. 4",
            },
            "annualSalaryEUR": 52000 + 1000 * n,
            "bonus_pct": 5 * n,
            "hireDate": f"20{10 + n}-02-01",
            "active": n != 3,
            "lastLogin": f"2024-05-0{n}T08:30:00Z",
            "billing_email": "accounts@example.com",
            "prefLang": "de" if n % 2 else "fr",
            "vacationDays": 25 + n,
        }
        for n, first, last, job, firm, town in [
            (1, "Ada", "Wern", "Engineer", "Blue Yard Ltd", "Wels"),
            (2, "Jo", "Maret", "Head of Sales", "Atelier Nord", "Lyon"),
            (3, "Ida", "Holt", "Accountant", "Grau KG", "Graz"),
        ]
    ],
)

VEHICLES = domain(
    "vehicle",
    "vin:code make:name model_name:name model_year:year:integer mileage_km:quantity:integer "
    "price_usd:money:integer fuel:category  "
    "color:category engine_power_kw:quantity:integer doors:count:integer "
    "first_registered:date:string:date plate:code  "
    "dealer_phone:phone listing_url:url:string:uri owners_count:count:integer",
    {
        "vin": "/chassisNo",
        "make": "/Manufacturer",
        "model_name": "/Model",
        "model_year": "/MY",
        "mileage_km": "/odo_km",
        "price_usd": "/askingPrice_USD",
        "fuel": "/fuelType",
        "color": "/paint",
        "engine_power_kw": "/engine/kW",
        "doors": "/num_doors",
        "first_registered": "/firstReg parse_date",
        "plate": "/licensePlate",
        "dealer_phone": "/seller/telephone",
        "listing_url": "/link parse_url",
        "owners_count": "/previousOwners",
    },
    [
        {
            "chassisNo": f"WVWZZZ1JZXW00000{n}",
            "Manufacturer": make,
            "Model": model,
            "MY": 2010 + n,
            "odo_km": 40000 * n,
            "askingPrice_USD": 30000 - 4000 * n,
            "fuelType": fuel,
            "paint": color,
            "engine": {"kW": 60 + 10 * n, "ccm": 1200 + 100 * n},
            "num_doors": 3 + (n % 3),
            "firstReg": f"0{n}/2012/01".replace("/2012", "/03") + "/2012" if False else f"2012-0{n}-15",
            "licensePlate": f"B-AK {n}34",
            "seller": {"telephone": f"+1 415 555 01{n}0", "name": "Harbor Motors"},
            "link": f"https://cars.example.com/ad/{n}",
            "previousOwners": n,
            "inspectedOn": "2024-01-02",
        }
        for n, make, model, fuel, color in [
            (1, "Tarn", "Rapide 2", "petrol", "red"),
            (2, "Olmo", "City", "diesel", "dark blue"),
            (3, "Tarn", "Estate", "electric", "white"),
        ]
    ],
)

PUBLICATIONS = domain(
    "article",
    "doi:code title:name authors:name journal:name publication_year:year:integer "
    "citation_count:count:integer page_count:count:integer  "
    "abstract:text issn:code publisher:name language:language published_date:date:string:date "
    "open_access:boolean:boolean",
    {
        "doi": "/DOI",
        "title": "/headline",
        "authors": "/byline",
        "journal": "/containerTitle",
        "publication_year": "/pubYr",
        "citation_count": "/cited_by",
        "page_count": "/pp",
        "abstract": "/summary",
        "issn": "/ISSN",
        "publisher": "/publ",
        "language": "/lang",
        "published_date": "/issued parse_date",
        "open_access": "/isOA",
    },
    [
        {
            "DOI": f"10.5555/abc.{n}77",
            "headline": title,
            "byline": "A. Wern, J. Maret",
            "containerTitle": "Annals of Field Notes",
            "pubYr": 2015 + n,
            "cited_by": 12 * n,
            "pp": 8 + n,
            "summary": "We report on a long series of careful measurements and what they tell about the cause.",
            "ISSN": f"1234-567{n}",
            "publ": "Meadow Press",
            "lang": "en",
            "issued": f"{2015 + n}-06-30",
            "isOA": n == 1,
            "retrievedAt": "2024-04-04T04:04:04Z",
            "updated_year": 2023,
            "volume": 4 + n,
        }
        for n, title in [
            (1, "On the drift of small boats"),
            (2, "Weathering of slate roofs"),
            (3, "Notes on hedgerow birds"),
        ]
    ],
)

PLACES = domain(
    "place",
    "place_name:name latitude:latitude:number longitude:longitude:number population:count:integer "
    "area_km2:quantity:number  "
    "elevation_m:quantity:integer country_code:country timezone:category website:url:string:uri "
    "founded_year:year:integer  "
    "postal_code:postal_code unemployment_rate:percent:number mayor:name currency:currency",
    {
        "place_name": "/toponym",
        "latitude": "/geo/lat",
        "longitude": "/geo/lng",
        "population": "/inhabitants",
        "area_km2": "/surface_km2",
        "elevation_m": "/altitude_m",
        "country_code": "/cc",
        "timezone": "/tz",
        "website": "/homepage parse_url",
        "founded_year": "/est",
        "postal_code": "/plz",
        "unemployment_rate": "/unemployment_pct",
        "mayor": "/mayorName",
        "currency": "/ccy",
    },
    [
        {
            "toponym": name,
            "geo": {"lat": lat, "lng": lng},
            "inhabitants": pop,
            "households": pop // 2,
            "surface_km2": 40.5 + n,
            "altitude_m": 200 + n,
            "cc": "AT" if n % 2 else "CH",
            "tz": "Europe/Vienna",
            "homepage": f"www.town{n}.example.at",
            "est": 1200 + n,
            "plz": f"{4600 + n}",
            "unemployment_pct": 3.5 + n,
            "mayorName": "R. Aigner",
            "ccy": "EUR" if n % 2 else "CHF",
            "lastCensusYear": 2021,
        }
        for n, name, lat, lng, pop in [
            (1, "Wels am Berg", 48.157, 14.025, 61727),
            (2, "Oberhof", 47.05, 8.31, 8121),
            (3, "Neudorf", 48.2, 15.62, 1043),
        ]
    ],
)

ORDERS = domain(
    "order",
    "order_number:identifier customer_email:email:string:email ordered_at:datetime:string:date-time "
    "total_amount:money:number>currency  "
    "currency:currency item_count:count:integer status:category shipping_country:country tax_amount:money:number "
    "tracking_url:url:string:uri delivered_on:date:string:date tax_rate:percent:number gift:boolean:boolean",
    {
        "order_number": "/orderRef",
        "customer_email": "/buyer/mail",
        "ordered_at": "/placedAt",
        "total_amount": "/grandTotal",
        "currency": "/currencyCode",
        "item_count": "/numItems",
        "status": "/state",
        "shipping_country": "/shipTo/country parse_country",
        "tax_amount": "/vatAmt",
        "tracking_url": "/trackTrace/uri",
        "delivered_on": "/deliveryDate parse_date",
        "tax_rate": "/vatRatePct",
        "gift": "/isGift",
    },
    [
        {
            "orderRef": f"A-2024-{n:05d}",
            "buyer": {"mail": f"buyer{n}@example.net", "customerNo": 9000 + n},
            "placedAt": f"2024-02-0{n}T12:00:00+01:00",
            "grandTotal": 199.5 + n,
            "currencyCode": "EUR",
            "numItems": n,
            "state": "shipped" if n % 2 else "open",
            "shipTo": {"country": "Spain" if n % 2 else "Italy", "city": "Vigo"},
            "vatAmt": 31.85 + n,
            "vatRatePct": 19 if n % 2 else 7,
            "trackTrace": {"uri": f"https://track.example.com/{n}"},
            "deliveryDate": f"2024-02-1{n}",
            "isGift": n == 2,
            "updated": "2024-02-20T00:00:00Z",
        }
        for n in (1, 2, 3)
    ],
)

FIRMS = domain(
    "company",
    "name:name ticker:code isin:code country:country founded_year:year:integer employee_count:count:integer "
    "revenue_amount:money:number>revenue_currency revenue_currency:currency website:url:string:uri "
    "headquarters:address  "
    "industry:category ceo:name revenue_growth:percent:number lei:code",
    {
        "name": "/companyname",
        "ticker": "/tickerSymbol",
        "isin": "/ids/isin",
        "country": "/domicile parse_country",
        "founded_year": "/inception parse_year",
        "employee_count": "/headcount parse_integer",
        "revenue_amount": "/company_revenue parse_money",
        "revenue_currency": "/company_revenue currency_of",
        "website": "/web parse_url",
        "headquarters": "/headOffice clean_place",
        "industry": "/sector",
        "ceo": "/chiefExecutive",
        "revenue_growth": "/revenueGrowth parse_percent",
        "lei": "/ids/lei",
    },
    [
        {
            "companyname": name,
            "tickerSymbol": tick,
            "ids": {"isin": f"DE000A0D65{n}7", "lei": f"5299000J2N45DDNE4Y2{n}", "internal": n},
            "domicile": "Germany" if n % 2 else "Sweden",
            "inception": f"19{80 + n} ; {40 - n} years ago ( 19{80 + n} )",
            "headcount": f"{n},167 (2021)",
            "company_revenue": f"€{n}.91 billion (2021)",
            "netProfit": f"€{n}81 million (2021)",
            "web": f"www.firm{n}.example.de",
            "headOffice": "Montabaur , Germany" if n % 2 else "Lund , Sweden",
            "sector": "Telecom" if n % 2 else "Machinery",
            "chiefExecutive": "R. Dorn ( CEO )",
            "revenueGrowth": f"{n}.5 %",
            "updated_year": 2024,
            "wikipedia_url": f"https://en.wikipedia.org/wiki/Firm_{n}",
        }
        for n, name, tick in [(1, "Blue Yard", "BYD"), (2, "Norrland Tools", "NTL"), (3, "Grau KG", "GRA1")]
    ],
)

EVENTS = domain(
    "event",
    "event_name:name starts_at:datetime:string:date-time venue_address:address ticket_price:money:number "
    "attendance:count:integer  "
    "duration_minutes:duration:integer organizer_email:email:string:email website:url:string:uri "
    "capacity:count:integer  "
    "category:category cancelled:boolean:boolean",
    {
        "event_name": "/title",
        "starts_at": "/begin_ts parse_epoch",
        "venue_address": "/venue/addr",
        "ticket_price": "/entry_fee parse_money",
        "attendance": "/visitors",
        "duration_minutes": "/length_min",
        "organizer_email": "/host/email",
        "website": "/www parse_url",
        "capacity": "/maxSeats",
        "category": "/genre",
        "cancelled": "/is_cancelled",
    },
    [
        {
            "title": title,
            "begin_ts": 1700000000 + 86400 * n,
            "venue": {"addr": "Hafenstr. 3, Bremen", "name": "Old Silo"},
            "entry_fee": f"$ {10 + n}.00",
            "visitors": 320 * n,
            "length_min": 90 + n,
            "host": {"email": f"host{n}@example.com", "phone": "+49 421 5550 12"},
            "www": f"https://events.example.org/{n}",
            "maxSeats": 1000,
            "genre": "jazz" if n % 2 else "talk",
            "is_cancelled": False,
        }
        for n, title in [(1, "Harbour Nights"), (2, "Quiet Talks"), (3, "Silo Session")]
    ],
)

DOMAINS = (PRODUCTS, CONTACTS, VEHICLES, PUBLICATIONS, PLACES, ORDERS, FIRMS, EVENTS)

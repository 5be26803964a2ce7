"""Six further domains in the manner of public services' answers: nested, abbreviated, much of it not wanted."""

from __future__ import annotations

from labelled_domains import Domain, domain

REPOSITORIES = domain(
    "repository",
    "full_name:name description:text homepage:url:string:uri stars:count:integer forks:count:integer "
    "open_issues:count:integer  "
    "primary_language:category license:category created_at:datetime:string:date-time "
    "default_branch:category size_kb:quantity:integer  "
    "owner_login:identifier archived:boolean:boolean",
    {
        "full_name": "/full_name",
        "description": "/description",
        "homepage": "/homepage",
        "stars": "/stargazers_count",
        "forks": "/forks_count",
        "open_issues": "/open_issues_count",
        "primary_language": "/language",
        "license": "/license/spdx_id",
        "created_at": "/created_at",
        "default_branch": "/default_branch",
        "size_kb": "/size",
        "owner_login": "/owner/login",
        "archived": "/archived",
    },
    [
        {
            "id": 44838949 + n,
            "full_name": f"northlight/{name}",
            "description": "A small tool that keeps long lists tidy without asking twice about each of them.",
            "homepage": f"https://{name}.example.dev",
            "html_url": f"https://git.example.com/northlight/{name}",
            "stargazers_count": 1500 * n,
            "watchers_count": 1500 * n,
            "forks_count": 42 * n,
            "open_issues_count": 7 + n,
            "language": "Rust" if n % 2 else "Python",
            "license": {"key": "mit", "spdx_id": "MIT"},
            "created_at": f"2016-0{n}-12T09:00:00Z",
            "updated_at": "2024-03-03T03:03:03Z",
            "default_branch": "main",
            "size": 51200 + n,
            "owner": {"login": "northlight", "id": 7, "type": "Organization"},
            "archived": n == 2,
        }
        for n, name in [(1, "tidylist"), (2, "quillpen"), (3, "lampwick")]
    ],
)

WEATHER = domain(
    "observation",
    "station:name latitude:latitude:number longitude:longitude:number "
    "observed_at:datetime:string:date-time temperature_c:quantity:number  "
    "humidity:percent:number wind_speed:quantity:number pressure_hpa:quantity:number summary:text country:country",
    {
        "station": "/name",
        "latitude": "/coord/lat",
        "longitude": "/coord/lon",
        "observed_at": "/dt parse_epoch",
        "temperature_c": "/main/temp",
        "humidity": "/main/humidity",
        "wind_speed": "/wind/speed",
        "pressure_hpa": "/main/pressure",
        "summary": "/weather/0/description",
        "country": "/sys/country parse_country",
    },
    [
        {
            "name": name,
            "coord": {"lat": 47.1 + n, "lon": 9.5 + n},
            "dt": 1712000000 + n,
            "main": {"temp": 11.5 + n, "humidity": 60 + n, "pressure": 1013 + n},
            "wind": {"speed": 3.6 + n, "deg": 120},
            "weather": [{"id": 800, "description": "scattered clouds over the hills in the west"}],
            "sys": {"country": "LI" if n % 2 else "CH", "sunrise": 1711999000, "sunset": 1712044000},
        }
        for n, name in [(1, "Vaduz"), (2, "Buchs"), (3, "Sargans")]
    ],
)

FLIGHTS = domain(
    "flight",
    "flight_number:identifier airline:name origin_airport:code destination_airport:code "
    "departure_time:datetime:string:date-time  "
    "arrival_time:datetime:string:date-time duration_min:duration:integer aircraft:category "
    "passengers:count:integer status:category  "
    "distance_km:quantity:integer fare:money:number>fare_currency fare_currency:currency",
    {
        "flight_number": "/flightNo",
        "airline": "/carrier/name",
        "origin_airport": "/from/iata",
        "destination_airport": "/to/iata",
        "departure_time": "/dep/scheduled",
        "arrival_time": "/arr/scheduled",
        "duration_min": "/elapsedMinutes",
        "aircraft": "/equipment",
        "passengers": "/paxCount",
        "status": "/flightStatus",
        "distance_km": "/distKm",
        "fare": "/price/amount",
        "fare_currency": "/price/currency",
    },
    [
        {
            "flightNo": f"NX{n}12",
            "carrier": {"name": "Northlight Air", "iata": "NX"},
            "from": {"iata": "OSL", "city": "Oslo"},
            "to": {"iata": "LIS" if n % 2 else "VIE", "city": "Lisbon"},
            "dep": {"scheduled": f"2024-06-0{n}T08:00:00Z", "gate": f"B{n}"},
            "arr": {"scheduled": f"2024-06-0{n}T12:10:00Z", "gate": "12"},
            "elapsedMinutes": 240 + n,
            "equipment": "A320",
            "paxCount": 140 + n,
            "flightStatus": "landed",
            "distKm": 2740 + n,
            "price": {"amount": 129.5 + n, "currency": "EUR"},
        }
        for n in (1, 2, 3)
    ],
)

HOMES = domain(
    "listing",
    "listing_id:identifier street_address:address city:address price:money:integer bedrooms:count:integer "
    "bathrooms:count:number  "
    "living_area_sqft:quantity:integer year_built:year:integer property_type:category "
    "listed_on:date:string:date agent_name:name  "
    "agent_phone:phone description:text lot_size_sqft:quantity:integer",
    {
        "listing_id": "/mlsId",
        "street_address": "/address/full",
        "city": "/address/city",
        "price": "/listPrice",
        "bedrooms": "/property/bedrooms",
        "bathrooms": "/property/bathsFull",
        "living_area_sqft": "/property/area",
        "year_built": "/property/yearBuilt",
        "property_type": "/property/type",
        "listed_on": "/listDate parse_date",
        "agent_name": "/agent/displayName",
        "agent_phone": "/agent/cell",
        "description": "/remarks",
        "lot_size_sqft": "/property/lotSizeSqFt",
    },
    [
        {
            "mlsId": f"ML{n}88231",
            "address": {"full": f"{n}2 Maple Court", "city": city, "postalCode": f"7700{n}"},
            "listPrice": 350000 + 25000 * n,
            "property": {
                "bedrooms": 2 + n,
                "bathsFull": n,
                "area": 1400 + 100 * n,
                "yearBuilt": 1960 + n,
                "type": "RES" if n % 2 else "CND",
                "lotSizeSqFt": 6000 + n,
                "garageSpaces": n,
            },
            "listDate": f"2024-01-1{n}",
            "agent": {"displayName": "Toni Marsh", "cell": f"+1 713 555 01{n}2"},
            "remarks": "Bright corner home near the park with a quiet garden and an updated kitchen from last year.",
            "modified": "2024-02-02T10:00:00Z",
            "tax": {"annualAmount": 5200 + n, "taxYear": 2023},
        }
        for n, city in [(1, "Elm Grove"), (2, "Sandy Point"), (3, "Westbury")]
    ],
)

TRACKS = domain(
    "track",
    "track_id:identifier title:name artist:name album:name duration_ms:duration:integer "
    "popularity:quantity:integer isrc:code  "
    "release_date:date:string:date explicit:boolean:boolean track_number:count:integer preview_url:url:string:uri",
    {
        "track_id": "/uri",
        "title": "/name",
        "artist": "/artists/0/name",
        "album": "/album/name",
        "duration_ms": "/duration_ms",
        "popularity": "/popularity",
        "isrc": "/external_ids/isrc",
        "release_date": "/album/release_date parse_date",
        "explicit": "/explicit",
        "track_number": "/track_number",
        "preview_url": "/preview_url",
    },
    [
        {
            "uri": f"track-{n}a7",
            "name": name,
            "artists": [{"name": "The Lampwicks", "id": "art1"}],
            "album": {"name": "Slow Harbour", "release_date": f"2019-0{n}-01", "total_tracks": 12},
            "duration_ms": 215000 + n,
            "popularity": 40 + n,
            "external_ids": {"isrc": f"NOX0119000{n}1"},
            "explicit": n == 3,
            "track_number": n,
            "preview_url": f"https://audio.example.com/p/{n}",
            "available_markets": ["NO", "SE"],
        }
        for n, name in [(1, "First Light"), (2, "Rope and Tar"), (3, "Low Water")]
    ],
)

STAFF = domain(
    "employee",
    "employee_id:identifier name:name work_email:email:string:email manager_id:identifier "
    "department:category start_date:date:string:date  "
    "annual_salary:money:number>salary_currency salary_currency:currency vacation_days:count:integer "
    "office:address fte:percent:number  "
    "birth_year:year:integer emergency_phone:phone",
    {
        "employee_id": "/empNo",
        "name": "/displayName",
        "work_email": "/email",
        "manager_id": "/reportsTo",
        "department": "/dept/label",
        "start_date": "/hiredOn parse_date",
        "annual_salary": "/comp/base",
        "salary_currency": "/comp/ccy",
        "vacation_days": "/ptoBalance",
        "office": "/site",
        "fte": "/workload",
        "birth_year": "/dob parse_year",
        "emergency_phone": "/ice/phone",
    },
    [
        {
            "empNo": f"E{n}0442",
            "displayName": name,
            "email": f"e{n}@example.org",
            "reportsTo": f"E{n + 1}0001",
            "dept": {"label": "Finance" if n % 2 else "Field", "code": f"D{n}"},
            "hiredOn": f"2018-0{n}-15",
            "comp": {"base": 61000.5 + n, "ccy": "CHF", "bonusTarget": 0.1},
            "ptoBalance": 20 + n,
            "site": "Bern, Laupenstr. 4",
            "workload": 0.8,
            "dob": f"1985-0{n}-02",
            "ice": {"phone": f"+41 31 555 0{n} 00", "name": "R. Dorn"},
        }
        for n, name in [(1, "Ida Holt"), (2, "Jo Maret"), (3, "Ada Wern")]
    ],
)

SERVICES: tuple[Domain, ...] = (REPOSITORIES, WEATHER, FLIGHTS, HOMES, TRACKS, STAFF)

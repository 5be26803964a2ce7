"""Magnitudes, falls, losses and ordinals as they are told elsewhere: where one is not read for sure, nothing is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from enrichment.execution import compile_binding
from enrichment.operations import Approximate, Fault, ReadSettings, compile_operation
from schemas.plan import Alternative, Binding, OpArg, OpCall


def read(name: str, text: str, unit: str | None = None) -> Any:
    given = compile_operation(OpCall(op=name), ReadSettings(currency_hints={"$": "USD"}, unit=unit))(text)
    given = given.value if isinstance(given, Approximate) else given
    return given.code.value if isinstance(given, Fault) else given


@pytest.mark.parametrize(
    "text",
    [
        *(
            "12 万公里",
            "12 万km",
            "5 万人",
            "3 千人",
            "2 億人",
            "5 百万人",
            "1 百",
            "5 十",
            "12 万余人",
            "5 余万",
            "5 万吨",
        ),
        *("5 만명", "2 억명", "5 천명", "5 백만", "5 만명 (2020)", "5 만톤", "5 แสนคน"),
        *("5 hundert", "5 hundra", "2 Dutzend", "3 centaines", "5 migliaia", "3 yüz", "5 εκατ.", "5 ngàn", "5 лакхов"),
        *("5 milliontonnes", "5 million-tonne", "5 тысяччеловек", "150 tkm", "150 Tkm"),
    ],
)
def test_a_magnitude_that_is_not_read_leaves_its_number_open(text: str) -> None:
    assert read("parse_integer", text) == "ambiguous"
    assert read("parse_decimal", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("5 万", 50_000), ("5 万 人", 50_000), ("12 万 km", 120_000), ("2 億", 200_000_000), ("5 만 명", 50_000)),
        *(
            ("5 千米", 5),
            ("5 千克", 5),
            ("5 公里", 5),
            ("5 人", 5),
            ("5 명", 5),
            ("5 แสน", 500_000),
            ("5 tausend", 5000),
        ),
        *(("150 km", 150), ("5 hundred", 500), ("5 εκ.", 5_000_000), ("5 miliarde", 5 * 10**9), ("5 millier", 5000)),
    ],
)
def test_a_magnitude_that_stands_by_itself_is_read(text: str, value: int) -> None:
    assert read("parse_integer", text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("Rückgang um {}", "Rückgang von {}", "{} weniger", "{} niedriger", "gesunken um {}", "sank um {}"),
        *("{} gesunken", "baisse de {}", "en baisse de {}", "recul de {}", "{} en moins", "{} de moins"),
        *(
            "caída del {}",
            "descenso del {}",
            "baja del {}",
            "calo del {}",
            "{} in meno",
            "queda de {}",
            "redução de {}",
        ),
        *("spadek o {}", "pokles o {}", "снижение на {}", "падение на {}", "daling van {}", "afname van {}"),
        *("nedgang på {}", "minskning med {}", "lasku {}", "csökkenés {}", "düşüş {}", "減 {}", "shrank {}"),
        *("contraction of {}", "slump of {}", "plunged {}", "{} fewer", "cut of {}", "Defizit {}", "déficit de {}"),
        *("perdita del {}", "verlies van {}", "tab {}", "veszteség {}", "zarar {}", "Fehlbetrag {}"),
    ],
)
def test_a_fall_or_a_loss_in_another_language_leaves_the_sign_open(text: str) -> None:
    assert read("parse_percent", text.format("12 %")) == "ambiguous"
    assert read("parse_money", text.format("EUR 500")) == "ambiguous"
    assert read("parse_decimal", text.format("500")) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("Rückgang der Umsätze um 12 %", "baisse du chiffre d'affaires de 12 %"),
        *("shrank in that year by 12 %", "caída de las ventas del 12 %"),
    ],
)
def test_a_fall_leaves_a_percentage_open_from_afar_too(text: str) -> None:
    assert read("parse_percent", text) == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("5 °C below", "5 °C lower", "5 °C weniger", "5 °C ниже нуля", "5 °C poniżej zera", "5 °C pod nulou"),
        *("5 °C abaixo de zero", "500 km down", "500 km lower", "5 kg fewer", "12 % en moins", "500 MW in meno"),
    ],
)
def test_a_unit_does_not_part_a_number_from_its_sign(text: str) -> None:
    assert read("parse_percent" if "%" in text else "parse_decimal", text) == "ambiguous"


@pytest.mark.parametrize(
    ("op", "text", "value"),
    [
        *(("parse_percent", text, "0.12") for text in ("12 %", "weniger als 12 %", "12 % in total", "au moins 12 %")),
        *(("parse_decimal", text, "500") for text in ("500 km", "500 °C", "500 in total", "weniger als 500")),
        *(("parse_decimal", text, "500") for text in ("500 units sold", "500 under contract")),
        *(
            ("parse_decimal", "-5 °C", "-5"),
            ("parse_decimal", "minus 5 °C", "-5"),
            ("parse_decimal", "5 losses", "5"),
            ("parse_decimal", "au moins 5 000", "5000"),
        ),
        *(("parse_money", "EUR 500", "500"), ("parse_money", "Verlust von EUR 500", "-500")),
    ],
)
def test_what_tells_no_fall_is_read(op: str, text: str, value: str) -> None:
    assert read(op, text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        *("12th of 40", "12th out of 40", "5th (120 players)", "5th (of 120)", "1st of 12", "2nd/40", "1st, 12 teams"),
        *("4th in group of 5", "tied 3rd with 7 points"),
    ],
)
def test_a_place_and_how_many_there_are_is_no_number(text: str) -> None:
    assert read("parse_integer", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("5,310 (4th quarter)", 5310), ("4th quarter: 500", 500), ("500 [3rd]", 500), ("500[3rd]", 500)),
        *(("5,310 as of 3rd March 2021", 5310), ("3rd floor", "type"), ("40 of them", 40)),
    ],
)
def test_an_ordinal_of_something_else_is_none_of_a_place(text: str, value: object) -> None:
    assert read("parse_integer", text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("Rp 1,2 M", "IDR 1,2 M", "IDR 5M", "Rp5M", "5 M IDR", "IDRm 5", "TRY 5 B", "\u20ba5B", "5B TL", "VND 5 T"),
        "5T VND",
    ],
)
def test_a_letter_of_the_currencys_own_language_is_no_magnitude_for_sure(text: str) -> None:
    assert read("parse_money", text) == "ambiguous"
    assert read("currency_of", text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("Rp 5 T", 5 * 10**12), ("IDR 5 million", 5_000_000), ("\u20ba5 M", 5_000_000), ("VND 5 M", 5_000_000)),
        *(("EUR 5 M", 5_000_000), ("USD 5B", 5 * 10**9), ("$5B", 5 * 10**9), ("EURm 5", 5_000_000)),
    ],
)
def test_a_letter_elsewhere_is_read(text: str, value: int) -> None:
    assert read("parse_money", text) == value


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        *(("330.0 m", "meter", "330.0"), ("330.0 m", "m", "330.0"), ("1,200 m", "metres", "1200")),
        *(
            ("12.5 g", "gram", "12.5"),
            ("12 t", "tonne", "12"),
            ("12 t (2021)", "metric_ton", "12"),
            ("12 L", "liter", "12"),
        ),
    ],
)
def test_a_letter_that_is_the_fields_unit_is_read_as_one(text: str, unit: str, value: str) -> None:
    assert read("parse_decimal", text, unit) == Decimal(value)
    assert read("parse_decimal", text) == "ambiguous"
    assert read("parse_decimal", text, "EUR") == "ambiguous"


@pytest.mark.parametrize(
    ("text", "unit"),
    [("12 m/s", "meter"), ("12 m\u00b2", "meter"), ("12 t", "gram"), ("12 m", "km"), ("12 M", "meter")],
)
def test_a_letter_of_another_unit_is_not(text: str, unit: str) -> None:
    assert read("parse_decimal", text, unit) == read("parse_decimal", text)


def test_a_letter_is_the_unit_that_a_conversion_begins_with() -> None:
    args = (OpArg(name="from", value="gram"), OpArg(name="to", value="kilogram"))
    ops = (OpCall(op="parse_decimal"), OpCall(op="convert_unit", args=args))
    binding = Binding(target="mass", alternatives=(Alternative(paths=("/mass",), ops=ops),))
    read_mass = compile_binding(binding, ReadSettings(unit="kilogram"))
    assert read_mass({"mass": "12.5 g"}).value == Decimal("0.0125")
    assert read_mass({"mass": "12.5 t"}).reason == "ambiguous"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("279人", 279), ("554,279人", 554_279), ("240,990世帯", 240_990), ("12件", 12), ("500명", 500), ("3家", 3)),
        *(("5万人", 50_000), ("2億人", 200_000_000), ("5만명", 50_000), ("約5万人", 50_000)),
        *(("59 Seiten", 59), ("1 Seite", 1), ("3 Stück", 3), ("1.234.567 Stück", 1_234_567), ("12 Zimmer", 12)),
    ],
)
def test_what_is_counted_is_known_right_behind_its_number(text: str, value: int) -> None:
    assert read("parse_integer", text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("5階", "5位", "101室", "59ページ", "8人家族", "5人部屋", "5万人以上", "5万5千人", "8億5000万円", "12万公里"),
        *("Seite 59 Mitarbeiter", "zimmer 12 betten", "Artikel 5 Personen", "Band 3 Seiten", "Etage 3 Wohnungen"),
        *("Seite 59", "Zimmer 12", "Artikel 5", "59 Main", "59 Seiten (S. 12-71)", "1.234 Seiten", "5 Tage 3 Stunden"),
    ],
)
def test_what_may_be_an_ordinal_a_name_or_one_of_several_leaves_its_number_open(text: str) -> None:
    assert read("parse_integer", text) == "ambiguous"


def test_a_power_of_ten_and_a_currency_in_one_word_behind_the_digits_are_read() -> None:
    assert read("parse_money", "815億円") == 81_500_000_000
    assert read("parse_money", "5,667億円") == 566_700_000_000
    assert read("parse_money", "5,667 billion EUR") == "ambiguous"
    assert read("currency_of", "815億円") == "JPY"
    assert read("parse_money", "12.5亿元") == "ambiguous"
    assert read("parse_money", "8億5000万円") == "type"
    assert read("parse_money", "JPY 5 (億円)") == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("12,50 € HT", "12,50 € TTC", "12,50 € h.t.", "12,50 € hors taxes", "12,50 € netto", "12,50 € inkl. MwSt."),
        *("12,50 € zzgl. MwSt.", "€ 12,50 IVA incluido", "12,50 € IVA inclusa", "12,50 € bez DPH", "12,50 € más IVA"),
        *("12,50 € excl. BTW", "12,50 € moms inkl.", "HT 12,50 €"),
    ],
)
def test_whether_a_tax_is_in_an_amount_leaves_it_one(text: str) -> None:
    assert read("parse_money", text) == Decimal("12.5")
    assert read("currency_of", text) == "EUR"


@pytest.mark.parametrize(
    "text",
    [
        *("12,50 € HT / 15,00 € TTC", "12,50 € HT (15,00 € TTC)", "12,50 € HT/mois", "12,50 € HT / m²"),
        *("12,50 € netto / Monat", "12,50 € HT par mois", "12,50 € HT le kilo", "EUR 5 más", "12,50 € HT oku"),
    ],
)
def test_a_tax_makes_no_amount_of_a_rate_or_of_two(text: str) -> None:
    assert read("parse_money", text) == "ambiguous"

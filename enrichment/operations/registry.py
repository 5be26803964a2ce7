"""The closed registry of operations, and how a call of one is made ready."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from enrichment.operations import (
    contact,
    countries,
    currency_names,
    dates,
    instants,
    money,
    numbers,
    places,
    structure,
    tables,
    text,
    truth,
    units,
    urls,
    years,
)
from enrichment.operations.operation import ANY_NAME, Argument, Operation, ReadSettings, Step
from schemas.errors import UsageError
from schemas.plan import OpCall

_INDEX = Argument("index", "integer")
_SEPARATOR = Argument("separator")
_SEPARATORS = Argument("separators", required=False)


_ALL = (
    Operation(
        "copy",
        (),
        "The value as it is; a text is trimmed and its white space folded. For values that need no reading.",
        None,
        text.compile_copy,
    ),
    Operation(
        "to_text", (), "A number or boolean as text, in its shortest exact form.", "string", text.compile_to_text
    ),
    Operation("casefold", (), "The text in lower case, for comparing.", "string", text.compile_casefold),
    Operation("upper", (), "The text in upper case.", "string", text.compile_upper),
    Operation(
        "first",
        (),
        "The first present one of several pointers. Must be the first operation.",
        None,
        structure.compile_first,
    ),
    Operation(
        "join",
        (_SEPARATOR,),
        (
            "One text of all present pointers, with the separator between them, which is of marks and spaces. Must be "
            "the first operation."
        ),
        "string",
        structure.compile_join,
    ),
    Operation("element", (_INDEX,), "One element of a list, counted from 0.", None, structure.compile_element),
    Operation(
        "select",
        (Argument("key"), Argument("equals"), Argument("take")),
        "From a list of objects: member `take` of the first object whose member `key` equals `equals`.",
        None,
        structure.compile_select,
    ),
    Operation(
        "part",
        (_SEPARATOR, _INDEX),
        "One piece of a text that is split at the separator, counted from 0.",
        "string",
        text.compile_part,
    ),
    Operation(
        "parse_integer",
        (_SEPARATORS,),
        (
            "The one whole number that a text states, as 3167 of '3,167 (average, 2021)' or 2500000 of '2.5 "
            "million'. Gives no value where the text has two numbers, an amount of money or a percentage. "
            "`separators`: ',.' or '.,', where the samples show which mark groups digits and which is decimal."
        ),
        "integer",
        numbers.compile_parse_integer,
    ),
    Operation(
        "parse_decimal",
        (_SEPARATORS,),
        (
            "The one number that a text states, with its fraction. As parse_integer otherwise; for amounts of "
            "money use parse_money, for percentages parse_percent."
        ),
        "number",
        numbers.compile_parse_decimal,
    ),
    Operation(
        "parse_money",
        (_SEPARATORS,),
        (
            "The amount of money that a text states, in full units: 3910000000 of '€3.91 billion (2021)', "
            "negative where the text says so. Gives no value without one certain currency. `separators` as in "
            "parse_integer."
        ),
        "number",
        money.compile_parse_money,
    ),
    Operation(
        "currency_of",
        (_SEPARATORS,),
        (
            "The ISO 4217 code of the amount that a text states: EUR of '€3.91 billion (2021)'. For the currency "
            "field beside a field that parse_money fills from the same pointer; for a text that is a currency use"
            " parse_currency."
        ),
        "string",
        money.compile_currency_of,
    ),
    Operation(
        "parse_percent",
        (),
        (
            "The percentage that a text states, as a fraction (0.12 of '12 %'), or as 12 where the target's unit "
            "is percent. A text without a percent sign gives no value."
        ),
        "number",
        numbers.compile_parse_percent,
    ),
    Operation(
        "parse_boolean",
        (),
        "True or false from true/false, yes/no, t/f, y/n, 1/0 as text.",
        "boolean",
        truth.compile_parse_boolean,
    ),
    Operation(
        "parse_year",
        (),
        (
            "The one year that a text means, as 1988 of '1988 ; 38 years ago ( 1988 )'. Gives no value where the "
            "text names two different years."
        ),
        "integer",
        years.compile_parse_year,
    ),
    Operation(
        "parse_date",
        (Argument("format", required=False),),
        (
            "The one complete date of a text, as ISO 8601. `format`: strptime directives, as '%d/%m/%Y', needed "
            "where samples such as 04/05/2021 leave the order of day and month open."
        ),
        "date",
        dates.compile_parse_date,
    ),
    Operation(
        "parse_datetime",
        (Argument("format", required=False),),
        (
            "The one date and time of a text, as ISO 8601 in UTC. `format`: strptime directives, as '%d/%m/%Y "
            "%H:%M'. For numbers that count seconds or milliseconds use parse_epoch."
        ),
        "date-time",
        instants.compile_parse_datetime,
    ),
    Operation(
        "parse_epoch",
        (Argument("unit"),),
        "A date and time in UTC from a number of seconds (unit 's') or milliseconds (unit 'ms') since 1970.",
        "date-time",
        instants.compile_parse_epoch,
    ),
    Operation(
        "parse_country",
        (),
        (
            "The ISO 3166-1 alpha-2 code of a country's name or code, or of the country that the last part of a "
            "place names: DE of 'Munich , Germany'."
        ),
        "string",
        countries.compile_parse_country,
    ),
    Operation(
        "parse_currency",
        (),
        "The ISO 4217 code of a currency's name, code or sign. For the currency of an amount use currency_of.",
        "string",
        currency_names.compile_parse_currency,
    ),
    Operation(
        "clean_place",
        (),
        (
            "The text of a place without coordinates, stray spaces, empty brackets and stray commas. For targets "
            "that keep the place as text."
        ),
        "string",
        places.compile_clean_place,
    ),
    Operation(
        "parse_url",
        (),
        (
            "A web address with scheme and host, as https://www.example.com of 'www.example.com (corporate)'. "
            "Texts that name no host give no value."
        ),
        "uri",
        urls.compile_parse_url,
    ),
    Operation("parse_email", (), "One e-mail address, its domain in lower case.", "email", contact.compile_parse_email),
    Operation(
        "parse_phone",
        (Argument("region", required=False),),
        (
            "One phone number in E.164, as +442079460958. `region`: ISO 3166-1 alpha-2 code that national numbers"
            " without a country code belong to."
        ),
        "string",
        contact.compile_parse_phone,
    ),
    Operation(
        "map_values",
        (Argument(ANY_NAME),),
        (
            "A closed table for targets with allowed values, and for codes of countries, currencies and languages or, "
            "before parse_boolean, truth values: one argument per value of the source, named by it, holding the "
            "allowed value. A value that is not in the table gives none."
        ),
        None,
        tables.compile_map_values,
    ),
    Operation(
        "convert_unit",
        (Argument("from"), Argument("to")),
        (
            "A number converted by a fixed factor, as from km to m. Takes numbers only: read a text with "
            "parse_decimal first. Currencies and temperatures are not converted, and names of several sizes (gallon, "
            "barrel, ton, acre) are refused: US_liquid_gallon, oil_barrel, short_ton, international_acre."
        ),
        "number",
        units.compile_convert_unit,
    ),
)

REGISTRY: Final[Mapping[str, Operation]] = MappingProxyType({operation.name: operation for operation in _ALL})

_INTEGER = re.compile(r"-?[0-9]{1,9}")


def _converted(operation: Operation, name: str, value: str) -> str | int:
    declared = next((a for a in operation.args if a.name in {name, ANY_NAME}), None)
    if declared is None:
        names = ", ".join(a.name for a in operation.args) or "none"
        raise UsageError(f"{operation.name} has no argument {name!r}", hint=f"arguments: {names}")
    if declared.type == "string":
        return value
    if not _INTEGER.fullmatch(value):
        raise UsageError(f"{operation.name}: {name} is no integer", hint="write digits only")
    return int(value)


def compile_operation(call: OpCall, settings: ReadSettings) -> Step:
    """Make one call of an operation ready: a total function from a JSON value to an outcome.

    Raises:
        UsageError: an unknown operation; an unknown, repeated, missing or wrong argument.
    """
    operation = REGISTRY.get(call.op)
    if operation is None:
        raise UsageError(f"there is no operation {call.op!r}", hint=f"operations: {', '.join(REGISTRY)}")
    args: dict[str, str | int] = {}
    for arg in call.args:
        if arg.name in args:
            raise UsageError(f"{operation.name}: argument {arg.name!r} is given twice", hint="give it once")
        args[arg.name] = _converted(operation, arg.name, arg.value)
    missing = [a.name for a in operation.args if a.required and a.name not in args and a.name != ANY_NAME]
    if missing:
        raise UsageError(f"{operation.name}: argument {missing[0]!r} is missing", hint="give every required argument")
    return operation.compile(args, settings)


def operation_offers() -> tuple[dict[str, Any], ...]:
    """Give the registry as it is offered to a model: `[{op, args: [{name, type, required}], doc}]`."""
    return tuple(
        {
            "op": operation.name,
            "args": [{"name": a.name, "type": a.type, "required": a.required} for a in operation.args],
            "doc": operation.doc,
        }
        for operation in _ALL
    )

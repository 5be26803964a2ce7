"""`parse_email` and `parse_phone`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from enrichment.operations.operation import Arguments, ReadSettings, Step
from enrichment.operations.outcome import Approximate, Fault, Outcome
from enrichment.operations.plain import plain
from enrichment.operations.text import folded
from schemas.codes import Code
from schemas.errors import UsageError
from schemas.json_types import Json

_NO_EMAIL: Final = Fault(Code.TYPE, "not an e-mail address")
_EMAILS: Final = Fault(Code.AMBIGUOUS, "more than one e-mail address")
_NO_PHONE: Final = Fault(Code.TYPE, "not a phone number")
_PHONES: Final = Fault(Code.AMBIGUOUS, "more than one phone number")
_EITHER: Final = Fault(Code.AMBIGUOUS, "a national number without its zero, or an international one without its plus")
_NATIONAL: Final = Fault(Code.AMBIGUOUS, "a national number, and no region is declared")
#: Longest text of each, in characters, with room for what is written around them.
_LONGEST_EMAIL, _LONGEST_PHONE = 400, 80
#: Of an address neither side of which is too long.
_SHORT_EMAIL = 64
#: `Ann Lee <ann@example.com>` and `mailto:ann@example.com`.
_WRAPPED: Final = re.compile(r"(?:mailto:)?([^\s<>]+)|[^<>@]*<\s*(?:mailto:)?([^\s<>]+)\s*>", re.IGNORECASE)
_PHONE: Final = re.compile(
    r"(?:tel:|tel\.?|phone:?|fax:?)? ?([+(]?[0-9][0-9 ()./-]{2,}?)(?: ?(?:ext\.?|x|#) ?([0-9]{1,7}))?", re.IGNORECASE
)
#: What nearly all addresses look like. Other letters, quotes and coded labels are the library's question.
_USUAL: Final = re.compile(
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})"
)
#: Names under which nobody has mail, and labels whose third and fourth characters say that they are coded.
_SPECIAL: Final = re.compile("(?:^|\\.)(?:" + "|".join(map(re.escape, SPECIAL_USE_DOMAIN_NAMES)) + ")$|(?:^|\\.)..--")
_SPECIAL_TOPS: Final = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
#: A date has as many digits as a phone number, and dashes or points like one.
_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}(?P<mark>[-./])[0-9]{1,2}(?P=mark)[0-9]{1,2}"
    r"|[0-9]{1,2}(?P<sign>[-./])[0-9]{1,2}(?P=sign)(?:19|20)[0-9]{2}"
)


@lru_cache(maxsize=4096)
def _email(text: str) -> Outcome:
    if text.count("@") > 1 and re.search(r"@[^@]*[\s,;][^@]*@", text):
        return _EMAILS
    if (usual := _USUAL.fullmatch(text)) and len(usual[1]) <= 64 and len(text) <= 254:
        domain = usual[2].lower()
        if not _SPECIAL.search(domain):
            return f"{usual[1]}@{domain}"
    return _by_library(text)


def _by_library(text: str) -> Outcome:
    match = _WRAPPED.fullmatch(text)
    if match is None:
        return _NO_EMAIL
    try:
        valid = validate_email(match[1] or match[2], check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return _NO_EMAIL
    return valid.normalized


def _usual(text: str) -> str | None:
    if len(text) > _SHORT_EMAIL or (usual := _USUAL.fullmatch(text)) is None:
        return None
    domain = usual[2].lower()
    if "--" in domain or domain.rpartition(".")[2] in _SPECIAL_TOPS:
        return None
    return f"{usual[1]}@{domain}"


def _parse_email(value: Json) -> Outcome:
    if isinstance(value, str) and (usual := _usual(value)) is not None:
        return usual
    text = folded(value)
    if not isinstance(text, str):
        return text
    return _email(text) if len(text) <= _LONGEST_EMAIL else _NO_EMAIL


def compile_parse_email(_args: Arguments, _settings: ReadSettings) -> Step:
    return _parse_email


def _valid(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _goes_on_behind_a_slash(written: str, region: str | None) -> bool:
    """`030 123456 78 / 79`: another number, or another end of it. A slash behind an area code parts nothing."""
    return any(_valid(written[: slash.start()], region) is not None for slash in re.finditer("/", written))


def _may_be_international(written: str, region: str, number: phonenumbers.PhoneNumber) -> bool:
    """`442079460958`: without the zero that national numbers of the region begin with, and valid with a plus before."""
    digits = re.sub("[^0-9]", "", written)
    if written.startswith(("+", "(+")) or digits.startswith("0"):
        return False
    if phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) != "0":
        return False
    return _valid(f"+{digits}", None) not in (None, number)


@lru_cache(maxsize=4096)
def _phone(text: str, region: str | None) -> Outcome:
    written = plain(text).strip()
    if written.count("+") > 1 or re.search(r"[0-9)]\s*(?:[,;]|or|and)\s*[+(]?[0-9(]{3}.{4}", written):
        return _PHONES
    match = _PHONE.fullmatch(written)
    if match is None or _DATE.fullmatch(match[1]):
        return _NO_PHONE
    international = match[1].startswith(("+", "(+"))
    if not international and region is None:
        return _NATIONAL if len(re.sub(r"[^0-9]", "", match[1])) >= 5 else _NO_PHONE
    return _PHONES if _goes_on_behind_a_slash(match[1], region) else _one_phone(match[1], region, match[2])


def _one_phone(written: str, region: str | None, extension: str | None) -> Outcome:
    number = _valid(written, region)
    if number is None:
        return _NO_PHONE
    if region is not None and _may_be_international(written, region, number):
        return _EITHER
    e164 = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    # E.164 has no extension; that one was dropped is worth telling.
    return Approximate(e164) if extension or number.extension else e164


def compile_parse_phone(args: Arguments, settings: ReadSettings) -> Step:
    region = args.get("region", settings.region)
    if region is not None and str(region).upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(f"parse_phone: {region!r} is no region", hint="ISO 3166-1 alpha-2, as DE")
    upper = None if region is None else str(region).upper()

    def parse_phone(value: Json) -> Outcome:
        text = folded(value)
        if not isinstance(text, str):
            return text
        return _phone(text, upper) if len(text) <= _LONGEST_PHONE else _NO_PHONE

    return parse_phone

"""Magnitude words and suffixes, as powers of ten."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel import localedata

from enrichment.operations.languages import LANGUAGES
from enrichment.operations.vocabulary import UNITS

#: A word that may be a magnitude and may be something else: what stands before it is not known.
UNCLEAR: Final = -1

_WORDS: Final = {
    **dict.fromkeys(("hundred", "hundreds"), 2),
    **dict.fromkeys(("thousand", "thousands", "tsd", "tausend", "tusen", "duizend", "milhares", "tkr"), 3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs"), 5),
    **dict.fromkeys(
        (
            *("million", "millions", "mn", "mln", "mio", "mill", "millionen", "millones", "milhões", "milioni"),
            *("miljoen", "miljoner", "millioner", "millón", "milhão", "milione", "miljoonaa", "mkr"),
        ),
        6,
    ),
    **dict.fromkeys(("crore", "crores"), 7),
    **dict.fromkeys(
        (
            *("billion", "billions", "bn", "milliard", "milliards", "milliarde", "milliarden", "mrd", "mia"),
            *("miljard", "miljarder", "milliarder", "miliardi", "miliardo", "mld", "mdr", "bilhão", "bilhões"),
        ),
        9,
    ),
    **dict.fromkeys(("trillion", "trillions", "trn", "trln"), 12),
    **dict.fromkeys(("quadrillion", "quadrillions"), 15),
    # Long scale in one language, short scale in another, or another word altogether.
    **dict.fromkeys(("dozen", "dozens", "pair", "pairs", "兆"), UNCLEAR),
    **dict.fromkeys(("mil", "mille", "md", "bil", "billones", "billón", "billionen", "biljoen", "bilioni"), UNCLEAR),
}
#: Shortened words of one meaning; too short to tell what is misspelt by them.
_SHORTENED: Final = {
    **dict.fromkeys(("thsd", "thous", "thds", "tys", "tis", "hilj", "þús", "tūkst"), 3),
    "bln": UNCLEAR,
}
#: Slang beside a currency, written small; without one they are a kind of piano and a thousandth of an inch.
_SLANG: Final = {"grand": 3, "thou": 3}
#: Magnitudes of one language, or shortened in one way of many, that are other words elsewhere.
_DIVIDED: Final = frozenset({
    "ths", "bio", "bill", "rb", "mr", "bin", "tri", "yi", "oku", "wan", "cho", "lk", "lkh", "crs", "arab", "kharab",
    "padma",
})  # fmt: skip
#: Behind a count, words of two meanings or of none that is sure. Beside a currency whatever is not known is refused
#: in any case, and behind a year they are names.
_DOUBTFUL: Final = _DIVIDED | {
    "grand", "thou", "gross", "ten", "tens", "score", "scores", "couple", "myriad", "myriads", "toman", "tomans", "e",
}  # fmt: skip
#: Made after `million`, with or without a meaning: `gazillion`, `quintillions`, `sextilliard`.
_MADE: Final = re.compile(r"\w*ill(?:ion|iard)(?:s|e|en|er)?")
#: Powers of ten of Chinese and Japanese writing, which are put together, and what is counted, written on to them
#: without a space: yen, yuan, won, people.
_TENS: Final = frozenset("\u5341\u767e\u5343\u4e07\u842c\u5104\u4ebf\u5146")
_COUNTED: Final = "\u5186\u5143\u5713\u5706\uc6d0\u4eba\uba85"
#: One of them with what is counted, or with another one, in one word: five times ten thousand people, a hundred times
#: ten thousand; `5 million-tonne`. The Thai one (a hundred thousand) has no vowel sign, at which a word would end.
_JOINED: Final = re.compile(
    "[\u5341\u767e\u5343\u4e07\u842c\u5104\u4ebf\u5146]|^[\uc2ed\ubc31\ucc9c\ub9cc\uc5b5\uc870]|^\u0e41\u0e2a\u0e19"
    "|^(?:thousand|million|billion|trillion|lakh|crore|\u0442\u044b\u0441\u044f\u0447|\u043c\u0438\u043b\u043b\u0438\u043e\u043d)"
)
#: Units of measure that begin with a thousand: kilogram, kilometre, kilowatt.
_KILO: Final = frozenset({"\u5343\u514b", "\u5343\u7c73", "\u5343\u74e6"})
#: Short forms of one language that are everyday words in others.
_EVERYDAY: Final = frozenset({"bill", "bin", "bio", "tri", "mr", "min", "ma", "ming"})
#: Suffixes of amounts of money; `M` and `MM` are both millions there.
_MONEY: Final = {"k": 3, "K": 3, "m": 6, "M": 6, "mm": 6, "MM": 6, "b": 9, "B": 9, "T": 12, "cr": 7, "Cr": 7}
#: Suffixes of counts, only where no space parts them from the number.
_GLUED: Final = {"k": 3, "K": 3, "M": 6, "B": 9}
_LETTERS: Final = frozenset({*_MONEY, *"tgG", "CR", "kk", "Mm"})
#: What no misspelt magnitude is confused with lies below this likeness (0..1, Ratcliff and Obershelp's measure).
_LIKENESS = 0.8
_KNOWN: Final = _WORDS | _SHORTENED
_SMALL_UNITS: Final = frozenset(unit.casefold() for unit in UNITS)
#: A foreign magnitude word of so many letters is none by chance, away from its number too: `5 de milioane`.
_LONG: Final = 5
_SPELT: Final = tuple(word for word in _WORDS if len(word) > 4)


def _misspelt(word: str) -> bool:
    return len(word) > 4 and bool(difflib.get_close_matches(word, _SPELT, n=1, cutoff=_LIKENESS))


#: Magnitude words of further languages in the Unicode locale data, as a text's tokens have them. That the digits before
#: one are not the number is enough to know; what each stands for would take long to look up.
_ELSEWHERE: Final = frozenset({
    "bhillean", "biiliyoona", "biliun", "biliuna", "biliwn", "biliyan", "biliãu", "biliɔn", "biljovdna",
    "biljovdnat", "billean", "billeanan", "billjuhn", "bilyan", "bilíɔ", "bilíọ", "bió", "bíliọn", "dousend", "dsd",
    "duháhat", "duhát", "duiliono", "duilionoj", "düüsen", "elfu", "hezar", "hozar", "inkulungwane", "isigidi",
    "isigidintathu", "kotti", "melyar", "melyun", "mhillean", "mhìle", "mhíle", "migghiaru", "miiliyoona", "miliun",
    "miliuna", "miliwn", "miliyan", "miliãu", "miliɔn", "miljárdat", "milleanan", "milljuhne", "milyan", "mió",
    "mpem", "mìgia", "mìle", "mìltean", "míle", "míliọn", "mílíɔ", "mílíọ", "müň", "nikhorv", "piliona", "rèbu",
    "taúzan", "thrillean", "tiriiliyoona", "tiriliãu", "tiriliɔ", "tiriliọ", "tirillón", "tirilyan", "triliyan",
    "trillean", "trilleanan", "trilyun", "tríliọn", "tuhháát", "tuusig", "tysac", "tús", "túsund", "tûzen", "viliad",
    "hundert", "hunderttausend", "zehntausend", "honderd", "hundra", "hundre", "hundrede", "cientos", "centos",
    "dutzend", "douzaine", "douzaines", "docena", "docenas", "dozzina", "dozzine", "dezena", "dezenas", "dúzia",
    "dúzias", "centaine", "centaines", "dizaine", "dizaines", "milliers", "centinaia", "migliaia",
    "yüz", "düzine", "ratus", "ngàn", "nghin", "trăm", "εκατό", "εκατ", "δισ", "лакх", "лакха", "лакхов",
    "крор", "крора", "кроров", "сотня", "сотни", "сотен", "десяток", "десятков", "дюжина", "дюжин", "tucet", "tuzin",
    "tkm", "百", "十",
    "èwu", "ɔpepem", "ɔpepepem", "ɔpepepepem", "ɛgbɛ", "мең", "минг", "миң", "млд", "мянга", "мөл", "мөлүйүөн",
    "пин", "сая", "тысячаў", "тыһ", "тыһыынча", "тэрбум", "эзар", "ҳазор", "ҳзр", "بلين", "بيليون", "ترلن",
    "تريلليون", "تريليون", "تىرىليون", "ملرد", "ملن", "ملين", "مىليارد", "مىليون", "مىڭ", "ميلليارد", "ميلليون",
    "ٽرلين", "ھزار", "लख", "दशलक", "ଲକ", "ଶହକ", "ହଜ", "ሚ", "ሚሊዮን", "ሚልዮን", "ሺ", "ሽ", "ሽሕ", "ቢ", "ቢሊዮን", "ቢልዮን", "ት",
    "ትሪሊዮን", "ትሪልዮን", "ẹgbẹ", "千",
})  # fmt: skip
_LETTERS_FIRST: Final = re.compile(r"[^\W\d_]+")
_NO_LETTERS: Final = re.compile(r"[^\w]+|[0-9_]+")


@lru_cache(maxsize=1)
def _foreign() -> Mapping[str, int]:
    """Magnitude words of other languages, from the compact number formats of the Unicode locale data."""
    found: dict[str, set[int]] = {}
    for name in LANGUAGES:
        # Without what a language inherits, which is English: it is looked up in a fourth of the time.
        formats = localedata.load(name, merge_inherited=False).get("compact_decimal_formats", {})
        for width in ("long", "short"):
            for plural in formats.get(width, {}).values():
                for number, pattern in plural.items():
                    text = str(pattern.pattern)
                    word, power = _written(text, len(number) - text.count("0"))
                    if word:
                        found.setdefault(word, set()).add(power)
    return {word: powers.pop() if len(powers) == 1 else UNCLEAR for word, powers in found.items()}


def _written(pattern: str, power: int) -> tuple[str, int]:
    """The word of a compact format as a text's tokens have it, and its power; an empty one where it is no word.

    pattern: as `0 tys'.'`
    """
    folded = pattern.casefold()
    word = _NO_LETTERS.sub(" ", folded).strip()
    if " " in word and any(unicodedata.category(c).startswith("M") for c in folded):
        # Vowel signs are no letters: a text's token ends before the first one, and so may that of another word.
        first = _LETTERS_FIRST.search(folded)
        return (first.group(), UNCLEAR) if first else ("", UNCLEAR)
    if " " in word or word in _EVERYDAY or (word.isascii() and (len(word) == 1 or word in _SMALL_UNITS)):
        return "", UNCLEAR  # single letters are suffixes or units, each by its place
    # `bilion` and `trilion` are of the long scale in some languages, of the short one in others, and slips in English.
    # One letter of an alphabet, or two of the Latin one, may be a unit or the end of an address as well.
    doubtful = word.startswith(("bil", "tril", "\u0431\u0438\u043b"))
    doubtful |= len(word) <= 2 and word.isascii()
    doubtful |= len(word) == 1 and not unicodedata.name(word, "").startswith(("CJK", "HANGUL"))
    return word, UNCLEAR if doubtful else power


@lru_cache(maxsize=4096)
def _other_word(word: str) -> int | None:
    if word in _ELSEWHERE:
        return UNCLEAR
    power = _foreign().get(word)
    if power is None and word not in _KILO and _JOINED.search(word):
        return UNCLEAR
    return UNCLEAR if power is None and (_MADE.fullmatch(word) or _misspelt(word)) else power


def magnitude(word: str, *, glued: bool, money: bool) -> int | None:
    """Give the power of ten that a word after a number stands for, `UNCLEAR`, or null where it is no magnitude.

    glued: no space stands between the number and the word
    """
    bare = word.removesuffix(".")
    small = bare.casefold()
    power = _KNOWN.get(small)
    if power is not None:
        return power
    if bare in _LETTERS:
        if money:
            return _MONEY.get(bare, UNCLEAR)
        return _GLUED.get(bare, UNCLEAR) if glued or bare == "k" else UNCLEAR
    if money and bare in _SLANG:
        return _SLANG[bare]
    if not money and small in _DOUBTFUL:
        return UNCLEAR
    return _other_word(small)


def is_magnitude_word(word: str) -> bool:
    """Is it a magnitude word wherever it stands? Suffixes and words of two meanings are not."""
    small = word.removesuffix(".").casefold()
    power = _KNOWN.get(small)
    if power is None and len(small) >= _LONG:
        power = _foreign().get(small)
    return small == "bln" or (power is not None and power != UNCLEAR)


def may_be_magnitude(word: str, *, money: bool) -> bool:
    """Is it a magnitude where one is looked for, of whatever language and however short? Slips apart: `Paris` is none
    of `pairs`.
    """
    bare = word.removesuffix(".")
    small = bare.casefold()
    if not small.isascii():
        small = small.rstrip(_COUNTED) or small
    if small in _KNOWN or small in _DIVIDED or small in _foreign() or _TENS.issuperset(small):
        return True
    return bare in (_LETTERS if money else _GLUED)


def combined(first: int, second: int) -> int:
    """Two magnitudes in a row: `lakh crore` and `thousand billion` are said so; a word said twice is a slip."""
    if UNCLEAR in {first, second} or first >= second or first not in {2, 3, 5}:
        return UNCLEAR
    return first + second

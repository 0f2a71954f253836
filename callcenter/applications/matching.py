"""Comparing what a caller says with what the record holds: any width, variant, kana or era; yes or no, nothing else. Pure.

Source: docs/rules.md#identity-facts."""

from __future__ import annotations

import hmac
import re
import unicodedata
from datetime import date
from enum import StrEnum

from callcenter.calendar import read_date
from callcenter.people import phones
from callcenter.privacy.lens.folding import fold

_YEAR_OF_REIWA = re.compile(r"\d{1,2}[年./-]\d{1,2}[月./-]\d{1,2}日?")
_KANJI = {
    "〇": 0,
    "零": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "元": 1,
}
_KANJI_NUMBER = re.compile(r"[〇零一二三四五六七八九十]+")
_DASH = re.compile("[‐‑‒–—―−ー]")
_NUMBERS = tuple(
    map(re.compile, (r"R(\d{1,2})\D+0*(\d+)番?", r"R(\d{1,2})0*(\d{5,})番?", r"(\d{1,2})\D+(\d{1,6})番?"))
)
_HOUSE_NUMBERS = 3
_PLACE = re.compile(r"(?:東京都)?(?P<ward>[^\d\s]{1,6}?[区市])?(?P<town>[^\d]*?)(?P<numbers>\d+(?:-\d+)*)")


class Fact(StrEnum):
    """What a caller can state to show who they are."""

    NUMBER = "number"
    APPLICANT_NAME = "applicant_name"
    CHILD_BIRTH_DATE = "child_birth_date"
    ADDRESS = "address"
    PHONE = "phone"


def is_same_name(said: str, *known: str | None) -> bool:
    """Whether a whole name was said, in kanji (variants fold) or kana, with or without a space."""
    return _any_same(_name(said), [_name(text) for text in known if text])


def is_same_day(said: str, *known: str | None) -> bool:
    """Whether a day was said, in the common era, a Japanese era or eight digits; `known` are ISO dates."""
    day = read_day(said)
    return _any_same(day.isoformat() if day else "", [text for text in known if text])


def is_same_phone(said: str, *known: str | None) -> bool:
    """Whether one of the known numbers was said, in any form."""
    keys = [phones.key(text) for text in known]
    return _any_same(phones.key(said) or "", [key for key in keys if key])


def is_same_number(said: str, *known: str | None) -> bool:
    """Whether one of our own numbers was said (R8-00123; R8の123; ｒ８－１２３)."""
    return _any_same(read_number(said) or "", [text for text in known if text])


def is_same_address(said: str, *known: str | None) -> bool:
    """Whether an address was said to its house number: town and 丁目-番-号; building and room need not be said.

    東京都 may be left out on either side, the ward too."""
    place = read_address(said)
    if place is None:
        return False
    found = False
    for text in known:
        other = read_address(text) if text else None
        if other is None or (place[0] and other[0] and place[0] != other[0]):
            continue
        found |= _any_same("|".join(place[1:]), ["|".join(other[1:])])
    return found


def read_number(text: str) -> str | None:
    """R8-00123 from R8-123, ｒ８の１２３番, R800123, and without the R from 8-123; None for what is no number of ours, as
    telephone numbers and dates are."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    match = next(filter(None, (number.fullmatch(plain) for number in _NUMBERS)), None)
    return f"R{int(match[1])}-{int(match[2]):05d}" if match else None


def read_day(text: str) -> date | None:
    """A day as people write or say it: all that `calendar.read_date` reads, kanji numbers, 生まれ after it, and a short
    year without an era as one of Reiwa, as the ward's forms have it."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).replace("元年", "1年")
    plain = _DASH.sub("-", _KANJI_NUMBER.sub(_digits, plain)).removesuffix("まれ").removesuffix("生")
    try:
        return read_date(f"R{plain}" if _YEAR_OF_REIWA.fullmatch(plain) else plain)
    except ValueError:
        return None


def read_address(text: str) -> tuple[str, str, str] | None:
    """(ward or city or "", town, up to three house numbers joined by "-"); None without a house number."""
    plain = fold(text).replace(" ", "")
    plain = re.sub(r"[〇零一二三四五六七八九十]+(?=丁目|番|号|-)", _digits, plain)
    plain = re.sub(r"(?<=\d)(?:丁目|番地の|番地|番|号|の|-)+(?=\d)", "-", plain)
    match = _PLACE.match(plain)
    if match is None:
        return None
    numbers = match["numbers"].split("-")[:_HOUSE_NUMBERS]
    return match["ward"] or "", match["town"], "-".join(str(int(number)) for number in numbers)


def _name(text: str) -> str:
    return re.sub(r"[\s・]", "", fold(text))


def _digits(match: re.Match[str]) -> str:
    """二十三 → 23, 二〇二一 → 2021."""
    text = match[0]
    if "十" not in text:
        return "".join(str(_KANJI[character]) for character in text)
    tens, _, ones = text.partition("十")
    return str((_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)) if len(text) <= 3 else text


def _any_same(said: str, known: list[str]) -> bool:
    """Looks at every known value, in a time that does not tell how much of one was right."""
    found = False
    for text in known:
        found |= hmac.compare_digest(said.encode(), text.encode())
    return found and bool(said)

"""Finding in a text what belongs to known persons: their names, numbers, addresses and days of birth, however they are
written. Pure. Source: docs/rules.md#faq-lineage."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from callcenter.applications.matching import read_address
from callcenter.calendar import REIWA_BEGINS
from callcenter.privacy.lens.folding import fold, highlight


class What(StrEnum):
    """Kinds of values that may not stand in an article."""

    NAME = "name"
    PHONE = "phone"
    MAIL = "mail"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    APPLICATION = "application"
    ACCOUNT = "account"


class Value(NamedTuple):
    """A value of a person, as the record has it. A birth date is an ISO date."""

    what: What
    text: str


class Place(NamedTuple):
    """Where a value stands in a text: kind, and start and end in the raw text."""

    what: What
    start: int
    end: int


_HEISEI = 1988
_DASHES = r"\-‐‑‒–—―−－ーｰ"
_BETWEEN = rf"[\s{_DASHES}()（）.．・]*"
_STEP = rf"(?:丁目|番地の|番地|番|号|の|[{_DASHES}])+"
_TITLES = "(?:さん|様|さま|氏|ちゃん|くん|君)"
SHORTEST_NAME = 2
SHORTEST_NUMBER = 6


def places(text: str, values: Iterable[Value]) -> list[Place]:
    """Where these values stand in a text, in order; overlapping ones as one, of the kind that begins first."""
    found = sorted(
        {place for value in values for place in _FINDERS[value.what](text, value)}, key=lambda p: p[1:]
    )
    apart: list[Place] = []
    for place in found:
        if apart and place.start < apart[-1].end:
            last = apart[-1]
            apart[-1] = Place(last.what, last.start, max(last.end, place.end))
        else:
            apart.append(place)
    return apart


def without(text: str, values: Iterable[Value], words: dict[What, str]) -> tuple[str, int]:
    """The text with 〔氏名〕 and the like (`words`) in place of each value, and how many were replaced."""
    out, done = [], 0
    found = places(text, values)
    for place in found:
        out += [text[done : place.start], f"〔{words[place.what]}〕"]
        done = place.end
    return "".join([*out, text[done:]]), len(found)


def _names(text: str, value: Value) -> list[Place]:
    """The whole name in any spelling; a part of it where a title follows."""
    found = []
    if len(fold(value.text)) >= SHORTEST_NAME:
        found = [Place(value.what, start, end) for start, end in highlight(text, [value.text])]
    for part in re.split(r"[\s・]+", value.text.strip()):
        for start, end in highlight(text, [part]) if fold(part) else []:
            if re.match(_TITLES, text[end:]):
                found.append(Place(value.what, start, end))
    return found


def _folded(text: str, value: Value) -> list[Place]:
    return [Place(value.what, start, end) for start, end in highlight(text, [value.text.strip()])]


def _phones(text: str, value: Value) -> list[Place]:
    """The digits with anything between them, with or without the 0 before or +81."""
    digits = "".join(c for c in fold(value.text) if c.isdecimal()).removeprefix("81").lstrip("0")
    return _matched(text, value, "[0０]?" + _spread(digits)) if len(digits) >= SHORTEST_NUMBER else []


def _accounts(text: str, value: Value) -> list[Place]:
    digits = max(re.findall(r"\d+", fold(value.text)), key=len, default="")
    return _matched(text, value, _spread(digits)) if len(digits) >= SHORTEST_NUMBER else []


def _addresses(text: str, value: Value) -> list[Place]:
    """The whole, or town and house number: 西新宿1丁目2番3号 for 西新宿1-2-3."""
    found = _folded(text, value)
    read = read_address(value.text)
    if read and len(read[1]) >= SHORTEST_NAME:
        town, numbers = re.escape(read[1]), read[2].split("-")
        if len(numbers) > 1:
            found += _matched(text, value, town + r"\s*" + _STEP.join(_number(n) for n in numbers))
    return found


def _birth_dates(text: str, value: Value) -> list[Place]:
    """The day in the common era, in an era, or in eight digits."""
    day = date.fromisoformat(value.text)
    years = [_digits(str(day.year))]
    if day >= REIWA_BEGINS:
        year = day.year - REIWA_BEGINS.year + 1
        years.append(rf"(?:令和|[RrＲｒ]\.?)\s*(?:{_number(str(year))}{'|元' if year == 1 else ''})")
    else:
        years.append(rf"(?:平成|[HhＨｈ]\.?)\s*{_number(str(day.year - _HEISEI))}")
    month, of_month = _number(str(day.month)), _number(str(day.day))
    step = rf"\s*[年月/／.．{_DASHES}]\s*"
    patterns = [
        rf"(?:{'|'.join(years)}){step}{month}{step}{of_month}日?",
        _digits(f"{day:%Y%m%d}"),
        rf"{month}月{of_month}日(?=生)",
    ]
    return [place for pattern in patterns for place in _matched(text, value, pattern)]


def _applications(text: str, value: Value) -> list[Place]:
    year, _dash, number = value.text.removeprefix("R").partition("-")
    return _matched(
        text, value, rf"[RrＲｒ]\s*{_number(year)}[\s{_DASHES}の]*{_number(str(int(number or 0)))}"
    )


def _matched(text: str, value: Value, pattern: str) -> list[Place]:
    """A pattern of digits, not inside a longer number."""
    whole = re.compile(rf"(?<![0-9０-９])(?:{pattern})(?![0-9０-９])")
    return [Place(value.what, match.start(), match.end()) for match in whole.finditer(text)]


def _digits(digits: str) -> str:
    """Digits of either width."""
    return "".join(f"[{d}{chr(ord(d) + 0xFEE0)}]" for d in digits)


def _number(digits: str) -> str:
    """A number of either width, with or without noughts before it."""
    return f"[0０]*{_digits(digits)}"


def _spread(digits: str) -> str:
    return _BETWEEN.join(_digits(d) for d in digits)


_FINDERS = {
    What.NAME: _names,
    What.PHONE: _phones,
    What.MAIL: _folded,
    What.ADDRESS: _addresses,
    What.BIRTH_DATE: _birth_dates,
    What.APPLICATION: _applications,
    What.ACCOUNT: _accounts,
}

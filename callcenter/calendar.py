"""Business days, fiscal years and Japanese dates; pure rules, no network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache

import jpholiday

REIWA_BEGINS = date(2019, 5, 1)
HEISEI_BEGINS = date(1989, 1, 8)
SHOWA_BEGINS = date(1926, 12, 25)

_ERAS = {
    **dict.fromkeys("R令", REIWA_BEGINS),
    **dict.fromkeys("H平", HEISEI_BEGINS),
    **dict.fromkeys("S昭", SHOWA_BEGINS),
}
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WRITTEN_DATE = re.compile(
    r"(令和?|平成?|昭和?|[RHS])?\.?(元|\d{1,4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?"
)


def fiscal_year(day: date) -> int:
    """The contract year a day lies in: 1 April to 31 March (地方自治法 208条)."""
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_bounds(year: int) -> tuple[date, date]:
    """First and last day of a fiscal year, both included."""
    return date(year, 4, 1), date(year + 1, 3, 31)


@lru_cache(maxsize=8192)
def is_public_holiday(day: date) -> bool:
    """A national holiday with its substitutes (国民の祝日に関する法律), or 29 December to 3 January (年末年始)."""
    if (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3):
        return True
    return bool(jpholiday.is_holiday(day))


def holiday_name(day: date) -> str | None:
    """What a public holiday is called: 敬老の日, 振替休日, 年末年始; None on other days."""
    if not is_public_holiday(day):
        return None
    return jpholiday.is_holiday_name(day) or "年末年始"


def is_business_day(day: date, closures: Collection[date] = ()) -> bool:
    """Monday to Friday, no public holiday, no closure of the office."""
    return day.weekday() < 5 and day not in closures and not is_public_holiday(day)


def next_business_day(day: date, closures: Collection[date] = ()) -> date:
    """The first business day after the given day."""
    day += timedelta(days=1)
    while not is_business_day(day, closures):
        day += timedelta(days=1)
    return day


def japanese_date(day: date) -> str:
    """令和8年4月1日; the first year of an era is 元年. Days before Heisei are written in the common era."""
    if day >= REIWA_BEGINS:
        era, year = "令和", day.year - 2018
    elif day >= HEISEI_BEGINS:
        era, year = "平成", day.year - 1988
    else:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def read_date(text: str) -> date:
    """The day that a person wrote: 2026-04-01, 2026/4/1, 20260401, 2026年4月1日, 令和8年4月1日, R8.4.1, in any width.

    Years of an era before it began are refused; those after its end are read on, as forms printed earlier are
    (平成31年6月1日 is in 2019). Raises ValueError for what names no day."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    compact = _COMPACT_DATE.fullmatch(plain)
    if compact:
        return date(*map(int, compact.groups()))
    parts = _WRITTEN_DATE.fullmatch(plain)
    if parts is None:
        raise ValueError("not a date")
    era, year, month, day = parts.groups()
    number = 1 if year == "元" else int(year)
    if era is None:
        if len(year) != 4:
            raise ValueError("a year of the common era has four digits")
        return date(number, int(month), int(day))
    begins = _ERAS[era[0]]
    found = date(begins.year + number - 1, int(month), int(day))
    if number < 1 or found < begins:
        raise ValueError("before that era began")
    return found


def age_on(birth: date, day: date) -> int:
    """Full years of age: a year is attained at the end of the day before the birthday (年齢計算ニ関スル法律)."""
    eve = day + timedelta(days=1)
    return eve.year - birth.year - ((eve.month, eve.day) < (birth.month, birth.day))

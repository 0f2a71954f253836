"""Spans of days as people type them: 今週, 2026-04, 令和8年4月1日..R8.5.31, 2026年度."""

import re
import unicodedata
from datetime import date, timedelta

from callcenter.calendar import fiscal_year, fiscal_year_bounds
from callcenter.errors import Invalid

_BETWEEN = re.compile(r"\s*(?:\.{2,3}|[~〜])\s*")
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_YEAR = r"(?:(?P<era>令和|平成|昭和|[RHSrhs])?(?P<year>\d{1,4}|元))"
_DAY = re.compile(rf"{_YEAR}[-/.年](?P<month>\d{{1,2}})(?:月|(?:[-/.月](?P<day>\d{{1,2}})日?))?")
_WHOLE_YEAR = re.compile(rf"{_YEAR}(?P<unit>年度?)?")


def read_between(text: str, today: date) -> tuple[date, date]:
    """First and last day of a span, both included; an open end is `date.min` or `date.max`. `today` is
    Japan's.

    Raises Invalid (`query_bad_period`)."""
    sides = _BETWEEN.split(unicodedata.normalize("NFKC", text).strip())
    if len(sides) > 2 or not any(sides):
        raise _bad()
    first = _span(sides[0], today)[0] if sides[0] else date.min
    last = _span(sides[-1], today)[1] if sides[-1] else date.max
    if first > last:
        raise Invalid("期間の終わりが始まりより前です。", code="query_bad_period")
    return first, last


def _span(text: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    named = {
        "今日": (today, today),
        "本日": (today, today),
        "昨日": (today - timedelta(days=1),) * 2,
        "今週": (monday, monday + timedelta(days=6)),
        "先週": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "今月": _month(month),
        "先月": _month((month - timedelta(days=1)).replace(day=1)),
        "今年": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "今年度": fiscal_year_bounds(fiscal_year(today)),
        "昨年度": fiscal_year_bounds(fiscal_year(today) - 1),
    }
    return named.get(text) or _dated(text)


def _dated(text: str) -> tuple[date, date]:
    match = _DAY.fullmatch(text) or _WHOLE_YEAR.fullmatch(text)
    if not match:
        raise _bad()
    parts = match.groupdict()
    year = _year(parts["era"], parts["year"])
    try:
        if parts.get("day"):
            day = date(year, int(parts["month"]), int(parts["day"]))
            return day, day
        if parts.get("month"):
            return _month(date(year, int(parts["month"]), 1))
        return fiscal_year_bounds(year) if parts["unit"] == "年度" else (date(year, 1, 1), date(year, 12, 31))
    except (ValueError, OverflowError):
        raise _bad() from None


def _year(era: str | None, digits: str) -> int:
    number = 1 if digits == "元" else int(digits)
    if era:
        return _ERAS[era.upper()] + number
    if number < 1900:
        raise _bad()
    return number


def _month(first: date) -> tuple[date, date]:
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _bad() -> Invalid:
    return Invalid(
        "期間は 2026-04、2026-04-01..2026-05-31、令和8年4月、今日、今週、今月 のように入力してください。",
        code="query_bad_period",
    )

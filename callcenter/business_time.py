"""Business time in Japan: when an office is open, and how much open time lies between moments. Pure.

Hours are those of a programme's office, as data: a week of opening spans from a day on, and single days with hours of
their own. Public holidays and the turn of the year are closed unless such a day says otherwise.
Source: docs/rules.md#business-time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain, islice, pairwise
from types import MappingProxyType
from typing import NoReturn

from callcenter import clock
from callcenter.calendar import is_public_holiday

DAY_MINUTES = 24 * 60
HORIZON = timedelta(days=400)
"""An office that does not open for so long is taken for closed for good."""

_WRITTEN_SPAN = re.compile(r"(\d{1,2}):?(\d{2})[-~](\d{1,2}):?(\d{2})")


class NeverOpen(ValueError):
    """The office does not open within the horizon, so that no moment can be named."""


@dataclass(frozen=True, order=True)
class Span:
    """Opening time of a day in minutes after midnight, the end left out: 9:00-17:00 is Span(540, 1020)."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_MINUTES:
            raise ValueError("a span ends after it begins, within one day")

    def __str__(self) -> str:
        return f"{_written(self.opens)}–{_written(self.closes)}"


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Week:
    """The opening spans of Monday to Sunday that hold from a day on."""

    since: date
    days: tuple[Spans, ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise ValueError("a week has seven days")
        for spans in self.days:
            _in_order(spans)


@dataclass(frozen=True)
class Slot:
    """A stretch of open time that can be promised to somebody."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class OfficeHours:
    """When an office is open. `weeks`: what holds from which day on; before the first the first holds.

    `days`: single days with hours of their own, a half day or a Saturday that is open; without spans it is a closing
    day. They win over the week, over public holidays and over the turn of the year."""

    weeks: tuple[Week, ...]
    days: Mapping[date, Spans] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.weeks:
            raise ValueError("an office has a week")
        since = [week.since for week in self.weeks]
        if sorted(set(since)) != since:
            raise ValueError("weeks follow one another")
        for spans in self.days.values():
            _in_order(spans)
        object.__setattr__(self, "days", MappingProxyType(dict(self.days)))

    # --- days

    def spans(self, day: date) -> Spans:
        """The opening spans of a day in Japan, none on a closed one."""
        own = self.days.get(day)
        if own is not None:
            return own
        if is_public_holiday(day):
            return ()
        return self.week(day).days[day.weekday()]

    def week(self, day: date) -> Week:
        """The week that holds on a day."""
        return next((week for week in reversed(self.weeks) if week.since <= day), self.weeks[0])

    def is_business_day(self, day: date) -> bool:
        """Whether the office opens at all on a day."""
        return bool(self.spans(day))

    def closing(self, day: date) -> datetime:
        """When the office shuts for the night on a business day. Raises ValueError for a closed one."""
        closes = self.closes_at(day)
        if closes is None:
            raise ValueError("the office does not open on this day")
        return closes

    def closes_at(self, day: date) -> datetime | None:
        """When the office shuts for the night on a day; None on a closed one."""
        spans = self.spans(day)
        return _moment(day, spans[-1].closes) if spans else None

    def open_days(self, after: date) -> Iterator[date]:
        """The business days after a day, nearest first, until none follows within the horizon."""
        last = after
        while after - last < HORIZON and after < date.max:
            after += timedelta(days=1)
            if self.is_business_day(after):
                last = after
                yield after

    def nth_business_day(self, day: date, n: int) -> date:
        """The n-th business day after a day, which itself does not count (初日不算入, 民法140条).

        For 0 it is the day itself if it is a business day, else the next. Raises NeverOpen, ValueError below 0."""
        if n < 0:
            raise ValueError("days are counted forward")
        if n == 0:
            day, n = day - timedelta(days=1), 1
        for _ in range(n):
            day = next(iter(self.open_days(day)), None) or _never()
        return day

    # --- moments

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at a moment; at the minute of closing it is not."""
        day, minutes = _local(at)
        return any(span.opens <= minutes < span.closes for span in self.spans(day))

    def next_open(self, at: datetime) -> datetime:
        """The moment itself while the office is open, else when it opens next. Raises NeverOpen."""
        opens, _closes = next(self._openings(at), None) or _never()
        return max(opens, at)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How long the office is open from one moment to another; nothing when the end is the earlier one."""
        first, last = clock.japan(start).date(), clock.japan(end).date()
        total = timedelta()
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            spans = self.spans(day)
            if not spans:
                continue
            if first < day < last:
                total += timedelta(minutes=sum(span.closes - span.opens for span in spans))
                continue
            for span in spans:
                opens, closes = max(start, _moment(day, span.opens)), min(end, _moment(day, span.closes))
                total += max(closes - opens, timedelta())
        return total

    def add(self, at: datetime, duration: timedelta) -> datetime:
        """The first moment by which the office has been open for a duration since a moment (itself for nothing).

        What is used up at closing time ends then, not on the next morning. Raises NeverOpen, ValueError below 0."""
        if duration < timedelta():
            raise ValueError("durations are counted forward")
        if not duration:
            return at
        for opens, closes in self._openings(at):
            begins = max(opens, at)
            if closes - begins >= duration:
                return begins + duration
            duration -= closes - begins
        return _never()

    def business_day_of(self, at: datetime) -> date:
        """The business day to which a moment counts: its own until the office shuts for the night, else the next.

        Raises NeverOpen."""
        day = clock.japan(at).date()
        closes = self.closes_at(day)
        return day if closes and at < closes else self.nth_business_day(day, 1)

    def end_of_business_day(self, at: datetime, n: int = 0) -> datetime:
        """When the office shuts on the business day to which a moment counts (0), or on the n-th one after it.

        Raises NeverOpen, ValueError below 0."""
        return self.closing(self.nth_business_day(self.business_day_of(at), n))

    def slots(self, at: datetime, *, every: int = 30, count: int = 3) -> list[Slot]:
        """The next times that can be promised: stretches of `every` minutes on the grid of each opening span.

        The first does not begin before `at`, all lie wholly in open time and begin within the horizon: where too few
        do, there are fewer than `count`, or none. Raises ValueError for slots without length."""
        if every <= 0:
            raise ValueError("a slot takes time")
        return list(islice(self._slots(at, timedelta(minutes=every)), count))

    # --- how it is walked

    def _slots(self, at: datetime, length: timedelta) -> Iterator[Slot]:
        for opens, closes in self._openings(at):
            starts = opens + max(-((opens - at) // length), 0) * length
            if starts - at > HORIZON:
                return
            while starts + length <= closes:
                yield Slot(starts, starts + length)
                starts += length

    def _openings(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Opening spans that have not ended at a moment, nearest first, until the horizon passes without one."""
        today = clock.japan(at).date()
        for day in chain([today], self.open_days(today)):
            for span in self.spans(day):
                closes = _moment(day, span.closes)
                if closes > at:
                    yield _moment(day, span.opens), closes


def read_spans(text: str) -> Spans:
    """The opening spans that a person wrote, in any width: 9:00-12:00、13:00-17:00. Nothing is a closed day.

    Raises ValueError for what is no time, ends before it begins, or overlaps."""
    plain = unicodedata.normalize("NFKC", text)
    for sign in "–—−ー〜‐":
        plain = plain.replace(sign, "-")
    parts = [part for part in re.split(r"[、,\s]+", re.sub(r"\s*([-~])\s*", r"\1", plain)) if part]
    spans = []
    for part in parts:
        found = _WRITTEN_SPAN.fullmatch(part)
        if found is None:
            raise ValueError("not a span of time")
        from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
        if max(from_minute, to_minute) > 59:
            raise ValueError("an hour has sixty minutes")
        spans.append(Span(from_hour * 60 + from_minute, to_hour * 60 + to_minute))
    return _in_order(tuple(spans))


def written_spans(spans: Iterable[Span]) -> str:
    """9:00–12:00、13:00–17:00, as `read_spans` reads it; an empty text for a closed day."""
    return "、".join(map(str, spans))


def _in_order(spans: Spans) -> Spans:
    if any(earlier.closes > later.opens for earlier, later in pairwise(spans)):
        raise ValueError("spans of a day follow one another")
    return spans


def _local(at: datetime) -> tuple[date, float]:
    local = clock.japan(at)
    return local.date(), local.hour * 60 + local.minute + local.second / 60


def _moment(day: date, minutes: int) -> datetime:
    return clock.from_japan(day.year, day.month, day.day) + timedelta(minutes=minutes)


def _written(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _never() -> NoReturn:
    raise NeverOpen("the office does not open any more")

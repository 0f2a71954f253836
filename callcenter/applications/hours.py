"""Hours of care: how minutes become hours, which fiscal year they belong to, and what a child has left. Pure.

Wards differ in where they cut the fractions and what happens at the cap, so both are parameters of a rule that the
ward approves (HoursRule in rules.py). Source: docs/rules.md#hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter import clock
from callcenter.calendar import fiscal_year

LAST_AGE = 6
"""A child is eligible to the end of the fiscal year in which it attains this age."""


class Fraction(StrEnum):
    """Where minutes below a full hour are cut off."""

    PER_USE = "per_use"
    PER_MONTH = "per_month"
    PER_APPLICATION = "per_application"


class Crossing(StrEnum):
    """What happens to the use that passes the cap: its hours up to the cap are paid, or none of it."""

    PAY_PART = "pay_part"
    REJECT_USE = "reject_use"


class Standing(StrEnum):
    """How certain the hours of an application are."""

    DECIDED = "decided"
    SCREENED = "screened"
    PENDING = "pending"


@dataclass(frozen=True)
class Cap:
    """Hours a child has in a fiscal year, and how they are counted."""

    base: int = 144
    multiple: int = 288
    fraction: Fraction = Fraction.PER_USE
    crossing: Crossing = Crossing.PAY_PART
    subtracts_transferred: bool = True

    def of(self, is_multiple: bool) -> int:
        return self.multiple if is_multiple else self.base


@dataclass(frozen=True)
class Spell:
    """One use of a sitter, as far as hours go. `minutes` are those that count; `application` tells uses apart."""

    used_from: datetime
    minutes: int
    standing: Standing = Standing.PENDING
    application: object = None


@dataclass(frozen=True)
class Remaining:
    """What a child has left in a fiscal year; all in hours. `over` is what was asked beyond the cap."""

    cap: int
    transferred: int
    decided: int
    screened: int
    pending: int
    over: int

    @property
    def left(self) -> int:
        """Hours free if everything that was asked for is granted."""
        return self.cap - self.transferred - self.decided - self.screened - self.pending

    @property
    def used(self) -> int:
        return self.cap - self.left


def remaining(cap: Cap, is_multiple: bool, spells: Iterable[Spell], transferred: int = 0) -> Remaining:
    """What is left of a child's hours in one fiscal year.

    `spells` are all uses of that child in that year; `transferred` the hours another ward granted in it before the
    family moved in. Decided hours are taken first, then pre-screened, then pending ones, each in the order of use."""
    total = cap.of(is_multiple)
    transferred = min(transferred, total) if cap.subtracts_transferred else 0
    free, over = total - transferred, 0
    taken = dict.fromkeys(Standing, 0)
    for standing, hours in _chunks(spells, cap.fraction):
        got = paid_hours(hours, free, cap.crossing)
        taken[standing] += got
        free -= got
        over += hours - got
    return Remaining(
        total, transferred, taken[Standing.DECIDED], taken[Standing.SCREENED], taken[Standing.PENDING], over
    )


def counted(spells: Iterable[Spell], fraction: Fraction) -> int:
    """Full hours of some uses of one child, fractions cut where the rule says."""
    return sum(hours for _standing, hours in _chunks(spells, fraction))


def paid_hours(hours: int, free: int, crossing: Crossing) -> int:
    """How many of a use's hours are paid when so many are free."""
    if hours <= free:
        return hours
    return max(free, 0) if crossing is Crossing.PAY_PART else 0


def split_by_fiscal_year(used_from: datetime, used_to: datetime) -> list[tuple[int, datetime, datetime]]:
    """Cut a use at midnight of 1 April, Japanese time: [(fiscal year, from, to)]. Japan has no daylight saving time."""
    if used_to <= used_from:
        raise ValueError("a use ends after it begins")
    parts, start = [], used_from
    while start < used_to:
        year = fiscal_year(clock.japan(start).date())
        end = min(used_to, clock.from_japan(year + 1, 4, 1))
        parts.append((year, start, end))
        start = end
    return parts


def minutes_between(used_from: datetime, used_to: datetime) -> int:
    """Whole minutes of a use."""
    return (used_to - used_from) // timedelta(minutes=1)


def earliest_birth(year: int) -> date:
    """The first birth date that a fiscal year accepts: 2 April of the year six before it.

    Who is born on 1 April attains the age on 31 March (年齢計算ニ関スル法律) and belongs to the school year before."""
    return date(year - LAST_AGE, 4, 2)


def is_eligible(birth: date, year: int) -> bool:
    """Whether a child of this birth date may be cared for in a fiscal year (0歳 to the end of the year of turning 6)."""
    return earliest_birth(year) <= birth <= date(year + 1, 3, 31)


def _chunks(spells: Iterable[Spell], fraction: Fraction) -> list[tuple[Standing, int]]:
    """Full hours that each use, month or application adds: the most certain first, then in the order of use.

    A month that holds decided and pending uses is cut once, not twice: the pending ones add what is left over."""
    order = list(Standing)
    minutes: dict[object, int] = defaultdict(int)
    hours: dict[tuple[Standing, object], int] = defaultdict(int)
    for number, spell in enumerate(sorted(spells, key=lambda s: (order.index(s.standing), s.used_from))):
        group = _group(number, spell, fraction)
        before = minutes[group] // 60
        minutes[group] += spell.minutes
        hours[spell.standing, group] += minutes[group] // 60 - before
    return [(standing, added) for (standing, _group_), added in hours.items()]


def _group(number: int, spell: Spell, fraction: Fraction) -> object:
    if fraction is Fraction.PER_USE:
        return number
    if fraction is Fraction.PER_APPLICATION:
        return spell.application
    day = clock.japan(spell.used_from).date()
    return day.year, day.month

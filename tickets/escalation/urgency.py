"""How urgent a question to the ward is, and until when it is answered; pure rules.

Source: docs/rules.md#escalation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from callcenter.calendar import is_business_day, next_business_day
from callcenter.clock import JST


class Urgency(StrEnum):
    """即時: the supervisor rings the ward at once. 当日: answered on the same day. 通常: within two business days."""

    IMMEDIATE = "immediate"
    SAME_DAY = "same_day"
    NORMAL = "normal"


class Matter(StrEnum):
    """What the ward is asked about."""

    CHILD_SAFETY = "child_safety"
    LEAK = "leak"
    PROTECTION = "protection"
    PRESS = "press"
    THREAT = "threat"
    COMPLAINT = "complaint"
    OBJECTION = "objection"
    DISCLOSURE = "disclosure"
    EXCEPTION = "exception"
    RULES = "rules"
    OTHER = "other"


URGENCIES: dict[Matter, Urgency] = {
    Matter.CHILD_SAFETY: Urgency.IMMEDIATE,
    Matter.LEAK: Urgency.IMMEDIATE,
    Matter.PROTECTION: Urgency.IMMEDIATE,
    Matter.PRESS: Urgency.IMMEDIATE,
    Matter.THREAT: Urgency.IMMEDIATE,
    Matter.COMPLAINT: Urgency.SAME_DAY,
    Matter.OBJECTION: Urgency.SAME_DAY,
    Matter.DISCLOSURE: Urgency.SAME_DAY,
    Matter.EXCEPTION: Urgency.SAME_DAY,
    Matter.RULES: Urgency.NORMAL,
    Matter.OTHER: Urgency.NORMAL,
}
"""The least urgency of each matter. A person may say more, never less."""

RANK = {Urgency.NORMAL: 0, Urgency.SAME_DAY: 1, Urgency.IMMEDIATE: 2}
RING_WITHIN = timedelta(minutes=15)
NORMAL_DAYS = 2


@dataclass(frozen=True)
class WardHours:
    """When the ward's section answers: on business days until it closes (Japan's time)."""

    opens: time = time(8, 30)
    closes: time = time(17, 0)
    closures: Collection[date] = ()

    def is_business_day(self, day: date) -> bool:
        return is_business_day(day, self.closures)

    def closing(self, day: date) -> datetime:
        return datetime.combine(day, self.closes, JST)

    def first_day(self, at: datetime) -> date:
        """The business day on which something that comes at this moment is taken up."""
        local = at.astimezone(JST)
        if self.is_business_day(local.date()) and local.time() < self.closes:
            return local.date()
        return next_business_day(local.date(), self.closures)


WARD_HOURS = WardHours()
"""Hours until a programme's own are known: 8:30 to 17:00 on business days."""


def fits(matter: Matter, urgency: Urgency) -> bool:
    """Whether a matter may be sent with this urgency: as urgent as its own, or more."""
    return RANK[urgency] >= RANK[URGENCIES[matter]]


def ring_by(urgency: Urgency, at: datetime) -> datetime | None:
    """Until when the supervisor has rung the ward: 15 minutes after the question, whatever the hour; None for questions
    that go in writing alone."""
    return at + RING_WITHIN if urgency is Urgency.IMMEDIATE else None


def due_at(urgency: Urgency, at: datetime, hours: WardHours = WARD_HOURS) -> datetime:
    """Until when the ward answers: 即時 and 当日 by the close of the day on which the question is taken up, 通常 by the
    close of the second business day after it."""
    day = hours.first_day(at)
    if urgency is Urgency.NORMAL:
        for _day in range(NORMAL_DAYS):
            day = next_business_day(day, hours.closures)
    return hours.closing(day)


def resumed(
    due: datetime, asked_back_at: datetime, replied_at: datetime, hours: WardHours = WARD_HOURS
) -> datetime:
    """Until when the ward answers after it asked back: the business days that the reply took are added."""
    if asked_back_at >= due:  # it was late already; asking back does not mend that
        return due
    day, day_of_reply = hours.first_day(asked_back_at), hours.first_day(replied_at)
    later = due.astimezone(JST).date()
    while day < day_of_reply:
        day, later = next_business_day(day, hours.closures), next_business_day(later, hours.closures)
    return max(due, hours.closing(later))

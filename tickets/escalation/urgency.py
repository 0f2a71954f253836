"""How urgent a question to the ward is, and until when it is answered; pure rules.

Source: docs/rules.md#escalation."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter import clock
from callcenter.business_time import OfficeHours, Span, Week


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


WEEKDAY = (Span(8 * 60 + 30, 17 * 60),)
WARD_HOURS = OfficeHours((Week(date(2020, 4, 1), (WEEKDAY, WEEKDAY, WEEKDAY, WEEKDAY, WEEKDAY, (), ())),))
"""When the ward's section answers, until a programme's own hours are known: 8:30 to 17:00 on business days."""


def fits(matter: Matter, urgency: Urgency) -> bool:
    """Whether a matter may be sent with this urgency: as urgent as its own, or more."""
    return RANK[urgency] >= RANK[URGENCIES[matter]]


def ring_by(urgency: Urgency, at: datetime) -> datetime | None:
    """Until when the supervisor has rung the ward: 15 minutes after the question, whatever the hour; None for questions
    that go in writing alone."""
    return at + RING_WITHIN if urgency is Urgency.IMMEDIATE else None


def due_at(urgency: Urgency, at: datetime, hours: OfficeHours = WARD_HOURS) -> datetime:
    """Until when the ward answers: 即時 and 当日 by the close of the day on which the question is taken up, 通常 by the
    close of the second business day after it. Raises NeverOpen."""
    return hours.end_of_business_day(at, NORMAL_DAYS if urgency is Urgency.NORMAL else 0)


def resumed(
    due: datetime, asked_back_at: datetime, replied_at: datetime, hours: OfficeHours = WARD_HOURS
) -> datetime:
    """Until when the ward answers after it asked back: the business days that the reply took are added.

    Raises NeverOpen."""
    if asked_back_at >= due:  # it was late already; asking back does not mend that
        return due
    day, day_of_reply = hours.business_day_of(asked_back_at), hours.business_day_of(replied_at)
    days = 0
    while day < day_of_reply:
        day, days = hours.nth_business_day(day, 1), days + 1
    if not days:
        return due
    return max(due, hours.closing(hours.nth_business_day(clock.japan(due).date(), days)))

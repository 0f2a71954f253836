"""The tray of questions to the ward: what waits for whom, the most urgent first; and how timely the ward answers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from tickets.escalation.escalation import Escalation, EscalationState
from tickets.records.ticket import Ticket

MOST = 200


class Shown(StrEnum):
    """Which questions the tray shows."""

    OPEN = "open"
    WARD = "ward"
    OFFICE = "office"
    SETTLED = "settled"


S = EscalationState
STATES = {
    Shown.OPEN: (S.WITH_WARD, S.ASKED_BACK, S.ANSWERED),
    Shown.WARD: (S.WITH_WARD,),
    Shown.OFFICE: (S.ASKED_BACK, S.ANSWERED),
    Shown.SETTLED: (S.TOLD, S.WITHDRAWN),
}


def questions(person: Staff, shown: Shown) -> list[Escalation]:
    """Questions that the person may see: open ones by urgency and time, settled ones the newest first."""
    query = Escalation.visible_to(person).where(Escalation.state.in_(STATES[shown]))
    query = query.options(joinedload(Escalation.ticket), joinedload(Escalation.application))
    rung = case((and_(Escalation.ring_by.is_not(None), Escalation.rung_at.is_(None)), 0), else_=1)
    order = (
        (Escalation.raised_at.desc(),) if shown is Shown.SETTLED else (rung, Escalation.due_at, Escalation.id)
    )
    return list(db.session.scalars(query.order_by(*order).limit(MOST)))


def to_ring(person: Staff) -> list[Escalation]:
    """即時 questions about which the ward was not rung yet, the oldest first."""
    query = Escalation.visible_to(person).where(
        Escalation.ring_by.is_not(None),
        Escalation.rung_at.is_(None),
        Escalation.state.in_((S.WITH_WARD, S.ASKED_BACK)),
    )
    return list(db.session.scalars(query.order_by(Escalation.ring_by)))


def waiting_for(person: Staff, *, limit: int) -> list[Escalation]:
    """What this person owes the next word on: the ward its answers; a supervisor the calls to the ward, and with them
    every agent what came back on tickets of their own or that they asked."""
    if person.may(Permission.ESCALATIONS_ANSWER):
        return questions(person, Shown.WARD)[:limit]
    rows = to_ring(person) if person.may(Permission.ESCALATIONS_ENTER) else []
    mine = or_(Ticket.owner_id == person.id, Escalation.raised_by_id == person.id)
    query = Escalation.visible_to(person).where(Escalation.state.in_(STATES[Shown.OFFICE]), mine)
    return [*rows, *db.session.scalars(query.order_by(Escalation.due_at))][:limit]


def of_ticket(ticket: Ticket) -> list[Escalation]:
    """The questions of a ticket, oldest first."""
    query = select(Escalation).where(Escalation.ticket_id == ticket.id)
    return list(db.session.scalars(query.order_by(Escalation.raised_at, Escalation.id)))


@dataclass(frozen=True)
class Timeliness:
    """How many questions came due, and how many of them the ward answered in time."""

    due: int
    in_time: int

    @property
    def share(self) -> float | None:
        """In time of due, 0 to 1; None when nothing came due."""
        return self.in_time / self.due if self.due else None


def timeliness(periods: Sequence[uuid.UUID], start: datetime, end: datetime) -> Timeliness:
    """Of the questions asked in a span (start <= t < end): those answered, or overdue now, and those in time."""
    late = and_(Escalation.state == S.WITH_WARD, Escalation.due_at < clock.now())
    came_due = or_(Escalation.answered_at.is_not(None), late)
    in_time = case((Escalation.answered_at <= Escalation.due_at, 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(in_time), 0)).where(
        Escalation.period_id.in_(periods),
        Escalation.raised_at >= start,
        Escalation.raised_at < end,
        Escalation.state != S.WITHDRAWN,
        came_due,
    )
    return Timeliness(*db.session.execute(query).one())


def last_days(days: int) -> tuple[datetime, datetime]:
    """The span of the last so many days, until now."""
    return clock.now() - timedelta(days=days), clock.now()

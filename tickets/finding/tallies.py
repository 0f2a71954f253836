"""What is counted beside places of the desk: what waits for a person, for nobody, for everybody."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import case, func, select

from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.live.tallies import Answer, Counted, Periods, Question, Tally, everybodys, mine, nobodys
from callcenter.live.topics import Topic
from callcenter.permissions import Permission
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Mention, Note
from tickets.records.ticket import Ticket

_ticket, _contact, _due = Ticket.__table__.c, Contact.__table__.c, FollowUp.__table__.c


def _in_hand(periods: Periods, _day: date) -> Answer:
    """Tickets that are not closed, by owner. Those of an unfinished import are counted apart and taken off, so that
    an index alone counts the rest."""
    every = (
        select(_ticket.owner_id, func.count())
        .where(_ticket.period_id.in_(periods), Ticket.is_unclosed())
        .group_by(_ticket.owner_id)
    )
    unfinished = list(db.session.scalars(Ticket.unfinished()))
    found = Counter(_numbers(every))
    found.subtract(_numbers(every.where(_ticket.import_id.in_(unfinished))) if unfinished else {})
    return {owner: Counted(number) for owner, number in found.items()}


def _unsettled(periods: Periods, _day: date) -> Answer:
    """Contacts in the tray, by who took them."""
    query = select(_contact.handler_id, func.count(), func.min(_contact.received_at))
    query = query.where(_contact.period_id.in_(periods), _contact.settled_at.is_(None))
    rows = db.session.execute(query.group_by(_contact.handler_id))
    return {handler: Counted(number, oldest) for handler, number, oldest in rows}


def _promised(periods: Periods, day: date) -> Answer:
    """Follow-ups that are due by the end of the day, by who promised; the mark counts all that are open."""
    due = func.sum(case((_due.due_on <= day, 1), else_=0))
    query = select(_due.owner_id, due, func.count()).join(Ticket, _ticket.id == _due.ticket_id)
    query = query.where(_due.done_at.is_(None), _ticket.period_id.in_(periods), Ticket.is_valid())
    rows = db.session.execute(query.group_by(_due.owner_id))
    return {owner: Counted(number, every) for owner, number, every in rows}


def _called(periods: Periods, _day: date) -> Answer:
    """Notes that call a person and were not seen."""
    query = (
        select(Mention.staff_id, func.count())
        .join(Note, Note.id == Mention.note_id)
        .join(Ticket, _ticket.id == Note.ticket_id)
        .where(Mention.seen_at.is_(None), _ticket.period_id.in_(periods), Ticket.is_valid())
        .group_by(Mention.staff_id)
    )
    return {whom: Counted(number) for whom, number in _numbers(query).items()}


def _numbers(query: Any) -> dict[uuid.UUID | None, int]:
    return {row[0]: row[1] for row in db.session.execute(query)}


IN_HAND = Question(_in_hand, frozenset({Topic.TICKETS}))
UNSETTLED = Question(_unsettled, frozenset({Topic.TRAY}))
PROMISED = Question(_promised, frozenset({Topic.FOLLOW_UPS}))
CALLED = Question(_called, frozenset({Topic.MENTIONS}))

P = Permission
TALLIES = (
    Tally("mine", P.TICKETS_READ, IN_HAND, mine),
    Tally("unassigned", P.TICKETS_READ, IN_HAND, nobodys),
    Tally("waiting", P.CONTACTS_READ, UNSETTLED, everybodys),
    Tally("calls", P.CONTACTS_WRITE, UNSETTLED, mine),
    Tally("promises", P.TICKETS_READ, PROMISED, mine),
    Tally("called", P.TICKETS_READ, CALLED, mine),
)
"""By name, as pages follow them: `data-live="mine"`, `data-count="mine"`."""

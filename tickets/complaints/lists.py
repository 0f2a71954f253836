"""The list of complaints: what is being worked on, what waits for approval, what is settled."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter.db import db
from callcenter.people.staff import Staff
from tickets.complaints.complaint import Complaint, ComplaintKind, ComplaintState
from tickets.records.ticket import Ticket

MOST = 200


class Shown(StrEnum):
    """Which complaints the list shows."""

    OPEN = "open"
    TO_APPROVE = "to_approve"
    SETTLED = "settled"


S = ComplaintState
STATES = {
    Shown.OPEN: (S.OPEN,),
    Shown.TO_APPROVE: (S.TO_APPROVE,),
    Shown.SETTLED: (S.CLOSED, S.WITHDRAWN),
}


def complaints(person: Staff, shown: Shown, kind: ComplaintKind | None = None) -> list[Complaint]:
    """Complaints that the person may see: those to be called about first, settled ones the newest first."""
    query = Complaint.visible_to(person).where(Complaint.state.in_(STATES[shown]))
    query = query.options(joinedload(Complaint.ticket), joinedload(Complaint.owner))
    if kind is not None:
        query = query.where(Complaint.kind == kind)
    first = Complaint.received_at.desc() if shown is Shown.SETTLED else Complaint.received_at
    called = Complaint.called_at.is_not(None)
    return list(db.session.scalars(query.order_by(called, first, Complaint.id).limit(MOST)))


def of_ticket(ticket: Ticket) -> list[Complaint]:
    """The complaints of a ticket, oldest first."""
    query = select(Complaint).where(Complaint.ticket_id == ticket.id).options(joinedload(Complaint.owner))
    return list(db.session.scalars(query.order_by(Complaint.received_at, Complaint.id)))

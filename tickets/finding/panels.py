"""What the pages of applications and callers show of tickets: the cases about them, and how many are open."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import func, select

from callcenter.applications import panels as application_panels
from callcenter.applications.models import Application
from callcenter.db import db
from callcenter.people import panels as caller_panels
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from tickets.records.changes import TicketApplication
from tickets.records.consultation import Consultation
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket
from tickets.signs.blueprint import ticket_url
from tickets.signs.labels import STATE_TONES, STATES, when

MOST = 50


def register() -> None:
    """Hang the panels and marks; the roof calls this."""
    application_panels.register_panel("tickets", of_application)
    caller_panels.register_panel("tickets", of_caller)
    caller_panels.register_mark("tickets", open_cases)


def of_application(application: Application, person: Staff) -> Markup | None:
    """The tickets about an application, the newest first."""
    linked = select(TicketApplication.ticket_id).where(
        TicketApplication.application_id == application.id, TicketApplication.unlinked_at.is_(None)
    )
    return _panel(person, Ticket.id.in_(linked))


def of_caller(caller: Caller, person: Staff) -> Markup | None:
    """The tickets in which a caller, or one merged into it, stands; the newest first."""
    ids = [member.id for member in caller.family]
    filed = select(Consultation.ticket_id).where(Consultation.caller_id.in_(ids))
    return _panel(person, Ticket.caller_id.in_(ids) | Ticket.id.in_(filed))


def open_cases(callers: Sequence[Caller], person: Staff) -> dict[uuid.UUID, list[str]]:
    """「未完了 2件」 for callers who have open tickets; one query."""
    if not person.may(Permission.TICKETS_READ):
        return {}
    of_family = {member.id: caller.id for caller in callers for member in caller.family}
    query = (
        select(Ticket.caller_id, Ticket.period_id, func.count())
        .where(*_valid(person), Ticket.caller_id.in_(of_family), Ticket.state != TicketState.CLOSED)
        .group_by(Ticket.caller_id, Ticket.period_id)
    )
    found: dict[uuid.UUID, int] = {}
    for caller_id, period_id, count in db.session.execute(query):
        if caller_id is not None and period_id in person.period_ids:
            found[of_family[caller_id]] = found.get(of_family[caller_id], 0) + count
    return {caller_id: [f"未完了 {count}件"] for caller_id, count in found.items()}


def _panel(person: Staff, which: Any) -> Markup | None:
    if not person.may(Permission.TICKETS_READ):
        return None
    query = select(Ticket).where(*_valid(person), which).order_by(Ticket.opened_at.desc()).limit(MOST)
    rows = [
        {
            "url": ticket_url(ticket),
            "label": ticket.label,
            "subject": ticket.subject,
            "state": STATES[ticket.state],
            "tone": STATE_TONES[ticket.state],
            "opened": when(ticket.opened_at),
        }
        for ticket in db.session.scalars(query)
        if ticket.period_id in person.period_ids
    ]
    return Markup(render_template("tickets/_of_record.html", rows=rows))  # noqa: S704 (a template of ours)


def _valid(person: Staff) -> Sequence[Any]:
    """What makes a ticket visible, but for its period, which is looked at row by row: asked for by the period, SQLite
    goes through all tickets of the year instead of those of the caller."""
    return Ticket.visibility(person)[1:]

"""Contacts and consultations in the JSON API: what came in, kept first, and filed to a ticket as on the desk."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter import clock
from callcenter.api.operations import Asked, Made, Nouns
from callcenter.api.paging import PARAMETERS, shape
from callcenter.api.schemas import Shape, flag, formatted, moment, one_of, text
from callcenter.contacts import Channel, Contact
from callcenter.db import db
from callcenter.people import sessions
from callcenter.people.callers import Relation
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy.actions import Action
from tickets.api import finding, shapes
from tickets.api.finding import PROGRAMME, contact_with, of_visible_ticket, ticket_with
from tickets.api.refusals import pointing
from tickets.calls.filing import Filing, file
from tickets.records.consultation import Consultation, Outcome
from tickets.records.ticket import Ticket

nouns = Nouns("consultations_api", __name__)

ARRIVED: dict[str, Shape] = {
    **PARAMETERS,
    "channel": one_of([each.value for each in Channel]),
    "unsettled": flag(description="まだ整理していないものだけ", default=False),
    "received_since": formatted("date-time"),
}
CONSULTED: dict[str, Shape] = {
    **PARAMETERS,
    "outcome": one_of([each.value for each in Outcome]),
    "handler": text(40, description="応対者のサインイン名"),
    "received_since": formatted("date-time"),
    "received_before": formatted("date-time"),
}


@nouns.operation(
    "GET",
    "/contacts",
    gives=shape("contacts", shapes.CONTACT),
    parameters=ARRIVED,
    summary="受けた連絡（新しく作られた順、番号とアドレスは伏せる）",
)
@allow(Permission.CONTACTS_READ)
def contacts(asked: Asked) -> dict[str, Any]:
    """Contacts that a person may see."""
    query = asked.query
    wanted = Contact.visible_to(sessions.current()).options(*finding.OF_CONTACT)
    if "channel" in query:
        wanted = wanted.where(Contact.channel == Channel(query["channel"]))
    if query["unsettled"]:
        wanted = wanted.where(Contact.settled_at.is_(None))
    if "received_since" in query:
        wanted = wanted.where(Contact.received_at >= moment(query["received_since"]))
    rows, following = finding.listed("contacts", wanted, Contact.id, query)
    return {"contacts": [shapes.contact_body(row) for row in rows], "next": following}


@nouns.operation("GET", "/contacts/<uuid:contact_id>", gives=shapes.CONTACT, summary="受けた連絡")
@allow(Permission.CONTACTS_READ)
def contact(asked: Asked, contact_id: uuid.UUID) -> dict[str, Any]:
    """One contact."""
    row = contact_with(contact_id)
    finding.viewed(Action.CONTACT_VIEWED, row)
    return shapes.contact_body(row)


@nouns.operation(
    "POST",
    "/contacts",
    status=201,
    gives=shapes.CONTACT,
    body=shapes.NEW_CONTACT,
    most_bytes=shapes.MOST_BYTES,
    parameters=PROGRAMME,
    creates=True,
    summary="連絡を受けたまま残す（整理はあとから）",
)
@allow(Permission.CONTACTS_WRITE)
def receive_contact(asked: Asked) -> Made:
    """Keep what came in before it is understood."""
    me, body, programme = sessions.current(), asked.body, finding.one_programme(asked.query)
    received_at = moment(body["received_at"]) if "received_at" in body else clock.now()
    day = clock.japan(min(received_at, clock.now())).date()
    with pointing("/received_at"):
        row = Contact.receive(
            finding.period_on(programme, day, "/received_at"),
            Channel(body["channel"]),
            by=me,
            handler=me,
            received_at=received_at,
            from_number=body.get("from_number"),
            from_mail=body.get("from_mail"),
            subject=body.get("subject"),
            body=body.get("body"),
        )
    db.session.flush()
    return Made("consultations_api.contact", contact_id=row.id)


@nouns.operation(
    "GET",
    "/consultations",
    gives=shape("consultations", shapes.CONSULTATION),
    parameters=CONSULTED,
    summary="相談の記録（新しく作られた順）",
)
@allow(Permission.TICKETS_READ)
def consultations(asked: Asked) -> dict[str, Any]:
    """Consultations of tickets that a person may see."""
    query = asked.query
    wanted = _visible()
    if "outcome" in query:
        wanted = wanted.where(Consultation.outcome == Outcome(query["outcome"]))
    if "handler" in query:
        named = select(Staff.id).where(Staff.sign_in_name == query["handler"])
        wanted = wanted.where(Consultation.handler_id.in_(named))
    if "received_since" in query:
        wanted = wanted.where(Consultation.received_at >= moment(query["received_since"]))
    if "received_before" in query:
        wanted = wanted.where(Consultation.received_at < moment(query["received_before"]))
    return _page(wanted, query)


@nouns.operation(
    "GET",
    "/tickets/<uuid:ticket_id>/consultations",
    gives=shape("consultations", shapes.CONSULTATION),
    parameters=PARAMETERS,
    summary="チケットの相談の記録（新しく作られた順）",
)
@allow(Permission.TICKETS_READ)
def ticket_consultations(asked: Asked, ticket_id: uuid.UUID) -> dict[str, Any]:
    """The consultations of a ticket."""
    return _page(_visible().where(Consultation.ticket_id == ticket_with(ticket_id).id), asked.query)


@nouns.operation(
    "GET", "/consultations/<uuid:consultation_id>", gives=shapes.CONSULTATION, summary="相談の記録"
)
@allow(Permission.TICKETS_READ)
def consultation(asked: Asked, consultation_id: uuid.UUID) -> dict[str, Any]:
    """One consultation."""
    row = of_visible_ticket(Consultation, consultation_id, _("この相談は見つかりません。"))
    finding.looked_at("consultations", [row.id])
    return shapes.consultation_body(row)


@nouns.operation(
    "POST",
    "/contacts/<uuid:contact_id>/consultations",
    status=201,
    gives=shapes.CONSULTATION,
    body=shapes.NEW_CONSULTATION,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    summary="連絡を相談としてチケットに記録する",
    description="ticket を書かないと新しいチケットになります。本人確認の段階は、この連絡で記録されたものです。",
)
@allow(Permission.TICKETS_WRITE)
def file_contact(asked: Asked, contact_id: uuid.UUID) -> Made:
    """File a contact, by the rules of the call screen."""
    row, body = contact_with(contact_id, to_change=True), asked.body
    ticket = ticket_with(uuid.UUID(body["ticket"]), to_change=True) if body.get("ticket") else None
    filing = Filing(
        content=body["content"],
        answer=body.get("answer"),
        subject=body.get("subject", ""),
        category=finding.category_named(body.get("category", ""), row.programme_id),
        outcome=Outcome(body["outcome"]),
        relation=Relation(body.get("relation", Relation.UNKNOWN)),
        ticket=ticket,
        is_finished=body.get("finished", True),
    )
    with pointing("/content"):
        made = file(row, filing, by=sessions.current())
    db.session.flush()
    return Made("consultations_api.consultation", consultation_id=made.id)


def _visible() -> Any:
    tickets = select(Ticket.id).where(*Ticket.visibility(sessions.current()))
    return select(Consultation).where(Consultation.ticket_id.in_(tickets)).options(*finding.OF_CONSULTATION)


def _page(wanted: Any, query: dict[str, Any]) -> dict[str, Any]:
    rows, following = finding.listed("consultations", wanted, Consultation.id, query)
    return {"consultations": [shapes.consultation_body(row) for row in rows], "next": following}

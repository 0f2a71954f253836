"""Tickets in the JSON API, with their notes and follow-ups: read, opened and moved by the same rules as on the desk."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from callcenter import clock
from callcenter.api.conditions import require_match
from callcenter.api.operations import Asked, Made, Nouns
from callcenter.api.paging import PARAMETERS, shape
from callcenter.api.schemas import Shape, flag, formatted, moment, one_of, text
from callcenter.db import db
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy.actions import Action
from tickets.api import finding, shapes
from tickets.api.finding import PROGRAMME, of_visible_ticket, ticket_with
from tickets.api.refusals import pointing
from tickets.finding import lists
from tickets.records.categories import Tree
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Note
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket

nouns = Nouns("tickets_api", __name__)

FILTERS: dict[str, Shape] = {
    **PARAMETERS,
    **PROGRAMME,
    "state": one_of(
        [*(state.value for state in TicketState), "unclosed"], description="unclosed: 完了のほか"
    ),
    "owner": text(40, description="担当のサインイン名。none: 担当なし"),
    "category": text(shapes.LONGEST_PATH, description="この区分と、その下"),
    "updated_since": formatted("date-time", description="この日時からあとに変わったもの"),
}
PROMISES: dict[str, Shape] = {
    **PARAMETERS,
    "owner": text(40, description="担当のサインイン名"),
    "done": flag(default=False),
    "due_to": formatted("date", description="この日までのもの"),
}


@nouns.operation(
    "GET",
    "/tickets",
    gives=shape("tickets", shapes.TICKET),
    parameters=FILTERS,
    summary="チケット（新しく作られた順）",
)
@allow(Permission.TICKETS_READ)
def tickets(asked: Asked) -> dict[str, Any]:
    """Tickets that a person may see, the newest first."""
    me, query = sessions.current(), asked.query
    ids = [one.id for one in finding.programmes(query)]
    wanted = Ticket.visible_to(me).where(Ticket.programme_id.in_(ids)).options(*finding.OF_TICKET)
    if query.get("state") == "unclosed":
        wanted = wanted.where(Ticket.is_unclosed())
    elif "state" in query:
        wanted = wanted.where(Ticket.state == TicketState(query["state"]))
    if "owner" in query:
        named = select(Staff.id).where(Staff.sign_in_name == query["owner"])
        nobody = query["owner"] == "none"
        wanted = wanted.where(Ticket.owner_id.is_(None) if nobody else Ticket.owner_id.in_(named))
    if query.get("category"):
        top = Tree.of(tuple(ids)).named(query["category"])
        within = [found for one in top for found in lists.below(one.id, me)]
        wanted = wanted.where(Ticket.category_id.in_(within))
    if "updated_since" in query:
        wanted = wanted.where(Ticket.updated_at >= moment(query["updated_since"]))
    rows, following = finding.listed("tickets", wanted, Ticket.id, query)
    return {"tickets": [shapes.ticket_body(row) for row in rows], "next": following}


@nouns.operation("GET", "/tickets/<uuid:ticket_id>", gives=shapes.TICKET, summary="チケット")
@allow(Permission.TICKETS_READ)
def ticket(asked: Asked, ticket_id: uuid.UUID) -> dict[str, Any]:
    """One ticket."""
    row = ticket_with(ticket_id)
    finding.viewed(Action.TICKET_VIEWED, row)
    return shapes.ticket_body(row)


@nouns.operation(
    "POST",
    "/tickets",
    status=201,
    gives=shapes.TICKET,
    body=shapes.NEW_TICKET,
    parameters=PROGRAMME,
    creates=True,
    summary="新しいチケット",
)
@allow(Permission.TICKETS_WRITE)
def open_ticket(asked: Asked) -> Made:
    """A new case without a contact."""
    body, programme = asked.body, finding.one_programme(asked.query)
    period = finding.period_on(programme, clock.today())
    caller = finding.caller_with(body.get("caller"), period)
    with pointing():
        row = Ticket.open(
            period,
            by=sessions.current(),
            subject=body["subject"],
            category=finding.category_named(body.get("category", ""), programme.id),
            priority=Priority(body.get("priority", Priority.NORMAL)),
            owner=finding.owner_named(body.get("owner")),
            caller_id=caller.id if caller else None,
        )
    return _made(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/revisions",
    gives=shapes.TICKET,
    body=shapes.TICKET_REVISION,
    creates=True,
    matches=True,
    summary="件名・区分・優先度を直す",
)
@allow(Permission.TICKETS_WRITE)
def revise_ticket(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Correct what a ticket says of itself."""
    row, body = _to_change(asked, ticket_id)
    category = finding.category_named(body["category"], row.programme_id)
    with pointing():
        row.revise(
            by=sessions.current(),
            subject=body["subject"],
            category=category,
            priority=Priority(body["priority"]),
        )
    return _made(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/state-changes",
    gives=shapes.TICKET,
    body=shapes.STATE_CHANGE,
    creates=True,
    matches=True,
    summary="状態を変える",
    description="できない変え方には、いまできるものを答えます（impossible_transition）。",
)
@allow(Permission.TICKETS_WRITE)
def change_ticket_state(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Wait, close or reopen."""
    row, body = _to_change(asked, ticket_id)
    row.change_state(TicketState(body["state"]), by=sessions.current(), reason=body.get("reason"))
    return _made(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/assignments",
    gives=shapes.TICKET,
    body=shapes.ASSIGNMENT,
    creates=True,
    matches=True,
    summary="担当を決める（自分が引き受けるのは誰でも、ほかの人は責任者だけ）",
)
@allow(Permission.TICKETS_WRITE)
def assign_ticket(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Give it to a person, a team, or back to nobody."""
    row, body = _to_change(asked, ticket_id)
    owner = finding.owner_named(body["owner"], before=row.owner_id)
    team = finding.team_named(body["team"], row.programme_id) if "team" in body else row.team
    with pointing("/owner"):
        row.assign(by=sessions.current(), owner=owner, team=team, reason=body.get("reason"))
    return _made(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/application-links",
    gives=shapes.TICKET,
    body=shapes.APPLICATION_LINK,
    creates=True,
    summary="申請と結ぶ",
)
@allow(Permission.TICKETS_WRITE)
def link_ticket_application(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Say that a case is about an application."""
    row = ticket_with(ticket_id, to_change=True)
    application = finding.application_named(asked.body["number"])
    with pointing("/number"):
        row.link(application, by=sessions.current())
    return _made(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/application-unlinks",
    gives=shapes.TICKET,
    body=shapes.APPLICATION_LINK,
    creates=True,
    summary="申請との結び付けを外す",
)
@allow(Permission.TICKETS_WRITE)
def unlink_ticket_application(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Take a link back."""
    row = ticket_with(ticket_id, to_change=True)
    row.unlink(finding.application_named(asked.body["number"]), by=sessions.current())
    return _made(row)


# --- notes -----------------------------------------------------------------------------------------------


@nouns.operation(
    "GET",
    "/tickets/<uuid:ticket_id>/notes",
    gives=shape("notes", shapes.NOTE),
    parameters=PARAMETERS,
    summary="チケットのメモ（新しい順）",
)
@allow(Permission.TICKETS_READ)
def ticket_notes(asked: Asked, ticket_id: uuid.UUID) -> dict[str, Any]:
    """The notes of a ticket."""
    query = select(Note).where(Note.ticket_id == ticket_with(ticket_id).id).options(joinedload(Note.by))
    rows, following = finding.listed("notes", query, Note.id, asked.query)
    return {"notes": [shapes.note_body(row) for row in rows], "next": following}


@nouns.operation("GET", "/notes/<uuid:note_id>", gives=shapes.NOTE, summary="メモ")
@allow(Permission.TICKETS_READ)
def note(asked: Asked, note_id: uuid.UUID) -> dict[str, Any]:
    """One note."""
    row = of_visible_ticket(Note, note_id, _("このメモは見つかりません。"))
    finding.looked_at("notes", [row.id])
    return shapes.note_body(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/notes",
    status=201,
    gives=shapes.NOTE,
    body=shapes.NEW_NOTE,
    most_bytes=shapes.MOST_BYTES,
    creates=True,
    summary="メモを書く",
)
@allow(Permission.TICKETS_WRITE)
def write_note(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """An internal note."""
    row, body = ticket_with(ticket_id, to_change=True), asked.body
    with pointing("/text"):
        made = Note.write(row, by=sessions.current(), text=body["text"])
    db.session.flush()
    return Made("tickets_api.note", note_id=made.id)


# --- follow-ups ------------------------------------------------------------------------------------------


@nouns.operation(
    "GET",
    "/follow-ups",
    gives=shape("follow_ups", shapes.FOLLOW_UP),
    parameters=PROMISES,
    summary="予定（新しく作られた順）",
)
@allow(Permission.TICKETS_READ)
def follow_ups(asked: Asked) -> dict[str, Any]:
    """Promises on tickets that a person may see."""
    query = asked.query
    tickets = select(Ticket.id).where(*Ticket.visibility(sessions.current()))
    wanted = select(FollowUp).where(FollowUp.ticket_id.in_(tickets)).options(joinedload(FollowUp.owner))
    wanted = wanted.where(FollowUp.done_at.is_not(None) if query["done"] else FollowUp.done_at.is_(None))
    if "owner" in query:
        wanted = wanted.where(
            FollowUp.owner_id.in_(select(Staff.id).where(Staff.sign_in_name == query["owner"]))
        )
    if "due_to" in query:
        wanted = wanted.where(FollowUp.due_on <= date.fromisoformat(query["due_to"]))
    rows, following = finding.listed("follow_ups", wanted, FollowUp.id, query)
    return {"follow_ups": [shapes.follow_up_body(row) for row in rows], "next": following}


@nouns.operation("GET", "/follow-ups/<uuid:follow_up_id>", gives=shapes.FOLLOW_UP, summary="予定")
@allow(Permission.TICKETS_READ)
def follow_up(asked: Asked, follow_up_id: uuid.UUID) -> dict[str, Any]:
    """One promise."""
    row = _promise(follow_up_id)
    finding.looked_at("follow_ups", [row.id])
    return shapes.follow_up_body(row)


@nouns.operation(
    "POST",
    "/tickets/<uuid:ticket_id>/follow-ups",
    status=201,
    gives=shapes.FOLLOW_UP,
    body=shapes.NEW_FOLLOW_UP,
    creates=True,
    summary="予定を入れる",
)
@allow(Permission.TICKETS_WRITE)
def add_ticket_follow_up(asked: Asked, ticket_id: uuid.UUID) -> Made:
    """Promise a next step by a day; without an owner it is whoever asks."""
    me, row, body = sessions.current(), ticket_with(ticket_id, to_change=True), asked.body
    owner = finding.owner_named(body.get("owner"), before=None)
    with pointing("/text"):
        made = row.follow_up(date.fromisoformat(body["due_on"]), body["text"], by=me, owner=owner)
    db.session.flush()
    return Made("tickets_api.follow_up", follow_up_id=made.id)


@nouns.operation(
    "POST",
    "/follow-ups/<uuid:follow_up_id>/completions",
    gives=shapes.FOLLOW_UP,
    creates=True,
    summary="予定を完了にする",
)
@allow(Permission.TICKETS_WRITE)
def complete_ticket_follow_up(asked: Asked, follow_up_id: uuid.UUID) -> Made:
    """Done."""
    row = _promise(follow_up_id)
    row.complete(by=sessions.current())
    return Made("tickets_api.follow_up", follow_up_id=row.id)


def _promise(follow_up_id: uuid.UUID) -> FollowUp:
    found: FollowUp = of_visible_ticket(FollowUp, follow_up_id, _("この予定は見つかりません。"))
    return found


def _to_change(asked: Asked, ticket_id: uuid.UUID) -> tuple[Ticket, Any]:
    """The ticket and what is asked of it, when If-Match names what it says now."""
    row, body = ticket_with(ticket_id, to_change=True), asked.body
    require_match(shapes.ticket_body(row))
    return row, body


def _made(row: Ticket) -> Made:
    db.session.flush()
    return Made("tickets_api.ticket", ticket_id=row.id)

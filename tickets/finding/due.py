"""What is owed: follow-ups that are open, mentions nobody has read, calls that were interrupted."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from callcenter import clock
from callcenter.contacts import Contact
from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.privacy import vault
from tickets.records.drafts import Draft, DraftKind
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Mention, Note
from tickets.records.state import label
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import address

MOST = 100
EXCERPT = 60


@dataclass(frozen=True)
class Promise:
    """A follow-up as a list shows it: of its text the first line; the ticket has the rest."""

    id: uuid.UUID
    url: str
    label: str
    text: str
    subject: str
    owner: str
    due_on: date
    due: str
    tone: str


@dataclass(frozen=True)
class Call:
    """A note in which somebody was called by name."""

    id: uuid.UUID
    url: str
    label: str
    text: str
    who: str
    at: labels.When


@dataclass(frozen=True)
class Waiting:
    """A contact that stands in the tray."""

    id: uuid.UUID
    label: str
    channel: str
    icon: str
    received: labels.When
    handler: str
    saved: labels.When | None


def open_follow_ups(person: Staff, *, everybody: bool = False, limit: int = MOST) -> list[Promise]:
    """Open promises, the most urgent first: a person's own, or those of everybody in the same programmes."""
    due, ticket = FollowUp.__table__.c, Ticket.__table__.c
    owner = Staff.__table__.c
    query = (
        select(
            due.id, due.group_id, due.text, due.due_on, ticket.id.label("ticket_id"), ticket.number,
            ticket.programme_id, ticket.group_id.label("ticket_group"), ticket.subject,
            owner.id.label("owner_id"), owner.group_id.label("owner_group"), owner.name.label("owner_name"),
        )
        .join(Ticket.__table__, ticket.id == due.ticket_id)
        .outerjoin(Staff.__table__, owner.id == due.owner_id)
        .where(due.done_at.is_(None), *Ticket.visibility(person))
        .order_by(due.due_on, due.id)
        .limit(limit)
    )  # fmt: skip
    rows = db.session.execute(query if everybody else query.where(due.owner_id == person.id)).all()
    groups = {group for row in rows for group in (row.group_id, row.ticket_group, row.owner_group)}
    vault.prefetch(groups - {None})
    return [_promise(row, person) for row in rows]


def _promise(row: Any, person: Staff) -> Promise:
    days = (row.due_on - clock.today()).days
    return Promise(
        id=row.id,
        url=address(row.number, row.programme_id, person),
        label=label(row.number),
        text=(vault.open_value(FollowUp.text, FollowUp, row.id, row.group_id, row.text) or "").partition(
            "\n"
        )[0],
        subject=vault.open_value(Ticket.subject, Ticket, row.ticket_id, row.ticket_group, row.subject) or "",
        owner=_owner(row),
        due_on=row.due_on,
        due=labels.due(row.due_on),
        tone="late" if days < 0 else "wait" if days == 0 else "quiet",
    )


def _owner(row: Any) -> str:
    if row.owner_id is None:
        return _("担当なし")
    return vault.open_value(Staff.name, Staff, row.owner_id, row.owner_group, row.owner_name) or ""


def unseen_mentions(person: Staff, *, limit: int = 10) -> list[Call]:
    """Notes that call a person by name and were not looked at since, newest first."""
    query = (
        select(Mention.id, Note, Ticket.number, Ticket.programme_id)
        .join(Note, Note.id == Mention.note_id)
        .join(Ticket, Ticket.id == Note.ticket_id)
        .where(Mention.staff_id == person.id, Mention.seen_at.is_(None), *Ticket.visibility(person))
        .order_by(Note.written_at.desc())
        .limit(limit)
    )
    rows = db.session.execute(query).all()
    return [
        Call(
            id=mention_id,
            url=f"{address(number, programme_id, person)}#note-{note.id.hex}",
            label=label(number),
            text=_short(note.text),
            who=note.by.display_name if note.by else "",
            at=labels.when(note.written_at),
        )
        for mention_id, note, number, programme_id in rows
    ]


def mentions_seen(ticket: Ticket, person: Staff) -> None:
    """The person has the ticket open: what called them here has been read."""
    notes = select(Note.id).where(Note.ticket_id == ticket.id)
    mine = Mention.staff_id == person.id, Mention.seen_at.is_(None), Mention.note_id.in_(notes)
    db.session.execute(update(Mention).where(*mine).values(seen_at=clock.now()))


def tray(person: Staff, *, mine: bool = False, limit: int = MOST) -> list[Waiting]:
    """The tray 未整理, the oldest first; or the contacts that a person took and has not filed."""
    contact, handler, draft = Contact.__table__.c, Staff.__table__.c, Draft.__table__.c
    own_draft = (
        (draft.contact_id == contact.id) & (draft.staff_id == person.id) & (draft.kind == DraftKind.CALL)
    )
    query = (
        select(
            contact.id, contact.number, contact.channel, contact.received_at, draft.saved_at,
            handler.id.label("handler_id"), handler.group_id, handler.name,
        )
        .outerjoin(Staff.__table__, handler.id == contact.handler_id)
        .outerjoin(Draft.__table__, own_draft)
        .where(contact.period_id.in_(person.period_ids), contact.settled_at.is_(None))
        .order_by(contact.received_at, contact.id)
        .limit(limit)
    )  # fmt: skip
    rows = db.session.execute(query.where(contact.handler_id == person.id) if mine else query).all()
    vault.prefetch(row.group_id for row in rows if row.group_id)
    return [_waiting(row) for row in rows]


def _waiting(row: Any) -> Waiting:
    name = (
        vault.open_value(Staff.name, Staff, row.handler_id, row.group_id, row.name) if row.handler_id else ""
    )
    return Waiting(
        id=row.id,
        label=f"C-{row.number:06d}",
        channel=str(labels.CHANNELS[row.channel]),
        icon=labels.CHANNEL_ICONS[row.channel],
        received=labels.when(row.received_at),
        handler=name or "",
        saved=labels.when(row.saved_at) if row.saved_at else None,
    )


def tray_state(person: Staff) -> tuple[int, labels.When | None]:
    """How many contacts wait, and since when the oldest does."""
    query = select(func.count(), func.min(Contact.received_at)).where(
        Contact.period_id.in_(person.period_ids), Contact.settled_at.is_(None)
    )
    count, oldest = db.session.execute(query).one()
    return count, labels.when(oldest) if count else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"

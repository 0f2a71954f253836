"""Drafts: what somebody is typing, kept on the server as it is typed, until it is filed.

One draft a person, kind and record; see callcenter/drafts.py for who may save over whom."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.contacts import Contact
from callcenter.db import Choice, Row, add_if_new, db, new_id
from callcenter.drafts import Fields, Versioned, device, page_named
from callcenter.people.staff import Staff
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import Erase, belongs_to
from callcenter.privacy.vault import Grouped, seal_value, sealed
from tickets.records.consultation import Consultation
from tickets.records.ticket import Ticket


class DraftKind(StrEnum):
    """What is being written: a consultation on the call screen, a note, a correction."""

    CALL = "call"
    NOTE = "note"
    CORRECTION = "correction"


class Draft(Versioned, Grouped, Row):
    """What a person has typed and not filed."""

    __tablename__ = "draft"
    __unaudited__ = True
    __subject__ = belongs_to("contact_id", "ticket_id", erase=Erase.ROW, at="saved_at")
    __table_args__ = (UniqueConstraint("staff_id", "kind", "about_id"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[DraftKind] = mapped_column(Choice(DraftKind))
    about_id: Mapped[uuid.UUID] = mapped_column(index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ticket.id"))
    body: str = sealed(Item.CONSULTATION, nullable=False)

    @property
    def fields(self) -> Fields:
        """What was typed: field name → values."""
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Saved:
    """How a save went: `is_kept` False means that another device holds a newer version, which is in `draft`."""

    draft: Draft
    is_kept: bool


def draft_of(person: Staff, kind: DraftKind, about: uuid.UUID) -> Draft | None:
    """The draft that a person has for a record, if any."""
    query = select(Draft).where(Draft.staff_id == person.id, Draft.kind == kind, Draft.about_id == about)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def save(
    person: Staff,
    about: Contact | Ticket | Consultation,
    fields: Fields,
    *,
    seen: int,
    page: str,
    device: str,
) -> Saved:
    """Keep what was typed. `seen` is the version that the page knows (0: none), `page` names the open page.

    Nothing is kept when another page has saved a version that this one has not seen, unless the texts are equal."""
    kind, body = _kind(about), json.dumps(fields, ensure_ascii=False)
    known = draft_of(person, kind, about.id)
    if known is None and not _insert(person, kind, about, body, page, device):
        known = draft_of(person, kind, about.id)
    if known is None:
        made = draft_of(person, kind, about.id)
        assert made is not None
        return Saved(made, True)
    if known.fields == fields:
        return Saved(known, True)
    if known.is_newer_than(seen, page):
        return Saved(known, False)
    return Saved(known, _replace(known, body, page, device))


def discard(about: uuid.UUID, person: Staff | None = None) -> None:
    """Forget the drafts for a record (of one person, or of all): it is filed, closed or thrown away."""
    statement = delete(Draft).where(Draft.about_id == about)
    db.session.execute(statement if person is None else statement.where(Draft.staff_id == person.id))


def drafts_of(person: Staff, kind: DraftKind) -> list[Draft]:
    """Everything of a kind that a person has begun and not filed, newest first."""
    query = select(Draft).where(Draft.staff_id == person.id, Draft.kind == kind)
    return list(db.session.scalars(query.order_by(Draft.saved_at.desc())))


def _kind(about: Contact | Ticket | Consultation) -> DraftKind:
    if isinstance(about, Contact):
        return DraftKind.CALL
    return DraftKind.NOTE if isinstance(about, Ticket) else DraftKind.CORRECTION


def _insert(
    person: Staff, kind: DraftKind, about: Contact | Ticket | Consultation, body: str, page: str, device: str
) -> bool:
    row_id = new_id()
    return add_if_new(
        Draft,
        id=row_id,
        group_id=about.group_id,
        staff_id=person.id,
        kind=kind,
        about_id=about.id,
        contact_id=None if isinstance(about, Ticket) else getattr(about, "contact_id", about.id),
        ticket_id=about.id if isinstance(about, Ticket) else None,
        version=1,
        saved_at=clock.now(),
        page=page,
        device=device,
        _body=seal_value(Draft.body, Draft, row_id, about.group_id, body),
    )


def _replace(known: Draft, body: str, page: str, device: str) -> bool:
    """Write the next version if nobody else did meanwhile."""
    sealed_body = seal_value(Draft.body, Draft, known.id, known.group_id, body)
    values = {"version": known.version + 1, "saved_at": clock.now(), "page": page, "device": device}
    statement = update(Draft).where(Draft.id == known.id, Draft.version == known.version)
    done = db.session.execute(statement.values({**values, "_body": sealed_body}))
    db.session.expire(known)
    return bool(done.rowcount)  # type: ignore[attr-defined]


__all__ = [
    "Draft",
    "DraftKind",
    "Fields",
    "Saved",
    "device",
    "discard",
    "draft_of",
    "drafts_of",
    "page_named",
    "save",
]


def saved_at(draft: Draft | None) -> str | None:
    """10:42, for the line that says how safe the text is."""
    return f"{clock.japan(draft.saved_at):%H:%M}" if draft else None

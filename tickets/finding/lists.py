"""Lists of tickets: a page of rows, newest first, with what a row shows and nothing more, read in as few questions as
can be. The exact total is a question of its own, asked beside the page."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select, union_all

from callcenter import clock
from callcenter.contacts import Channel, Contact
from callcenter.db import db
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.privacy import audit, mask, vault
from callcenter.privacy.actions import Action
from tickets.records.categories import Category
from tickets.records.consultation import Consultation
from tickets.records.state import PRIORITIES, STATES, Priority, TicketState, label
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import address

PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ticket, _caller, _owner = Ticket.__table__.c, Caller.__table__.c, Staff.__table__.c


class Wanted(StrEnum):
    """Which states a list shows; UNCLOSED is all but closed."""

    UNCLOSED = "unclosed"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; None leaves open. `owner` "none" is nobody."""

    state: Wanted | None = None
    owner: uuid.UUID | str | None = None
    category: tuple[uuid.UUID, ...] = ()
    team: uuid.UUID | None = None
    priority: Priority | None = None
    channel: Channel | None = None
    opened_from: date | None = None
    opened_to: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.state is Wanted.UNCLOSED:
            found.append(Ticket.is_unclosed())
        elif self.state:
            found.append(_ticket.state == TicketState(self.state.value))
        if self.owner:
            found.append(
                _ticket.owner_id.is_(None) if self.owner == "none" else _ticket.owner_id == self.owner
            )
        if self.category:
            found.append(_ticket.category_id.in_(self.category))
        if self.team:
            found.append(_ticket.team_id == self.team)
        if self.priority:
            found.append(_ticket.priority == self.priority)
        if self.opened_from:
            found.append(_ticket.opened_at >= clock.day_bounds(self.opened_from)[0])
        if self.opened_to:
            found.append(_ticket.opened_at < clock.day_bounds(self.opened_to)[1])
        if self.channel:
            found.append(_reached_by(self.channel))
        return found


def _reached_by(channel: Channel) -> ColumnElement[bool]:
    contacts = select(Consultation.id).join(Contact, Contact.id == Consultation.contact_id)
    return contacts.where(Consultation.ticket_id == _ticket.id, Contact.channel == channel).exists()


@dataclass(frozen=True)
class Place:
    """Where a page begins or ends: before or after this moment and id."""

    at: datetime
    id: uuid.UUID

    @property
    def mark(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1):x}-{self.id.hex}"

    @classmethod
    def read(cls, mark: str | None) -> Place | None:
        """The place that a mark names; None for no mark and for what is none."""
        moment, _dash, row = (mark or "").partition("-")
        try:
            return cls(EPOCH + timedelta(microseconds=int(moment, 16)), uuid.UUID(row))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True)
class Row:
    """A ticket as a list shows it; the caller's name is masked."""

    id: uuid.UUID
    url: str
    label: str
    subject: str
    about: str
    state: str
    tone: str
    priority: str
    level: str
    owner: str
    opened: labels.When


@dataclass(frozen=True)
class Page:
    """Rows, newest first, and the marks of the pages beside this one."""

    rows: list[Row]
    newer: str | None
    older: str | None
    newest: str | None
    """The mark of the first row, where the page begins with the newest."""


def page(
    person: Staff, narrowed: Filter, *, before: str | None = None, after: str | None = None, size: int = PAGE
) -> Page:
    """A page of the list: from the newest, or older than `before`, or newer than `after`. Written down as one look."""
    start, end = Place.read(before), Place.read(after)
    is_backwards = end is not None and start is None
    found: Sequence[Any] = []
    if person.period_ids:
        question = _question(person.period_ids, narrowed, start, end if is_backwards else None, size + 1)
        found = db.session.execute(question).all()
    more, found = len(found) > size, found[:size]
    if is_backwards:
        found = found[::-1]
    record_look("tickets", [row.id for row in found], person)
    has_newer, has_older = (more, True) if is_backwards else (start is not None, more)
    newer = Place(found[0].opened_at, found[0].id).mark if found and has_newer else None
    older = Place(found[-1].opened_at, found[-1].id).mark if found and has_older else None
    newest = Place(found[0].opened_at, found[0].id).mark if found and not has_newer else None
    return Page(_shown(found, person), newer, older, newest)


def total(person: Staff, narrowed: Filter) -> int:
    """How many tickets the filter leaves, exactly."""
    where = [_ticket.period_id.in_(person.period_ids), *narrowed.conditions()]
    every = select(func.count()).select_from(Ticket).where(*where)
    count = db.session.scalar(every) or 0
    unfinished = list(
        db.session.scalars(Ticket.unfinished())
    )  # apart, so that an index alone counts the rest
    return count - (
        db.session.scalar(every.where(_ticket.import_id.in_(unfinished))) or 0 if unfinished else 0
    )


def mark_of(text: str | None) -> tuple[datetime, uuid.UUID]:
    """Where a list begins, as something that can be compared; below every row for an empty list."""
    place = Place.read(text)
    return (place.at, place.id) if place else (EPOCH, uuid.UUID(int=0))


def above(
    narrowed: Filter, periods: tuple[uuid.UUID, ...], mark: tuple[datetime, uuid.UUID]
) -> list[tuple[datetime, uuid.UUID]]:
    """Where the tickets stand that a list shows above a mark, the newest first, 50 at most."""
    if not periods:
        return []
    where = [_ticket.period_id.in_(periods), Ticket.is_valid(), *narrowed.conditions(), *_above(Place(*mark))]
    newest = _ticket.opened_at.desc(), _ticket.id.desc()
    query = select(_ticket.opened_at, _ticket.id).where(*where).order_by(*newest).limit(PAGE)
    return [(row.opened_at, row.id) for row in db.session.execute(query)]


def _above(place: Place) -> list[ColumnElement[bool]]:
    return [_ticket.opened_at >= place.at, or_(_ticket.opened_at > place.at, _ticket.id > place.id)]


def record_look(name: str, ids: Sequence[uuid.UUID], person: Staff) -> None:
    """One row of the audit trail for a whole list: how many, and a digest of which."""
    digest = hashlib.sha256(b"".join(found.bytes for found in ids)).hexdigest()[:16]
    audit.record(
        Action.LIST_VIEWED, by=person, facts={"list": name, "count": len(ids), "digest": digest}, read=True
    )


@lru_cache(512)
def _question(
    periods: tuple[uuid.UUID, ...], narrowed: Filter, start: Place | None, end: Place | None, limit: int
) -> Select[Any]:
    """The next rows of the list. Each contract year is asked by itself, so that its index gives the order. To say the
    question takes longer than to answer it, and many lists are asked again and again."""
    where = [Ticket.is_valid(), *narrowed.conditions()]
    if start:
        where += [_ticket.opened_at <= start.at, or_(_ticket.opened_at < start.at, _ticket.id < start.id)]
    if end:
        where += _above(end)
    order = (_ticket.opened_at, _ticket.id) if end else (_ticket.opened_at.desc(), _ticket.id.desc())
    parts = []
    for period in periods:
        part = select(_ticket.id, _ticket.opened_at).where(_ticket.period_id == period, *where)
        part_of_period = part.order_by(*order).limit(limit).subquery()
        parts.append(select(part_of_period.c.id, part_of_period.c.opened_at))
    every = union_all(*parts).subquery()
    outer = (every.c.opened_at, every.c.id) if end else (every.c.opened_at.desc(), every.c.id.desc())
    chosen = select(every.c.id).order_by(*outer).limit(limit)
    return _rows().where(_ticket.id.in_(chosen)).order_by(*order)


@cache
def _rows() -> Select[Any]:
    """What a list shows of tickets."""
    large, middle, small = (Category.__table__.alias(name) for name in ("large", "middle", "small"))
    return (
        select(
            _ticket.id,
            _ticket.number,
            _ticket.external_id,
            _ticket.programme_id,
            _ticket.state,
            _ticket.priority,
            _ticket.opened_at,
            _ticket.group_id,
            _ticket.subject,
            _ticket.caller_id,
            _caller.group_id.label("caller_group"),
            _caller.name.label("caller_name"),
            _ticket.owner_id,
            _owner.group_id.label("owner_group"),
            _owner.name.label("owner_name"),
            large.c.name.label("large"),
            middle.c.name.label("middle"),
            small.c.name.label("small"),
        )
        .outerjoin(Caller.__table__, _caller.id == _ticket.caller_id)
        .outerjoin(Staff.__table__, _owner.id == _ticket.owner_id)
        .outerjoin(small, small.c.id == _ticket.category_id)
        .outerjoin(middle, middle.c.id == small.c.parent_id)
        .outerjoin(large, large.c.id == middle.c.parent_id)
    )


def sealed_rows(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """What a list shows of these tickets, still sealed, and their keys learnt."""
    rows = db.session.execute(_rows().where(_ticket.id.in_(ids))).all() if ids else []
    _learn_keys(rows)
    return {row.id: row for row in rows}


def category_of(row: Any) -> str:
    """申請 › 必要書類 › 領収書, of a sealed row."""
    return " › ".join(name for name in (row.large, row.middle, row.small) if name)


def _shown(found: Sequence[Any], person: Staff) -> list[Row]:
    _learn_keys(found)
    names: dict[uuid.UUID, str] = {}
    return [_row(row, person, names) for row in found]


def _learn_keys(rows: Sequence[Any]) -> None:
    """One question for the keys that are not known yet."""
    groups = {group for row in rows for group in (row.group_id, row.caller_group, row.owner_group)}
    vault.prefetch(groups - {None})


def _row(row: Any, person: Staff, names: dict[uuid.UUID, str]) -> Row:
    caller = ""
    if row.caller_id:
        caller = mask.name(
            vault.open_value(Caller.name, Caller, row.caller_id, row.caller_group, row.caller_name)
        )
    if row.owner_id and row.owner_id not in names:
        name = vault.open_value(Staff.name, Staff, row.owner_id, row.owner_group, row.owner_name)
        names[row.owner_id] = name or ""
    parts = [caller or _("匿名"), category_of(row)]
    return Row(
        id=row.id,
        url=address(row.number, row.programme_id, person),
        label=label(row.number),
        subject=vault.open_value(Ticket.subject, Ticket, row.id, row.group_id, row.subject) or "",
        about="　".join(part for part in parts if part),
        state=STATES[row.state],
        tone=labels.STATE_TONES[row.state],
        priority=PRIORITIES[row.priority] if row.priority is not Priority.NORMAL else "",
        level=labels.PRIORITY_LEVELS[row.priority],
        owner=names.get(row.owner_id, "") if row.owner_id else "",
        opened=labels.when(row.opened_at),
    )


def below(category_id: uuid.UUID, person: Staff) -> tuple[uuid.UUID, ...]:
    """A category and all below it: choosing 申請 means everything about applications."""
    table = Category.__table__.c
    query = select(table.id, table.parent_id).where(table.programme_id.in_(person.programme_ids))
    parents = {row.id: row.parent_id for row in db.session.execute(query)}

    def is_below(found: uuid.UUID | None) -> bool:
        return found is not None and (found == category_id or is_below(parents.get(found)))

    return tuple(found for found in parents if is_below(found))

"""閲覧記録: which entries of the trail a person may read, and finding among them. Plain metadata, never contents."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, or_, select

from callcenter.clock import day_bounds
from callcenter.db import db
from callcenter.oversight.labels import OUTSIDERS
from callcenter.people.staff import Staff
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry

PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What is asked for; empty parts ask for everything."""

    actor: str = ""
    kind: str = ""
    number: str = ""
    action: Action | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    after: int | None = None


class Found(NamedTuple):
    """A page of entries, newest first, and whether there are newer and older ones."""

    entries: list[AuditEntry]
    newer: bool
    older: bool


def visible_to(person: Staff) -> Select[AuditEntry]:
    """Entries about the programmes of a person, and what their colleagues (and nobody in particular) did in the house."""
    colleagues = [
        staff_id.hex for staff_id in db.session.scalars(Staff.visible_to(person).with_only_columns(Staff.id))
    ]
    houses = and_(AuditEntry.period_id.is_(None), AuditEntry.actor.in_([*colleagues, *OUTSIDERS]))
    return select(AuditEntry).where(or_(AuditEntry.period_id.in_(person.period_ids), houses))


def find(wanted: Wanted, person: Staff) -> Found:
    """A page of what a person may see and asked for."""
    query = _narrowed(visible_to(person), wanted, person)
    if wanted.after is not None:
        newer_first = query.where(AuditEntry.seq > wanted.after).order_by(AuditEntry.seq).limit(PAGE + 1)
        entries = list(db.session.scalars(newer_first))
        return Found(entries[:PAGE][::-1], newer=len(entries) > PAGE, older=True)
    if wanted.before is not None:
        query = query.where(AuditEntry.seq < wanted.before)
    entries = list(db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(PAGE + 1)))
    return Found(entries[:PAGE], newer=wanted.before is not None, older=len(entries) > PAGE)


def entry(seq: int, person: Staff) -> AuditEntry | None:
    """One entry, if the person may see it."""
    return db.session.scalars(visible_to(person).where(AuditEntry.seq == seq)).first()


def _narrowed(query: Select[AuditEntry], wanted: Wanted, person: Staff) -> Select[AuditEntry]:
    if wanted.actor:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.kind:
        query = query.where(AuditEntry.kind == wanted.kind)
    if wanted.number:
        query = query.where(AuditEntry.object_id.in_(_object_ids(wanted.kind, wanted.number, person)))
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action.value)
    if wanted.since:
        query = query.where(AuditEntry.at >= day_bounds(wanted.since)[0])
    if wanted.until:
        query = query.where(AuditEntry.at < day_bounds(wanted.until)[1])
    return query


def _object_ids(kind: str, number: str, person: Staff) -> list[str]:
    """Ids that a number stands for: the record's own id, or its number in one of the person's periods."""
    found = [re.sub(r"[^0-9a-z]", "", number.lower())]
    for table in _numbered(kind):
        own = table.c.period_id.in_(person.period_ids)
        kind_of_number = table.c.number.type.python_type
        value: Any = (
            int(number) if kind_of_number is int and number.isdecimal() and len(number) < 10 else number
        )
        if isinstance(value, kind_of_number):
            found += [
                i.hex for i in db.session.scalars(select(table.c.id).where(own, table.c.number == value))
            ]
    return found


def _numbered(kind: str) -> list[Any]:
    tables = [t for t in db.metadata.sorted_tables if "number" in t.c and "period_id" in t.c]
    return [t for t in tables if not kind or t.name == kind]


def numbers_of(entries: list[AuditEntry]) -> dict[str, str]:
    """Object id → the number that people know it by, for those of these entries that have one."""
    known: dict[str, str] = {}
    for table in _numbered(""):
        ids = {uuid.UUID(e.object_id) for e in entries if e.kind == table.name and len(e.object_id) == 32}
        if ids:
            rows = db.session.execute(select(table.c.id, table.c.number).where(table.c.id.in_(ids)))
            known |= {row.id.hex: str(row.number) for row in rows}
    return known

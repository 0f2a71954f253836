"""Finding an application while somebody talks: by its number as it is said, or by what else the lens knows of it."""

from __future__ import annotations

from callcenter.applications import search
from callcenter.applications.matching import read_number
from callcenter.applications.models import Application
from callcenter.db import db
from callcenter.people.callers_search import record_search
from callcenter.people.staff import Staff

MOST = 8


def find_applications(said: str, person: Staff) -> list[Application]:
    """The application with exactly this number (R8-00123, R8の123, 8-123), taken from the record itself, so that one
    received a moment ago is there; else those that the lens finds by name, phone or birth date. Recorded."""
    said = said.strip()
    if not said:
        return []
    if read_number(said) is None:
        return search.find(person, said, limit=MOST)[0]
    found = with_number(said, person)
    rows = [found] if found else []
    record_search(search.SHELF, said, [row.id for row in rows], len(rows), by=person)
    return rows


def with_number(said: str, person: Staff) -> Application | None:
    """The application with this number, in any spelling, that a person may see."""
    query = Application.visible_to(person).where(Application.number == (read_number(said) or ""))
    return db.session.scalars(query).first()

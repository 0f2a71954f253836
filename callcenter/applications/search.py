"""Finding applications through the lens: by number as it is said, by names in any spelling, by phone, mail, birth date."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from callcenter.applications.matching import read_day, read_number
from callcenter.applications.models import Application, Child
from callcenter.db import db
from callcenter.people import phones
from callcenter.people.callers_search import record_search
from callcenter.people.phones import Line
from callcenter.people.staff import Staff
from callcenter.privacy import vault
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.matching import Within
from callcenter.privacy.lens.query import Query
from callcenter.privacy.lens.shelves import Shelf, Shelves

SHELF = "application"


def register(shelves: Shelves) -> None:
    """Put the applications' shelf into the lens; the roof calls this."""
    shelves.register(Shelf(SHELF, documents, all_ids))


def documents(session: Session, ids: Sequence[uuid.UUID]) -> Iterator[Document]:
    """One document an application: names of applicant and children, what is looked up whole, and the filters."""
    query = select(Application).where(Application.id.in_(ids)).options(selectinload(Application.children))
    applications = list(session.scalars(query))
    vault.prefetch(application.group_id for application in applications)
    for application in applications:
        people: list[Application | Child] = [application, *application.children]
        values = [
            ("number", application.number),
            ("external_id", application.external_id),
            ("phone", application.phone),
            ("mail", application.mail),
            *(("birth_date", child.birth_date) for child in application.children),
        ]
        yield Document(
            id=application.id,
            period_id=application.period_id,
            at=application.received_at,
            who=[text for person in people for text in (person.name, person.kana) if text],
            exact=[(kind, value) for kind, value in values if value],
            tags=tags(application),
        )


def tags(application: Application) -> list[str]:
    """The filters of an application, as the list sends them."""
    return [
        f"state:{application.state.value}",
        f"fiscal_year:{application.fiscal_year}",
        f"channel:{application.channel.value}",
    ]


def all_ids(session: Session, period_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """Every application of a period, the oldest first."""
    query = select(Application.id).where(Application.period_id == period_id)
    yield from session.scalars(query.order_by(Application.received_at, Application.id))


def find(
    me: Staff, words: str, *, filters: Sequence[Sequence[str]] = (), limit: int = 50
) -> tuple[list[Application], int]:
    """Applications with this number, phone, mail or birth date, else with all these words in the names of applicant
    and children; newest first, with the exact total. Recorded with the words sealed.

    `filters` are groups of tags (see `tags`): of each group one must hold."""
    ids, total = _ids(me, words.strip(), filters, limit)
    found = loaded(me, ids)
    record_search(SHELF, words, [row.id for row in found], total, by=me)
    return found, total


def loaded(me: Staff, ids: Sequence[uuid.UUID]) -> list[Application]:
    """These applications in the same order, as far as the person may see them."""
    if not ids:
        return []
    query = Application.visible_to(me).where(Application.id.in_(ids))
    by_id = {row.id: row for row in db.session.scalars(query)}
    vault.prefetch(row.group_id for row in by_id.values())
    return [by_id[found] for found in ids if found in by_id]


def _ids(me: Staff, words: str, filters: Sequence[Sequence[str]], limit: int) -> tuple[list[uuid.UUID], int]:
    lens: Lens = current_app.extensions["lens"]
    periods = list(me.period_ids)
    exact = _exact(words)
    if exact:
        ids = lens.exact(SHELF, *exact, periods=periods)
        return _filtered(me, ids, filters, limit)
    query = Query(words=tuple(words.split()))
    hits = lens.search(SHELF, query, filters, periods=periods, limit=limit, within=Within.WHO)
    return [hit.id for hit in hits], lens.count(SHELF, query, filters, periods=periods, within=Within.WHO)


def _exact(words: str) -> tuple[str, str] | None:
    """What a whole value is: (kind, value), or None for names."""
    number, day = read_number(words), read_day(words)
    if number:
        return "number", number
    if day:
        return "birth_date", day.isoformat()
    if "@" in words:
        return "mail", words
    return ("phone", words) if phones.read(words).line is Line.NUMBER else None


def _filtered(
    me: Staff, ids: Sequence[uuid.UUID], filters: Sequence[Sequence[str]], limit: int
) -> tuple[list[uuid.UUID], int]:
    """A handful of exact hits, narrowed by the filters."""
    kept = [row.id for row in loaded(me, ids) if all(set(group) & set(tags(row)) for group in filters)]
    return kept[:limit], len(kept)

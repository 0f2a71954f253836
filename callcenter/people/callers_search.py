"""Finding callers through the lens: by name and kana in any spelling, by number, by mail. Every search is written down."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from callcenter.db import db
from callcenter.people import panels, phones
from callcenter.people.callers import Caller
from callcenter.people.callers_seen import Seen, seen
from callcenter.people.phones import Line
from callcenter.people.staff import Staff
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.matching import Within
from callcenter.privacy.lens.query import Query
from callcenter.privacy.lens.shelves import Shelf, Shelves

SHELF = "caller"
CANDIDATES = 12
WITH_FAMILY = (
    selectinload(Caller.phones),
    selectinload(Caller.mails),
    selectinload(Caller.merged).selectinload(Caller.phones),
    selectinload(Caller.merged).selectinload(Caller.mails),
    selectinload(Caller.merged_into),
)
"""Loads what `Caller.family` needs with a fixed number of queries."""
AS_SEEN = (
    joinedload(Caller.phones),
    joinedload(Caller.merged).joinedload(Caller.phones),
    joinedload(Caller.merged_into),
)
"""Loads what a list shows of a few callers with one query; mails come when asked for."""


def register(shelves: Shelves) -> None:
    """Put the callers' shelf into the lens; the roof calls this."""
    shelves.register(Shelf(SHELF, documents, all_ids))


def documents(session: Session, ids: Sequence[uuid.UUID]) -> Iterator[Document]:
    """One document a caller, with names and reaches of those merged into it; merged ones have none of their own."""
    query = select(Caller).where(Caller.id.in_(ids), Caller.merged_into_id.is_(None)).options(*WITH_FAMILY)
    callers = list(session.scalars(query))
    vault.prefetch(member.group_id for caller in callers for member in caller.family)
    for caller in callers:
        family = caller.family
        yield Document(
            id=caller.id,
            period_id=caller.period_id,
            at=caller.created_at,
            who=[text for member in family for text in (member.name, member.kana) if text],
            exact=[
                *(("phone", phone.number) for phone in caller.current_phones if phone.number),
                *(("mail", mail.address) for mail in caller.current_mails if mail.address),
            ],
        )


def all_ids(session: Session, period_id: uuid.UUID) -> Iterator[uuid.UUID]:
    """Every caller of a period, the oldest first."""
    query = select(Caller.id).where(Caller.period_id == period_id, Caller.merged_into_id.is_(None))
    yield from session.scalars(query.order_by(Caller.created_at, Caller.id))


def find(me: Staff, words: str, *, limit: int = 50) -> tuple[list[Caller], int]:
    """Callers whose name or kana holds all the words, or with exactly this number (or its last four digits) or mail;
    newest first, with the exact total. Recorded with the words sealed."""
    ids, total = _ids(me, words.strip(), limit)
    found = loaded(me, ids)
    record_search(SHELF, words, [caller.id for caller in found], total, by=me)
    return found, total


def look_up(me: Staff, said: str, *, limit: int = CANDIDATES) -> list[Seen]:
    """Who may stand behind a number or a name: masked candidates, the newest first. `sure` when a whole number belongs
    to one caller alone: then it is 「登録あり」, else 「可能性あり」. Neither opens anything: identity is checked later."""
    found, total = find(me, said, limit=limit)
    is_number = (phones.key(said) or "").startswith("+")
    marks = panels.marks_of(found, me)
    return [seen(caller, marks, sure=is_number and total == 1) for caller in found]


def alike(me: Staff, caller: Caller, *, limit: int = 20) -> list[Caller]:
    """Other callers with a number, mail, name or kana of this one: who may be the same person."""
    lens, periods, ids = _lens(), list(me.period_ids), []
    for phone in caller.current_phones:
        ids += lens.exact(SHELF, "phone", phone.number, periods=periods)
    for mail in caller.current_mails:
        ids += lens.exact(SHELF, "mail", mail.address, periods=periods)
    for text in filter(None, (caller.name, caller.kana)):
        query = Query(phrases=(text,))
        ids += [hit.id for hit in lens.search(SHELF, query, periods=periods, limit=limit, within=Within.WHO)]
    family = {member.id for member in caller.family}
    return loaded(me, [found for found in dict.fromkeys(ids) if found not in family][:limit])


def loaded(me: Staff, ids: Sequence[uuid.UUID]) -> list[Caller]:
    """These callers in the same order, as far as the person may see them; their keys are learnt at once."""
    if not ids:
        return []
    query = Caller.visible_to(me).where(Caller.id.in_(ids)).options(*AS_SEEN)
    by_id = {caller.id: caller for caller in db.session.scalars(query).unique()}
    vault.prefetch(member.group_id for caller in by_id.values() for member in caller.family)
    return [by_id[found] for found in ids if found in by_id]


def record_search(
    shelf: str,
    words: str,
    ids: Iterable[uuid.UUID],
    total: int,
    *,
    by: Any,
    period_id: uuid.UUID | None = None,
) -> None:
    """Write a search down: what was found as a digest and a count, the words sealed under the period's key."""
    ids = list(ids)
    digest = hashlib.sha256(b"".join(found.bytes for found in ids)).hexdigest()[:16]
    facts = {"shelf": shelf, "digest": digest, "count": len(ids), "total": total}
    period_id = period_id or next(iter(by.period_ids), None)
    reason = words if period_id else None
    audit.record(Action.SEARCHED, by=by, period_id=period_id, facts=facts, reason=reason, read=True)


def _ids(me: Staff, words: str, limit: int) -> tuple[list[uuid.UUID], int]:
    lens, periods = _lens(), list(me.period_ids)
    kind = "mail" if "@" in words else "phone" if phones.read(words).line is Line.NUMBER else None
    if kind:
        ids = lens.exact(SHELF, kind, words, periods=periods)
        return ids[:limit], len(ids)
    query = Query(words=tuple(words.split()))
    hits = lens.search(SHELF, query, periods=periods, limit=limit, within=Within.WHO)
    return [hit.id for hit in hits], lens.count(SHELF, query, periods=periods, within=Within.WHO)


def _lens() -> Lens:
    return current_app.extensions["lens"]

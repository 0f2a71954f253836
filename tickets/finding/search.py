"""The one search box over tickets: what was typed becomes a query of the lens, its hits become masked rows."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from callcenter import clock
from callcenter.db import db
from callcenter.errors import Invalid
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.privacy import audit, mask, vault
from callcenter.privacy.actions import Action
from callcenter.privacy.lens import query as box
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.folding import first_of, highlight
from callcenter.privacy.lens.query import Field, Query
from tickets.finding.lists import category_of, sealed_rows
from tickets.finding.shelf import NOBODY, SHELF
from tickets.records.categories import Tree
from tickets.records.consultation import Consultation
from tickets.records.notes import Note, Reply
from tickets.records.state import STATES, TicketState, label
from tickets.records.ticket import Ticket

SNIPPET = 60
ME = ("自分", "me", "私")
NOBODY_WORDS = ("なし", "未割当", "none")

Tags = list[list[str]]


@dataclass(frozen=True)
class Part:
    """A piece of a text, marked where a searched word stands."""

    text: str
    marked: bool


CUT = Part("…", False)


@dataclass(frozen=True)
class Hit:
    """A found ticket as a row of the list; the caller's name is masked."""

    id: uuid.UUID
    programme_id: uuid.UUID
    number: int
    label: str
    external_id: str | None
    subject: list[Part]
    snippet: list[Part]
    caller: str
    category: str
    state: TicketState
    owner: str
    opened_at: datetime
    mark: str


@dataclass(frozen=True)
class Found:
    """A page of hits, newest first, and the exact total. `more` is the mark to go on from."""

    hits: list[Hit]
    total: int
    more: str | None


def understand(text: str, person: Staff | None, programme_ids: Sequence[uuid.UUID]) -> tuple[Query, Tags]:
    """Read the box; 区分, 状態 and 担当 become tags. Raises Invalid with a code that begins with `query_`."""
    query = box.parse(text, clock.today())
    tags: Tags = []
    if Field.CATEGORY in query.fields:
        tags.append(_categories(query.fields[Field.CATEGORY], programme_ids))
    if Field.STATE in query.fields:
        tags.append([f"state:{_state(word)}" for word in query.fields[Field.STATE]])
    if Field.OWNER in query.fields:
        tags.append(_owners(query.fields[Field.OWNER], person, programme_ids))
    return query.less(Field.CATEGORY, Field.STATE, Field.OWNER), tags


def find(
    lens: Lens,
    text: str,
    *,
    by: audit.Actor,
    person: Staff | None,
    programme_ids: Sequence[uuid.UUID],
    period_ids: Sequence[uuid.UUID],
    limit: int = 20,
    before: str | None = None,
) -> Found:
    """Search and write it down: one audit row with a digest, the count, and the words sealed."""
    query, tags = understand(text, person, programme_ids)
    found = lens.search(SHELF, query, tags, periods=period_ids, limit=limit + 1, before=before)
    total = lens.count(SHELF, query, tags, periods=period_ids)
    hits = rows([(hit.id, hit.mark) for hit in found[:limit]], query.terms)
    facts = {"shelf": SHELF, "digest": _digest(hits), "count": len(hits), "total": total}
    newest = next(iter(period_ids), None)
    audit.record(
        Action.SEARCHED, by=by, period_id=newest, facts=facts, reason=text if newest else None, read=True
    )
    return Found(hits, total, found[limit - 1].mark if len(found) > limit else None)


def rows(places: Sequence[tuple[uuid.UUID, str]], terms: list[str]) -> list[Hit]:
    """The tickets of these (id, mark) pairs, in the same order, with the words marked."""
    by_id = sealed_rows([ticket_id for ticket_id, _ in places])
    snippets = _snippets(list(by_id), terms)
    return [_hit(by_id[i], at, terms, snippets.get(i, [])) for i, at in places if i in by_id]


def _hit(row: Any, mark_: str, terms: list[str], snippet: list[Part]) -> Hit:
    subject = vault.open_value(Ticket.subject, Ticket, row.id, row.group_id, row.subject) or ""
    caller = owner = None
    if row.caller_id:
        caller = vault.open_value(Caller.name, Caller, row.caller_id, row.caller_group, row.caller_name)
    if row.owner_id:
        owner = vault.open_value(Staff.name, Staff, row.owner_id, row.owner_group, row.owner_name)
    return Hit(
        id=row.id,
        programme_id=row.programme_id,
        number=row.number,
        label=label(row.number),
        external_id=row.external_id,
        subject=marked(subject, terms),
        snippet=snippet,
        caller=mask.name(caller),
        category=category_of(row),
        state=row.state,
        owner=owner or "",
        opened_at=row.opened_at,
        mark=mark_,
    )


def _snippets(ids: list[uuid.UUID], terms: list[str]) -> dict[uuid.UUID, list[Part]]:
    """For each ticket some words around the first hit in its texts."""
    found: dict[uuid.UUID, list[Part]] = {}
    for model, names in ((Consultation, ("content", "answer")), (Reply, ("text",)), (Note, ("text",))):
        wanted = [ticket_id for ticket_id in ids if ticket_id not in found]
        if not terms or not wanted:
            break
        table = model.__table__.c
        columns = [table.id, table.ticket_id, table.group_id, *(table[name] for name in names)]
        rows = db.session.execute(
            select(*columns).where(table.ticket_id.in_(wanted)).order_by(table.id)
        ).all()
        vault.prefetch(row.group_id for row in rows)
        for row in rows:
            for name in names:
                if row.ticket_id in found:
                    continue
                value = row._mapping[name]
                text = vault.open_value(getattr(model, name), model, row.id, row.group_id, value) or ""
                span = first_of(text, terms)
                if span:
                    found[row.ticket_id] = _around(text, *span, terms)
    return found


def _around(text: str, start: int, end: int, terms: list[str]) -> list[Part]:
    first, last = max(0, start - SNIPPET // 3), min(len(text), end + SNIPPET)
    before, after = [CUT] if first else [], [CUT] if last < len(text) else []
    return [*before, *marked(" ".join(text[first:last].split()), terms), *after]


def marked(text: str, terms: list[str]) -> list[Part]:
    """A text in pieces, those that were searched for marked."""
    parts, at = [], 0
    for start, end in highlight(text, terms):
        if start > at:
            parts.append(Part(text[at:start], False))
        parts.append(Part(text[start:end], True))
        at = end
    if at < len(text) or not parts:
        parts.append(Part(text[at:], False))
    return parts


def _categories(words: Sequence[str], programme_ids: Sequence[uuid.UUID]) -> list[str]:
    tree = Tree.of(list(programme_ids))
    found = [category for word in words for category in tree.named(word)]
    if not found:
        raise Invalid("その名前の区分はありません。区分の名前を確かめてください。", code="query_no_category")
    return [f"category:{category.id.hex}" for category in found]


def _state(word: str) -> TicketState:
    for state, name in STATES.items():
        if word.strip() in (name, state.value):
            return state
    names = "・".join(STATES.values())
    raise Invalid(f"状態には {names} のどれかを入力してください。", code="query_no_state")


def _owners(words: Sequence[str], person: Staff | None, programme_ids: Sequence[uuid.UUID]) -> list[str]:
    tags = []
    for word in words:
        if word in ME and person is not None:
            tags.append(f"owner:{person.id.hex}")
        elif word in NOBODY_WORDS:
            tags.append(f"owner:{NOBODY}")
        else:
            tags += [f"owner:{owner.id.hex}" for owner in _named(word, programme_ids)]
    if not tags:
        raise Invalid(
            "その名前の担当者はいません。氏名かサインイン名を入力してください。", code="query_no_owner"
        )
    return tags


def _named(word: str, programme_ids: Sequence[uuid.UUID]) -> list[Staff]:
    everybody = db.session.scalars(select(Staff)).all()
    bare = word.replace(" ", "").replace("　", "")
    return [
        person
        for person in everybody
        if set(person.programme_ids) & set(programme_ids)
        and (word == person.sign_in_name or bare in person.name.replace(" ", ""))
    ]


def _digest(hits: Sequence[Hit]) -> str:
    return hashlib.sha256(b"".join(hit.id.bytes for hit in hits)).hexdigest()[:16]

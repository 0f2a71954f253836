"""Disclosure (開示): everything the house keeps about one person, item by item, as each model declared it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from callcenter.db import db
from callcenter.errors import Damaged, NotFound
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.subjects import Person, moment_of, registered, rows_of, sealed_columns, subject_of
from callcenter.privacy.vault import prefetch


class Piece(NamedTuple):
    """One thing kept about a person. `item`: the approved item's name, or "" for a plain column; `where`: table and
    column; `text`: None where it is damaged (then `is_damaged`); `at`: when its row came to be; `row_id`: which row."""

    item: str
    where: str
    text: str | None
    at: datetime
    row_id: uuid.UUID
    is_damaged: bool = False


def disclose(person: Person, *, by: audit.Actor, reason: str) -> list[Piece]:
    """All that is kept about a person, oldest first: every sealed column of every row that belongs to them, and the
    plain columns that models show. Recorded with its reason. Raises NotFound when nothing is kept. Source: 個人情報保護法 76条, 78条 (what is withheld
    from the answer, the officer decides on this list)."""
    pieces: list[Piece] = []
    period_id = None
    for model in registered():
        rows = db.session.scalars(rows_of(model, person)).all()
        if rows and hasattr(model, "group_id"):
            prefetch(row.group_id for row in rows)
        for row in rows:
            period_id = period_id or getattr(row, "period_id", None)
            pieces += _pieces(model, row)
    if not pieces:
        raise NotFound("この人の記録はありません。", code="person_unknown")
    facts = {"kind": person.kind.value, "ids": [i.hex for i in person.ids], "pieces": len(pieces)}
    audit.record(
        Action.PERSON_DISCLOSED,
        by=by,
        on=(person.kind.value, person.ids[0]),
        period_id=period_id,
        facts=facts,
        reason=reason,
        read=True,
    )
    return sorted(pieces, key=lambda piece: (piece.at, piece.where))


def _pieces(model: type, row: Any) -> list[Piece]:
    subject, table, at = subject_of(model), model.__tablename__, moment_of(row)  # type: ignore[attr-defined]
    found = []
    for name, kind in sealed_columns(model).items():
        try:
            text, is_damaged = getattr(row, name), False
        except Damaged:
            text, is_damaged = None, True
        if text is not None or is_damaged:
            found.append(Piece(kind.item.value, f"{table}.{name}", text, at, row.id, is_damaged))
    for name in subject.show if subject else ():
        value = getattr(row, name)
        if value is not None:
            found.append(Piece("", f"{table}.{name}", str(value), at, row.id))
    return found

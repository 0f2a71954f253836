"""情報項目一覧: which personal items the house keeps and where, read from the models; and what lies outside the seven."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from callcenter.db import db
from callcenter.oversight import labels
from callcenter.people.labels import day
from callcenter.people.staff import Staff
from callcenter.privacy import approvals, subjects
from callcenter.privacy.items import EXTRA_NAMES, Extra, Item
from callcenter.programmes import Programme


def kept() -> list[dict[str, Any]]:
    """Each item with the places that keep it: [{"item", "is_approved_item", "places": [{"table", "columns"}]}]."""
    places: dict[Item, dict[str, list[str]]] = {item: {} for item in Item}
    for model in subjects.models():
        for name, kind in subjects.sealed_columns(model).items():
            table = model.__tablename__  # type: ignore[attr-defined]
            places[kind.item].setdefault(table, []).append(f"{table}.{name}")
    return [
        {
            "item": item.value,
            "is_approved_item": item is not Item.STAFF,
            "places": [{"table": labels.kind(table), "columns": columns} for table, columns in found.items()],
        }
        for item, found in places.items()
    ]


def outside(person: Staff) -> list[dict[str, Any]]:
    """Items outside the seven in each programme of a person, on or off, with the ward's number and day."""
    return [_state(programme, extra) for programme in programmes_of(person) for extra in Extra]


def programmes_of(person: Staff) -> list[Programme]:
    """The programmes a person is assigned to."""
    query = select(Programme).where(Programme.id.in_(person.programme_ids)).order_by(Programme.code)
    return list(db.session.scalars(query))


def own_programme(programme_id: uuid.UUID, person: Staff) -> Programme | None:
    """A programme of the person's own, or None."""
    return next((p for p in programmes_of(person) if p.id == programme_id), None)


def _state(programme: Programme, extra: Extra) -> dict[str, Any]:
    known = approvals.standing(programme.id, extra)
    is_on = approvals.is_approved(programme.id, extra)
    return {
        "programme": programme.name,
        "programme_id": programme.id,
        "extra": extra.value,
        "item": EXTRA_NAMES[extra],
        "is_on": is_on,
        "number": known.number if known and is_on else "",
        "approved_on": day(known.approved_on) if known and is_on else "",
    }

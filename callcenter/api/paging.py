"""Lists page by page: a cursor that names the last row seen, so that rows added meanwhile move nothing."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.api.bodies import Fault
from callcenter.api.keys import key_for
from callcenter.api.problems import Faulty
from callcenter.api.schemas import Shape, or_nothing, record, several, text, whole
from callcenter.db import db

LIMIT, MOST = 50, 200
PARAMETERS: dict[str, Shape] = {
    "limit": whole(1, MOST, default=LIMIT, description="1ページの件数"),
    "cursor": text(1000, description="続きの位置（next にあるもの）。自分で作ることはできません"),
}


def shape(name: str, item: Shape) -> Shape:
    """What a list gives: its rows under `name`, and the address of the next page or null."""
    following = or_nothing(
        {"type": "string", "format": "uri-reference", "description": "次のページのアドレス"}
    )
    return record({name: several(item, MOST), "next": following})


def page(
    query: Select[Any],
    column: InstrumentedAttribute[uuid.UUID],
    asked: dict[str, Any],
    *,
    newest_first: bool = False,
) -> tuple[list[Any], str | None]:
    """One page of a query ordered by `column` (an id of ours, which grows with time), and the address of the next.

    `asked` are the parameters of the request. Raises Faulty for a cursor that is not ours, not this person's, or of a
    list that asked for something else."""
    seen, limit = _position(asked), asked["limit"]
    if seen is not None:
        query = query.where(column < seen if newest_first else column > seen)
    order = column.desc() if newest_first else column.asc()
    rows = list(db.session.scalars(query.order_by(order).limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], _address(asked, getattr(rows[limit - 1], column.key))


def _address(asked: dict[str, Any], position: uuid.UUID) -> str:
    values = {name: str(value) for name, value in request.args.items() if name != "cursor"}
    cursor = _signer().dumps([position.hex, *_circumstances(asked)])
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **values, "cursor": cursor})


def _position(asked: dict[str, Any]) -> uuid.UUID | None:
    cursor = asked.get("cursor")
    if cursor is None:
        return None
    try:
        position, *circumstances = _signer().loads(cursor)
    except BadData:
        position, circumstances = "", []
    if circumstances != _circumstances(asked):
        reason = _("このカーソルは使えません。最初のページから読み直してください。")
        raise Faulty([Fault("parameter", "cursor", reason, "cursor")], code="cursor")
    return uuid.UUID(position)


def _circumstances(asked: dict[str, Any]) -> list[Any]:
    """What a cursor belongs to: the list, the person, and what was asked for."""
    filters = {name: str(value) for name, value in asked.items() if name not in PARAMETERS}
    ids = {name: str(value) for name, value in (request.view_args or {}).items()}
    return [request.endpoint, current_user.id.hex, ids, filters]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(key_for("cursor"), salt="cursor")

"""What the API says about itself: its document, and who a token speaks for."""

from __future__ import annotations

from typing import Any

from flask_login import current_user
from sqlalchemy import select

from callcenter.api import openapi
from callcenter.api.operations import Asked, Nouns
from callcenter.api.schemas import Named, formatted, record, said_moment, several, text
from callcenter.db import db
from callcenter.people.token_record import ApiToken
from callcenter.permissions import ROLES, Permission, allow
from callcenter.programmes import Programme

document_nouns = Nouns("api_document", __name__, url_prefix="/api")
nouns = Nouns("api", __name__)

PROGRAMME = Named("Programme", record({"id": formatted("uuid"), "code": text(40), "name": text(200)}))
ME = Named(
    "Me",
    record(
        {
            "id": formatted("uuid"),
            "name": text(60),
            "role": text(40),
            "side": text(40),
            "permissions": several(text(40)),
            "programmes": several(PROGRAMME),
            "token": record({"id": formatted("uuid"), "expires_at": formatted("date-time")}),
        }
    ),
)


@document_nouns.operation(
    "GET", "/openapi.json", gives={"type": "object"}, summary="このAPIの記述（OpenAPI 3.1）"
)
@allow(Permission.ANYONE)
def openapi_document(asked: Asked) -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi.document()


@nouns.operation("GET", "/me", gives=ME, summary="このアクセストークンの持ち主と、できること")
@allow(Permission.SIGNED_IN)
def me(asked: Asked) -> dict[str, Any]:
    """Whose token this is, and what it may."""
    token = db.session.get_one(ApiToken, current_user.sign_in.id)
    mine = select(Programme).where(Programme.id.in_(current_user.programme_ids)).order_by(Programme.code)
    return {
        "id": str(current_user.id),
        "name": current_user.name,
        "role": current_user.role.value,
        "side": current_user.side.value,
        "permissions": sorted(p.value for p in ROLES[current_user.role] if current_user.may(p)),
        "programmes": [{"id": str(p.id), "code": p.code, "name": p.name} for p in db.session.scalars(mine)],
        "token": {"id": str(token.id), "expires_at": said_moment(token.expires_at)},
    }

"""Who asks the JSON API: an access token in `Authorization: Bearer` (RFC 6750 §2.1), and nothing else.

A cookie opens nothing here, so no page of a stranger's can make a browser act; a token opens nothing elsewhere. What
the desk asks of a person first (docs/rules.md#access-tokens) is asked of their programs too."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NoReturn

from flask import current_app, g, request
from flask_login import AnonymousUserMixin

from callcenter.db import Intent, db, intent
from callcenter.errors import Forbidden, Refusal, TooMany
from callcenter.people import attempts, gate, sessions, tokens
from callcenter.people.tokens import Refused, Shown
from callcenter.permissions import Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

BEARER = re.compile(r"bearer +(\S{1,200})", re.IGNORECASE)
OPEN_FIRST = {
    gate.CLAUSES: (
        "clauses_unconfirmed",
        "秘密保持の条項を確認していません。画面にサインインして確認してから、もう一度送ってください。",
    ),
    gate.CODE: ("factor_missing", "本人確認が終わっていません。画面にサインインして済ませてください。"),
}
REFUSED = {
    Refused.UNKNOWN: "このアクセストークンは使えません。画面のアカウントで、新しいものを発行してください。",
    Refused.REVOKED: "このアクセストークンは取り消されています。画面のアカウントで、新しいものを発行してください。",
    Refused.EXPIRED: "このアクセストークンは期限が切れています。画面のアカウントで、新しいものを発行してください。",
    Refused.SHUT_OUT: "この利用者は、いま利用できません。管理者に確認してください。",
}


class NotLetIn(Refusal):
    """No token, or none that opens anything. It has an entry of its own in the trail, or needs none."""

    status = 401
    code = "token_missing"
    is_recorded = True


def serves(view: Any) -> bool:
    """Whether a view is of the API: then a token opens it, and no session does."""
    return getattr(view, "operation", None) is not None


def come_in(needed: Permission) -> None:
    """Let the person of the request's token be `current_user`.

    Raises NotLetIn (401) without a token that opens something, TooMany after many wrong ones from one address, and
    Forbidden while the person has something to do first, such as confirming the clauses."""
    g._login_user = AnonymousUserMixin()
    secret = _secret()
    shown = tokens.show(secret)
    if shown.is_first_today:
        _note_use(shown)
        shown = tokens.show(secret)  # the commit let the first one go
    if shown.staff is None or shown.refused:
        _refuse(shown)
    g._login_user = shown.staff
    audit.origin.set(replace(audit.origin.get(), session=sessions.current_id()))
    waiting = gate.gate(shown.staff, needed)
    if waiting is not None:
        code, message = OPEN_FIRST[waiting]
        raise Forbidden(message, code=code)


def _secret() -> str:
    found = BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if found is None:
        raise NotLetIn("Authorization: Bearer にアクセストークンを入れて送ってください。")
    return found.group(1)


def _note_use(shown: Shown) -> None:
    db.session.rollback()
    with intent(Intent.NOTE):
        if tokens.note_use(shown):
            db.session.commit()
            current_app.extensions["flusher"].want()
        else:
            db.session.rollback()


def _refuse(shown: Shown) -> NoReturn:
    """Count and record a wrong token. While its address must wait, tries are counted on but fill no trail."""
    why = shown.refused or Refused.UNKNOWN
    on = ("api_token", shown.token_id) if shown.token_id else None
    db.session.rollback()
    with intent(Intent.NOTE):
        try:
            attempts.token_failed(request.remote_addr or "")
        except TooMany as refusal:
            refusal.is_recorded = True
            raise
        audit.record(
            Action.API_TOKEN_REFUSED,
            by=audit.STRANGER,
            on=on,
            facts={"why": why, "endpoint": request.endpoint or ""},
            read=True,
            result="refused",
        )
        db.session.commit()
    current_app.extensions["flusher"].want()
    raise NotLetIn(REFUSED[why], code=f"token_{why}")

"""鍵の台帳: which keys there are and were, and which copies are out. No key material, ever."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from callcenter.db import db
from callcenter.oversight.blueprint import pages
from callcenter.oversight.places import places
from callcenter.people import sessions
from callcenter.people.labels import moment
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import HOUSE_PURPOSES, KeyEntry, KeyState, Keystore, destroyed_at, made_at
from callcenter.privacy.vault import purpose_of
from callcenter.programmes import Period

PURPOSES = {
    "house": _l("事務所の記録"),
    "database": _l("データベースファイル"),
    "cookies": _l("サインインのクッキー"),
    "audit-signing": _l("監査記録の署名"),
}
STATES = {
    KeyState.ACTIVE: (_l("使用中"), "done"),
    KeyState.RETIRED: (_l("読取りだけ"), "wait"),
    KeyState.DESTROYED: (_l("消去済み"), "quiet"),
}


@pages.get("/keys")
@allow(Permission.AUDIT_READ)
def key_inventory() -> str:
    """The register of keys: those of the house, and those of the person's programmes."""
    me = sessions.current()
    store: Keystore = current_app.extensions["keystore"]
    purposes = _purposes(me)
    rows = [
        _row(entry, purposes[entry.purpose], store) for entry in store.entries() if entry.purpose in purposes
    ]
    audit.record(Action.AUDIT_VIEWED, by=me, facts={"list": "keys", "count": len(rows)}, read=True)
    return render_template(
        "oversight/keys.html",
        rows=rows,
        is_passphrase_set=store.has_passphrase,
        places=places("oversight.key_inventory"),
    )


def _purposes(me: Staff) -> dict[str, Any]:
    periods = db.session.scalars(select(Period).where(Period.id.in_(me.period_ids)))
    named = {
        purpose_of(p.id): _("%(year)s年度 %(programme)s", year=p.fiscal_year, programme=p.programme.name)
        for p in periods
    }
    return {**{purpose: PURPOSES[purpose] for purpose in HOUSE_PURPOSES}, **named}


def _row(entry: KeyEntry, purpose: Any, store: Keystore) -> dict[str, Any]:
    state, tone = STATES[entry.state]
    return {
        "purpose": purpose,
        "version": entry.version,
        "state": state,
        "tone": tone,
        "made_at": moment(made_at(entry)),
        "destroyed_at": moment(destroyed_at(entry)) or "－",
        "fingerprint": entry.fingerprint,
        "copies": "、".join(copy.medium for copy in store.copies_of(entry.name)) or _("なし"),
    }

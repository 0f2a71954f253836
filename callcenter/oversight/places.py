"""The pages of the room beside each other, for those who may open them."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from callcenter.people import sessions
from callcenter.permissions import Permission

PLACES = (
    ("oversight.ledger", _l("閲覧記録"), Permission.AUDIT_READ),
    ("oversight.chain", _l("記録の証明"), Permission.AUDIT_READ),
    ("oversight.items", _l("情報項目一覧"), Permission.ITEMS_READ),
    ("oversight.key_inventory", _l("鍵の台帳"), Permission.AUDIT_READ),
)


def places(current: str) -> list[dict[str, Any]]:
    """For `tab_links`."""
    me = sessions.current()
    return [
        {"label": label, "url": url_for(endpoint), "current": endpoint == current}
        for endpoint, label, permission in PLACES
        if me.may(permission)
    ]

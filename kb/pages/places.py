"""The pages of the FAQ beside each other, for those who may open them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from callcenter.permissions import Permission

PLACES = (
    ("kb.articles", _l("記事"), Permission.KB_READ),
    ("tickets.faq_work", _l("作業リスト"), Permission.KB_CURATE),
    ("kb.rules", _l("規則"), Permission.KB_READ),
    ("kb.synonyms", _l("同義語"), Permission.KB_READ),
    ("kb.words", _l("用語"), Permission.KB_READ),
    ("kb.links", _l("リンク"), Permission.KB_WRITE),
    ("kb.exchange", _l("取込・書出"), Permission.KB_WRITE),
    ("kb.feedback", _l("お声"), Permission.KB_READ),
)


def places(current: str) -> list[dict[str, Any]]:
    """For `tab_links`."""
    return [
        {"label": label, "url": url_for(endpoint), "current": endpoint == current}
        for endpoint, label, permission in PLACES
        if current_user.may(permission)
    ]


class Places:
    """The same for every template of the room, asked only by those that show them: the page of an error must not ask
    who is there."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(places(request.endpoint or ""))

"""Links of the articles that a reader could not follow, and external ones that a person has to open and look at."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.errors import NotFound
from callcenter.people import sessions
from callcenter.people.labels import moment
from callcenter.permissions import Permission, allow
from kb.articles.link_checks import LinkCheck
from kb.articles.linked import Found, standing
from kb.pages.blueprint import pages
from kb.pages.forms import LinkForm
from kb.pages.writing import programmes


@pages.get("/faq/links")
@allow(Permission.KB_WRITE)
def links() -> str:
    """The links by what has to be done about them."""
    groups = [
        {"name": name, "programme_id": programme_id, **_shown(uuid.UUID(programme_id))}
        for programme_id, name in programmes()
    ]
    return render_template("kb/links.html", groups=groups, one_programme=len(groups) == 1)


@pages.post("/faq/links/confirmations")
@allow(Permission.KB_WRITE)
def confirm_link() -> Response:
    """Write down that a person opened an external link and found it right."""
    form = LinkForm()
    form.programmes(programmes())
    url = form.url.data or ""
    known = form.validate_on_submit() and any(
        one.link.address == url for one in _outside(uuid.UUID(form.programme.data))
    )
    if not known:
        raise NotFound(_("このリンクは、いまの記事にありません。画面を開き直してください。"), code="no_link")
    LinkCheck.confirm(uuid.UUID(form.programme.data), url, by=sessions.current())
    flash(_("確かめたことを記録しました。"), "good")
    return redirect(url_for("kb.links"), 303)


def _outside(programme_id: uuid.UUID) -> list[Found]:
    found = standing(programme_id)
    return found.unconfirmed + found.fresh


def _shown(programme_id: uuid.UUID) -> dict[str, Any]:
    found = standing(programme_id)
    return {
        "wrong": [_row(one) for one in found.broken + found.refused],
        "unconfirmed": [_row(one) for one in found.unconfirmed],
        "fresh": [_row(one) for one in found.fresh],
    }


def _row(one: Found) -> dict[str, Any]:
    return {
        "address": one.link.address,
        "words": one.link.words or _("（言葉なし）"),
        "reason": one.reason,
        "confirmed_at": moment(one.confirmed_at) or _("まだ"),
        "articles": [
            {"url": url_for("kb.article", article_id=article_id), "label": label, "question": question}
            for article_id, (label, question) in one.articles.items()
        ],
    }

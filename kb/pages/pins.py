"""Keeping articles at hand: pin, unpin, and their order."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from callcenter.errors import Invalid
from callcenter.permissions import Permission, allow
from kb.finding import pins
from kb.pages.article_page import visible_article
from kb.pages.blueprint import pages


@pages.post("/faq/<uuid:article_id>/pins")
@allow(Permission.KB_READ)
def pin_article(article_id: uuid.UUID) -> Response:
    """Keep it at hand."""
    article = visible_article(article_id)
    try:
        pins.pin(article, by=current_user._get_current_object())
    except Invalid as refusal:
        flash(refusal.message, "wrong")
    else:
        flash(_("%(label)s をピン留めしました。", label=article.label), "good")
    return redirect(_back(article_id), 303)


@pages.post("/faq/<uuid:article_id>/unpinnings")
@allow(Permission.KB_READ)
def unpin_article(article_id: uuid.UUID) -> Response:
    """Keep it at hand no longer."""
    article = visible_article(article_id)
    pins.unpin(article, by=current_user._get_current_object())
    flash(_("%(label)s のピン留めを外しました。", label=article.label), "info")
    return redirect(_back(article_id), 303)


@pages.post("/faq/<uuid:article_id>/pin-moves")
@allow(Permission.KB_READ)
def move_pin(article_id: uuid.UUID) -> Response:
    """One place up or down in one's own order."""
    article, way = visible_article(article_id), request.form.get("to")
    if way not in ("up", "down"):
        raise Invalid(_("「上へ」か「下へ」を選んでください。"), code="no_way")
    pins.move(article, by=current_user._get_current_object(), up=way == "up")
    return redirect(_back(article_id, way), 303)


def _back(article_id: uuid.UUID, moved: str = "") -> str:
    """Where the button stood: the list, the answers of a search, else the article."""
    place = request.form.get("back", "")
    if place == "list":
        return url_for("kb.articles", _anchor=f"pin-{article_id}-{moved}" if moved else None)
    try:
        return url_for("kb.found", asked_id=uuid.UUID(place))
    except ValueError:
        return url_for("kb.article", article_id=article_id)

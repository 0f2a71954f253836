"""What comes of a search: its answers, the one that is opened, and the wish for one that is not there."""

from __future__ import annotations

import uuid

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from callcenter.errors import Invalid
from callcenter.forms import once
from callcenter.permissions import Permission, allow
from kb.finding.searches import FaqSearch
from kb.finding.wishes import Wish
from kb.pages.article_page import visible_article
from kb.pages.blueprint import pages
from kb.pages.finding import found_page, looked_up
from kb.pages.forms import SearchForm, WishForm


@pages.get("/faq/searches/<uuid:asked_id>")
@allow(Permission.KB_READ)
def found(asked_id: uuid.UUID) -> str:
    """The answers to a search of one's own, as they stand now."""
    kept = FaqSearch.of(asked_id, current_user._get_current_object())
    exactly = request.args.get("exactly") == "1"
    form = SearchForm(formdata=None, text=kept.text, exactly=exactly)
    return found_page(form, looked_up(kept.text, exactly=exactly), kept)


@pages.post("/faq/searches/<uuid:asked_id>/openings")
@allow(Permission.KB_READ)
def open_found(asked_id: uuid.UUID) -> Response:
    """Open an article that a search found. A form and no link: the search then knows that it helped."""
    kept = FaqSearch.of(asked_id, current_user._get_current_object())
    article = visible_article(_id(request.form.get("article")))
    kept.open(article)
    return redirect(url_for("kb.article", article_id=article.id), 303)


@pages.post("/faq/searches/<uuid:asked_id>/wishes")
@allow(Permission.KB_READ)
def wish(asked_id: uuid.UUID) -> Response | tuple[str, int]:
    """Ask the editor for an article that answers this search."""
    me, form = current_user._get_current_object(), WishForm()
    kept = FaqSearch.of(asked_id, me)
    if not form.validate_on_submit():
        search = SearchForm(formdata=None, text=kept.text)
        return found_page(search, looked_up(kept.text), kept, wish_form=form, wished=True), form.status
    return redirect(once(form.once.data, me.id, lambda: _wished(kept, form)), 303)


def _wished(kept: FaqSearch, form: WishForm) -> str:
    Wish.make(kept, by=current_user._get_current_object(), note=form.note.data or "")
    flash(_("記事を頼みました。答えができると、FAQの画面でお知らせします。"), "good")
    return url_for("kb.articles")


@pages.post("/faq/wishes/<uuid:wish_id>/sightings")
@allow(Permission.KB_READ)
def see_wish(wish_id: uuid.UUID) -> Response:
    """Open the answer that one asked for; the notice goes."""
    me = current_user._get_current_object()
    row = Wish.of(wish_id, me)
    if row.article_id is None:
        raise Invalid(_("この依頼の記事はまだありません。"), code="no_answer_yet")
    article = visible_article(row.article_id)
    row.see(by=me)
    return redirect(url_for("kb.article", article_id=article.id), 303)


def _id(text: str | None) -> uuid.UUID:
    """An id that came in a form; one that stands for nothing when it is none."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.UUID(int=0)

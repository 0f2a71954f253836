"""Writing FAQ articles: a new one, a new version. What is written is a draft until the ward approves it, and what is typed
is kept on the server as it is typed."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.db import db
from callcenter.errors import Conflict, NotFound
from callcenter.forms import once
from callcenter.permissions import Permission, allow
from callcenter.programmes import Programme
from kb.articles import drafts, origins
from kb.articles.article import Article
from kb.articles.categories import FaqCategory
from kb.articles.content import Content
from kb.pages import labels
from kb.pages.article_page import visible_article
from kb.pages.blueprint import pages
from kb.pages.forms import ArticleForm, conflict_message
from kb.pages.words import remarks_on


@pages.get("/faq/new")
@allow(Permission.KB_WRITE)
def new_article() -> tuple[str, int]:
    """An empty form, or what was typed into it before; or begun with what the article is written from
    (`?origin=search-…`)."""
    if name := request.args.get("origin", ""):
        return _begun(name)
    draft = drafts.draft_of(current_user, drafts.NEW)
    form = ArticleForm.of_draft(draft.fields) if draft else ArticleForm()
    form.programmes(programmes())
    return form_page(form, reopened=draft is not None)


def _begun(name: str) -> tuple[str, int]:
    origin = origins.found(name, current_user._get_current_object())
    if origin is None:
        raise NotFound(_("記事のもとになる記録が見つかりません。"), code="no_origin")
    draft = origin.draft()
    values = {"question": draft.question, "answer": draft.answer, "source": draft.source, "origin": name}
    form = ArticleForm(formdata=None, data=values | {"variants": "\n".join(draft.variants)})
    form.programmes(programmes())
    return form_page(form, begun_with=draft.about)


@pages.post("/faq")
@allow(Permission.KB_WRITE)
def create_article() -> Response | tuple[str, int]:
    """Keep a new article as a draft."""
    form = ArticleForm()
    form.programmes(programmes())
    me = current_user._get_current_object()
    origin = origins.found(form.origin.data or "", me)
    content = form.check(origin.faults if origin else None)
    if form.origin.data and origin is None:
        form.refuse("origin", _("もとになる記録はもう見られません。記事を写して、新しく書いてください。"))
    if content is not None and origin is not None:
        form.doubt_harmless(content)
    if content is None or form.errors:
        return form_page(form, begun_with=origin.draft().about if origin else "")
    programme_id = uuid.UUID(form.programme.data)
    address = once(form.once.data, me.id, lambda: _written(programme_id, content, origin))
    if origin is None:
        drafts.discard(me, drafts.NEW)
    return redirect(address, 303)


def _written(programme_id: uuid.UUID, content: Content, origin: origins.Origin | None) -> str:
    me = current_user._get_current_object()
    article = Article.write(programme_id, content, by=me)
    if origin is not None:
        origin.keep(article, by=me)
    return _written_address(article)


@pages.get("/faq/<uuid:article_id>/edit")
@allow(Permission.KB_WRITE)
def edit_article(article_id: uuid.UUID) -> tuple[str, int]:
    """The form with the newest version in it, or with what was typed before; when somebody saved meanwhile, with both."""
    found = visible_article(article_id)
    draft = drafts.draft_of(current_user, found.id)
    form = ArticleForm.of_draft(draft.fields) if draft else ArticleForm.of(found.latest)
    form.programmes(programmes(found))
    if draft and form.after_number != found.latest_number:
        return _both(form, found, form.content(), reopened=True)
    return form_page(form, found, reopened=draft is not None)


@pages.post("/faq/<uuid:article_id>/revisions")
@allow(Permission.KB_WRITE)
def revise_article(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep a new version as a draft; when somebody else saved first, show both and lose nothing."""
    found, form = visible_article(article_id), ArticleForm()
    form.programmes(programmes(found))
    content = form.check(lambda content: origins.faults_of(found, content))
    if content is None:
        return form_page(form, found)
    me = current_user._get_current_object()
    try:
        found.revise(content, by=me, after=form.after_number)
    except Conflict:
        return _both(form, found, content)[0], 409
    drafts.discard(me, found.id)
    return redirect(_written_address(found), 303)


def form_page(form: ArticleForm, found: Article | None = None, **more: Any) -> tuple[str, int]:
    """The form, with its status; `found` is the article that it revises. What is written from a search or a ticket is
    kept only once nobody's data stands in it: drafts can be read, so there is none of it."""
    paths = select(FaqCategory.path).where(FaqCategory.programme_id.in_(current_user.programme_ids))
    about = drafts.about(found)
    draft = drafts.draft_of(current_user, about)
    page = render_template(
        "kb/form.html",
        form=form,
        article=found,
        categories=list(db.session.scalars(paths.order_by(FaqCategory.path))),
        one_programme=len(form.programme.choices) == 1,
        draft_url="" if form.origin.data else url_for("kb.save_article_draft", about=about),
        discard_url=url_for("kb.discard_article_draft", about=about),
        draft_version=draft.version if draft else 0,
        saved_at=f"{clock.japan(draft.saved_at):%H:%M}" if draft else None,
        **more,
    )
    return page, form.status


def _both(form: ArticleForm, found: Article, mine: Content, **more: Any) -> tuple[str, int]:
    """The form with what was typed, beside the version that somebody else saved meanwhile."""
    latest = found.latest
    form.after.data = str(latest.number)
    parts = labels.difference(latest.content.written, mine.written)
    message = conflict_message(latest.number)
    return form_page(form, found, conflict=message, parts=parts, latest=latest, **more)


def _written_address(found: Article) -> str:
    flash(_("下書きを保存しました。区の承認を受けると案内できます。"), "good")
    hint = labels.remarked(remarks_on(asdict(found.latest.content), [found.programme_id]))
    if hint:
        flash(hint, "wait")
    return url_for("kb.article", article_id=found.id)


def programmes(found: Article | None = None) -> list[tuple[str, str]]:
    """The programmes that the person may write for (of an article: its own), as choices."""
    query = select(Programme.id, Programme.name).where(Programme.id.in_(current_user.programme_ids))
    if found is not None:
        query = query.where(Programme.id == found.programme_id)
    return [(str(row.id), row.name) for row in db.session.execute(query.order_by(Programme.name))]

"""Writing FAQ articles: a new one, a new version, a preview. What is written is a draft until the ward approves it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Conflict, Invalid
from callcenter.forms import once
from callcenter.permissions import Permission, allow
from callcenter.programmes import Programme
from kb import labels
from kb.article_page import visible_article
from kb.blueprint import pages
from kb.content import Content
from kb.forms import ArticleForm, conflict_message
from kb.models import Article
from kb.rendering import render
from kb.vocabulary import FaqCategory


@pages.get("/faq/new")
@allow(Permission.KB_WRITE)
def new_article() -> tuple[str, int]:
    """An empty form."""
    form = ArticleForm()
    form.programmes(_programmes())
    return _form_page(form)


@pages.post("/faq")
@allow(Permission.KB_WRITE)
def create_article() -> Response | tuple[str, int]:
    """Keep a new article as a draft."""
    form = ArticleForm()
    form.programmes(_programmes())
    content = form.check()
    if content is None:
        return _form_page(form)
    me, programme_id = current_user._get_current_object(), uuid.UUID(form.programme.data)
    return redirect(
        once(form.once.data, me.id, lambda: _written_address(Article.write(programme_id, content, by=me))),
        303,
    )


@pages.get("/faq/<uuid:article_id>/edit")
@allow(Permission.KB_WRITE)
def edit_article(article_id: uuid.UUID) -> tuple[str, int]:
    """The form with the newest version in it."""
    found = visible_article(article_id)
    form = ArticleForm.of(found.latest)
    form.programmes(_programmes(found))
    return _form_page(form, found)


@pages.post("/faq/<uuid:article_id>/revisions")
@allow(Permission.KB_WRITE)
def revise_article(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep a new version as a draft; when somebody else saved first, show both and lose nothing."""
    found, form = visible_article(article_id), ArticleForm()
    form.programmes(_programmes(found))
    content = form.check()
    if content is None:
        return _form_page(form, found)
    try:
        found.revise(content, by=current_user._get_current_object(), after=form.after_number)
    except Conflict:
        return _both(form, found, content), 409
    return redirect(_written_address(found), 303)


@pages.post("/faq/previews")
@allow(Permission.KB_WRITE)
def preview() -> tuple[str, int]:
    """How an answer will look."""
    try:
        return render_template("kb/_preview.html", answer=render(request.form.get("answer", ""))), 200
    except Invalid as refusal:
        return render_template("kb/_preview.html", message=refusal.message), 422


preview.reads_first = True  # type: ignore[attr-defined]


def _form_page(form: ArticleForm, found: Article | None = None, **more: Any) -> tuple[str, int]:
    paths = select(FaqCategory.path).where(FaqCategory.programme_id.in_(current_user.programme_ids))
    page = render_template(
        "kb/form.html",
        form=form,
        article=found,
        categories=list(db.session.scalars(paths.order_by(FaqCategory.path))),
        one_programme=len(form.programme.choices) == 1,
        **more,
    )
    return page, form.status


def _both(form: ArticleForm, found: Article, mine: Content) -> str:
    """The form with what was typed, beside the version that somebody else saved meanwhile."""
    latest = found.latest
    form.after.data = str(latest.number)
    parts = labels.difference(latest.content.written, mine.written)
    return _form_page(form, found, conflict=conflict_message(latest.number), parts=parts, latest=latest)[0]


def _written_address(found: Article) -> str:
    flash(_("下書きを保存しました。区の承認を受けると案内できます。"), "good")
    return url_for("kb.article", article_id=found.id)


def _programmes(found: Article | None = None) -> list[tuple[str, str]]:
    query = select(Programme.id, Programme.name).where(Programme.id.in_(current_user.programme_ids))
    if found is not None:
        query = query.where(Programme.id == found.programme_id)
    return [(str(row.id), row.name) for row in db.session.execute(query.order_by(Programme.name))]

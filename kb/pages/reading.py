"""Reading an FAQ article: as agents tell it, where it stands, and version by version."""

from __future__ import annotations

import uuid

from flask import render_template
from flask_babel import gettext as _

from callcenter.errors import NotFound
from callcenter.permissions import Permission, allow
from kb.articles.revision import ArticleRevision
from kb.pages import labels
from kb.pages.article_page import article_page, may_approve, shown, shown_revisions, visible_article
from kb.pages.blueprint import pages


@pages.get("/faq/<uuid:article_id>")
@allow(Permission.KB_READ)
def article(article_id: uuid.UUID) -> str:
    """An article as agents tell it, and where it stands."""
    return article_page(visible_article(article_id))


@pages.get("/faq/<uuid:article_id>/revisions/<int:number>")
@allow(Permission.KB_READ)
def revision(article_id: uuid.UUID, number: int) -> str:
    """One version, with what changed since the one before."""
    found = visible_article(article_id)
    versions = {one.number: one for one in shown_revisions(found)}
    if number not in versions:
        raise NotFound(_("この版はありません。"))
    before = versions.get(number - 1)
    return render_template(
        "kb/revision.html",
        article=found,
        revision=versions[number],
        shown=shown(versions[number]),
        row=labels.revision_row(versions[number], found),
        before=before,
        may_approve=number == found.latest_number and may_approve(found),
        parts=labels.difference(_written(before), _written(versions[number])) if before else None,
    )


def _written(one: ArticleRevision | None) -> str:
    return one.content.written if one else ""

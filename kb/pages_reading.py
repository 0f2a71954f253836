"""Reading an FAQ article: as agents tell it, where it stands, and version by version."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_login import current_user

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people.labels import moment
from callcenter.permissions import Permission, allow
from kb import labels
from kb.blueprint import pages
from kb.models import Article, ArticleRevision, sees_drafts
from kb.rendering import render


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
    versions = {one.number: one for one in _shown_revisions(found)}
    if number not in versions:
        raise NotFound(_("この版はありません。"))
    before = versions.get(number - 1)
    return render_template(
        "kb/revision.html",
        article=found,
        revision=versions[number],
        shown=_shown(versions[number]),
        row=labels.revision_row(versions[number], found),
        before=before,
        may_approve=number == found.latest_number and _may_approve(found),
        parts=labels.difference(_written(before), _written(versions[number])) if before else None,
    )


def visible_article(article_id: uuid.UUID) -> Article:
    found = db.session.scalars(Article.visible_to(current_user).where(Article.id == article_id)).first()
    if found is None:
        raise NotFound(_("この記事はありません。"))
    return found


def article_page(found: Article, message: str = "") -> str:
    draft = found.latest if found.has_draft and found.current and sees_drafts(current_user) else None
    return render_template(
        "kb/article.html",
        article=found,
        revision=found.shown,
        shown=_shown(found.shown),
        standing=labels.standing(found.state, found.shown),
        draft=draft,
        draft_standing=labels.standing(found.state, draft) if draft else None,
        revisions=[labels.revision_row(one, found) for one in _shown_revisions(found)],
        owner=found.owner.name if found.owner else "",
        updated=moment(found.updated_at),
        may_write=current_user.may(Permission.KB_WRITE),
        may_archive=current_user.may(Permission.KB_WRITE) and found.state == "published",
        may_approve=current_user.may(Permission.KB_APPROVE)
        and found.has_draft
        and not found.latest.needs_ward,
        message=message,
    )


def _may_approve(found: Article) -> bool:
    return current_user.may(Permission.KB_APPROVE) and found.has_draft and not found.latest.needs_ward


def _shown(one: ArticleRevision) -> dict[str, Any]:
    return {
        "answer": render(one.answer),
        "easy": render(one.easy) if one.easy else "",
        "aloud": one.aloud,
        "category": one.category.path if one.category else "",
        "validity": labels.validity(one.valid_from, one.valid_to),
    }


def _shown_revisions(found: Article) -> list[ArticleRevision]:
    if sees_drafts(current_user):
        return found.revisions
    return [one for one in found.revisions if one.approved_at is not None]


def _written(one: ArticleRevision | None) -> str:
    return one.content.written if one else ""

"""The page of an article: what it shows to whom. The views that change something come back to it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people.labels import day, moment
from callcenter.people.staff import Staff, StaffState, designated
from callcenter.permissions import ROLES, Permission
from kb.articles.addresses import DeskAddresses
from kb.articles.approval import sees_drafts
from kb.articles.article import Article
from kb.articles.rendering import render
from kb.articles.revision import ArticleRevision
from kb.finding.pins import pinned
from kb.pages import labels, panels
from kb.pages.forms_upkeep import CareForm, CommentForm, PaperForm
from kb.public.feedback import counts_of
from kb.upkeep.care import ArticleComment, confirmations
from kb.upkeep.doubts import doubts_of, facts_of
from kb.upkeep.rule_facts import holding


def visible_article(article_id: uuid.UUID) -> Article:
    """The article, for whom it may be seen. Raises NotFound."""
    found = db.session.scalars(Article.visible_to(current_user).where(Article.id == article_id)).first()
    if found is None:
        raise NotFound(_("この記事はありません。"))
    return found


def article_page(
    found: Article,
    *,
    message: str = "",
    paper: PaperForm | None = None,
    care: CareForm | None = None,
    comment: CommentForm | None = None,
) -> str:
    """The page. The forms are those that were sent and refused; else each is as new."""
    may_write = current_user.may(Permission.KB_WRITE)
    draft = found.latest if found.has_draft and found.current and sees_drafts(current_user) else None
    doubts = _doubts(found)
    refused = next((form for form in (paper, care, comment) if form is not None and form.errors), None)
    return render_template(
        "kb/article.html",
        article=found,
        revision=found.shown,
        shown=shown(found.shown),
        standing=labels.standing(found.state, found.shown, in_doubt=bool(doubts)),
        doubts=doubts,
        draft=draft,
        draft_standing=labels.standing(found.state, draft) if draft else None,
        scheduled=_scheduled(found),
        rules=_rules(found),
        revisions=[labels.revision_row(one, found) for one in shown_revisions(found)],
        confirmations=[labels.confirmation_row(one) for one in confirmations(found)],
        comments=[labels.comment_row(one, current_user) for one in ArticleComment.of(found)],
        visitors=counts_of([found.id]).get(found.id),
        owner=found.owner.name if found.owner else "",
        review_on=day(found.review_on),
        updated=moment(found.updated_at),
        panels=panels.panels_of(found, current_user._get_current_object()),
        is_pinned=found.id in pinned(current_user._get_current_object()),
        may_write=may_write,
        may_archive=may_write and found.state == "published",
        may_restore=may_write and found.state == "archived",
        may_approve=may_approve(found),
        may_answer=current_user.may(Permission.KB_APPROVE),
        may_confirm=current_user.may(Permission.KB_APPROVE) and bool(doubts),
        paper=_paper_form(found, paper, bool(doubts)) if may_write else None,
        care=(care or CareForm.of(found, carers(found))) if may_write else None,
        comment=comment or CommentForm(formdata=None),
        form=refused,
        message=message,
    )


def may_approve(found: Article) -> bool:
    """Whether the reader may approve the newest version now."""
    return current_user.may(Permission.KB_APPROVE) and found.has_draft and not found.latest.needs_ward


def shown(one: ArticleRevision) -> dict[str, Any]:
    """A version as people read it."""
    addresses = DeskAddresses(one.article.programme_id, [one.answer, one.easy])
    return {
        "answer": render(one.answer, addresses),
        "easy": render(one.easy, addresses) if one.easy else "",
        "aloud": one.aloud,
        "category": one.category.path if one.category else "",
        "validity": labels.validity(one.valid_from, one.valid_to),
    }


def shown_revisions(found: Article) -> list[ArticleRevision]:
    """The versions that the reader may see, the newest first."""
    if sees_drafts(current_user):
        return found.revisions
    return [one for one in found.revisions if one.approved_at is not None]


def ward_people(found: Article) -> list[Staff]:
    """The people of the ward who may give the ward's word on an article today."""
    roles = [role for role, words in ROLES.items() if Permission.KB_APPROVE in words]
    return _working_for(found, roles)


def carers(found: Article) -> list[Staff]:
    """Those who write articles for the article's programme today."""
    roles = [role for role, words in ROLES.items() if Permission.KB_WRITE in words]
    return _working_for(found, roles)


def _working_for(found: Article, roles: list[Any]) -> list[Staff]:
    query = Staff.visible_to(current_user).where(
        Staff.role.in_(roles),
        Staff.state == StaffState.ACTIVE,
        designated(today()),
        Staff.assignments.any(programme_id=found.programme_id),
    )
    return sorted(db.session.scalars(query), key=lambda one: one.kana)


def _doubts(found: Article) -> list[str]:
    of_programme = doubts_of(found.programme_id, today(), [found.id])
    return [one.text for one in of_programme.get(found.current.id, [])] if found.current else []


def _rules(found: Article) -> list[dict[str, str]]:
    """The rules that the shown answer stands on, as they hold today; an unknown one by its key alone."""
    if not found.shown.rule_keys:
        return []
    facts = facts_of(found.programme_id)
    rules = []
    for key in found.shown.rule_keys:
        fact = holding(facts.get(key, ()), today())
        address = url_for("kb.rule", programme_code=found.programme.code, key=key) if key in facts else ""
        rules.append(
            {"name": fact.name if fact else key, "value": fact.value if fact else "", "url": address}
        )
    return rules


def _scheduled(found: Article) -> dict[str, Any] | None:
    one = found.scheduled
    return {"number": one.number, "from": day(found.scheduled_from)} if one else None


def _paper_form(found: Article, sent: PaperForm | None, in_doubt: bool) -> dict[str, Any] | None:
    """The form for a paper of the ward, and what it would do; None when there is nothing to say."""
    approves = found.has_draft and not found.latest.needs_ward
    if not approves and not in_doubt:
        return None
    number = found.latest_number if approves else found.current_number
    form = sent or PaperForm(formdata=None).offer(ward_people(found))
    return {"form": form, "approves": approves, "number": number}

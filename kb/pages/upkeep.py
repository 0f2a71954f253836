"""What is done to an article besides writing it: confirmed anew, restored, looked after, remarked on."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from kb.articles.approval import OnPaper
from kb.articles.article import Article
from kb.pages.article_page import article_page, carers, visible_article, ward_people
from kb.pages.blueprint import pages
from kb.pages.forms import ApprovalForm
from kb.pages.forms_upkeep import CareForm, CommentForm, PaperForm
from kb.upkeep.care import ArticleComment, confirm, look_after


@pages.post("/faq/<uuid:article_id>/confirmations")
@allow(Permission.KB_APPROVE)
def confirm_article(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """The ward says that the answer still holds as it is."""
    found, form = visible_article(article_id), ApprovalForm()
    if not form.validate_on_submit() or form.revision.data != found.current_number:
        return article_page(found, message=_("確かめる版が変わりました。いまの内容を確かめてください。")), 422
    confirm(found, by=_me())
    flash(_("確かめたことを記録しました。"), "good")
    return _back(found)


@pages.post("/faq/<uuid:article_id>/paper-approvals")
@allow(Permission.KB_WRITE)
def enter_approval(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Enter the ward's approval of the newest version from paper."""
    found, form = visible_article(article_id), PaperForm()
    form.offer(ward_people(found))
    if not form.validate_on_submit():
        return article_page(found, paper=form), 422
    found.approve(form.revision.data, by=_person(form), paper=_on_paper(form))
    flash(_("区の承認を記録しました。"), "good")
    return _back(found)


@pages.post("/faq/<uuid:article_id>/paper-confirmations")
@allow(Permission.KB_WRITE)
def enter_confirmation(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Enter from paper that the ward looked at the answer again and keeps it."""
    found, form = visible_article(article_id), PaperForm()
    form.offer(ward_people(found))
    if form.validate_on_submit() and form.revision.data != found.current_number:
        form.refuse("paper", _("確かめる版が変わりました。いまの内容を確かめてください。"))
    if form.errors or not form.is_submitted():
        return article_page(found, paper=form), 422
    confirm(found, by=_person(form), paper=_on_paper(form))
    flash(_("区が確かめたことを記録しました。"), "good")
    return _back(found)


@pages.post("/faq/<uuid:article_id>/restorations")
@allow(Permission.KB_WRITE)
def restore_article(article_id: uuid.UUID) -> Response:
    """Tell an article again that was put away."""
    found = visible_article(article_id)
    found.restore(by=_me())
    flash(_("保管から戻しました。いまから案内できます。"), "good")
    return _back(found)


@pages.post("/faq/<uuid:article_id>/care")
@allow(Permission.KB_WRITE)
def change_care(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Say who looks after an article and by when it is looked at again."""
    found = visible_article(article_id)
    form = CareForm.of(found, carers(found))
    if form.validate_on_submit():
        owner = db.session.get(Staff, uuid.UUID(form.owner.data)) if form.owner.data else None
        try:
            look_after(found, owner=owner, review_on=form.review_on.data, by=_me())
        except Invalid as refusal:
            form.refuse("review_on" if refusal.code == "review_in_past" else "owner", refusal.message)
    if form.errors:
        return article_page(found, care=form), 422
    flash(_("担当と見直す日を記録しました。"), "good")
    return _back(found)


@pages.post("/faq/<uuid:article_id>/comments")
@allow(Permission.KB_READ)
def comment_article(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """Remark on an article."""
    found, form = visible_article(article_id), CommentForm()
    if not form.validate_on_submit():
        return article_page(found, comment=form), 422
    ArticleComment.write(found, form.comment.data, by=_me())
    return redirect(url_for("kb.article", article_id=found.id) + "#comments", 303)


@pages.post("/faq/<uuid:article_id>/comments/<uuid:comment_id>/settlements")
@allow(Permission.KB_READ)
def settle_comment(article_id: uuid.UUID, comment_id: uuid.UUID) -> Response:
    """Say that a remark is dealt with."""
    found = visible_article(article_id)
    query = select(ArticleComment).where(
        ArticleComment.id == comment_id, ArticleComment.article_id == found.id
    )
    comment = db.session.scalars(query).first()
    if comment is None:
        raise NotFound(_("このコメントはありません。"))
    comment.settle(found, by=_me())
    return redirect(url_for("kb.article", article_id=found.id) + "#comments", 303)


def _me() -> Staff:
    me: Staff = current_user._get_current_object()
    return me


def _person(form: PaperForm) -> Staff:
    return db.session.get_one(Staff, uuid.UUID(form.ward_person.data))


def _on_paper(form: PaperForm) -> OnPaper:
    return OnPaper(form.paper.data.strip(), _me())


def _back(found: Article) -> Response:
    return redirect(url_for("kb.article", article_id=found.id), 303)

"""The ward's approval of an FAQ version, and putting an article away."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from callcenter.permissions import Permission, allow
from kb.pages.article_page import article_page, visible_article
from kb.pages.blueprint import pages
from kb.pages.forms import ApprovalForm


@pages.post("/faq/<uuid:article_id>/approvals")
@allow(Permission.KB_APPROVE)
def approve_article(article_id: uuid.UUID) -> Response | tuple[str, int]:
    """The ward makes a version the valid answer."""
    found, form = visible_article(article_id), ApprovalForm()
    if not form.validate_on_submit():
        return article_page(found, message=_("承認する版を選び直してください。")), 422
    found.approve(form.revision.data, by=current_user._get_current_object())
    flash(_("承認しました。いまから案内できます。"), "good")
    return redirect(url_for("kb.article", article_id=found.id), 303)


@pages.post("/faq/<uuid:article_id>/archivals")
@allow(Permission.KB_WRITE)
def archive_article(article_id: uuid.UUID) -> Response:
    """Tell an article no longer."""
    found = visible_article(article_id)
    found.archive(by=current_user._get_current_object())
    flash(_("保管しました。候補には出なくなります。"), "good")
    return redirect(url_for("kb.article", article_id=found.id), 303)

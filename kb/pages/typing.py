"""What answers while an article is typed: how it will look and what is wrong with it, and where its draft is kept."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.drafts import device, page_named
from callcenter.errors import Invalid
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from callcenter.privacy.secrets_guard import REASON, has_secret_link
from kb.articles import drafts, origins
from kb.articles.addresses import shown
from kb.articles.content import Content, picture_faults
from kb.articles.drafts import ArticleDraft
from kb.articles.images import unknown_images
from kb.articles.linked import Book
from kb.articles.links import links_of
from kb.pages.article_page import visible_article
from kb.pages.blueprint import pages
from kb.pages.forms import ArticleForm
from kb.pages.words import remarks_on

MOST_CHARACTERS = 60_000
TEXTS = ("answer", "easy")


@pages.post("/faq/previews")
@allow(Permission.KB_WRITE)
def preview() -> tuple[str, int]:
    """How the answer and its easy version will look, and what is wrong with their links and pictures."""
    content = Content("", _sent("answer"), easy=_sent("easy"))
    programme_id = _programme()
    try:
        texts = {name: shown(getattr(content, name), programme_id) for name in TEXTS}
        return (
            render_template(
                "kb/_preview.html",
                **texts,
                remarks=_remarks(content, programme_id),
                word_remarks=remarks_on(request.form, [programme_id]),
            ),
            200,
        )
    except Invalid as refusal:
        return render_template("kb/_preview.html", message=refusal.message), 422


preview.reads_first = True  # type: ignore[attr-defined]


@pages.post("/faq/drafts/<uuid:about>")
@allow(Permission.KB_WRITE)
def save_article_draft(about: uuid.UUID) -> tuple[Response, int]:
    """Keep what was typed. 409 with the other text when another page has saved since, 422 when it may not be kept."""
    article_id = _about(about)
    fields = {name: request.form.getlist(name) for name in ArticleForm.KEPT if name in request.form}
    typed = [text for texts in fields.values() for text in texts]
    if sum(map(len, typed)) > MOST_CHARACTERS:
        return jsonify(message=_("長すぎるため、下書きにできません。")), 422
    if any("\x00" in text or not _is_text(text) for text in typed):
        return jsonify(message=_("使えない文字が含まれています。")), 422
    if any(has_secret_link(text) for text in typed):
        return jsonify(message=_(REASON)), 422
    if article_id and (
        faults := origins.faults_of(visible_article(about), ArticleForm.of_draft(fields).content())
    ):
        return jsonify(message=faults[0].reason), 422
    saved = drafts.save(
        sessions.current(),
        about,
        fields,
        seen=request.form.get("draft_version", 0, type=int),
        page=page_named(request.form.get("page", "")),
        device=device(request.user_agent.string),
    )
    return jsonify(_answer(saved.draft, with_fields=not saved.is_kept)), 200 if saved.is_kept else 409


@pages.post("/faq/drafts/<uuid:about>/discards")
@allow(Permission.KB_WRITE)
def discard_article_draft(about: uuid.UUID) -> Response:
    """Throw one's own draft away and begin again from the newest version."""
    article_id = _about(about)
    drafts.discard(sessions.current(), about)
    flash(_("書きかけの内容を破棄しました。"), "info")
    address = url_for("kb.edit_article", article_id=article_id) if article_id else url_for("kb.new_article")
    return redirect(address, 303)


def _about(about: uuid.UUID) -> uuid.UUID | None:
    """The article that a draft is about, if it is there already. Raises NotFound for one that the person may not see."""
    return None if about == drafts.NEW else visible_article(about).id


def _answer(draft: ArticleDraft, *, with_fields: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"version": draft.version, "saved_at": draft.saved_at.isoformat()}
    if with_fields:
        texts = {
            name: texts[0] for name, texts in draft.fields.items() if name in ArticleForm.TYPED and texts
        }
        answer |= {"fields": texts, "device": draft.device}
    return answer


def _remarks(content: Content, programme_id: uuid.UUID) -> list[str]:
    """What a reader would stumble over: links that lead nowhere, pictures that are not there or say nothing."""
    is_public = request.form.get("is_public") is not None
    book = Book(programme_id)
    remarks = [
        _("リンク「%(words)s」: %(reason)s", words=link.words or link.address, reason=reason)
        for link in links_of(content)
        if (reason := book.fault(link, is_public))
    ]
    pictures = [fault for name in TEXTS for fault in picture_faults(name, getattr(content, name))]
    return remarks + [fault.reason for fault in (*pictures, *unknown_images(content, programme_id))]


def _programme() -> uuid.UUID:
    """The programme that is written for, if it is one of the person's; else their first."""
    mine = sessions.current().programme_ids
    sent = request.form.get("programme", "")
    return next((one for one in mine if str(one) == sent), mine[0] if mine else uuid.UUID(int=0))


def _sent(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)

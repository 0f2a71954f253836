"""Pictures of articles: added in the article's form, served to who may read the FAQ, and removed when none shows them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.files import MOST_BYTES, picture, scanner
from callcenter.people import sessions
from callcenter.people.labels import moment
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow
from kb.articles.images import ArticleImage, bytes_of, used
from kb.pages.article_page import visible_article
from kb.pages.blueprint import pages
from kb.pages.forms import ArticleForm
from kb.pages.writing import form_page, programmes

LONGEST_SIDE = 1600
LONGEST_ALT = 300


@pages.get("/faq/images/<uuid:image_id>")
@allow(Permission.KB_READ)
def image(image_id: uuid.UUID) -> Response:
    """A picture, for pages of ours alone: never guessed at, and in a sandbox if it is opened by itself."""
    row = _visible(image_id)
    content, kind = bytes_of(row.id)
    response = Response(content, content_type=kind)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@pages.get("/faq/images")
@allow(Permission.KB_WRITE)
def images() -> str:
    """All pictures, with the articles that show them; unused ones can be deleted."""
    rows = db.session.scalars(
        ArticleImage.visible_to(sessions.current()).order_by(ArticleImage.added_at.desc())
    )
    shown_in = {
        uuid.UUID(programme_id): used(uuid.UUID(programme_id)) for programme_id, _name in programmes()
    }
    return render_template(
        "kb/images.html", images=[_shown(row, shown_in[row.programme_id].get(row.id, [])) for row in rows]
    )


@pages.post("/faq/images")
@allow(Permission.KB_WRITE)
def add_image() -> Any:
    """Keep a picture. A script gets its markdown; without one the form comes back with the markdown in the answer.

    The picture is drawn anew and scanned before anything is written, so that neither holds the write lock."""
    form, for_script = ArticleForm(), request.headers.get("X-Requested-With") == "fetch"
    article_id = request.form.get("article", "")
    found = visible_article(uuid.UUID(article_id)) if _is_id(article_id) else None
    form.programmes(programmes(found))
    alt = " ".join((request.form.get("picture_alt") or "").split())
    try:
        row_id = _kept(form, alt)
    except Invalid as refusal:
        if for_script:
            return jsonify(message=refusal.message), 422
        form.refuse("answer", refusal.message)
        return form_page(form, found)
    markdown = f"![{_in_brackets(alt)}](image:{row_id})"
    if for_script:
        return jsonify(markdown=markdown), 201
    form.answer.data = f"{(form.answer.data or '').rstrip()}\n\n{markdown}\n".lstrip()
    flash(_("画像を回答の終わりに入れました。位置は動かせます。"), "good")
    return form_page(form, found)


add_image.reads_first = True  # type: ignore[attr-defined]


@pages.post("/faq/images/<uuid:image_id>/deletions")
@allow(Permission.KB_WRITE)
def delete_image(image_id: uuid.UUID) -> Response:
    """Delete a picture that no version of an article shows."""
    _visible(image_id).delete(by=sessions.current())
    flash(_("画像を消しました。"), "info")
    return redirect(url_for("kb.images"), 303)


def _kept(form: ArticleForm, alt: str) -> uuid.UUID:
    file = request.files.get("picture")
    if not alt:
        raise Invalid(_("画像の説明を入力してください。画像が見えない方にも伝わります。"), code="no_alt")
    if len(alt) > LONGEST_ALT:
        raise Invalid(_("画像の説明は%(longest)d文字までです。", longest=LONGEST_ALT), code="long_alt")
    if file is None or not file.filename:
        raise Invalid(_("画像のファイルを選んでください。"), code="no_file")
    if form.programme.data not in {choice.value for choice in form.programme.choices}:
        raise Invalid(_("事業を選んでください。"), code="no_programme")
    with file.stream as stream:
        drawn = picture(file.filename, stream.read(MOST_BYTES + 1), LONGEST_SIDE)
    verdict = scanner().scan(drawn.content)
    with written():
        row = ArticleImage.add(uuid.UUID(form.programme.data), drawn, verdict, by=sessions.current())
        return row.id


def _visible(image_id: uuid.UUID) -> ArticleImage:
    query = ArticleImage.visible_to(sessions.current()).where(ArticleImage.id == image_id)
    row = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("この画像はありません。"), code="no_image")
    return row


def _shown(row: ArticleImage, numbers: list[int]) -> dict[str, Any]:
    return {
        "url": url_for("kb.image", image_id=row.id),
        "markdown": row.markdown,
        "width": row.width,
        "height": row.height,
        "size": ngettext("%(num)d kB", "%(num)d kB", max(1, row.size // 1024)),
        "added_at": moment(row.added_at),
        "articles": "、".join(f"F-{number}" for number in numbers),
        "delete_url": None if numbers else url_for("kb.delete_image", image_id=row.id),
    }


def _in_brackets(alt: str) -> str:
    """Words between the brackets of markdown: what would end or begin something there is escaped."""
    return "".join(f"\\{sign}" if sign in "[]\\`*_<>!~" else sign for sign in alt)


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True

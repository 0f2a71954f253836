"""お声: what visitors of the public site said about the answers, and that an editor dealt with it."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.people.labels import moment
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit, vault
from callcenter.privacy.actions import Action
from callcenter.programmes import Programme
from kb.pages.blueprint import pages
from kb.public import export
from kb.public.feedback import Feedback, counts_of

PAGE = 50


@pages.get("/faq/feedback")
@allow(Permission.KB_READ)
def feedback() -> str:
    """What visitors said, the newest first; those that wait for an editor unless all are wanted."""
    shows_all = request.args.get("shelf") == "all"
    typed = request.args.get("page", "1")
    number = max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    query = Feedback.visible_to(current_user)
    if not shows_all:
        query = query.where(Feedback.done_at.is_(None))
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = query.options(selectinload(Feedback.article)).limit(PAGE).offset((number - 1) * PAGE)
    rows = list(db.session.scalars(page))
    vault.prefetch(row.group_id for row in rows)
    facts = {"list": "feedback", "count": len(rows)}
    audit.record(Action.LIST_VIEWED, by=current_user._get_current_object(), facts=facts, read=True)
    return render_template(
        "kb/feedback.html",
        rows=[_shown(row) for row in rows],
        counts=_counts(rows),
        total=total,
        shelves=[
            {"label": _("未対応"), "url": url_for("kb.feedback"), "current": not shows_all},
            {"label": _("すべて"), "url": url_for("kb.feedback", shelf="all"), "current": shows_all},
        ],
        newer_url=_url(shows_all, number - 1) if number > 1 else None,
        older_url=_url(shows_all, number + 1) if number * PAGE < total else None,
        programmes=[{"code": one.code, "name": one.name} for one in _programmes()],
        may_write=current_user.may(Permission.KB_WRITE),
    )


@pages.post("/faq/feedback/<uuid:feedback_id>/completions")
@allow(Permission.KB_WRITE)
def finish_feedback(feedback_id: uuid.UUID) -> Response:
    """An editor has dealt with it."""
    found = db.session.scalars(Feedback.visible_to(current_user).where(Feedback.id == feedback_id)).first()
    if found is None:
        raise NotFound(_("このお声はありません。"))
    found.finish(by=current_user._get_current_object())
    flash(_("対応済みにしました。"), "good")
    return redirect(url_for("kb.feedback"), 303)


@pages.post("/faq/exports/site")
@allow(Permission.KB_READ)
def export_site() -> Response:
    """The public site as a folder, in a ZIP: nothing stands in it that anybody may not read."""
    wanted = request.form.get("programme", "")
    programme = next((one for one in _programmes() if one.code == wanted), None)
    if programme is None:
        raise NotFound(_("担当する事業がありません。"))
    projection = current_app.extensions["projection"]
    projection.store.make()  # the worker may not have laid anything down yet
    packed, count = BytesIO(), 0
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path, content in export.files(
            projection.store, programme.code, current_app.extensions["settings"].face
        ):
            archive.writestr(f"{programme.code}/{path}", content)
            count += 1
    by = current_user._get_current_object()
    audit.record(Action.SITE_EXPORTED, by=by, on=programme, facts={"count": count}, read=True)
    headers = {"Content-Disposition": f'attachment; filename="{programme.code}-faq.zip"'}
    return Response(packed.getvalue(), headers=headers, content_type="application/zip")


export_site.reads_first = True  # type: ignore[attr-defined]  # making the pages must hold no lock


def _programmes() -> list[Programme]:
    mine = select(Programme).where(Programme.id.in_(current_user.programme_ids))
    return list(db.session.scalars(mine.order_by(Programme.code)))


def _shown(row: Feedback) -> dict[str, Any]:
    return {
        "at": moment(row.at),
        "is_solved": row.is_solved,
        "text": row.text or "",
        "number": row.article.label,
        "question": row.article.shown.question,
        "url": url_for("kb.article", article_id=row.article_id),
        "done_at": moment(row.done_at) if row.done_at else "",
        "done_url": url_for("kb.finish_feedback", feedback_id=row.id),
    }


def _counts(rows: list[Feedback]) -> list[dict[str, Any]]:
    """Of the articles on this page: how many were helped; those that helped least first."""
    articles = {row.article_id: row.article for row in rows}
    counts = counts_of(articles)
    return [
        {
            "number": articles[article_id].label,
            "question": articles[article_id].shown.question,
            "url": url_for("kb.article", article_id=article_id),
            **count,
        }
        for article_id, count in sorted(counts.items(), key=lambda pair: -pair[1]["open"])
    ]


def _url(shows_all: bool, number: int) -> str:
    return url_for("kb.feedback", page=number, shelf="all" if shows_all else None)

"""Articles out and in as files: an export to keep or to edit elsewhere, and an import that first shows what it would do.

An import lays down drafts; the ward approves them as it approves any other."""

from __future__ import annotations

import io
import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.files import MOST_BYTES
from callcenter.people import sessions
from callcenter.people.labels import moment
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow
from callcenter.sheets.delimited import CP932, UTF_8
from kb.exchange.exporting import CONTENT_TYPES, export
from kb.exchange.importing import Importer
from kb.exchange.plan import Plan, Planned, plan
from kb.exchange.reading import Format, column_label
from kb.exchange.tables import HEADINGS
from kb.exchange.uploads import Upload, checked
from kb.pages import labels
from kb.pages.blueprint import pages
from kb.pages.forms import ExportForm, UploadForm
from kb.pages.writing import programmes

SHOWN_FAULTS = 200


@pages.get("/faq/exchange")
@allow(Permission.KB_WRITE)
def exchange() -> tuple[str, int]:
    """Writing articles to a file, and bringing a file in."""
    return _exchange_page()


@pages.post("/faq/exports")
@allow(Permission.KB_WRITE)
def make_export() -> Response | tuple[str, int]:
    """The articles as a file."""
    form = ExportForm()
    form.programmes(programmes())
    if not form.validate_on_submit():
        return _exchange_page(out=form)
    kind = Format.CSV if form.format.data == "cp932" else Format(form.format.data)
    target = io.BytesIO()
    try:
        export(
            uuid.UUID(form.programme.data),
            target,
            kind,
            by=sessions.current(),
            everything=form.everything.data,
            encoding=CP932 if form.format.data == "cp932" else UTF_8,
        )
    except Invalid as refusal:
        form.refuse("format", refusal.message)
        return _exchange_page(out=form)
    return _download(target.getvalue(), CONTENT_TYPES[kind], f"faq-{clock.today():%Y%m%d}.{kind}")


make_export.reads_first = True  # type: ignore[attr-defined]


@pages.post("/faq/imports")
@allow(Permission.KB_WRITE)
def upload() -> Response | tuple[str, int]:
    """Take a file and go on to what it would do; nothing is brought in yet."""
    form = UploadForm()
    form.programmes(programmes())
    if form.validate_on_submit() and not form.file.data:
        form.refuse("file", _("ファイルを選んでください。"))
    if form.errors:
        return _exchange_page(into=form)
    programme_id = uuid.UUID(form.programme.data)
    try:
        with form.file.data.stream as stream:
            content = stream.read(MOST_BYTES + 1)
        kind = checked(form.file.data.filename or "", content)
        plan(programme_id, io.BytesIO(content), kind)
    except Invalid as refusal:
        form.refuse("file", refusal.message)
        return _exchange_page(into=form)
    with written():
        row = Upload.keep(programme_id, kind, content, by=sessions.current())
        address = url_for("kb.planned_import", upload_id=row.id)
    return redirect(address, 303)


upload.reads_first = True  # type: ignore[attr-defined]


@pages.get("/faq/imports/<uuid:upload_id>")
@allow(Permission.KB_WRITE)
def planned_import(upload_id: uuid.UUID) -> str:
    """What a file would do; once it was brought in, what is left to mend."""
    row = _upload(upload_id)
    made = plan(row.programme_id, row.open(), row.format)
    return render_template(
        "kb/import.html",
        upload=row,
        plan=made,
        counts=_counts(made),
        emptied="、".join(HEADINGS[name] for name in made.absent) if made.changed else "",
        new=[_new(one) for one in made.shown_new],
        changed=[_changed(one) for one in made.shown_changed],
        faults=[
            {"cells": [one["line"], column_label(one["column"]), one["reason"]]}
            for one in made.rejected[:SHOWN_FAULTS]
        ],
        personal=[{"cells": [number, "、".join(pieces[:5])]} for number, pieces in made.personal],
        more_faults=max(0, made.rejected.total - SHOWN_FAULTS),
    )


@pages.get("/faq/imports/<uuid:upload_id>/rejected")
@allow(Permission.KB_WRITE)
def rejected_lines(upload_id: uuid.UUID) -> Response:
    """The lines that cannot be taken, to mend and hand in again."""
    row, bad = _upload(upload_id), io.BytesIO()
    plan(row.programme_id, row.open(), row.format, bad)
    kind = Format.JSONL if row.format is Format.JSONL else Format.CSV
    return _download(bad.getvalue(), CONTENT_TYPES[kind], f"faq{row.format.rejected}")


@pages.post("/faq/imports/<uuid:upload_id>/confirmations")
@allow(Permission.KB_WRITE)
def confirm_import(upload_id: uuid.UUID) -> Response:
    """Bring a file in as drafts. Its own commits, chunk by chunk; handing in the same again changes nothing."""
    me, row = sessions.current(), _upload(upload_id)
    if row.done_at is not None:
        raise Conflict(_("このファイルはすでに取り込みました。"), code="import_done")
    source, kind, programme = row.open(), row.format, row.programme
    report = Importer(programme, by=me).take(source, kind)
    with written():
        row = _upload(upload_id)
        if report.rejected:
            row.done_at = clock.now()
        else:
            row.discard(by=sessions.current())
    flash(
        _(
            "取り込みました。新しい記事%(new)d件、変わった記事%(changed)d件。区の承認を受けると案内できます。",
            new=report.new,
            changed=report.changed,
        ),
        "good",
    )
    if report.rejected:
        return redirect(url_for("kb.planned_import", upload_id=upload_id), 303)
    return redirect(url_for("kb.articles", shelf="drafts"), 303)


confirm_import.reads_first = True  # type: ignore[attr-defined]


@pages.post("/faq/imports/<uuid:upload_id>/discards")
@allow(Permission.KB_WRITE)
def discard_import(upload_id: uuid.UUID) -> Response:
    """Forget a file."""
    _upload(upload_id).discard(by=sessions.current())
    flash(_("ファイルを破棄しました。"), "info")
    return redirect(url_for("kb.exchange"), 303)


def _upload(upload_id: uuid.UUID) -> Upload:
    row = db.session.scalars(Upload.visible_to(sessions.current()).where(Upload.id == upload_id)).first()
    if row is None:
        raise NotFound(_("このファイルはありません。もう一度選んでください。"), code="no_upload")
    return row


def _exchange_page(out: ExportForm | None = None, into: UploadForm | None = None) -> tuple[str, int]:
    out, into = out or ExportForm(formdata=None), into or UploadForm(formdata=None)
    offered = programmes()
    out.programmes(offered)
    into.programmes(offered)
    waiting = Upload.visible_to(sessions.current()).order_by(Upload.at.desc())
    page = render_template(
        "kb/exchange.html",
        out=out,
        into=into,
        one_programme=len(offered) == 1,
        waiting=[_waiting(row) for row in db.session.scalars(waiting)],
    )
    return page, 422 if out.errors or into.errors else 200


def _waiting(row: Upload) -> dict[str, Any]:
    return {
        "url": url_for("kb.planned_import", upload_id=row.id),
        "cells": [
            moment(row.at),
            row.format.value.upper(),
            _("直す行が残っています") if row.done_at else _("確認待ち"),
        ],
    }


def _counts(made: Plan) -> list[dict[str, Any]]:
    return [
        {"term": _("新しい記事"), "value": made.new},
        {"term": _("変わる記事"), "value": made.changed},
        {"term": _("変わらない記事"), "value": made.unchanged},
        {"term": _("取り込めない行"), "value": made.rejected.total},
    ]


def _new(one: Planned) -> dict[str, Any]:
    return {"cells": [one.external_id, one.line.content.question, one.line.content.category or _("なし")]}


def _changed(one: Planned) -> dict[str, Any]:
    assert one.before is not None
    care = {"owner_id": _("担当"), "review_on": _("見直す日")}
    return {
        "external_id": one.external_id,
        "question": one.before.question,
        "url": url_for("kb.article", article_id=one.article_id),
        "version": one.before.number,
        "parts": labels.difference(one.before.content.written, one.line.content.written),
        "care": "、".join(care[name] for name in one.care),
        "needs_ward": _flag(_("要区確認"), one.before.needs_ward, one.line.content.needs_ward),
        "is_public": _flag(_("公開サイト"), one.before.is_public, one.line.content.is_public),
    }


def _flag(name: str, before: bool, after: bool) -> str:
    if before == after:
        return ""
    return _("%(name)s: いいえ → はい", name=name) if after else _("%(name)s: はい → いいえ", name=name)


def _download(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response

"""Files of a ticket: added with what is wrong said at the field, and downloaded, never opened, by the browser."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.files import CONTENT_TYPES, KINDS, MOST_BYTES, Scan, accept, scanner, store
from callcenter.people import sessions
from callcenter.people.writing import written
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.cases.forms import AttachmentForm
from tickets.records.attachments import Attachment
from tickets.signs import labels
from tickets.signs.blueprint import found_ticket, on_ticket, pages, ticket_url


@on_ticket("/attachments", method="POST")
@allow(Permission.TICKETS_WRITE)
def add_attachment(number: int, programme: str | None = None) -> Any:
    """Keep a file. What is refused is said at the field, and written down.

    Pictures are drawn anew and files scanned before anything is written, so that neither holds the write lock."""
    from tickets.cases.pages_ticket import shown

    me, row, form = sessions.current(), found_ticket(number, programme), AttachmentForm()
    if form.validate_on_submit() and not form.file.data:
        form.refuse("file", _("ファイルを選んでください。"))
    if form.errors:
        return shown(row, me, attachment=form), form.status
    try:
        file = accept(form.file.data.filename or "", form.file.data.stream.read(MOST_BYTES + 1))
        verdict = scanner().scan(file.content)
        with written():
            row = found_ticket(number, programme, to_change=True)
            Attachment.add(row, file, verdict, store(), by=me)
    except Invalid as refusal:
        db.session.rollback()
        row = found_ticket(number, programme)
        facts = {"code": refusal.code}
        audit.record(Action.ATTACHMENT_REFUSED, by=me, on=row, facts=facts, read=True, result="refused")
        form.refuse("file", refusal.message)
        return shown(row, me, attachment=form), 422
    flash(_("添付しました。"), "good")
    return redirect(ticket_url(row), 303)


add_attachment.reads_first = True  # type: ignore[attr-defined]


@pages.get("/attachments/<uuid:attachment_id>")
@allow(Permission.TICKETS_READ)
def attachment(attachment_id: uuid.UUID) -> Response:
    """The file as a download: never shown inside a page, never guessed at, in a sandbox if it is opened after all."""
    me = sessions.current()
    row = db.session.scalars(Attachment.visible_to(me).where(Attachment.id == attachment_id)).first()
    if row is None:
        raise NotFound(_("この添付は見つかりません。"), code="no_attachment")
    content = row.content(store(), scanner())
    facts = {"attachment": row.id.hex, "kind": row.kind, "size": row.size}
    audit.record(Action.ATTACHMENT_DOWNLOADED, by=me, on=row.ticket, facts=facts, read=True)
    response = Response(content, content_type=CONTENT_TYPES[row.kind])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(row.name, safe='')}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def file_rows(rows: list[Attachment]) -> list[dict[str, Any]]:
    """Files for components/files.html; one that was found infected has no address."""
    return [
        {
            "name": row.name,
            "url": url_for("tickets.attachment", attachment_id=row.id)
            if row.scan is not Scan.INFECTED
            else None,
            "size": labels.size(row.size),
            "kind": str(KINDS[row.kind]),
            "state": str(labels.SCANS[row.scan]),
            "tone": labels.SCAN_TONES[row.scan],
        }
        for row in rows
    ]

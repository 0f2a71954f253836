"""Correcting a consultation: the old text stays for those who may see it; two people who correct see the difference."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from tickets.cases.forms import CorrectionForm
from tickets.records import drafts
from tickets.records.consultation import Consultation
from tickets.records.drafts import DraftKind, saved_at
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import found_ticket, on_ticket, ticket_url
from tickets.signs.difference import difference


@on_ticket("/consultations/<uuid:consultation_id>/correction")
@allow(Permission.TICKETS_CORRECT)
def correction(number: int, consultation_id: uuid.UUID, programme: str | None = None) -> str:
    """The texts of a consultation, to be corrected; with what was typed before."""
    ticket = found_ticket(number, programme)
    row = _consultation(ticket, consultation_id)
    draft = drafts.draft_of(sessions.current(), DraftKind.CORRECTION, row.id)
    form = CorrectionForm(formdata=None, version=str(row.version), content=row.content, answer=row.answer)
    for name, texts in (draft.fields if draft else {}).items():
        form[name].data = texts[0] if texts else ""
    return _page(ticket, row, form, draft)


@on_ticket("/consultations/<uuid:consultation_id>/corrections", method="POST")
@allow(Permission.TICKETS_CORRECT)
def correct(number: int, consultation_id: uuid.UUID, programme: str | None = None) -> Any:
    """Replace the texts, for a reason. Who saw an older text is shown the difference, and loses nothing."""
    me, ticket, form = sessions.current(), found_ticket(number, programme, to_change=True), CorrectionForm()
    row = _consultation(ticket, consultation_id)
    if not form.validate_on_submit():
        return _page(ticket, row, form), form.status
    if form.version.data != str(row.version):
        return _conflict(ticket, row, form)
    try:
        row.correct(
            by=me, content=form.content.data or "", answer=form.answer.data, reason=form.reason.data or ""
        )
    except Invalid as refusal:
        form.refuse("reason" if refusal.code == "reason_missing" else "content", refusal.message)
        return _page(ticket, row, form), form.status
    drafts.discard(row.id, me)
    flash(_("訂正しました。訂正前の内容も残っています。"), "good")
    return redirect(f"{ticket_url(ticket)}#consultation-{row.id.hex}", 303)


def _consultation(ticket: Ticket, consultation_id: uuid.UUID) -> Consultation:
    query = select(Consultation).where(
        Consultation.id == consultation_id, Consultation.ticket_id == ticket.id
    )
    row = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("この記録は見つかりません。"), code="no_consultation")
    return row


def _page(
    ticket: Ticket, row: Consultation, form: CorrectionForm, draft: drafts.Draft | None = None, **more: Any
) -> str:
    return render_template(
        "tickets/correction.html",
        ticket=ticket,
        row=row,
        form=form,
        draft=draft,
        saved_at=saved_at(draft),
        action=ticket_url(ticket, endpoint="tickets.correct", consultation_id=row.id),
        back=ticket_url(ticket),
        **more,
    )


def _conflict(ticket: Ticket, row: Consultation, form: CorrectionForm) -> tuple[str, int]:
    """Somebody corrected it meanwhile: both texts beside each other, the typed one still in the form."""
    texts = ((_("相談内容"), row.content, form.content.data), (_("回答内容"), row.answer, form.answer.data))
    differing = []
    for name, theirs, mine in texts:
        before, after = difference(theirs or "", mine or "")
        if theirs != mine:
            differing.append({"name": name, "before": before, "after": after})
    form.version.data = str(row.version)
    newest = row.corrections[0] if row.corrections else None
    who = newest.by.display_name if newest else ""
    at = labels.when(newest.corrected_at).text if newest else ""
    return _page(ticket, row, form, differing=differing, who=who, at=at), 409

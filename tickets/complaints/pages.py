"""Complaints: the list, recording one on a ticket, and each thing that is done about it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import Form
from callcenter.people import sessions
from callcenter.people.staff import Staff, colleagues
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.complaints import lists
from tickets.complaints.complaint import KINDS, Complaint, ComplaintKind, Deed
from tickets.complaints.forms import (
    ApprovalForm,
    CallForm,
    ComplaintForm,
    DeedForm,
    HandForm,
    Reached,
    ReasonForm,
)
from tickets.complaints.lists import Shown
from tickets.complaints.showing import row_of, shown_fully
from tickets.finding.lists import record_look
from tickets.records.ticket import Ticket
from tickets.signs.blueprint import found_ticket, on_ticket, pages, ticket_url
from tickets.signs.fields import staff_choices

FIELDS = {
    "facts_missing": "facts",
    "owner_already": "owner",
    "owner_elsewhere": "owner",
    "reason_missing": "reason",
    "text_missing": "text",
}


@pages.get("/complaints")
@allow(Permission.COMPLAINTS_READ)
def complaints() -> str:
    """The list, by state and kind."""
    me = sessions.current()
    asked, kind = request.args.get("show", ""), request.args.get("kind", "")
    shown = Shown(asked) if asked in set(Shown) else Shown.OPEN
    only = ComplaintKind(kind) if kind in set(ComplaintKind) else None
    rows = lists.complaints(me, shown, only)
    record_look("complaints", [row.id for row in rows], me)
    return render_template(
        "complaints/list.html",
        rows=[row_of(row) for row in rows],
        tabs=[_tab(text, each is shown, show=each, kind=kind) for each, text in _shown().items()],
        kinds=[_tab(_("すべて"), only is None, show=shown)]
        + [_tab(text, only is each, show=shown, kind=each) for each, text in KINDS.items()],
    )


def _shown() -> dict[Shown, str]:
    return {Shown.OPEN: _("対応中"), Shown.TO_APPROVE: _("承認待ち"), Shown.SETTLED: _("済み")}


def _tab(text: Any, current: bool, **values: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: str(value) for name, value in values.items() if value}
    return {"label": text, "url": url_for("tickets.complaints", **wanted), "current": current}


# --- recording ------------------------------------------------------------------------------------------------


@on_ticket("/complaints/new")
@allow(Permission.COMPLAINTS_WRITE)
def new_complaint(number: int, programme: str | None = None) -> str:
    """The empty form on a ticket."""
    me, ticket = sessions.current(), found_ticket(number, programme)
    return _new(ticket, _offered(ComplaintForm(formdata=None, owner=me.id), me))


@on_ticket("/complaints", method="POST")
@allow(Permission.COMPLAINTS_WRITE)
def record_complaint(number: int, programme: str | None = None) -> Any:
    """Keep what was said."""
    me, ticket = sessions.current(), found_ticket(number, programme, to_change=True)
    form = _offered(ComplaintForm(), me)
    if not form.validate_on_submit():
        return _new(ticket, form), form.status
    owner = db.session.get(Staff, form.owner.data) if form.owner.data else None
    try:
        row = Complaint.record(ticket, form.kind.data, form.facts.data or "", by=me, owner=owner)
    except Invalid as refusal:
        _refuse(form, refusal)
        return _new(ticket, form), form.status
    flash(_("%(label)s を記録しました。", label=row.label), "good")
    return _back(row)


def _offered(form: Any, me: Staff) -> Any:
    form.owner.offer(staff_choices(colleagues(me)))
    return form


def _new(ticket: Ticket, form: ComplaintForm) -> str:
    return render_template(
        "complaints/new.html",
        ticket=ticket,
        form=form,
        action=ticket_url(ticket, endpoint="tickets.record_complaint"),
        back=ticket_url(ticket),
    )


# --- one complaint --------------------------------------------------------------------------------------------


def found_complaint(complaint_id: uuid.UUID, *, to_change: bool = False) -> Complaint:
    """The complaint with this id. Raises NotFound for strangers and for what is not there."""
    query = Complaint.visible_to(sessions.current()).where(Complaint.id == complaint_id)
    row = db.session.scalars(query.with_for_update(of=Complaint) if to_change else query).first()
    if row is None:
        raise NotFound(_("この苦情は見つかりません。"), code="no_complaint")
    return row


@pages.get("/complaints/<uuid:complaint_id>")
@allow(Permission.COMPLAINTS_READ)
def complaint(complaint_id: uuid.UUID) -> str:
    """One complaint with all that was done about it."""
    me, row = sessions.current(), found_complaint(complaint_id)
    audit.record(Action.COMPLAINT_VIEWED, by=me, on=row, facts={"number": row.number}, read=True)
    return _page(row, me)


def _page(row: Complaint, me: Staff, **sent: Form) -> str:
    forms: dict[str, Form] = {
        "call": CallForm(formdata=None),
        "note": DeedForm(formdata=None),
        "closing": DeedForm(formdata=None),
        "approval": ApprovalForm(formdata=None),
        "return": ReasonForm(formdata=None),
        "hand": _offered(HandForm(formdata=None), me),
        "withdrawal": ReasonForm(formdata=None),
    }
    forms |= sent
    for name, form in forms.items():  # several forms of one page: each field has an id of its own
        for field in form:
            field.id = f"{name}-{field.name}"
    return render_template(
        "complaints/complaint.html",
        row=shown_fully(row),
        forms=forms,
        form=next(iter(sent.values()), None),
        may=_may(row, me),
    )


def _may(row: Complaint, me: Staff) -> dict[str, bool]:
    possible = set(row.possible())
    writes, handles = me.may(Permission.COMPLAINTS_WRITE), me.may(Permission.COMPLAINTS_HANDLE)
    owns = writes and (row.owner_id == me.id or handles)
    return {
        "call": handles and Deed.CALLED in possible and row.call_due_at is not None,
        "note": writes and Deed.DONE in possible,
        "closing": owns and Deed.CLOSING_ASKED in possible and not row.must_be_called,
        "approval": handles and Deed.APPROVED in possible and row.closing_asked_by_id != me.id,
        "return": handles and Deed.SENT_BACK in possible,
        "hand": writes and Deed.HANDED in possible,
        "withdrawal": handles and Deed.WITHDRAWN in possible,
    }


# --- what is done about it ------------------------------------------------------------------------------------


def _deed(
    complaint_id: uuid.UUID, name: str, form: Any, do: Callable[[Complaint, Staff], Any], done: str
) -> Any:
    """Carry out one deed; what is refused stands at its field, with all that was typed."""
    me, row = sessions.current(), found_complaint(complaint_id, to_change=True)
    if not form.validate_on_submit():
        return _page(row, me, **{name: form}), form.status
    try:
        do(row, me)
    except Invalid as refusal:
        _refuse(form, refusal)
        return _page(row, me, **{name: form}), form.status
    flash(done, "good")
    return _back(row)


@pages.post("/complaints/<uuid:complaint_id>/calls")
@allow(Permission.COMPLAINTS_HANDLE)
def call_complainant(complaint_id: uuid.UUID) -> Any:
    """The supervisor rang."""
    form = CallForm()
    return _deed(
        complaint_id,
        "call",
        form,
        lambda row, me: row.call(by=me, text=form.text.data or "", reached=form.reached.data is Reached.YES),
        _("電話を記録しました。"),
    )


@pages.post("/complaints/<uuid:complaint_id>/deeds")
@allow(Permission.COMPLAINTS_WRITE)
def note_complaint(complaint_id: uuid.UUID) -> Any:
    """Something was done about it."""
    form = DeedForm()
    return _deed(
        complaint_id,
        "note",
        form,
        lambda row, me: row.note(by=me, text=form.text.data or ""),
        _("対応を記録しました。"),
    )


@pages.post("/complaints/<uuid:complaint_id>/owners")
@allow(Permission.COMPLAINTS_WRITE)
def hand_complaint(complaint_id: uuid.UUID) -> Any:
    """Another owner."""
    form = _offered(HandForm(), sessions.current())

    def hand(row: Complaint, me: Staff) -> None:
        owner = db.session.get(Staff, form.owner.data) if form.owner.data else None
        if owner is None:
            raise Invalid(_("新しい担当を選んでください。"), code="owner_already")
        row.hand_to(owner, by=me, reason=form.reason.data or "")

    return _deed(complaint_id, "hand", form, hand, _("担当を替えました。"))


@pages.post("/complaints/<uuid:complaint_id>/closing-requests")
@allow(Permission.COMPLAINTS_WRITE)
def ask_complaint_closed(complaint_id: uuid.UUID) -> Any:
    """The owner asks for its end."""
    form = DeedForm()
    return _deed(
        complaint_id,
        "closing",
        form,
        lambda row, me: row.ask_to_close(by=me, text=form.text.data or ""),
        _("完了の承認を頼みました。"),
    )


@pages.post("/complaints/<uuid:complaint_id>/approvals")
@allow(Permission.COMPLAINTS_HANDLE)
def approve_complaint(complaint_id: uuid.UUID) -> Any:
    """Another person's word closes it."""
    form = ApprovalForm()
    return _deed(
        complaint_id,
        "approval",
        form,
        lambda row, me: row.approve(by=me, text=form.text.data or ""),
        _("完了にしました。"),
    )


@pages.post("/complaints/<uuid:complaint_id>/returns")
@allow(Permission.COMPLAINTS_HANDLE)
def send_complaint_back(complaint_id: uuid.UUID) -> Any:
    """Not yet."""
    form = ReasonForm()
    return _deed(
        complaint_id,
        "return",
        form,
        lambda row, me: row.send_back(by=me, reason=form.reason.data or ""),
        _("担当者に差し戻しました。"),
    )


@pages.post("/complaints/<uuid:complaint_id>/withdrawals")
@allow(Permission.COMPLAINTS_HANDLE)
def withdraw_complaint(complaint_id: uuid.UUID) -> Any:
    """It was recorded by mistake."""
    form = ReasonForm()
    return _deed(
        complaint_id,
        "withdrawal",
        form,
        lambda row, me: row.withdraw(by=me, reason=form.reason.data or ""),
        _("苦情を取り下げました。"),
    )


def _refuse(form: Form, refusal: Invalid) -> None:
    """Say a refusal at the field that it is about, else at the first."""
    names = list(form._fields)
    field = FIELDS.get(refusal.code, names[0])
    form.refuse(field if field in names else names[0], refusal.message)


def _back(row: Complaint) -> Response:
    return redirect(url_for("tickets.complaint", complaint_id=row.id), 303)

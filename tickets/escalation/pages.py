"""Questions to the ward: the tray, the 票, and each word of the exchange."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import Form
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.escalation import tray
from tickets.escalation.escalation import Deed, Escalation, OnPaper, Question
from tickets.escalation.forms import (
    AnswerForm,
    EscalationForm,
    PaperForm,
    RingForm,
    WithdrawalForm,
    WordForm,
    errors_to,
)
from tickets.escalation.persons import named_in
from tickets.escalation.showing import row_of, shown_fully
from tickets.escalation.tray import Shown
from tickets.escalation.ward_line import lines_of
from tickets.finding import lists
from tickets.records.ticket import Ticket
from tickets.signs.blueprint import found_ticket, on_ticket, pages, ticket_url

FIELDS = {
    "summary_missing": "summary",
    "question_missing": "question",
    "urgency_too_low": "urgency",
    "wanted_in_past": "wanted_on",
    "application_elsewhere": "application",
    "name_missing": "ward_name",
    "paper_number": "paper",
    "text_missing": "text",
    "reason_missing": "reason",
}
DAYS = 90


@pages.get("/escalations")
@allow(Permission.ESCALATIONS_READ)
def escalations() -> str:
    """The tray: what waits for the ward, what waits for the office, what is settled."""
    me = sessions.current()
    asked = request.args.get("show", "")
    first = Shown.WARD if me.may(Permission.ESCALATIONS_ANSWER) else Shown.OPEN
    shown = Shown(asked) if asked in set(Shown) else first
    rows = tray.questions(me, shown)
    lists.record_look("escalations", [row.id for row in rows], me)
    return render_template(
        "escalations/tray.html",
        rows=[row_of(row) for row in rows],
        shown=shown,
        tabs=[
            {"label": text, "url": url_for("tickets.escalations", show=each.value), "current": each is shown}
            for each, text in _tabs().items()
        ],
        timeliness=tray.timeliness(me.period_ids, *tray.last_days(DAYS)),
        days=DAYS,
        lines_url=url_for("tickets.ward_lines"),
    )


def _tabs() -> dict[Shown, str]:
    return {
        Shown.OPEN: _("対応中"),
        Shown.WARD: _("区の回答待ち"),
        Shown.OFFICE: _("事務局の対応待ち"),
        Shown.SETTLED: _("済み"),
    }


# --- asking ---------------------------------------------------------------------------------------------------


@on_ticket("/escalations/new")
@allow(Permission.ESCALATIONS_RAISE)
def new_escalation(number: int, programme: str | None = None) -> str:
    """The empty 票 of a ticket."""
    ticket = found_ticket(number, programme)
    form = _offered(EscalationForm(formdata=None), ticket)
    if len(ticket.applications) == 1:
        form.application.data = ticket.applications[0].id
    return _new(ticket, form)


@on_ticket("/escalations", method="POST")
@allow(Permission.ESCALATIONS_RAISE)
def ask_ward(number: int, programme: str | None = None) -> Any:
    """Put the question to the ward."""
    me, ticket = sessions.current(), found_ticket(number, programme, to_change=True)
    form = _offered(EscalationForm(), ticket)
    if not form.validate_on_submit() or not _names_nobody(form, ticket):
        return _new(ticket, form), form.status
    wanted_at = form.wanted_at
    if form.errors:
        return _new(ticket, form), form.status
    question = Question(
        matter=form.matter.data,
        urgency=form.urgency.data,
        summary=form.summary.data or "",
        question=form.question.data or "",
        proposal=form.proposal.data or "",
        wanted_at=wanted_at,
        application=db.session.get(Application, form.application.data) if form.application.data else None,
        because=form.because.data or "",
    )
    try:
        row = Escalation.ask(ticket, question, by=me)
    except Invalid as refusal:
        errors_to(form, FIELDS, refusal)
        return _new(ticket, form), form.status
    if row.must_be_rung:
        flash(_("%(label)s を区へ照会しました。責任者がすぐに区へ電話します。", label=row.label), "good")
    else:
        flash(_("%(label)s を区へ照会しました。", label=row.label), "good")
    return _back(row)


def _offered(form: EscalationForm, ticket: Ticket) -> EscalationForm:
    form.application.offer([SelectChoice(row.id, row.number) for row in ticket.applications])
    return form


def _names_nobody(form: EscalationForm, ticket: Ticket) -> bool:
    """Whether the texts leave the persons out, or say why not."""
    if (form.because.data or "").strip():
        return True
    texts = {name: form[name].data or "" for name in ("summary", "question", "proposal")}
    for name, message in named_in(ticket, **texts).items():
        form.refuse(name, message)
    return not form.errors


def _new(ticket: Ticket, form: EscalationForm) -> str:
    return render_template(
        "escalations/new.html",
        ticket=ticket,
        form=form,
        action=ticket_url(ticket, endpoint="tickets.ask_ward"),
        back=ticket_url(ticket),
        lines=lines_of(ticket.programme_id),
    )


# --- one question ---------------------------------------------------------------------------------------------


def found_escalation(escalation_id: uuid.UUID, *, to_change: bool = False) -> Escalation:
    """The question with this id. Raises NotFound for strangers and for what is not there."""
    query = Escalation.visible_to(sessions.current()).where(Escalation.id == escalation_id)
    row = db.session.scalars(query.with_for_update(of=Escalation) if to_change else query).first()
    if row is None:
        raise NotFound(_("この照会は見つかりません。"), code="no_escalation")
    return row


@pages.get("/escalations/<uuid:escalation_id>")
@allow(Permission.ESCALATIONS_READ)
def escalation(escalation_id: uuid.UUID) -> str:
    """One question with all that was said about it."""
    me, row = sessions.current(), found_escalation(escalation_id)
    audit.record(Action.ESCALATION_VIEWED, by=me, on=row, facts={"number": row.number}, read=True)
    return _page(row, me)


@pages.get("/escalations/<uuid:escalation_id>/sheet")
@allow(Permission.ESCALATIONS_READ)
def escalation_sheet(escalation_id: uuid.UUID) -> str:
    """The 票 to print: the question, and lines for the ward's answer."""
    me, row = sessions.current(), found_escalation(escalation_id)
    audit.record(Action.ESCALATION_VIEWED, by=me, on=row, facts={"number": row.number}, read=True)
    return render_template("escalations/sheet.html", row=shown_fully(row), printed=clock.japan(clock.now()))


def _page(row: Escalation, me: Staff, **sent: Form) -> str:
    forms: dict[str, Form] = {
        "ring": RingForm(formdata=None),
        "inquiry": WordForm(formdata=None),
        "reply": WordForm(formdata=None),
        "answer": AnswerForm(formdata=None),
        "paper": PaperForm(formdata=None),
        "telling": WordForm(formdata=None),
        "withdrawal": WithdrawalForm(formdata=None),
    }
    forms |= sent
    for name, form in forms.items():  # several forms of one page: each field has an id of its own
        for field in form:
            field.id = f"{name}-{field.name}"
    possible = set(row.possible())
    enters = me.may(Permission.ESCALATIONS_ENTER)
    answers = me.may(Permission.ESCALATIONS_ANSWER)
    raises = me.may(Permission.ESCALATIONS_RAISE)
    return render_template(
        "escalations/escalation.html",
        row=shown_fully(row),
        forms=forms,
        form=next(iter(sent.values()), None),
        lines=lines_of(row.programme_id) if row.must_be_rung else [],
        may={
            "ring": enters and row.must_be_rung,
            "inquiry": answers and Deed.ASKED_BACK in possible,
            "reply": raises and Deed.REPLIED in possible,
            "answer": answers and Deed.ANSWERED in possible,
            "paper": enters and Deed.ANSWERED in possible,
            "telling": raises and Deed.TOLD in possible,
            "withdrawal": raises and Deed.WITHDRAWN in possible,
            "draft": me.may(Permission.KB_WRITE) and row.answer is not None,
        },
    )


# --- each word ------------------------------------------------------------------------------------------------


def _word(
    escalation_id: uuid.UUID, name: str, form: Form, say: Callable[[Escalation, Staff], Any], done: str
) -> Any:
    """Carry out one word of the exchange; what is refused stands at its field, with all that was typed."""
    me, row = sessions.current(), found_escalation(escalation_id, to_change=True)
    if not form.validate_on_submit():
        return _page(row, me, **{name: form}), form.status
    try:
        say(row, me)
    except Invalid as refusal:
        errors_to(form, FIELDS, refusal)
        return _page(row, me, **{name: form}), form.status
    flash(done, "good")
    return _back(row)


@pages.post("/escalations/<uuid:escalation_id>/rings")
@allow(Permission.ESCALATIONS_ENTER)
def ring_ward(escalation_id: uuid.UUID) -> Any:
    """The supervisor rang the ward."""
    form = RingForm()
    return _word(
        escalation_id,
        "ring",
        form,
        lambda row, me: row.rang(by=me, spoke_with=form.spoke_with.data or "", said=form.said.data or ""),
        _("区への電話を記録しました。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/inquiries")
@allow(Permission.ESCALATIONS_ANSWER)
def ask_office(escalation_id: uuid.UUID) -> Any:
    """The ward asks back."""
    form = WordForm()
    return _word(
        escalation_id,
        "inquiry",
        form,
        lambda row, me: row.ask_back(by=me, text=form.text.data or ""),
        _("事務局に照会しました。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/replies")
@allow(Permission.ESCALATIONS_RAISE)
def reply_to_ward(escalation_id: uuid.UUID) -> Any:
    """The office replies to what the ward asked."""
    form = WordForm()
    return _word(
        escalation_id,
        "reply",
        form,
        lambda row, me: row.reply(by=me, text=form.text.data or ""),
        _("区に返事をしました。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/answers")
@allow(Permission.ESCALATIONS_ANSWER)
def answer_office(escalation_id: uuid.UUID) -> Any:
    """The ward answers."""
    form = AnswerForm()
    return _word(
        escalation_id,
        "answer",
        form,
        lambda row, me: row.answer_with(by=me, text=form.text.data or "", is_for_faq=form.is_for_faq.data),
        _("回答しました。担当者に届きます。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/paper-answers")
@allow(Permission.ESCALATIONS_ENTER)
def enter_answer(escalation_id: uuid.UUID) -> Any:
    """The ward's answer from a signed paper."""
    form = PaperForm()
    return _word(
        escalation_id,
        "paper",
        form,
        lambda row, me: row.answer_with(
            by=me,
            text=form.text.data or "",
            is_for_faq=form.is_for_faq.data,
            paper=OnPaper(form.ward_name.data or "", form.paper.data or ""),
        ),
        _("紙で届いた回答を記録しました。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/tellings")
@allow(Permission.ESCALATIONS_RAISE)
def tell_caller(escalation_id: uuid.UUID) -> Any:
    """The caller knows the answer."""
    form = WordForm()
    return _word(
        escalation_id,
        "telling",
        form,
        lambda row, me: row.tell(by=me, text=form.text.data or ""),
        _("相談者への回答を記録しました。"),
    )


@pages.post("/escalations/<uuid:escalation_id>/withdrawals")
@allow(Permission.ESCALATIONS_RAISE)
def withdraw_question(escalation_id: uuid.UUID) -> Any:
    """It needs no answer any more."""
    form = WithdrawalForm()
    return _word(
        escalation_id,
        "withdrawal",
        form,
        lambda row, me: row.withdraw(by=me, reason=form.reason.data or ""),
        _("照会を取り下げました。"),
    )


def _back(row: Escalation) -> Response:
    return redirect(url_for("tickets.escalation", escalation_id=row.id), 303)

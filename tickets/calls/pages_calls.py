"""The call screen: a contact is taken, understood and filed on one page, by keys alone.

Every action of the page carries all that was typed. With scripts the left column is exchanged alone; without them the
text is kept as the draft before anything else is done, so that no way through the page loses it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.applications.matching import Fact
from callcenter.applications.models import Application
from callcenter.contacts import Channel, ClosedAs, Contact
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound, Refusal
from callcenter.forms import Form as BareForm
from callcenter.forms import Line, Once, once
from callcenter.people import phones, protection, revealing, sessions
from callcenter.people.callers import Caller, PhoneLabel, Relation
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import period_for
from tickets.calls import filing
from tickets.calls.forms import NEW, CallForm, SaidForm
from tickets.calls.returning import in_this_year
from tickets.calls.screen import Screen, contact_facts, revisions_told
from tickets.records import drafts, identity
from tickets.records.categories import Category, Tree
from tickets.records.consultation import Consultation, Outcome
from tickets.records.drafts import DraftKind
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import as_uuid, contact_url, found_application, found_contact, pages, ticket_url
from tickets.signs.fields import category_choices
from tickets.signs.programme_choice import chosen_programme

SAID = {
    Fact.NUMBER: "said_number",
    Fact.APPLICANT_NAME: "said_applicant_name",
    Fact.CHILD_BIRTH_DATE: "said_child_birth_date",
    Fact.ADDRESS: "said_address",
}


class NewCallForm(BareForm):
    once = Once()


class NewCallerForm(BareForm):
    """Somebody who is not known yet, named on the call screen."""

    new_name = Line(_l("氏名"), limit=100, required=False)
    new_kana = Line(_l("フリガナ"), limit=100, required=False)


@pages.post("/calls")
@allow(Permission.CONTACTS_WRITE)
def new_call() -> Response:
    """Take a call: it is kept at once, whatever becomes of it."""
    me, form = sessions.current(), NewCallForm()
    return redirect(once(form.once.data, me.id, lambda: _received(me)), 303)


def _received(me: Staff) -> str:
    period = period_for(chosen_programme(me).id, clock.today())
    return contact_url(Contact.receive(period, Channel.PHONE, by=me, handler=me))


# --- the screen ------------------------------------------------------------------------------------------


@pages.get("/calls/<uuid:contact_id>")
@allow(Permission.CONTACTS_READ)
def call(contact_id: uuid.UUID) -> str | Response:
    """The call screen, with what this person had typed before; what is filed already leads to its ticket."""
    me, contact = sessions.current(), found_contact(contact_id)
    audit.record(Action.CONTACT_VIEWED, by=me, on=contact, facts={"number": contact.number}, read=True)
    if contact.is_settled:
        return settled(contact)
    draft = drafts.draft_of(me, DraftKind.CALL, contact.id)
    fields = draft.fields if draft else {}
    form = CallForm.of_draft(fields) if draft else CallForm(formdata=None)
    screen = Screen(
        contact,
        me,
        form,
        chosen=_ids(fields.get("application", [])),
        told=fields.get("told_revision", []),
        looked_up=_first(fields, "number") if not contact.caller_id else "",
        searched=_first(fields, "find"),
    )
    return shown(screen, draft)


def settled(contact: Contact) -> str | Response:
    """A contact that is out of the tray: its consultation, or why it was closed and the way back."""
    filed = db.session.scalars(select(Consultation).where(Consultation.contact_id == contact.id)).first()
    if filed is not None:
        return redirect(f"{ticket_url(filed.ticket)}#consultation-{filed.id.hex}", 303)
    return render_template(
        "contacts/closed.html", contact=contact, facts=contact_facts(contact), labels=labels
    )


def shown(screen: Screen, draft: drafts.Draft | None = None) -> str:
    """The whole page."""
    _offer_categories(screen.form, screen.person)
    return render_template(
        "tickets/call.html",
        screen=screen,
        form=screen.form,
        contact=screen.contact,
        facts=contact_facts(screen.contact),
        draft=draft,
        saved_at=f"{clock.japan(draft.saved_at):%H:%M}" if draft else None,
        reasons=revealing.reasons(),
    )


def _offer_categories(form: CallForm, me: Staff) -> None:
    form.category.offer(category_choices(Tree.of(me.programme_ids)))


# --- the left column -------------------------------------------------------------------------------------


@pages.post("/contacts/<uuid:contact_id>/numbers")
@allow(Permission.CONTACTS_WRITE)
def name_number(contact_id: uuid.UUID) -> Any:
    """Write the number down as it was said, and show who may be behind it. A name is looked up, not written down."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    contact.require_unsettled()
    said = request.form.get("number", "").strip()
    form = CallForm()
    if form.number.validate(form):
        if _is_number(said) and said != (contact.from_number or ""):
            contact.name_number(said, by=me)
        return _left(contact, looked_up=said)
    return _left(contact, status=422)


@pages.post("/contacts/<uuid:contact_id>/callers")
@allow(Permission.CONTACTS_WRITE)
def name_caller(contact_id: uuid.UUID) -> Any:
    """Say who is calling: a candidate, somebody new, or nobody (an empty `caller`)."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    contact.require_unsettled()
    wanted = request.form.get("caller", "")
    if wanted == NEW:
        return _new_caller(contact, me)
    if not wanted:
        contact.name_caller(None, by=me)
        return _left(contact, then_to="number")
    known = _caller(wanted, me)
    here = in_this_year(known, contact.period, by=me)
    contact.name_caller(here, by=me)
    contact.caller = here
    said = (
        ""
        if here.id == known.id
        else _("前の年度の相談者を写しました。氏名と連絡先を聞いて確かめてください。")
    )
    return _left(contact, then_to="content", said_first=said)


def _new_caller(contact: Contact, me: Staff) -> Any:
    form = NewCallerForm()
    for field in (form.new_name, form.new_kana):
        if not field.validate(form):
            return _left(contact, status=422, refused=str(field.errors[0]))
    name, kana = ((field.data or "").strip() or None for field in (form.new_name, form.new_kana))
    known = [(PhoneLabel.MOBILE, contact.from_number)] if contact.from_number else []
    try:
        caller = Caller.create(contact.period, by=me, name=name, kana=kana, phones=known)
    except Invalid as refusal:
        return _left(contact, status=422, refused=refusal.message)
    db.session.flush()
    contact.name_caller(caller, by=me)
    contact.caller = caller
    return _left(contact, then_to="content")


def _caller(text: str, me: Staff) -> Caller:
    query = Caller.visible_to(me).where(Caller.id == as_uuid(text))
    caller = db.session.scalars(query).first()
    if caller is None:
        raise NotFound(_("この相談者は見つかりません。"), code="no_caller")
    return caller.survivor


@pages.post("/contacts/<uuid:contact_id>/applications")
@allow(Permission.APPLICATIONS_READ)
def look_for_applications(contact_id: uuid.UUID) -> Any:
    """Applications with the number or name that was said. A whole number that is found is chosen at once."""
    contact = found_contact(contact_id)
    form = CallForm()
    said = (form.find.data or "").strip() if form.find.validate(form) else ""
    return _left(contact, searched=said, status=422 if form.find.errors else 200)


@pages.post("/contacts/<uuid:contact_id>/identity-checks")
@allow(Permission.IDENTITY_CHECK)
def check_identity(contact_id: uuid.UUID) -> Any:
    """Compare what the caller said with an application: 一致 or 不一致, as a whole."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    contact.require_unsettled()
    application = found_application(as_uuid(request.form.get("check")))
    form, said = CallForm(), SaidForm()
    if not all(said[name].validate(said) for name in SAID.values()):
        return _left(contact, status=422, said=said)
    words = {fact: said[name].data or "" for fact, name in SAID.items()}
    relation = form.relation.data or Relation.UNKNOWN
    try:
        row = identity.check(
            contact, application, words, relation=relation, called_back=bool(said.called_back.data), by=me
        )
    except Invalid as refusal:
        return _left(contact, status=422, said=said, refused=refusal.message)
    db.session.flush()
    return _left(contact, said=None if row.is_match else said, then_to="content" if row.is_match else "")


def _left(
    contact: Contact,
    *,
    looked_up: str = "",
    searched: str = "",
    status: int = 200,
    said: SaidForm | None = None,
    refused: str = "",
    then_to: str = "",
    said_first: str = "",
) -> Any:
    """The left column again, and where the cursor goes (`then_to`, an id); without scripts the whole page, after the
    text was kept as the draft."""
    me, form = sessions.current(), CallForm()
    chosen = _ids(request.form.getlist("application"))
    screen = Screen(
        contact,
        me,
        form,
        chosen=chosen,
        told=request.form.getlist("told_revision"),
        looked_up=looked_up,
        searched=searched,
        said=said,
        choose_found=True,
    )
    if "HX-Request" in request.headers:
        part = "tickets/_left.html"
        values = {
            "screen": screen,
            "form": form,
            "contact": contact,
            "refused": refused,
            "notice_first": said_first,
        }
        headers = {"HX-Trigger-After-Swap": json.dumps({"move": {"to": then_to}})} if then_to else {}
        return render_template(part, **values), status, headers
    if status >= 400:
        _offer_categories(form, me)
        if refused:
            flash(refused, "wrong")
        return shown(screen), status
    if screen.search_waits:
        flash(screen.waiting_words, "wait")
    if said_first:
        flash(said_first, "info")
    saved = _keep(contact, me, [a.id for a in screen.applications if a.is_chosen])
    if not saved.is_kept:  # another device was here: this page goes on with what it has
        flash(_("別の端末でも入力されています。この画面の内容で続けます。"), "wait")
        return shown(screen, saved.draft), 409
    return redirect(f"{contact_url(contact)}#who", 303)


def _keep(contact: Contact, me: Staff, chosen: list[str]) -> drafts.Saved:
    """The draft of a page without scripts."""
    return drafts.save(
        me,
        contact,
        typed() | {"application": chosen},
        seen=request.form.get("draft_version", 0, type=int),
        page=drafts.page_named(request.form.get("page", "")),
        device=drafts.device(request.user_agent.string),
    )


def typed() -> drafts.Fields:
    """What this page sent that a draft keeps: never what a caller said of themselves."""
    return {name: request.form.getlist(name) for name in CallForm.KEPT if name in request.form}


# --- the end of a contact --------------------------------------------------------------------------------


@pages.post("/contacts/<uuid:contact_id>/consultations")
@allow(Permission.TICKETS_WRITE)
def file_contact(contact_id: uuid.UUID) -> Any:
    """File what was written: to a new ticket or an open one; finished, to be gone on with, or anonymous."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    form = CallForm()
    _offer_categories(form, me)
    if not form.validate_on_submit():
        return _again(contact, me, form), form.status
    try:
        return redirect(once(form.once.data, me.id, lambda: _filed(contact, me, form)), 303)
    except (Invalid, Conflict) as refusal:
        db.session.rollback()
        return _refused(found_contact(contact_id), me, form, refusal)


def _filed(contact: Contact, me: Staff, form: CallForm) -> str:
    closing = request.form.get("closing", "close")
    wanted = _filing(form, me, is_finished=closing != "keep")
    do = filing.file_anonymous if closing == "general" else filing.file
    consultation = do(contact, wanted, by=me)
    db.session.flush()
    ticket = consultation.ticket
    _say(ticket, wanted, closing)
    return f"{ticket_url(ticket)}#consultation-{consultation.id.hex}"


def _filing(form: CallForm, me: Staff, *, is_finished: bool) -> filing.Filing:
    applications = _ids(request.form.getlist("application"))
    visible = Application.visible_to(me).where(Application.id.in_(applications))
    return filing.Filing(
        content=form.content.data or "",
        answer=form.answer.data,
        subject=form.subject_or_first_line,
        category=db.session.get(Category, form.category.data) if form.category.data else None,
        outcome=form.outcome.data or Outcome.RESOLVED,
        relation=form.relation.data or Relation.UNKNOWN,
        priority=form.priority.data,
        ticket=_ticket(form.ticket.data, me),
        applications=list(db.session.scalars(visible)) if applications else [],
        told=revisions_told(request.form.getlist("told_revision"), me),
        follow_up_on=form.follow_up_on.data,
        follow_up_text=form.follow_up_text.data or "",
        is_finished=is_finished,
    )


def _ticket(text: str | None, me: Staff) -> Ticket | None:
    if not text or text == NEW:
        return None
    query = Ticket.visible_to(me).where(Ticket.id == as_uuid(text)).with_for_update(of=Ticket)
    ticket = db.session.scalars(query).first()
    if ticket is None:
        raise NotFound(_("このチケットは見つかりません。"), code="no_ticket")
    return ticket


def _say(ticket: Ticket, wanted: filing.Filing, closing: str) -> None:
    if ticket.is_closed:
        flash(_("%(label)s に記録し、完了にしました。", label=ticket.label), "good")
    elif closing == "close" and wanted.outcome not in filing.DONE:
        state = labels.STATES[ticket.state]
        flash(
            _(
                "%(label)s に記録しました。約束が残っているため「%(state)s」のままです。",
                label=ticket.label,
                state=state,
            ),
            "wait",
        )
    else:
        flash(_("%(label)s に記録しました。", label=ticket.label), "good")


def _again(contact: Contact, me: Staff, form: CallForm) -> str:
    if contact.is_settled:
        raise Conflict(_("この受付は、すでに整理が済んでいます。"), code="settled")
    screen = Screen(
        contact,
        me,
        form,
        chosen=_ids(request.form.getlist("application")),
        told=request.form.getlist("told_revision"),
    )
    return shown(screen, drafts.draft_of(me, DraftKind.CALL, contact.id))


def _refused(contact: Contact, me: Staff, form: CallForm, refusal: Refusal) -> tuple[str, int]:
    """Somebody else was first, or a text may not stand: everything that was typed stays on the page."""
    _offer_categories(form, me)
    if contact.is_settled:
        filed = db.session.scalars(select(Consultation).where(Consultation.contact_id == contact.id)).first()
        url = ticket_url(filed.ticket) if filed else contact_url(contact)
        page = "contacts/already_filed.html"
        return render_template(page, contact=contact, form=form, url=url, message=refusal.message), 409
    field = {"ticket_closed": "ticket", "due_in_past": "follow_up_on", "subject_missing": "subject"}
    form.refuse(field.get(refusal.code, "content"), refusal.message)
    return _again(contact, me, form), refusal.status


@pages.post("/contacts/<uuid:contact_id>/closures")
@allow(Permission.CONTACTS_WRITE)
def close_contact(contact_id: uuid.UUID) -> Response:
    """Nothing was consulted: silent, a wrong number, another programme, the same contact twice."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    try:
        reason = ClosedAs(request.form.get("reason", ""))
    except ValueError:
        raise Invalid(_("閉じる理由を選んでください。"), code="reason_missing") from None
    contact.close(reason, by=me)
    drafts.discard(contact.id)
    flash(
        _("%(label)s を「%(reason)s」で閉じました。", label=contact.label, reason=labels.CLOSURES[reason]),
        "good",
    )
    return redirect(url_for("tickets.home", closed=contact.id), 303)


@pages.post("/contacts/<uuid:contact_id>/reopenings")
@allow(Permission.CONTACTS_WRITE)
def reopen_contact(contact_id: uuid.UUID) -> Response:
    """元に戻す: the contact stands in the tray again, open before whoever took it back."""
    me, contact = sessions.current(), found_contact(contact_id, to_change=True)
    contact.reopen(by=me)
    contact.take(by=me)
    flash(_("%(label)s を未整理に戻しました。", label=contact.label), "good")
    return redirect(contact_url(contact), 303)


@pages.post("/contacts/<uuid:contact_id>/revelations")
@allow(Permission.PERSONAL_REVEAL)
def reveal_number(contact_id: uuid.UUID) -> Any:
    """The number or address that a contact came from, for a reason."""
    me, contact, form = sessions.current(), found_contact(contact_id), revealing.RevealForm()
    if not form.validate_on_submit():
        return revealing.refused(form.message)
    if contact.caller and not me.may(Permission.PROTECTION_READ) and protection.is_protected(contact.caller):
        protection.alert(contact.caller, by=me)
        return revealing.withheld()
    items = [(_("電話番号"), contact.from_number), (_("メールアドレス"), contact.from_mail)]
    shown_items = [{"term": term, "value": value} for term, value in items if value]
    return revealing.revealed(contact, {"from": shown_items}, form, by=me)


# --- small things ----------------------------------------------------------------------------------------


def _ids(texts: list[str]) -> list[uuid.UUID]:
    return [found for found in map(as_uuid, texts) if found]


def _first(fields: drafts.Fields, name: str) -> str:
    return next(iter(fields.get(name, [])), "").strip()


def _is_number(said: str) -> bool:
    line = phones.read(said).line if said else None
    return line is not None and line is not phones.Line.UNREADABLE

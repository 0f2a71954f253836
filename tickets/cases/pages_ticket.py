"""One ticket: its head, its time line, and everything that is done to it."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from callcenter import clock
from callcenter.db import db
from callcenter.errors import Invalid, NotFound
from callcenter.forms import Form, once
from callcenter.people import callers_search, panels, revealing, sessions
from callcenter.people.callers_seen import seen
from callcenter.people.staff import Staff, colleagues
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.cases.forms import (
    AssignmentForm,
    AttachmentForm,
    FollowUpForm,
    LinkForm,
    NoteForm,
    StateForm,
    TicketForm,
)
from tickets.cases.pages_attachments import file_rows
from tickets.cases.timeline import Timeline
from tickets.complaints import lists as complaint_lists
from tickets.complaints.showing import row_of as complaint_row
from tickets.escalation import tray
from tickets.escalation.showing import row_of
from tickets.finding.application_search import with_number
from tickets.records import drafts, presence
from tickets.records.categories import Category, Team, Tree
from tickets.records.drafts import DraftKind, saved_at
from tickets.records.follow_up import FollowUp
from tickets.records.notes import Note
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import as_uuid, found_application, found_ticket, on_ticket, pages, ticket_url
from tickets.signs.difference import difference
from tickets.signs.fields import category_choices, staff_choices, team_choices
from tickets.signs.mentions import mentioned

WITH_HEAD = (
    joinedload(Ticket.category).joinedload(Category.parent).joinedload(Category.parent),
    joinedload(Ticket.owner),
    joinedload(Ticket.team),
)
"""What the head of a ticket's page shows, in one query."""


@on_ticket()
@allow(Permission.TICKETS_READ)
def ticket(number: int, programme: str | None = None) -> str:
    """A ticket with all that happened to it."""
    me, row = sessions.current(), found_ticket(number, programme, options=WITH_HEAD)
    audit.record(Action.TICKET_VIEWED, by=me, on=row, facts={"number": row.number}, read=True)
    return shown(row, me)


def shown(row: Ticket, me: Staff, **sent: Form) -> str:
    """The page; with the form that was just refused open in its place. Forms with long lists come when opened."""
    draft = drafts.draft_of(me, DraftKind.NOTE, row.id)
    timeline = Timeline(row, me)
    return render_template(
        "tickets/ticket.html",
        form=next(iter(sent.values()), None),
        forms=_forms(draft) | sent,
        opened=next(iter(sent), ""),
        ticket=row,
        urls=_urls(row),
        facts=_facts(row, me),
        asking=_asking(row, me),
        applications=[_linked(link) for link in timeline.links if link.unlinked_at is None],
        follow_ups=[_follow_up(f) for f in timeline.follow_ups if f.done_at is None],
        files=file_rows(timeline.attachments),
        entries=timeline.entries,
        correct=_correct_urls(timeline, me),
        draft=draft,
        saved_at=saved_at(draft),
        others=presence.others(row, me),
        questions=[row_of(each) for each in tray.of_ticket(row)]
        if me.may(Permission.ESCALATIONS_READ)
        else [],
        complaints=[complaint_row(each) for each in complaint_lists.of_ticket(row)]
        if me.may(Permission.COMPLAINTS_READ)
        else [],
        may=_may(me, row),
        reasons=revealing.reasons(),
    )


def _forms(draft: drafts.Draft | None) -> dict[str, Form]:
    """The small forms, which stand on the page from the start."""
    typed = draft.fields.get("text", [""])[0] if draft else ""
    return {
        "note": NoteForm(formdata=None, text=typed),
        "state": StateForm(formdata=None),
        "link": LinkForm(formdata=None),
        "attachment": AttachmentForm(formdata=None),
    }


def _asking(row: Ticket, me: Staff) -> Any:
    """The caller, masked, with what other rooms say of them."""
    if row.caller_id is None:
        return None
    callers = callers_search.loaded(me, [row.caller_id])
    return seen(callers[0], panels.marks_of(callers, me)) if callers else None


@on_ticket("/deeds")
@allow(Permission.TICKETS_WRITE)
def deeds(number: int, programme: str | None = None) -> str:
    """The forms with long lists: one of them for its place on the page (`?part=`), or all of them on a page."""
    me, row = sessions.current(), found_ticket(number, programme)
    forms: dict[str, Form] = {
        "edit": _edit_form(row, me),
        "follow_up": offered_follow_up(FollowUpForm(formdata=None, due_on=clock.today(), owner=me.id), me),
        "assignment": offered_assignment(
            AssignmentForm(formdata=None, owner=row.owner_id, team=row.team_id), me
        ),
    }
    part = request.args.get("part", "")
    page = f"tickets/_deed_{part}.html" if part in forms else "tickets/deeds.html"
    return render_template(page, ticket=row, forms=forms, urls=_urls(row), may=_may(me, row))


@pages.get("/colleagues")
@allow(Permission.TICKETS_WRITE)
def names() -> str:
    """Who can be called by @name: a fragment for the note, asked for with the first @."""
    return render_template("tickets/_names.html", names=_names(sessions.current()))


deeds.polls = names.polls = True  # type: ignore[attr-defined]


def offered_assignment(form: AssignmentForm, me: Staff) -> AssignmentForm:
    """The form with the colleagues and teams that may be chosen."""
    form.owner.offer(staff_choices(colleagues(me)))
    form.team.offer(team_choices(db.session.scalars(Team.visible_to(me))))
    return form


def offered_follow_up(form: FollowUpForm, me: Staff) -> FollowUpForm:
    """The form with the colleagues who may do it."""
    form.owner.offer(staff_choices(colleagues(me)))
    return form


def _edit_form(row: Ticket, me: Staff, *, sent: bool = False) -> TicketForm:
    form = TicketForm() if sent else TicketForm(formdata=None, obj=_Values(row))
    form.category.offer(category_choices(Tree.of(me.programme_ids)))
    return form


class _Values:
    """What the edit form begins with."""

    def __init__(self, row: Ticket):
        self.seen, self.subject = stamp(row), row.subject
        self.category, self.priority = row.category_id, row.priority


def stamp(row: Ticket) -> str:
    """A digest of what the edit form changes: two people who saw the same have the same."""
    text = f"{row.subject}|{row.category_id}|{row.priority}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _urls(row: Ticket) -> dict[str, str]:
    names = (
        "add_note assign take close reopen wait add_follow_up link_application unlink_application edit_ticket add_attachment "
        "tell_presence reveal_caller deeds ticket new_escalation new_complaint"
    )
    return {name: ticket_url(row, endpoint=f"tickets.{name}") for name in names.split()}


def _facts(row: Ticket, me: Staff) -> dict[str, Any]:
    return {
        "state": labels.STATES[row.state],
        "tone": labels.STATE_TONES[row.state],
        "priority": labels.PRIORITIES[row.priority],
        "level": labels.PRIORITY_LEVELS[row.priority],
        "category": row.category.path if row.category else _("未分類"),
        "owner": row.owner.display_name if row.owner else None,
        "team": row.team.name if row.team else "",
        "opened": labels.when(row.opened_at),
        "updated": labels.when(row.updated_at),
    }


def _linked(link: Any) -> dict[str, Any]:
    application = link.application
    return {
        "id": application.id,
        "url": url_for("applications.application", application_id=application.id),
        "number": application.number,
        "about": _("%(year)d年度", year=application.fiscal_year),
        "state": str(application.state_label),
    }


def _follow_up(row: FollowUp) -> dict[str, Any]:
    days = (row.due_on - clock.today()).days
    return {
        "url": ticket_url(row.ticket, endpoint="tickets.complete_follow_up", follow_up_id=row.id),
        "due": labels.due(row.due_on),
        "tone": "late" if days < 0 else "wait" if days == 0 else "quiet",
        "text": row.text,
        "owner": row.owner.display_name if row.owner else _("担当なし"),
    }


def _correct_urls(timeline: Timeline, me: Staff) -> dict[uuid.UUID, str]:
    if not me.may(Permission.TICKETS_CORRECT):
        return {}
    return {
        row.id: ticket_url(timeline.ticket, endpoint="tickets.correction", consultation_id=row.id)
        for row in timeline.consultations
    }


def _names(me: Staff) -> list[dict[str, str]]:
    """Who can be called by @name, for the typeahead."""
    return [
        {"name": person.display_name.replace(" ", ""), "words": f"{person.kana} {person.sign_in_name}"}
        for person in colleagues(me)
    ]


def _may(me: Staff, row: Ticket) -> dict[str, bool]:
    writes = me.may(Permission.TICKETS_WRITE)
    return {
        "write": writes,
        "ask_ward": me.may(Permission.ESCALATIONS_RAISE) and not row.is_closed,
        "complain": me.may(Permission.COMPLAINTS_WRITE) and not row.is_closed,
        "assign": me.may(Permission.TICKETS_ASSIGN),
        "take": writes and row.owner_id != me.id,
        "reveal": me.may(Permission.PERSONAL_REVEAL),
        "wait": writes and row.state is TicketState.OPEN,
        "reopen": writes and row.state is not TicketState.OPEN,
        "close": writes and not row.is_closed,
    }


# --- states ----------------------------------------------------------------------------------------------


def _move(number: int, programme: str | None, state: TicketState, said: str) -> Any:
    me, row, form = sessions.current(), found_ticket(number, programme, to_change=True), StateForm()
    if not form.validate_on_submit():
        return shown(row, me, state=form), form.status
    row.change_state(state, by=me, reason=(form.reason.data or "").strip() or None)
    flash(said, "good")
    return _back(row)


@on_ticket("/closures", method="POST")
@allow(Permission.TICKETS_WRITE)
def close(number: int, programme: str | None = None) -> Any:
    return _move(number, programme, TicketState.CLOSED, _("完了にしました。"))


@on_ticket("/reopenings", method="POST")
@allow(Permission.TICKETS_WRITE)
def reopen(number: int, programme: str | None = None) -> Any:
    return _move(number, programme, TicketState.OPEN, _("対応中に戻しました。"))


@on_ticket("/waits", method="POST")
@allow(Permission.TICKETS_WRITE)
def wait(number: int, programme: str | None = None) -> Any:
    return _move(number, programme, TicketState.WAITING, _("回答待ちにしました。"))


# --- hands -----------------------------------------------------------------------------------------------


@on_ticket("/assignments", method="POST")
@allow(Permission.TICKETS_ASSIGN)
def assign(number: int, programme: str | None = None) -> Any:
    """Give the ticket to somebody, to a team, or to nobody."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    form = offered_assignment(AssignmentForm(), me)
    if form.validate_on_submit():
        owner = db.session.get(Staff, form.owner.data) if form.owner.data else None
        team = db.session.get(Team, form.team.data) if form.team.data else None
        try:
            row.assign(by=me, owner=owner, team=team, reason=(form.reason.data or "").strip() or None)
        except Invalid as refusal:
            form.refuse("owner", refusal.message)
        else:
            flash(_("担当を替えました。"), "good")
            return _back(row)
    return shown(row, me, assignment=form), form.status


@on_ticket("/takings", method="POST")
@allow(Permission.TICKETS_WRITE)
def take(number: int, programme: str | None = None) -> Response:
    """I take it on."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    if row.owner_id != me.id:
        row.assign(by=me, owner=me, team=row.team)
        flash(_("担当になりました。"), "good")
    return _back(row)


# --- notes -----------------------------------------------------------------------------------------------


@on_ticket("/notes", method="POST")
@allow(Permission.TICKETS_WRITE)
def add_note(number: int, programme: str | None = None) -> Any:
    """An internal note; @name calls a colleague."""
    me, row, form = sessions.current(), found_ticket(number, programme, to_change=True), NoteForm()
    if not form.validate_on_submit():
        return shown(row, me, note=form), form.status
    return redirect(once(form.once.data, me.id, lambda: _noted(row, form.text.data or "", me)), 303)


def _noted(row: Ticket, text: str, me: Staff) -> str:
    note = Note.write(
        row, by=me, text=text, mentioned=[p for p in mentioned(text, colleagues(me)) if p.id != me.id]
    )
    drafts.discard(row.id, me)
    return f"{ticket_url(row)}#note-{note.id.hex}"


# --- applications ----------------------------------------------------------------------------------------


@on_ticket("/links", method="POST")
@allow(Permission.TICKETS_WRITE)
def link_application(number: int, programme: str | None = None) -> Any:
    """Say that this case is about an application, by its number."""
    me, row, form = sessions.current(), found_ticket(number, programme, to_change=True), LinkForm()
    if form.validate_on_submit():
        application = with_number(form.number.data or "", me)
        if application is None:
            form.refuse("number", _("この番号の申請は見つかりません。R8-00123 のように入力してください。"))
        else:
            try:
                row.link(application, by=me)
            except Invalid as refusal:
                form.refuse("number", refusal.message)
    if form.errors:
        return shown(row, me, link=form), form.status
    if not db.session.info.get("audit"):
        flash(_("すでに結ばれています。"), "info")
    return _back(row)


@on_ticket("/unlinkings", method="POST")
@allow(Permission.TICKETS_WRITE)
def unlink_application(number: int, programme: str | None = None) -> Response:
    """Take a link back."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    row.unlink(found_application(as_uuid(request.form.get("application"))), by=me)
    flash(_("申請の結び付けを外しました。"), "good")
    return _back(row)


# --- follow-ups ------------------------------------------------------------------------------------------


@on_ticket("/follow-ups", method="POST")
@allow(Permission.TICKETS_WRITE)
def add_follow_up(number: int, programme: str | None = None) -> Any:
    """Promise a next step by a day."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    form = offered_follow_up(FollowUpForm(), me)
    if form.validate_on_submit():
        owner = db.session.get(Staff, form.owner.data) if form.owner.data else me
        try:
            row.follow_up(form.due_on.data or clock.today(), form.text.data or "", by=me, owner=owner)
        except Invalid as refusal:
            form.refuse("due_on" if refusal.code == "due_in_past" else "text", refusal.message)
        else:
            flash(_("予定を入れました。"), "good")
            return _back(row)
    return shown(row, me, follow_up=form), form.status


@on_ticket("/follow-ups/<uuid:follow_up_id>/completions", method="POST")
@allow(Permission.TICKETS_WRITE)
def complete_follow_up(number: int, follow_up_id: uuid.UUID, programme: str | None = None) -> Response:
    """Done."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    promise = next((f for f in row.follow_ups if f.id == follow_up_id), None)
    if promise is None:
        raise NotFound(_("この予定は見つかりません。"), code="no_follow_up")
    promise.complete(by=me)
    flash(_("予定を完了にしました。"), "good")
    return _back(row)


# --- subject, category, priority ---------------------------------------------------------------------------


@on_ticket("/edits", method="POST")
@allow(Permission.TICKETS_WRITE)
def edit_ticket(number: int, programme: str | None = None) -> Any:
    """Correct subject, category or priority. Who saw an older state is shown the difference, and loses nothing."""
    me, row = sessions.current(), found_ticket(number, programme, to_change=True)
    form = _edit_form(row, me, sent=True)
    if not form.validate_on_submit():
        return shown(row, me, edit=form), form.status
    if form.seen.data != stamp(row):
        return _conflict(row, me, form)
    category = db.session.get(Category, form.category.data) if form.category.data else None
    row.revise(by=me, subject=form.subject.data or "", category=category, priority=form.priority.data)
    flash(_("保存しました。"), "good")
    return _back(row)


def _conflict(row: Ticket, me: Staff, form: TicketForm) -> tuple[str, int]:
    """What somebody else saved beside what was typed; saving again now replaces it knowingly."""
    before, after = difference(row.subject, form.subject.data or "")
    form.seen.data = stamp(row)
    choices = [
        (
            form.category.label.text,
            row.category.path if row.category else _("未分類"),
            _category_path(form, me),
        ),
        (form.priority.label.text, labels.PRIORITIES[row.priority], labels.PRIORITIES[form.priority.data]),
    ]
    differing = [{"name": name, "theirs": a, "mine": b} for name, a, b in choices if a != b]
    page = "tickets/conflict.html"
    values = {"before": before, "after": after, "differing": differing, "url": ticket_url(row)}
    action = ticket_url(row, endpoint="tickets.edit_ticket")
    return render_template(
        page, ticket=row, form=form, action=action, when=labels.when(row.updated_at), **values
    ), 409


def _category_path(form: TicketForm, me: Staff) -> str:
    return Tree.of(me.programme_ids).path(form.category.data) or _("未分類")


def _back(row: Ticket) -> Response:
    return redirect(ticket_url(row), 303)

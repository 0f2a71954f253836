"""The page of one person: who may see it, what stands on it, and how a change made there ends."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.forms import Form
from callcenter.people import attempts, clauses, codes, inviting, labels, letting_in, sessions, tokens, totp
from callcenter.people.pages_tokens import token_facts
from callcenter.people.staff import Staff
from callcenter.people.staff_forms import (
    DesignationForm,
    NameForm,
    PaperForm,
    ProgrammeForm,
    ReasonForm,
    ReleaseForm,
    RoleForm,
)
from callcenter.people.step_up import require_fresh
from callcenter.permissions import Permission, Side

Deed = Callable[[Staff, Staff, Form], None]
"""What is done: by whom, to whom, with which form."""


def seen(staff_id: uuid.UUID) -> Staff:
    """The person, if the one who asks may see them. Raises NotFound."""
    person = db.session.scalars(Staff.visible_to(sessions.current()).where(Staff.id == staff_id)).first()
    if person is None:
        raise NotFound(_("この利用者は見つかりません。"), code="no_staff")
    return person


def about_to_change(staff_id: uuid.UUID) -> tuple[Staff, Staff]:
    """Who acts and the person, once who acts has proven who they are (see `step_up.require_fresh`)."""
    person = seen(staff_id)
    require_fresh(back=address(person))
    return sessions.current(), person


def change(
    staff_id: uuid.UUID, name: str, form: Form, field: str, deed: Deed, said: str, *, lets_in: bool = False
) -> Response | tuple[str, int]:
    """Do a deed with a form of the person's page; what the house refuses is said at a field of it. With `lets_in`
    only for those who may let the person in, whatever the form says: raises Forbidden."""
    me, person = about_to_change(staff_id)
    if lets_in:
        letting_in.require(me, person)
    if form.validate_on_submit():
        try:
            deed(me, person, form)
        except (Conflict, Invalid) as refusal:
            db.session.rollback()
            form.refuse(field, refusal.message)
        else:
            return done(person, said)
    return shown(me, person, **{name: form})


def address(person: Staff) -> str:
    return url_for("people.staff_member", staff_id=person.id)


def done(person: Staff, message: str) -> Response:
    """Say that it is done, on the person's page."""
    flash(message, "good")
    return redirect(address(person), 303)


def shown(me: Staff, person: Staff, **sent: Form) -> tuple[str, int]:
    """The page of a person, with the form that was just refused or with fresh ones."""
    forms: dict[str, Any] = {
        "papers": PaperForm(formdata=None),
        "names": NameForm(formdata=None, name=person.name, kana=person.kana),
        "roles": RoleForm(formdata=None, role=person.role),
        "programmes": ProgrammeForm(formdata=None, programmes=list(person.programme_ids)),
        "designations": DesignationForm(formdata=None, designated_on=today()),
        "releases": ReleaseForm(formdata=None, on=person.released_on or today()),
        "reasons": ReasonForm(formdata=None),
        **sent,
    }
    forms["roles"].offer(person.side)
    refused = next(iter(sent.values()), None)
    may = _may(me, person)
    page = render_template(
        "people/staff_member.html",
        form=refused,
        forms=forms,
        person=person,
        facts=_facts(person, closely=may["look_closely"]),
        history=_history(person),
        sessions=[_session_facts(row) for row in sessions.live_of(person)] if may["look_closely"] else [],
        tokens=[token_facts(row) for row in tokens.living_of(person)] if may["look_closely"] else [],
        may=may,
    )
    return page, refused.status if refused else 200


def _may(me: Staff, person: Staff) -> dict[str, bool]:
    """What of the page this person may use. Ward staff see who is designated, not when and where others work."""
    writes, other = me.may(Permission.STAFF_WRITE), person.id != me.id
    lets_in = other and me.may(Permission.STAFF_INVITE) and letting_in.may_let_in(me, person)
    on_paper = other and inviting.stands_on_paper(person, me)
    ends = sessions.may_end_others(me)
    return {
        "write": writes,
        "write_other": writes and other,
        "be_oneself": me.may(Permission.STAFF_INVITE) and not other,
        "let_in": lets_in,
        "on_paper": on_paper,
        "leave_to_ward": writes and person.side is Side.WARD and not on_paper,
        "look_closely": ends or me.may(Permission.AUDIT_READ) or lets_in or not other,
        "end": ends and other,
        "unlock": ends and attempts.blocked_until(person) is not None,
        "reset_factor": lets_in and totp.of(person) is not None,
    }


def _facts(person: Staff, *, closely: bool) -> list[dict[str, Any]]:
    version = clauses.current()
    confirmed = clauses.confirmations(version).get(person.id) if version else None
    return [
        {"term": _("サインイン名"), "value": person.sign_in_name},
        {"term": _("フリガナ"), "value": person.kana},
        {"term": _("所属"), "value": labels.SIDES[person.side]},
        {"term": _("役割"), "value": labels.ROLES[person.role]},
        {"term": _("状態"), "value": labels.STATES[person.state]},
        {"term": _("条項の確認"), "value": labels.moment(confirmed) or _("未確認")},
        *(_close_facts(person) if closely else []),
    ]


def _close_facts(person: Staff) -> list[dict[str, Any]]:
    """How the person comes in: for those who look after that."""
    locked = labels.moment(attempts.blocked_until(person))
    invited = codes.open_invitations().get(person.id)
    return [
        {"term": _("認証アプリ"), "value": _("登録済み") if totp.of(person) else _("未登録")},
        *([{"term": _("招待の期限"), "value": labels.moment(invited)}] if invited else []),
        *([{"term": _("サインインの待ち"), "value": _("%(until)sまで", until=locked)}] if locked else []),
    ]


def _history(person: Staff) -> list[dict[str, str]]:
    return [
        {"on": labels.day(d.designated_on), "until": labels.day(d.released_on) or _("定めなし")}
        for d in reversed(person.designations)
    ]


def _session_facts(row: sessions.SignInSession) -> dict[str, str]:
    return {
        "address": row.address,
        "begun": labels.moment(row.created_at),
        "seen": labels.moment(row.last_seen_at),
    }

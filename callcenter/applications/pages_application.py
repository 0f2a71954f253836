"""One application: masked facts, children, history, and what other rooms know of it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from callcenter.applications import panels, seen
from callcenter.applications.blueprint import pages
from callcenter.applications.flow import DECIDED, STATES, State, next_states
from callcenter.applications.links import people_of
from callcenter.applications.models import CHANNELS, Application
from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.forms import Day, Form, Line, OneOf, Required, Text
from callcenter.people import labels, protection, revealing, sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class MoveForm(Form):
    """The next state, and why."""

    after = OneOf(_l("次の状態"), State, STATES)
    reason = Text(_l("理由・メモ"), limit=400, required=False)
    seen_state = OneOf(_l("いまの状態"), State, STATES)


class DecisionForm(Form):
    """What the ward decided."""

    outcome = OneOf(_l("決定"), State, {state: STATES[state] for state in State if state in DECIDED})
    decided_on = Day(_l("決定日"))
    amount = IntegerField(_l("交付額（円）"), [Optional()])
    document_number = Line(_l("文書番号"), limit=60, required=False)
    reason = Text(_l("理由"), limit=400, required=False)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        if self.amount.data is not None and not 0 < self.amount.data < 100_000_000:
            self.refuse("amount", _("1円以上で入力してください。"))
            return False
        return is_valid


class TransferForm(Form):
    """Hours that another ward granted before the family moved in."""

    child = SelectField(_l("お子さま"), [Required(_l("選んでください。"))])
    hours = IntegerField(
        _l("時間数"), [Required(), NumberRange(0, 1000, _l("0から1000までの数で入力してください。"))]
    )
    from_ward = Line(_l("転入前の区市町村"), limit=40)


@pages.get("/applications/<uuid:application_id>")
@allow(Permission.APPLICATIONS_READ)
def application(application_id: uuid.UUID) -> str:
    """One application."""
    me, row = sessions.current(), found(application_id)
    audit.record(Action.APPLICATION_VIEWED, by=me, on=row, facts={"number": row.number}, read=True)
    return shown(row, me)


@pages.post("/applications/<uuid:application_id>/revelations")
@allow(Permission.PERSONAL_REVEAL)
def reveal_application(application_id: uuid.UUID) -> Any:
    """A fragment with the values that were asked for (`?fields=name,address` or `hours`), for a reason."""
    me, row, form = sessions.current(), found(application_id), revealing.RevealForm()
    wanted = (request.args.get("fields") or "").split(",")
    if not set(wanted) <= {*seen.may_open(me), "hours"}:
        raise NotFound(_("そのような項目はありません。"), code="no_field")
    if not form.validate_on_submit():
        return revealing.refused(form.message)
    locked = panels.why_locked(row)
    if locked:
        return revealing.refused(locked, 423)
    if not me.may(Permission.PROTECTION_READ) and protection.is_protected(*people_of(row)):
        protection.alert(next(c for c in people_of(row) if protection.is_protected(c)), by=me)
        return revealing.withheld()
    if "hours" in wanted:
        revealing.record(row, ["hours"], form, by=me)
        return render_template("applications/_hours_open.html", gauges=seen.gauges(row))
    return revealing.revealed(row, seen.open_items(row, wanted), form, by=me)


def found(application_id: uuid.UUID) -> Application:
    """An application that the signed-in person may see. Raises NotFound for strangers and for what is not there."""
    query = Application.visible_to(sessions.current()).where(Application.id == application_id)
    row = db.session.scalars(query).first()
    if row is None:
        raise NotFound(_("この申請は見つかりません。"), code="no_application")
    return row


def shown(row: Application, me: Staff, **sent: Form) -> str:
    """An application's page, with the form that was just refused or with fresh ones."""
    url = url_for(".reveal_application", application_id=row.id)
    opened = seen.may_open(me)
    items = [
        item | {"reveal_url": f"{url}?fields={item['field']}" if item["field"] in opened else None}
        for item in seen.masked_items(row)
    ]
    return render_template(
        "applications/application.html",
        form=next(iter(sent.values()), None),
        forms=_forms(row, me) | sent,
        record=row,
        about=_about(row),
        tone=seen.tone(row.state),
        items=items,
        children=seen.masked_children(row),
        people=seen.people(row) if me.may(Permission.CALLERS_READ) else [],
        history=seen.history(row),
        reveals={
            "all": f"{url}?fields={','.join(opened)}" if opened else None,
            "children": f"{url}?fields=children" if opened else None,
            "hours": f"{url}?fields=hours" if opened else None,
        },
        reasons=revealing.reasons(),
        panels=panels.panels_of(row, me),
    )


def move_form(row: Application, me: Staff, fresh: bool = False) -> MoveForm | None:
    """The moves that a person may make now; None when there is none."""
    may = Permission.APPLICATIONS_DECIDE if me.side is Side.WARD else Permission.APPLICATIONS_WRITE
    states = next_states(row.state, me.side) if me.may(may) else []
    if not states and fresh:
        return None
    form = MoveForm(formdata=None, seen_state=row.state) if fresh else MoveForm()
    form.after.choices = [(state.value, STATES[state]) for state in states]
    return form


def transfer_form(row: Application, fresh: bool = False) -> TransferForm:
    """For hours granted elsewhere; children are named by their place and mask."""
    form = TransferForm(formdata=None) if fresh else TransferForm()
    form.child.choices = [
        (str(child["id"]), _("%(number)s人目 %(name)s", number=number, name=child["name"]))
        for number, child in enumerate(seen.masked_children(row), 1)
    ]
    return form


def _forms(row: Application, me: Staff) -> dict[str, Form | None]:
    decides = row.state is State.WARD_REVIEW and me.may(Permission.APPLICATIONS_DECIDE)
    writes = me.may(Permission.APPLICATIONS_WRITE) and row.children
    return {
        "move": move_form(row, me, fresh=True),
        "decision": DecisionForm(formdata=None, decided_on=today()) if decides else None,
        "transfer": transfer_form(row, fresh=True) if writes else None,
    }


def _about(row: Application) -> list[dict[str, Any]]:
    decision = row.decision
    facts = [
        {"term": _("受付日時"), "value": labels.moment(row.received_at)},
        {"term": _("利用の年度"), "value": _("%(year)s年度", year=row.fiscal_year)},
        {"term": _("経路"), "value": CHANNELS[row.channel]},
        {"term": _("入力"), "value": labels.moment(row.entered_at)},
    ]
    if row.external_id:
        facts.append({"term": _("外部番号"), "value": row.external_id})
    if decision is not None:
        amount = _("%(amount)s円", amount=f"{decision.amount:,}") if decision.amount else _("なし")
        facts += [
            {"term": _("決定日"), "value": labels.day(decision.decided_on)},
            {"term": _("交付額"), "value": amount},
            {"term": _("決定した区職員"), "value": seen.named(decision.decider_id)},
        ]
        if decision.document_number:
            facts.append({"term": _("文書番号"), "value": decision.document_number})
    return facts

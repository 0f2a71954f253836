"""What a page shows of an application before a reason was given: masks and gauges, made here and never in a template."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter.applications.balance import Balance, balances
from callcenter.applications.flow import ASIDE, DECIDED, FORWARDED, STATES, State
from callcenter.applications.links import links_to
from callcenter.applications.models import BANDS, CHANNELS, Application, StateChange
from callcenter.db import db
from callcenter.people import labels
from callcenter.people.callers import RELATIONS
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import mask

FIELDS = ("name", "kana", "address", "phone", "mail", "account", "children")
_MASKS = {
    "name": mask.name,
    "kana": mask.kana,
    "address": mask.address,
    "phone": mask.phone,
    "mail": mask.mail,
    "account": mask.account,
}


@dataclass(frozen=True)
class Gauge:
    """残り時間 of one child, ready to be drawn. All in hours."""

    name: str
    left: int
    cap: int
    parts: list[dict[str, Any]]
    notes: list[str]


def row(application: Application) -> dict[str, Any]:
    """A line of the list: number, masked name, state, year, way in, arrival."""
    return {
        "url": url_for("applications.application", application_id=application.id),
        "sub": mask.name(application.name),
        "cells": [
            application.number,
            application.state_label,
            _("%(year)s年度", year=application.fiscal_year),
            CHANNELS[application.channel],
            labels.moment(application.received_at),
        ],
    }


def tone(state: State) -> str:
    """The colour of a state's badge."""
    if state in DECIDED:
        return "done"
    if state in ASIDE:
        return "quiet"
    if state in FORWARDED:
        return "ward"
    return "wait" if state in (State.QUERIED, State.SENT_BACK) else "open"


def may_open(person: Staff) -> list[str]:
    """Which fields a person may have opened: the account only where the work needs it (docs/rules.md#identity-levels)."""
    if not person.may(Permission.PERSONAL_REVEAL):
        return []
    works_on = person.may(Permission.APPLICATIONS_WRITE) or person.may(Permission.APPLICATIONS_DECIDE)
    return [name for name in FIELDS if name != "account" or works_on]


def masked_items(application: Application) -> list[dict[str, Any]]:
    """The applicant's facts: [{"field", "term", "value"}], masked; "" where nothing was declared."""
    terms = _terms()
    return [
        {"field": name, "term": terms[name], "value": masked(getattr(application, name))}
        for name, masked in _MASKS.items()
    ]


def masked_children(application: Application) -> list[dict[str, Any]]:
    """The children with their uses; names and birth dates masked, hours and fees plain."""
    return [
        {
            "id": child.id,
            "name": mask.name(child.name),
            "kana": mask.kana(child.kana),
            "birth_date": mask.birth_date(child.birth_date),
            "is_multiple": child.is_multiple,
            "uses": [
                [
                    labels.moment(use.used_from),
                    labels.moment(use.used_to),
                    _("%(hours)s時間", hours=use.hours),
                    BANDS[use.band],
                    use.provider,
                    _("%(amount)s円", amount=f"{use.amount:,}"),
                ]
                for use in child.uses
            ],
        }
        for child in application.children
    ]


def open_items(application: Application, wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The values themselves, for `revealing.revealed`."""
    terms = _terms()
    fields: dict[str, list[dict[str, Any]]] = {
        name: [{"term": terms[name], "value": getattr(application, name) or _("登録なし")}]
        for name in wanted
        if name != "children"
    }
    if "children" in wanted:
        fields["children"] = [
            {"term": _("お子さま"), "value": _("、").join(_child_facts(child))}
            for child in application.children
        ]
    return fields


def gauges(application: Application) -> list[Gauge]:
    """残り時間 of each child; shown after identity level 1 or for a reason, never before."""
    return [_gauge(number, balance) for number, balance in enumerate(balances(application), 1)]


def history(application: Application) -> list[dict[str, Any]]:
    """The states, the newest first, for the timeline."""
    return [_change(change) for change in reversed(application.history)]


def people(application: Application) -> list[dict[str, Any]]:
    """Callers tied to the application: masked name, relation, whether a 委任状 is registered."""
    return [
        {
            "url": url_for("callers.caller", caller_id=tie.caller_id),
            "name": mask.name(tie.caller.name) or _("（氏名なし）"),
            "relation": RELATIONS[tie.relation],
            "authorised": labels.day(tie.authorised_on),
        }
        for tie in links_to(application)
    ]


def named(staff_id: uuid.UUID | None) -> str:
    """Who did it, by name; the console and the system have none."""
    person = db.session.get(Staff, staff_id) if staff_id else None
    return person.name if person else _("システム")


def _gauge(number: int, balance: Balance) -> Gauge:
    hours, notes = balance.hours, []
    if not balance.is_approved:
        notes.append(_("上限時間の規則は、まだ区の承認を受けていません。"))
    if not balance.is_complete:
        notes.append(_("消去された年度の申請は数えられません。"))
    if balance.is_eligible is False:
        notes.append(_("この年度の対象年齢ではありません。"))
    if hours.over:
        notes.append(_("上限を超える申請が%(over)s時間あります。", over=hours.over))
    parts = [
        {"term": _("決定"), "hours": hours.decided},
        {"term": _("事前審査済"), "hours": hours.screened},
        {"term": _("審査前"), "hours": hours.pending},
        {"term": _("転入前の他区"), "hours": hours.transferred},
    ]
    name = _("%(number)s人目 %(name)s", number=number, name=mask.name(balance.child.name))
    return Gauge(name, hours.left, hours.cap, parts, notes)


def _change(change: StateChange) -> dict[str, Any]:
    return {
        "who": named(change.by_id),
        "at": {"iso": change.at.isoformat(), "text": labels.moment(change.at)},
        "text": _("%(state)sにしました", state=STATES[change.after]),
        "reason": change.reason,
    }


def _child_facts(child: Any) -> list[str]:
    born_on = labels.day(child.born_on)
    facts = [child.name, child.kana, _("%(day)s生", day=born_on) if born_on else ""]
    return [text for text in [*facts, _("多胎") if child.is_multiple else ""] if text]


def _terms() -> dict[str, str]:
    return {
        "name": _("申請者"),
        "kana": _("フリガナ"),
        "address": _("住所"),
        "phone": _("電話"),
        "mail": _("メール"),
        "account": _("振込口座"),
    }

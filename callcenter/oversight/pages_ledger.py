"""閲覧記録: who saw or did what, when, from where; and, as a step of its own, why."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from callcenter.db import db
from callcenter.errors import NotFound
from callcenter.forms import Day, Form, Line, OneOf
from callcenter.oversight import labels, ledger
from callcenter.oversight.blueprint import pages
from callcenter.oversight.places import places
from callcenter.people import sessions
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, allow
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry

LARGEST = 2**63 - 1
_ASKED = ("actor", "action", "kind", "number", "since", "until")


class LedgerForm(Form):
    """What is looked for. Sent by GET: numbers, days and words of lists only, no personal item."""

    class Meta:
        csrf = False

    actor = SelectField(_l("行った人"), default="")
    action = OneOf(_l("行ったこと"), Action, labels.ACTIONS, required=False)
    kind = SelectField(_l("対象"), default="")
    number = Line(_l("番号"), limit=40, required=False, guarded=False)
    since = Day(_l("この日から"), required=False)
    until = Day(_l("この日まで"), required=False)

    def offer(self, people: list[Staff]) -> None:
        """Fill the lists to choose from."""
        everybody = SelectChoice("", _("すべて"))
        named = [SelectChoice(p.actor_id, p.name) for p in sorted(people, key=lambda p: p.kana or "")]
        others = [SelectChoice(word, label) for word, label in labels.OUTSIDERS.items()]
        self.actor.choices = [everybody, *named, *others]
        asked = self.kind.data if self.kind.data in db.metadata.tables else None
        kinds = labels.KINDS if asked is None else {asked: labels.kind(asked), **labels.KINDS}
        self.kind.choices = [everybody, *(SelectChoice(word, label) for word, label in kinds.items())]


@pages.get("/", endpoint="ledger")
@allow(Permission.AUDIT_READ)
def ledger_page() -> tuple[str, int]:
    """The trail, newest first."""
    me = sessions.current()
    people = list(db.session.scalars(Staff.visible_to(me)))
    form = LedgerForm(request.args)
    form.offer(people)
    is_good = form.validate()
    found = ledger.find(_wanted(form), me) if is_good else ledger.Found([], False, False)
    asked = {name: value for name, value in request.args.items() if value and name in _ASKED}
    audit.record(
        Action.AUDIT_VIEWED,
        by=me,
        facts={"list": "ledger", "count": len(found.entries), "asked": sorted(asked)},
        read=True,
    )
    names, numbers = {p.actor_id: p.name for p in people}, ledger.numbers_of(found.entries)
    values: dict[str, Any] = {
        "form": form,
        "rows": [_row(e, names, numbers) for e in found.entries],
        "newer_url": _turned(asked, after=found.entries[0].seq) if found.newer and found.entries else None,
        "older_url": _turned(asked, before=found.entries[-1].seq) if found.older and found.entries else None,
        "is_narrowed": bool(asked),
        "places": places("oversight.ledger"),
    }
    return render_template("oversight/ledger.html", **values), form.status


@pages.get("/entries/<int(max=9223372036854775807):seq>")
@allow(Permission.AUDIT_READ)
def entry(seq: int) -> str:
    """One entry whole; its reason stays sealed."""
    me = sessions.current()
    found = _visible(seq, me)
    audit.record(Action.AUDIT_VIEWED, by=me, on=("audit_entry", seq), facts={"seq": seq}, read=True)
    return _entry_page(found, me, None)


@pages.post("/entries/<int(max=9223372036854775807):seq>/reason")
@allow(Permission.AUDIT_READ)
def opened_reason(seq: int) -> str:
    """The same with its sealed reason or search words opened: a step of its own, recorded as one."""
    me = sessions.current()
    found = _visible(seq, me)
    reason = audit.open_reason(found)
    if reason is None:
        raise NotFound(_("この記録に理由はありません。"), code="no_reason")
    facts = {"seq": seq, "opened": "reason"}
    period_id = found.period_id
    audit.record(
        Action.AUDIT_VIEWED, by=me, on=("audit_entry", seq), period_id=period_id, facts=facts, read=True
    )
    return _entry_page(found, me, reason)


opened_reason.reads_first = True  # type: ignore[attr-defined]


def _visible(seq: int, me: Staff) -> AuditEntry:
    found = ledger.entry(seq, me)
    if found is None:
        raise NotFound(_("この記録はありません。"))
    return found


def _entry_page(found: AuditEntry, me: Staff, reason: str | None) -> str:
    names = {p.actor_id: p.name for p in db.session.scalars(Staff.visible_to(me))}
    row = _row(found, names, ledger.numbers_of([found]))
    facts = [{"term": name, "value": _fact(value)} for name, value in json.loads(found.facts).items()]
    technical = [
        {"term": _("対象の識別子"), "value": found.object_id or "－"},
        {"term": _("サインインの識別子"), "value": found.session or "－"},
        {"term": _("要求の識別子"), "value": found.request or "－"},
        {"term": _("前の記録のハッシュ値"), "value": found.prev_hash},
        {"term": _("この記録のハッシュ値"), "value": found.hash},
    ]
    return render_template(
        "oversight/entry.html", entry=row, facts=facts, technical=technical, reason=reason, seq=found.seq
    )


def _row(entry: AuditEntry, names: dict[str, str], numbers: dict[str, str]) -> dict[str, Any]:
    number = numbers.get(entry.object_id, "")
    return {
        "seq": entry.seq,
        "url": url_for("oversight.entry", seq=entry.seq),
        "at": format_datetime(entry.at, "yyyy/MM/dd HH:mm:ss"),
        "who": names.get(entry.actor) or labels.OUTSIDERS.get(entry.actor) or entry.actor[:8],
        "role": labels.role(entry.role),
        "what": labels.action(entry.action),
        "on": f"{labels.kind(entry.kind)} {number}".strip() if entry.kind else "－",
        "on_id": entry.object_id[-8:] if entry.kind else "",
        "on_url": url_for("oversight.ledger", kind=entry.kind, number=entry.object_id),
        "address": entry.address or "－",
        "result": labels.RESULTS.get(entry.result, entry.result),
        "is_refused": entry.result != "done",
        "is_read": entry.is_read,
        "has_reason": entry.reason is not None,
    }


def _fact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wanted(form: LedgerForm) -> ledger.Wanted:
    return ledger.Wanted(
        actor=form.actor.data or "",
        kind=form.kind.data or "",
        number=(form.number.data or "").strip(),
        action=form.action.data,
        since=form.since.data,
        until=form.until.data,
        before=_cursor("before"),
        after=_cursor("after"),
    )


def _cursor(name: str) -> int | None:
    """A sequence from the address; None for what cannot be one."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= LARGEST else None


def _turned(asked: dict[str, str], **cursor: int) -> str:
    values: dict[str, Any] = {**asked, **cursor}
    return url_for("oversight.ledger", **values)

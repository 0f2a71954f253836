"""Questions to the ward as pages show them: rows of the tray, and one question whole."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter import clock
from tickets.escalation import labels
from tickets.escalation.escalation import Deed, Escalation, EscalationStep
from tickets.signs.blueprint import ticket_url
from tickets.signs.labels import when

EXCERPT = 60


def row_of(row: Escalation) -> dict[str, Any]:
    """A line of the tray."""
    line = " ".join(row.question.split())
    return {
        "id": row.id,
        "url": url_for("tickets.escalation", escalation_id=row.id),
        "label": row.label,
        "question": line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…",
        "matter": labels.MATTERS[row.matter],
        "urgency": labels.SHORT_URGENCIES[row.urgency],
        "urgency_tone": labels.URGENCY_TONES[row.urgency],
        "state": labels.STATES[row.state],
        "tone": labels.STATE_TONES[row.state],
        "ticket": row.ticket.label,
        "ticket_url": ticket_url(row.ticket),
        "raised": when(row.raised_at),
        "clock": clock_of(row),
    }


def clock_of(row: Escalation) -> dict[str, str] | None:
    """What the running clock says: the call that is due, the ward's answer, or that it stands still."""
    now = clock.now()
    if row.must_be_rung and row.ring_by is not None:
        late = now > row.ring_by
        word = _("電話が遅れています") if late else _("%(at)s までに電話", at=_time(row.ring_by))
        return {"word": word, "tone": "late" if late else "wait"}
    if row.asked_back_at is not None:
        return {"word": _("停止中（区からの照会）"), "tone": "quiet"}
    if row.answered_at is not None:
        in_time = row.answered_at <= row.due_at
        return {
            "word": _("期限内に回答") if in_time else _("期限の後に回答"),
            "tone": "done" if in_time else "late",
        }
    if row.is_settled:
        return None
    if row.is_overdue(now):
        return {"word": _("期限切れ（%(at)s）", at=_time(row.due_at)), "tone": "late"}
    is_today = clock.japan(row.due_at).date() == clock.today()
    return {"word": _("%(at)s まで", at=_time(row.due_at)), "tone": "wait" if is_today else "quiet"}


def shown_fully(row: Escalation) -> dict[str, Any]:
    """One question with its texts and steps."""
    return row_of(row) | {
        "number": row.number,
        "summary": row.summary,
        "question": row.question,
        "proposal": row.proposal,
        "because": row.because,
        "application": row.application.number if row.application else "",
        "application_url": url_for("applications.application", application_id=row.application_id)
        if row.application_id
        else "",
        "raised_by": row.raised_by.display_name,
        "raised_at": f"{clock.japan(row.raised_at):%Y-%m-%d %H:%M}",
        "wanted": _time(row.wanted_at) if row.wanted_at else "",
        "due": _time(row.due_at),
        "is_for_faq": row.is_for_faq,
        "must_be_rung": row.must_be_rung,
        "steps": [_step(step) for step in row.steps],
        "answer": row.answer.text if row.answer else "",
        "draft_url": url_for("kb.new_article", origin=f"escalation-{row.id}"),
    }


def _step(step: EscalationStep) -> dict[str, Any]:
    who = step.by.display_name
    if step.ward_name and step.deed is Deed.RANG:
        who = _("%(who)s（電話の相手 %(ward)s）", who=who, ward=step.ward_name)
    elif step.ward_name:
        who = _("%(ward)s（紙 %(paper)s、入力 %(who)s）", who=who, ward=step.ward_name, paper=step.paper)
    return {
        "deed": labels.DEEDS[step.deed],
        "kind": step.deed.value,
        "who": who,
        "at": when(step.at),
        "text": step.text or "",
    }


def _time(at: Any) -> str:
    local = clock.japan(at)
    return f"{local.month}/{local.day} {local:%H:%M}"

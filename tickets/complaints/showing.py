"""Complaints as pages show them: rows of the list, and one complaint whole."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter import clock
from tickets.complaints.complaint import DEEDS, KINDS, STATES, Complaint, ComplaintState, Deed
from tickets.signs.blueprint import ticket_url
from tickets.signs.labels import when

EXCERPT = 60
TONES = {
    ComplaintState.OPEN: "open",
    ComplaintState.TO_APPROVE: "wait",
    ComplaintState.CLOSED: "done",
    ComplaintState.WITHDRAWN: "quiet",
}


def row_of(row: Complaint) -> dict[str, Any]:
    """A line of the list."""
    line = " ".join(row.facts.split())
    return {
        "id": row.id,
        "url": url_for("tickets.complaint", complaint_id=row.id),
        "label": row.label,
        "facts": line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…",
        "kind": KINDS[row.kind],
        "state": STATES[row.state],
        "tone": TONES[row.state],
        "owner": row.owner.display_name,
        "ticket": row.ticket.label,
        "ticket_url": ticket_url(row.ticket),
        "received": when(row.received_at),
        "clock": clock_of(row),
    }


def clock_of(row: Complaint) -> dict[str, str] | None:
    """What the supervisor's call says: until when it is due, that it is late, or that it was made."""
    if row.called_at is not None:
        return {"word": _("責任者が電話済み"), "tone": "done"}
    if not row.must_be_called or row.call_due_at is None:
        return None
    local = clock.japan(row.call_due_at)
    at = f"{local.month}/{local.day} {local:%H:%M}"
    if row.is_overdue(clock.now()):
        return {"word": _("電話の期限切れ（%(at)s）", at=at), "tone": "late"}
    return {"word": _("%(at)s までに責任者が電話", at=at), "tone": "wait"}


def shown_fully(row: Complaint) -> dict[str, Any]:
    """One complaint with all that was done about it."""
    return row_of(row) | {
        "said": row.facts,
        "received_by": row.received_by.display_name,
        "steps": [
            {
                "deed": DEEDS[step.deed],
                "kind": "call" if step.deed is Deed.CALLED else "state",
                "who": step.by.display_name,
                "at": when(step.at),
                "text": step.text or "",
            }
            for step in row.steps
        ],
    }

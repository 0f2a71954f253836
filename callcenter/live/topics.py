"""What an entry of the trail changes on open pages: topics, never a value. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.privacy.actions import Action

EVERYTHING = "*"
"""Told when nobody knows what was missed: every part of the page asks again."""


class Topic(StrEnum):
    """What pages follow."""

    ALERTS = "alerts"
    ARTICLES = "articles"
    FOLLOW_UPS = "follow_ups"
    LOCKS = "locks"
    MENTIONS = "mentions"
    TICKETS = "tickets"
    TRAY = "tray"


A, T = Action, Topic

CHANGES: dict[Action, frozenset[Topic]] = {
    A.ARTICLE_APPROVED: frozenset({T.ARTICLES}),
    A.ARTICLE_ARCHIVED: frozenset({T.ARTICLES}),
    A.ARTICLE_BEGUN: frozenset({T.ARTICLES}),
    A.ARTICLE_CONFIRMED: frozenset({T.ARTICLES}),
    A.ARTICLE_RESTORED: frozenset({T.ARTICLES}),
    A.CONSULTATION_CORRECTED: frozenset({T.TICKETS}),
    A.CONSULTATION_FILED: frozenset({T.TICKETS, T.TRAY}),
    A.CONTACT_CLOSED: frozenset({T.TRAY}),
    A.CONTACT_RECEIVED: frozenset({T.TRAY}),
    A.CONTACT_UPDATED: frozenset({T.TRAY}),
    A.DISCLOSURE_LOCKED: frozenset({T.LOCKS}),
    A.DISCLOSURE_UNLOCKED: frozenset({T.LOCKS}),
    A.FOLLOW_UP_ADDED: frozenset({T.FOLLOW_UPS, T.TICKETS}),
    A.FOLLOW_UP_DONE: frozenset({T.FOLLOW_UPS, T.TICKETS}),
    A.FOLLOW_UP_WITHDRAWN: frozenset({T.FOLLOW_UPS, T.TICKETS}),
    A.NOTE_ADDED: frozenset({T.MENTIONS, T.TICKETS}),
    A.PERSON_ERASED: frozenset({T.FOLLOW_UPS, T.TICKETS, T.TRAY}),
    A.PROTECTION_ALERT_SEEN: frozenset({T.ALERTS}),
    A.PROTECTION_ASKED: frozenset({T.ALERTS}),
    A.RECALLS_MADE: frozenset({T.FOLLOW_UPS, T.TICKETS}),
    A.RECALLS_UNDONE: frozenset({T.FOLLOW_UPS, T.TICKETS}),
    A.TICKET_ASSIGNED: frozenset({T.TICKETS}),
    A.TICKET_CREATED: frozenset({T.TICKETS}),
    A.TICKET_STATE_CHANGED: frozenset({T.TICKETS}),
    A.TICKET_UPDATED: frozenset({T.TICKETS}),
    A.TICKETS_IMPORTED: frozenset({T.FOLLOW_UPS, T.TICKETS}),
}
"""An action that stands not here changes nothing that an open page shows by itself."""


@dataclass(frozen=True)
class Change:
    """What one entry changed. `period_id` None: somewhere in the house, whose year is not said."""

    seq: int
    period_id: uuid.UUID | None
    topics: frozenset[str]
    ticket_id: str = ""

    def concerns(self, period_ids: Iterable[uuid.UUID]) -> bool:
        return self.period_id is None or self.period_id in period_ids


def read(row: Any) -> Change | None:
    """The change that an entry (seq, action, kind, object_id, period_id, facts) stands for, or None."""
    topics = CHANGES.get(row.action)
    if topics is None:
        return None
    ticket = row.object_id if row.kind == "ticket" else ""
    if not ticket and T.TICKETS in topics:
        found = json.loads(row.facts).get("ticket", "")
        ticket = found if isinstance(found, str) else ""
    return Change(row.seq, row.period_id, frozenset(topic.value for topic in topics), ticket)

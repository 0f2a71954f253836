"""What an entry of the trail changes on open pages."""

import uuid
from types import SimpleNamespace

import pytest

from callcenter.live import topics
from callcenter.live.topics import CHANGES, Change, Topic
from callcenter.privacy.actions import Action

HERE, THERE = uuid.uuid4(), uuid.uuid4()
TICKET, ROW = uuid.UUID(int=1).hex, uuid.UUID(int=2).hex


def entry(action, kind="", object_id="", facts="{}", period_id=HERE):
    return SimpleNamespace(
        seq=7, action=action, kind=kind, object_id=object_id, facts=facts, period_id=period_id
    )


@pytest.mark.parametrize(
    ("row", "told", "ticket"),
    [
        (entry(Action.TICKET_CREATED, "ticket", TICKET), {Topic.TICKETS}, TICKET),
        (entry(Action.NOTE_ADDED, "ticket", TICKET), {Topic.TICKETS, Topic.MENTIONS}, TICKET),
        (entry(Action.CONTACT_RECEIVED, "contact", ROW), {Topic.TRAY}, ""),
        (
            entry(Action.CONSULTATION_FILED, "consultation", ROW, f'{{"ticket": "{TICKET}"}}'),
            {Topic.TICKETS, Topic.TRAY},
            TICKET,
        ),
        (entry(Action.FOLLOW_UP_DONE, "ticket", TICKET), {Topic.TICKETS, Topic.FOLLOW_UPS}, TICKET),
        (entry(Action.RECALLS_MADE, "article", ROW, '{"count": 3}'), {Topic.TICKETS, Topic.FOLLOW_UPS}, ""),
    ],
    ids=lambda value: getattr(value, "action", None),
)
def test_an_entry_names_its_topics_and_its_ticket(row, told, ticket):
    assert topics.read(row) == Change(7, HERE, frozenset(told), ticket)


@pytest.mark.parametrize("action", [Action.SIGNED_IN, Action.LIST_VIEWED, "word.of_tomorrow"])
def test_other_entries_change_no_page(action):
    assert topics.read(entry(action)) is None


def test_a_change_concerns_those_of_its_year_alone():
    change = Change(1, HERE, frozenset({Topic.TRAY}))
    assert change.concerns((THERE, HERE))
    assert not change.concerns((THERE,))
    assert Change(1, None, frozenset({Topic.TRAY})).concerns((THERE,))


def test_topics_are_told_of_deeds_alone():
    assert not {action for action in CHANGES if action.value.endswith((".viewed", "searched"))}

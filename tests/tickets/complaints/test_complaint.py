"""A complaint: in the caller's words, called about in time, closed by two people, and it keeps its ticket open."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.exc import IntegrityError

from callcenter import clock
from callcenter.db import db, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.privacy.actions import Action
from tickets.complaints.complaint import Complaint, ComplaintKind, ComplaintState, Deed
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket

MORNING = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 10:00 in Japan, a Friday before a holiday on Monday
SAID = "三回電話しても、そのたびに違うことを言われました。"


@pytest.fixture(autouse=True)
def clock_of_the_morning():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def record(make, world):
    """record(kind): the id of a complaint on a new ticket, recorded by aoki."""

    def recorded(kind=ComplaintKind.OFFICE, facts=SAID):
        ticket = make.ticket()
        with writing():
            return Complaint.record(db.session.get(Ticket, ticket), kind, facts, by=world.aoki).id

    return recorded


@pytest.fixture
def do(world, clock_of_the_morning):
    """do(id, verb, person, **words): one deed on a complaint, committed, a minute after the last."""

    def done(row_id, verb, person, **words):
        clock_of_the_morning.shift(timedelta(minutes=1))
        with writing():
            getattr(db.session.get(Complaint, row_id), verb)(by=getattr(world, person), **words)
        return db.session.get(Complaint, row_id)

    return done


def test_it_is_kept_in_the_callers_words_and_called_about_by_the_next_business_day(record, world):
    row = db.session.get(Complaint, record())
    assert (row.label, row.facts, row.state) == ("K-000001", SAID, ComplaintState.OPEN)
    assert row.owner_id == world.aoki.id
    assert row.call_due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert not row.is_overdue(row.call_due_at)
    assert row.is_overdue(row.call_due_at + timedelta(seconds=1))
    facts = json.loads(world.entries(Action.COMPLAINT_RECORDED)[-1].facts)
    assert facts == {"number": 1, "ticket": row.ticket.number, "kind": "office"}


@pytest.mark.parametrize(
    ("came", "due"),
    [
        (datetime(2026, 11, 24, 9, 30, tzinfo=UTC), datetime(2026, 11, 25, 8, 0, tzinfo=UTC)),  # 18:30
        (datetime(2026, 11, 21, 1, 0, tzinfo=UTC), datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),  # a Saturday
        (datetime(2026, 12, 28, 1, 0, tzinfo=UTC), datetime(2027, 1, 4, 8, 0, tzinfo=UTC)),
    ],
    ids=["in the evening", "on a Saturday", "before the turn of the year"],
)
def test_the_call_is_due_on_the_business_day_after_the_one_it_came(record, clock_of_the_morning, came, due):
    clock_of_the_morning.move_to(came, tick=False)
    assert db.session.get(Complaint, record()).call_due_at == due


def test_a_wish_asks_for_no_call(record, do):
    row = do(record(ComplaintKind.WISH), "ask_to_close", "aoki", text="区に伝えた。")
    assert (row.call_due_at, row.state) == (None, ComplaintState.TO_APPROVE)


def test_it_is_called_about_answered_and_closed_by_two_people(record, do, world):
    row_id = record()
    with pytest.raises(Conflict) as refused:
        do(row_id, "ask_to_close", "aoki", text="お詫びした。")
    assert refused.value.code == "call_missing"
    assert do(row_id, "call", "sato", text="留守だった。", reached=False).called_at is None
    assert (
        do(row_id, "call", "sato", text="お詫びし、経緯を説明した。", reached=True).called_at == clock.now()
    )
    do(row_id, "note", "aoki", text="案内の文を直した。")
    do(row_id, "ask_to_close", "sato", text="納得された。")
    with pytest.raises(Forbidden) as same:
        do(row_id, "approve", "sato")
    assert same.value.code == "same_person"
    do(row_id, "send_back", "sato", reason="FAQも直すこと。")
    do(row_id, "ask_to_close", "aoki", text="FAQも直した。")
    row = do(row_id, "approve", "sato")
    assert (row.state, row.settled_at) == (ComplaintState.CLOSED, clock.now())
    assert [step.deed for step in row.steps] == [
        Deed.RECORDED,
        Deed.CALLED,
        Deed.CALLED,
        Deed.DONE,
        Deed.CLOSING_ASKED,
        Deed.SENT_BACK,
        Deed.CLOSING_ASKED,
        Deed.APPROVED,
    ]
    deeds = [json.loads(entry.facts)["deed"] for entry in world.entries(Action.COMPLAINT_CHANGED)]
    assert deeds == [step.deed for step in row.steps[1:]]


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("call", {"text": "a", "reached": True}),
        ("withdraw", {"reason": "a"}),
        ("approve", {}),
        ("send_back", {"reason": "a"}),
    ],
)
@pytest.mark.parametrize("person", ["aoki", "kato", "yoso"])
def test_only_a_supervisor_of_the_programme_handles_it(record, do, verb, words, person):
    with pytest.raises(Forbidden):
        do(record(), verb, person, **words)


def test_who_does_not_own_it_asks_for_no_end(record, do):
    with pytest.raises(Forbidden):
        do(record(ComplaintKind.WISH), "ask_to_close", "ueda", text="済んだ。")


@pytest.mark.parametrize(
    ("verb", "words", "code"),
    [
        ("call", {"text": " ", "reached": True}, "text_missing"),
        ("note", {"text": ""}, "text_missing"),
        ("withdraw", {"reason": " "}, "reason_missing"),
    ],
)
def test_a_deed_without_words_is_refused(record, do, verb, words, code):
    with pytest.raises(Invalid) as refused:
        do(record(), verb, "sato", **words)
    assert refused.value.code == code


def test_an_impossible_deed_says_what_is_possible(record, do):
    row_id = record()
    do(row_id, "withdraw", "sato", reason="別の人の話だった。")
    with pytest.raises(Conflict) as refused:
        do(row_id, "note", "aoki", text="a")
    assert refused.value.code == "impossible_transition"


def test_it_goes_to_another_owner_of_the_same_programme_alone(record, do, world):
    row_id = record()
    assert do(row_id, "hand_to", "sato", owner=world.ueda).owner_id == world.ueda.id
    for owner, code in ((world.ueda, "owner_already"), (world.yoso, "owner_elsewhere")):
        with pytest.raises(Invalid) as refused:
            do(row_id, "hand_to", "sato", owner=owner)
        assert refused.value.code == code


def test_a_ticket_stays_open_while_a_complaint_on_it_is(record, do, world):
    row_id = record()
    ticket_id = db.session.get(Complaint, row_id).ticket_id

    def close():
        with writing():
            db.session.get(Ticket, ticket_id).change_state(TicketState.CLOSED, by=world.aoki)

    with pytest.raises(Conflict) as refused:
        close()
    assert refused.value.code == "still_open"
    assert "K-000001" in refused.value.message
    do(row_id, "withdraw", "sato", reason="取り違え。")
    close()
    with pytest.raises(Conflict), writing():
        Complaint.record(db.session.get(Ticket, ticket_id), ComplaintKind.WISH, SAID, by=world.aoki)


def test_the_database_itself_wants_two_people(record, world):
    row = db.session.get(Complaint, record())
    with pytest.raises(IntegrityError), writing():
        row.closing_asked_by_id = row.approved_by_id = world.sato.id
        db.session.flush()

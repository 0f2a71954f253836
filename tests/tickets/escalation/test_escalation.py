"""A question to the ward: who may say what when, and what becomes of its ticket."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.db import db, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.privacy.actions import Action
from tickets.escalation.escalation import Deed, Escalation, EscalationState, OnPaper, Question
from tickets.escalation.urgency import Matter, Urgency
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket

MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # 10:00 in Japan, a Tuesday
RULES = Question(Matter.RULES, Urgency.NORMAL, "きょうだい2人の同時利用", "1人1時間ずつ数えてよいですか。")


@pytest.fixture(autouse=True)
def clock_of_the_morning():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ask(make, world):
    """ask(question): the id of a question on a new ticket, asked by aoki."""

    def asked(question=RULES):
        ticket = make.ticket()
        with writing():
            return Escalation.ask(db.session.get(Ticket, ticket), question, by=world.aoki).id

    return asked


@pytest.fixture
def do(world):
    """do(id, verb, person, **words): one deed on a question, committed."""

    def done(row_id, verb, person, **words):
        with writing():
            getattr(db.session.get(Escalation, row_id), verb)(by=getattr(world, person), **words)
        return db.session.get(Escalation, row_id)

    return done


def test_a_question_makes_the_ticket_wait_for_the_ward(ask, world):
    row = db.session.get(Escalation, ask())
    assert row.label == "E-000001"
    assert row.state is EscalationState.WITH_WARD
    assert row.ticket.state is TicketState.WAITING
    assert row.due_at == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    assert row.ring_by is None
    assert [step.deed for step in row.steps] == [Deed.RAISED]
    facts = json.loads(world.entries(Action.ESCALATION_RAISED)[0].facts)
    assert (facts["number"], facts["urgency"], facts["matter"]) == (1, "normal", "rules")


def test_the_wards_answer_opens_the_ticket_again(ask, do):
    row = do(ask(), "answer_with", "kato", text="はい。1人ずつ数えます。", is_for_faq=True)
    assert row.state is EscalationState.ANSWERED
    assert row.answer.text == "はい。1人ずつ数えます。"
    assert row.is_for_faq
    assert row.ticket.state is TicketState.OPEN


def test_nobody_of_the_office_answers_for_the_ward(ask, do):
    for person in ("aoki", "sato"):
        with pytest.raises(Forbidden) as refusal:
            do(ask(), "answer_with", person, text="はい。")
        assert refusal.value.code == "ward_answers"


def test_a_supervisor_enters_an_answer_from_paper(ask, do, world):
    paper = OnPaper("区の加藤", "8新子家第1234号")
    row = do(ask(), "answer_with", "sato", text="いいえ。", paper=paper)
    assert row.answer.ward_name == "区の加藤"
    assert row.answer.paper == "8新子家第1234号"
    assert json.loads(world.entries(Action.ESCALATION_ANSWERED)[0].facts)["paper"] == "8新子家第1234号"


@pytest.mark.parametrize(
    ("person", "paper", "error", "code"),
    [
        ("aoki", OnPaper("加藤", "1"), Forbidden, "paper_not_entered"),
        ("sato", OnPaper("", "1"), Invalid, "name_missing"),
        ("sato", OnPaper("加藤", " "), Invalid, "paper_number"),
        ("sato", OnPaper("加藤", "1" * 61), Invalid, "paper_number"),
    ],
    ids=["an agent", "without a name", "without a number", "too long"],
)
def test_a_paper_needs_its_number_and_its_name(ask, do, person, paper, error, code):
    row_id = ask()
    with pytest.raises(error) as refusal:
        do(row_id, "answer_with", person, text="はい。", paper=paper)
    assert refusal.value.code == code
    assert db.session.get(Escalation, row_id).state is EscalationState.WITH_WARD


def test_asking_back_stops_the_wards_clock(ask, do, clock_of_the_morning):
    row_id = ask()
    row = do(row_id, "ask_back", "kato", text="利用日はいつですか。")
    assert row.state is EscalationState.ASKED_BACK
    clock_of_the_morning.shift(timedelta(days=1))
    assert not row.is_overdue(clock.now() + timedelta(days=30))
    row = do(row_id, "reply", "aoki", text="10月3日です。")
    assert row.state is EscalationState.WITH_WARD
    assert row.due_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    assert row.ticket.state is TicketState.WAITING


def test_an_urgent_question_is_rung_by_the_supervisor(ask, do):
    urgent = Question(Matter.CHILD_SAFETY, Urgency.IMMEDIATE, "児童の安全", "連絡先を教えてください。")
    row_id = ask(urgent)
    assert db.session.get(Escalation, row_id).must_be_rung
    assert db.session.get(Escalation, row_id).ring_by == MORNING + timedelta(minutes=15)
    with pytest.raises(Invalid):
        do(row_id, "rang", "sato", spoke_with=" ", said="")
    row = do(row_id, "rang", "sato", spoke_with="区の加藤", said="すぐ向かうとのこと。")
    assert not row.must_be_rung
    assert row.rung_at == MORNING


def test_the_question_ends_when_the_caller_knows(ask, do):
    row_id = ask()
    with pytest.raises(Conflict) as refusal:
        do(row_id, "tell", "aoki", text="お伝えしました。")
    assert refusal.value.code == "impossible_transition"
    assert "区からの照会・区の回答・取下げ" in refusal.value.message
    do(row_id, "answer_with", "kato", text="はい。")
    row = do(row_id, "tell", "aoki", text="お伝えしました。")
    assert row.state is EscalationState.TOLD
    assert row.possible() == []
    with pytest.raises(Conflict):
        do(row_id, "withdraw", "aoki", reason="まちがい")


def test_a_withdrawn_question_frees_the_ticket(ask, do):
    row_id = ask()
    with pytest.raises(Invalid):
        do(row_id, "withdraw", "aoki", reason=" ")
    row = do(row_id, "withdraw", "aoki", reason="規則に書いてありました。")
    assert row.state is EscalationState.WITHDRAWN
    assert row.ticket.state is TicketState.OPEN


def test_a_ticket_waits_while_one_of_its_questions_does(ask, do, world):
    first = ask()
    with writing():
        ticket = db.session.get(Escalation, first).ticket
        second = Escalation.ask(ticket, RULES, by=world.aoki).id
    assert do(first, "answer_with", "kato", text="はい。").ticket.state is TicketState.WAITING
    assert do(second, "answer_with", "kato", text="はい。").ticket.state is TicketState.OPEN


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(Matter.RULES, Urgency.NORMAL, " ", "か。"), "summary_missing"),
        (Question(Matter.RULES, Urgency.NORMAL, "概要", " "), "question_missing"),
        (Question(Matter.LEAK, Urgency.SAME_DAY, "概要", "か。"), "urgency_too_low"),
        (Question(Matter.RULES, Urgency.NORMAL, "概要", "か。", wanted_at=MORNING), "wanted_in_past"),
    ],
    ids=["no summary", "no question", "not urgent enough", "wished before now"],
)
def test_a_question_that_cannot_be_sent_says_why(ask, question, code):
    with pytest.raises(Invalid) as refusal:
        ask(question)
    assert refusal.value.code == code


def test_an_application_of_another_ticket_is_refused(ask, make):
    application = db.session.get(Application, make.application())
    strange = Question(Matter.RULES, Urgency.NORMAL, "概要", "か。", application=application)
    with pytest.raises(Invalid) as refusal:
        ask(strange)
    assert refusal.value.code == "application_elsewhere"


def test_a_closed_ticket_asks_nothing(make, world):
    ticket = make.ticket()
    with writing():
        db.session.get(Ticket, ticket).change_state(TicketState.CLOSED, by=world.aoki)
    with pytest.raises(Conflict) as refusal, writing():
        Escalation.ask(db.session.get(Ticket, ticket), RULES, by=world.aoki)
    assert refusal.value.code == "ticket_closed"


def test_texts_are_sealed_in_the_database(ask):
    row = db.session.get(Escalation, ask())
    raw = db.session.execute(Escalation.__table__.select().where(Escalation.__table__.c.id == row.id)).one()
    assert RULES.summary.encode() not in raw.summary
    assert RULES.question.encode() not in raw.question

"""Application records: numbered, moved by the right side only, decided by the ward alone."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from callcenter import clock
from callcenter.applications.flow import State
from callcenter.applications.links import link, links_of, links_to, people_of
from callcenter.applications.matching import Fact
from callcenter.applications.models import Application, Decision, StateChange, take_numbers
from callcenter.db import db, new_id
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.callers import Caller, Relation
from callcenter.people.merging import merge
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import current_vault

TODAY = date(2026, 11, 2)


def test_an_application_gets_the_next_number_of_its_programme(world, make):
    first, second = make.application(), make.application()
    year = world.period.fiscal_year - 2018
    assert (first.number, second.number) == (f"R{year}-00001", f"R{year}-00002")
    assert take_numbers(world.period, 3) == [f"R{year}-0000{n}" for n in (3, 4, 5)]
    assert make.application(period=world.other_period, by=world.yoso).number == f"R{year}-00001"


def test_what_was_declared_is_kept_exactly(make):
    application = make.application()
    db.session.expire_all()
    assert application.name == "髙橋 花子"
    assert application.account == "見本銀行 本店 普通 0012345 タカハシ ハナコ"
    (child,) = application.children
    assert (child.name, child.born_on, child.is_multiple) == ("髙橋 空", date(2021, 4, 2), False)
    (use,) = child.uses
    assert (use.minutes, use.hours, use.amount) == (137, 2, 6000)


def test_the_receipt_is_the_first_line_of_the_history(world, make):
    (change,) = make.application().history
    assert (change.before, change.after, change.by_id) == (None, State.RECEIVED, world.endo.id)


def test_nothing_arrives_in_the_future(make):
    with pytest.raises(Invalid, match="未来"):
        make.application(received_at=clock.now() + timedelta(minutes=1))


def test_a_use_over_the_end_of_the_year_becomes_two(make):
    child = make.application().children[0]
    year = child.application.fiscal_year
    parts = child.add_use(
        used_from=clock.from_japan(year + 1, 3, 31, 22),
        used_to=clock.from_japan(year + 1, 4, 1, 2),
        provider="見本シッター",
        amount=14001,
    )
    assert [(use.fiscal_year, use.hours) for use in parts] == [(year, 2), (year + 1, 2)]
    assert sum(use.amount for use in parts) == 14001


def test_the_contractor_brings_it_to_the_ward_and_no_further(world, make):
    application = make.at_ward(make.application())
    assert application.state is State.WARD_REVIEW
    for state in (State.SENT_BACK, State.WITHDRAWN):
        with pytest.raises(Forbidden, match="区職員だけ"):
            application.move(state, by=world.endo)
    for person in (world.endo, world.sato, world.aoki, world.okada):
        with pytest.raises(Forbidden):
            application.decide(State.GRANTED, by=person, decided_on=TODAY, amount=5000)


@pytest.mark.parametrize("name", ["aoki", "okada", "kato"])
def test_only_pre_screeners_move_what_lies_with_the_contractor(world, make, name):
    with pytest.raises(Forbidden):
        make.application().move(State.SCREENING, by=getattr(world, name))


def test_a_state_cannot_be_jumped_over(world, make):
    application = make.application()
    with pytest.raises(Conflict, match="進められません"):
        application.move(State.HANDED_OVER, by=world.endo)
    with pytest.raises(Conflict):
        application.decide(State.GRANTED, by=world.kato, decided_on=TODAY, amount=5000)


def test_a_decision_is_no_move(world, make):
    application = make.at_ward(make.application())
    with pytest.raises(Invalid, match="決定"):
        application.move(State.GRANTED, by=world.kato)


def test_the_ward_decides(world, make):
    application = make.at_ward(make.application())
    decision = application.decide(
        State.PARTLY_GRANTED, by=world.kato, decided_on=TODAY, amount=5000, reason="交通費は対象外"
    )
    db.session.commit()
    assert application.state is State.PARTLY_GRANTED
    assert application.decision is decision
    assert (decision.decider_id, decision.reason) == (world.kato.id, "交通費は対象外")
    assert application.history[-1].decision is decision
    assert '"after": "partly_granted"' in world.entries(Action.APPLICATION_DECIDED)[0].facts


@pytest.mark.parametrize(
    ("outcome", "options"),
    [
        (State.GRANTED, {}),
        (State.GRANTED, {"amount": 0}),
        (State.REFUSED, {"amount": 100, "reason": "対象外"}),
        (State.REFUSED, {}),
        (State.PARTLY_GRANTED, {"amount": 100}),
        (State.SENT_BACK, {"amount": 100, "reason": "対象外"}),
    ],
)
def test_a_decision_says_how_much_and_why(world, make, outcome, options):
    application = make.at_ward(make.application())
    with pytest.raises(Invalid):
        application.decide(outcome, by=world.kato, decided_on=TODAY, **options)


def raw_decision(world, application, **values):
    """The columns of a decision as somebody with the database at hand would write them."""
    row_id = new_id()
    return {
        "id": row_id,
        "group_id": application.group_id,
        "application_id": application.id,
        "outcome": "granted",
        "decider_id": world.kato.id,
        "decider_side": "ward",
        "at": clock.now(),
        "decided_on": TODAY,
        "amount": 5000,
    } | values


def refused_by_database(statement, values):
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(statement, values)


def test_the_database_refuses_a_contractors_decision(world, make):
    application = make.at_ward(make.application())
    table = Decision.__table__
    for values in (
        {"decider_id": world.sato.id, "decider_side": "contractor"},
        {"decider_id": world.sato.id, "decider_side": "ward"},
        {"decider_id": new_id()},
        {"decider_id": None},
        {"decider_side": None},
    ):
        refused_by_database(insert(table), raw_decision(world, application, **values))
    db.session.execute(insert(table), raw_decision(world, application))
    for values in (
        {"decider_id": world.sato.id},
        {"decider_id": world.sato.id, "decider_side": "contractor"},
    ):
        refused_by_database(update(table), values)
    db.session.execute(update(table), {"decider_id": world.kimura.id})
    db.session.rollback()


def test_the_database_lets_only_the_ward_leave_its_review(world, make):
    application = make.at_ward(make.application())
    values = {
        "id": new_id(),
        "group_id": application.group_id,
        "application_id": application.id,
        "before": "ward_review",
        "after": "sent_back",
        "at": clock.now(),
        "by_id": world.endo.id,
        "by_side": "contractor",
    }
    table = StateChange.__table__
    refused_by_database(insert(table), values)
    refused_by_database(insert(table), values | {"by_side": "ward"})
    refused_by_database(insert(table), values | {"by_id": None, "by_side": "ward"})
    refused_by_database(insert(table), values | {"before": "screening", "after": "granted"})
    refused_by_database(
        insert(table), values | {"after": "granted", "by_id": world.kato.id, "by_side": "ward"}
    )
    db.session.execute(insert(table), values | {"by_id": world.kato.id, "by_side": "ward"})
    db.session.rollback()


def test_numbers_are_unique_in_a_programme(world, make):
    make.application(number="R8-77777", external_id="logo-1")
    for options in ({"number": "R8-77777"}, {"external_id": "logo-1"}):
        with pytest.raises(DBAPIError):
            make.application(**options)
        db.session.rollback()
    make.application(period=world.other_period, by=world.yoso, number="R8-77777", external_id="logo-1")


def test_a_stranger_sees_no_applications(world, make):
    application = make.application()
    assert db.session.scalars(Application.visible_to(world.aoki)).all() == [application]
    assert db.session.scalars(Application.visible_to(world.yoso)).all() == []


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Fact.APPLICANT_NAME, "たかはし はなこ"),
        (Fact.CHILD_BIRTH_DATE, "令和3年4月2日"),
        (Fact.ADDRESS, "見本町１丁目２番３号"),
        (Fact.PHONE, "０９０ ００００ １２３４"),
    ],
)
def test_what_the_caller_says_is_compared_and_never_shown(make, fact, said):
    application = make.application()
    assert application.matches(fact, said) is True
    assert application.matches(fact, "ちがう答え1-1") is False


def test_the_number_itself_can_be_said(make):
    application = make.application()
    assert application.matches(Fact.NUMBER, application.number.replace("-", "の"))
    assert not application.matches(Fact.NUMBER, "R1-00009")


def make_caller(world, name="髙橋 花子"):
    caller = Caller.create(world.period, by=world.aoki, name=name)
    db.session.commit()
    return caller


def test_a_caller_is_tied_to_an_application_once(world, make):
    application, caller = make.application(), make_caller(world)
    link(caller, application, Relation.UNKNOWN, by=world.aoki)
    tie = link(caller, application, Relation.APPLICANT, by=world.aoki)
    db.session.commit()
    assert links_of(caller) == links_to(application) == [tie]
    assert tie.may_be_told
    assert application.applicant is caller


def test_a_spouse_may_be_told_only_with_a_power_of_attorney(world, make):
    application = make.application()
    tie = link(make_caller(world), application, Relation.SPOUSE, by=world.aoki)
    assert not tie.may_be_told
    tie = link(tie.caller, application, Relation.SPOUSE, by=world.aoki, authorised_on=TODAY)
    assert tie.may_be_told


def test_an_application_has_one_applicant(world, make):
    application, first, other = make.application(), make_caller(world), make_caller(world)
    link(first, application, Relation.APPLICANT, by=world.aoki)
    with pytest.raises(Conflict, match="別の相談者"):
        link(other, application, Relation.APPLICANT, by=world.aoki)
    merge(other, first, by=world.sato, reason="同じ方")
    assert link(other, application, Relation.APPLICANT, by=world.aoki).caller is first


def test_links_of_a_merged_caller_show_under_the_survivor(world, make):
    application, one, other = make.application(), make_caller(world), make_caller(world)
    tie = link(one, application, Relation.SPOUSE, by=world.aoki)
    merge(one, other, by=world.sato, reason="同じ方")
    assert links_of(other) == [tie]
    assert people_of(application) == [one]


def test_callers_of_another_programme_are_not_tied(world, make):
    stranger = Caller.create(world.other_period, by=world.yoso, name="別の事業の人")
    with pytest.raises(Invalid, match="ほかの事業"):
        link(stranger, make.application(), Relation.SPOUSE, by=world.aoki)


def test_the_database_holds_no_readable_applicant(make):
    make.application()
    for table in ("application", "child", "state_change"):
        stored = repr(db.session.execute(db.metadata.tables[table].select()).all()).encode()
        for secret in ("髙橋", "見本荘", "hanako", "090-0000-1234", "0012345", "2021-04-02"):
            assert secret.encode() not in stored
            assert repr(secret.encode())[2:-1].encode() not in stored


def test_an_applicants_values_do_not_open_in_another_row(make):
    one, other = make.application(), make.application()
    one._name = other._name
    current_vault().forget()
    with pytest.raises(Exception, match="壊れている"):
        _ = one.name


def test_a_decision_can_be_dated_at_any_moment_of_the_day(world, make):
    with time_machine.travel(clock.from_japan(2026, 11, 2, 23, 59), tick=False):
        application = make.at_ward(make.application(fiscal_year=2026))
        decision = application.decide(State.GRANTED, by=world.kato, decided_on=clock.today(), amount=1)
    assert decision.decided_on == TODAY

"""Remaining hours of a child over all its applications, under the ward's rule."""

from datetime import date

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from callcenter import clock
from callcenter.applications.balance import balances
from callcenter.applications.flow import State
from callcenter.applications.hours import Cap, Fraction
from callcenter.applications.rules import HoursRule, propose, rule_for
from callcenter.db import db
from callcenter.errors import Conflict, Forbidden
from callcenter.privacy.actions import Action
from callcenter.programmes import open_period


def test_a_first_application_takes_its_full_hours(make):
    (balance,) = balances(make.application())
    assert (balance.hours.pending, balance.hours.left) == (2, 142)
    assert balance.is_eligible
    assert balance.is_complete
    assert not balance.is_approved


def test_hours_of_all_applications_count_apart_by_how_far_they_are(world, make):
    decided, forwarded, pending, withdrawn = (make.application() for _ in range(4))
    make.at_ward(decided).decide(State.GRANTED, by=world.kato, decided_on=date(2026, 11, 2), amount=5000)
    make.at_ward(forwarded)
    withdrawn.move(State.WITHDRAWN, by=world.endo)
    db.session.commit()
    for application in (decided, forwarded, pending):
        (balance,) = balances(application)
        hours = balance.hours
        assert (hours.decided, hours.screened, hours.pending, hours.left) == (2, 2, 2, 138)


def test_a_refused_application_gives_its_hours_back(world, make):
    application = make.at_ward(make.application())
    application.decide(State.REFUSED, by=world.kato, decided_on=date(2026, 11, 2), reason="対象外")
    db.session.commit()
    assert balances(application)[0].hours.left == 144


def test_the_same_child_is_known_whichever_parent_applies_and_in_any_spelling(make):
    first = make.application()
    second = make.application()
    second.children[0].kana = "たかはし そら"
    second.children[0].identity = second.children[0].identity_under(second.period_id)
    db.session.flush()
    assert balances(first)[0].hours.pending == 4


def test_brothers_and_sisters_have_hours_of_their_own(make):
    application = make.application()
    twin = application.add_child(
        name="髙橋 海", kana="タカハシ ウミ", birth_date=date(2021, 4, 2), is_multiple=True
    )
    make.use(twin, minutes=60)
    db.session.flush()
    assert [balance.hours.left for balance in balances(application)] == [142, 287]


def test_hours_received_in_the_next_year_count_for_the_year_of_the_uses(world, make):
    year = world.period.fiscal_year
    following = open_period(world.programme, year + 1)
    make.application()
    late = make.application(period=following, fiscal_year=year)
    (balance,) = balances(late)
    assert (balance.fiscal_year, balance.hours.pending) == (year, 4)


def test_uses_of_another_year_do_not_count(make):
    application = make.application()
    make.use(application.children[0], minutes=600, year=application.fiscal_year - 1)
    db.session.flush()
    assert balances(application)[0].hours.pending == 2


def test_hours_of_another_ward_count_once_however_often_stated(world, make):
    one, other = make.application(), make.application()
    for application, hours in ((one, 90), (other, 100)):
        application.children[0].add_transfer(
            fiscal_year=application.fiscal_year, counted_hours=hours, from_ward="隣の区", by=world.endo
        )
        db.session.flush()
    assert balances(one)[0].hours.transferred == 100


def test_a_child_without_birth_date_is_counted_alone(make):
    application = make.application()
    child = application.add_child(name="名前だけ")
    make.use(child)
    db.session.flush()
    balance = balances(application)[1]
    assert (balance.hours.pending, balance.is_eligible) == (2, None)


def test_the_newest_approved_rule_counts(world, make):
    application = make.application()
    year = application.fiscal_year
    first = propose(world.programme.id, year, Cap(base=100), by=world.endo)
    assert rule_for(world.programme.id, year) is first
    first.approve(by=world.kato)
    propose(world.programme.id, year, Cap(base=200, fraction=Fraction.PER_MONTH), by=world.endo)
    db.session.commit()
    (balance,) = balances(application)
    assert balance.is_approved
    assert balance.hours.cap == 100
    assert len(world.entries(Action.HOURS_RULE_APPROVED)) == 1


@pytest.mark.parametrize("name", ["sato", "endo", "honda", "kondo"])
def test_only_ward_staff_approve_a_rule(world, name):
    rule = propose(world.programme.id, 2026, Cap(), by=world.endo)
    with pytest.raises(Forbidden):
        rule.approve(by=getattr(world, name))


def test_a_rule_is_approved_once(world):
    rule = propose(world.programme.id, 2026, Cap(), by=world.endo)
    rule.approve(by=world.kato)
    with pytest.raises(Conflict):
        rule.approve(by=world.kimura)


@pytest.mark.parametrize("side", ["contractor", "ward", None])
def test_the_database_refuses_a_contractors_approval(world, side):
    propose(world.programme.id, 2026, Cap(), by=world.endo)
    db.session.flush()
    approval = {"approved_at": clock.now(), "approved_by_id": world.sato.id, "approved_by_side": side}
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(update(HoursRule.__table__), approval)
    db.session.execute(
        update(HoursRule.__table__), approval | {"approved_by_id": world.kato.id, "approved_by_side": "ward"}
    )

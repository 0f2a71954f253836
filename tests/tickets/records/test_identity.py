"""本人確認: what opens which level, what never does, and the lock after three failures on a Japanese day."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select

from callcenter.applications import links
from callcenter.applications.flow import State
from callcenter.applications.matching import Fact
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.errors import Conflict, Invalid, Locked
from callcenter.people import protection
from callcenter.people.callers import Caller, Relation
from callcenter.people.protection import Mark, ProtectionAlert
from callcenter.privacy import approvals, audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra
from tickets.calls.screen import may_tell
from tickets.records import identity
from tickets.records.identity import DisclosureLock, IdentityCheck, Result

RIGHT = {
    Fact.NUMBER: "R8-1",
    Fact.APPLICANT_NAME: "山田花子",
    Fact.CHILD_BIRTH_DATE: "令和4年5月6日",
    Fact.ADDRESS: "新宿区西新宿一丁目2番3号",
}
WRONG = {
    Fact.NUMBER: "R8-2",
    Fact.APPLICANT_NAME: "山口 花子",
    Fact.CHILD_BIRTH_DATE: "2022-05-07",
    Fact.ADDRESS: "新宿区西新宿2-2-3",
}


@pytest.fixture
def case(world, make):
    """A call from the registered number about an application; `check(…)` compares what is said."""

    class Case:
        call, application = make.call(from_number="09000001234"), make.application()

        def check(self, right="", wrong="", relation=Relation.APPLICANT, called_back=False, call=None):
            facts = dict(
                zip(
                    "nabd",
                    (Fact.NUMBER, Fact.APPLICANT_NAME, Fact.CHILD_BIRTH_DATE, Fact.ADDRESS),
                    strict=True,
                )
            )
            said = {facts[c]: RIGHT[facts[c]] for c in right} | {facts[c]: WRONG[facts[c]] for c in wrong}
            with writing():
                contact = db.session.get(Contact, call or self.call)
                application = db.session.get(Application, self.application)
                row = identity.check(
                    contact, application, said, relation=relation, called_back=called_back, by=world.aoki
                )
                return row.result

        def level(self, call=None):
            return identity.level_of(
                make.get(Contact, call or self.call), make.get(Application, self.application)
            )

    return Case()


@pytest.mark.parametrize(
    ("right", "wrong", "result"),
    [
        pytest.param("n", "", Result.MATCHED, id="number"),
        pytest.param("ab", "", Result.MATCHED, id="name and birth date"),
        pytest.param("ad", "", Result.MATCHED, id="name and address"),
        pytest.param("bd", "", Result.MATCHED, id="birth date and address"),
        pytest.param("ab", "d", Result.MATCHED, id="two of three"),
        pytest.param("a", "bd", Result.MISMATCHED, id="one of three"),
        pytest.param("a", "b", Result.MISMATCHED, id="one of two"),
        pytest.param("", "n", Result.MISMATCHED, id="wrong number"),
        pytest.param("", "nabd", Result.MISMATCHED, id="nothing right"),
    ],
)
def test_level_one_needs_the_number_or_two_of_three(case, right, wrong, result):
    assert case.check(right, wrong) is result
    assert case.level() == (1 if result is Result.MATCHED else 0)


@pytest.mark.parametrize("right", ["", "a", "b", "d"])
def test_too_little_said_is_no_attempt(case, right):
    with pytest.raises(Invalid):
        case.check(right)
    assert db.session.scalars(select(IdentityCheck)).all() == []


def test_nobody_is_compared_before_saying_who_they_are(case):
    with pytest.raises(Invalid, match="申請者との関係"):
        case.check("n", relation=Relation.UNKNOWN)


def test_a_matching_phone_number_alone_opens_nothing(case):
    with pytest.raises(Invalid):
        case.check("", called_back=True)
    assert case.level() == 0


def test_level_two_needs_level_one_and_the_call_back(case):
    case.check("n")
    assert case.check("", called_back=True) is Result.MATCHED
    assert case.level() == 2


def test_both_levels_may_be_reached_at_once(case):
    assert case.check("n", called_back=True) is Result.MATCHED
    assert case.level() == 2


def test_a_call_back_to_another_number_does_not_match(case, make):
    other = make.call(from_number="03-0000-9999")
    case.check("n", call=other)
    assert case.check("", called_back=True, call=other) is Result.MISMATCHED
    assert case.level(other) == 1


def test_a_level_is_not_carried_to_the_next_call(case, make):
    case.check("n")
    assert case.level(make.call()) == 0


def test_a_level_is_not_carried_to_another_application(case, make):
    case.check("n")
    other = make.get(Application, make.application(name="別人 太郎"))
    assert identity.level_of(make.get(Contact, case.call), other) == 0


@pytest.mark.parametrize("relation", [Relation.SPOUSE, Relation.AGENT, Relation.PROVIDER])
def test_who_is_not_the_applicant_is_not_told(case, relation):
    assert case.check("nabd", relation=relation) is Result.NOT_ENTITLED
    assert case.level() == 0


def test_a_spouse_with_a_registered_proxy_is_told(case, world, make):
    caller = make.caller(name="山田 太郎", phone=None)
    with writing():
        row = db.session.get(Caller, caller)
        application = db.session.get(Application, case.application)
        links.link(row, application, Relation.SPOUSE, by=world.sato, authorised_on=date(2026, 4, 1))
        db.session.get(Contact, case.call).name_caller(row, by=world.aoki)
    assert case.check("n", relation=Relation.SPOUSE) is Result.MATCHED


def test_a_spouse_who_says_to_be_the_applicant_is_known_by_the_link(case, world, make):
    caller = make.caller(name="山田 太郎", phone=None)
    with writing():
        row = db.session.get(Caller, caller)
        links.link(row, db.session.get(Application, case.application), Relation.SPOUSE, by=world.sato)
        db.session.get(Contact, case.call).name_caller(row, by=world.aoki)
    assert case.check("n", relation=Relation.APPLICANT) is Result.NOT_ENTITLED


def test_the_attempt_keeps_kinds_and_never_words(case, world):
    case.check("ab", "d")
    row = db.session.scalars(select(IdentityCheck)).one()
    assert row.facts == ["applicant_name", "child_birth_date", "address"]
    entry = world.entries(Action.IDENTITY_CHECKED)[-1]
    assert not any(word in entry.facts for word in ("山田", "西新宿", "5月", "2022"))


def test_three_failures_lock_the_application_for_the_day(case, world, make):
    for _attempt in range(3):
        case.check("", "n", call=make.call())
    assert world.entries(Action.DISCLOSURE_LOCKED)
    with pytest.raises(Locked):
        case.check("n")
    assert db.session.scalars(DisclosureLock.of_today(world.sato)).one().application_id == case.application


def test_two_failures_do_not_lock(case):
    case.check("", "n")
    case.check("", "n")
    assert case.check("n") is Result.MATCHED


def test_a_lock_closes_what_was_open(case, make):
    case.check("n")
    for _attempt in range(3):
        case.check("", "n", call=make.call())
    assert case.level() == 0


def test_the_day_of_a_lock_is_japans(case, make):
    with time_machine.travel(datetime(2026, 11, 24, 14, 50, tzinfo=UTC), tick=False):  # 23:50 in Japan
        for _attempt in range(2):
            case.check("", "n")
    with time_machine.travel(datetime(2026, 11, 24, 15, 10, tzinfo=UTC), tick=False):  # ten past midnight
        case.check("", "n")
        assert not identity.is_locked(make.get(Application, case.application))


def test_a_lock_ends_with_its_day(case, make):
    with time_machine.travel(datetime(2026, 11, 24, 14, 50, tzinfo=UTC), tick=True):
        for _attempt in range(3):
            case.check("", "n")
        assert identity.is_locked(make.get(Application, case.application))
    with time_machine.travel(datetime(2026, 11, 24, 15, 10, tzinfo=UTC), tick=False):
        assert not identity.is_locked(make.get(Application, case.application))


def lift(world, reason="電話で本人と確認した"):
    with writing():
        db.session.scalars(DisclosureLock.of_today(world.sato)).one().lift(by=world.sato, reason=reason)


def test_a_lifted_lock_counts_from_anew(case, world):
    for _attempt in range(3):
        case.check("", "n")
    lift(world)
    case.check("", "n")
    assert case.check("n") is Result.MATCHED
    case.check("", "n")
    case.check("", "n")
    with pytest.raises(Locked):
        case.check("n")


def test_a_lock_is_lifted_once_and_for_a_reason(case, world):
    for _attempt in range(3):
        case.check("", "n")
    lock = db.session.scalars(DisclosureLock.of_today(world.sato)).one()
    with pytest.raises(Invalid):
        lock.lift(by=world.sato, reason=" ")
    lift(world)
    with pytest.raises(Conflict):
        lock.lift(by=world.sato, reason="もう一度")


def protect(world, caller):
    with writing():
        approvals.approve(
            world.programme.id, Extra.PROTECTION_FLAG, number="R8-付議-1", on=date(2026, 4, 1), by=world.kato
        )
        protection.set_mark(db.session.get(Caller, caller), Mark.SET, by=world.kato, reason="支援措置の申出")


def test_a_protected_person_fails_like_a_mismatch_and_supervisors_are_told(case, world, make):
    caller = make.caller()
    with writing():
        links.link(
            db.session.get(Caller, caller),
            db.session.get(Application, case.application),
            Relation.APPLICANT,
            by=world.sato,
        )
    protect(world, caller)
    assert case.check("nabd") is Result.MISMATCHED
    assert db.session.scalars(select(ProtectionAlert)).one().caller_id == caller
    assert case.level() == 0


def test_each_level_tells_its_own_and_no_more(case, world, make):
    with writing():
        application = db.session.get(Application, case.application)
        application.move(State.SCREENING, by=world.endo)
        application.move(State.QUERIED, by=world.endo, reason="領収書の日付が読めない")
    application = make.get(Application, case.application)
    terms = [{item["term"] for item in may_tell(application, level)} for level in range(3)]
    assert terms[0] == set()
    assert terms[1] == {"状況", "受付日", "残り時間 1人目"}
    assert terms[2] - terms[1] == {"不備の内容"}


def test_the_trail_does_not_tell_a_protected_person_apart(case, world, make):
    caller = make.caller()
    with writing():
        row, application = db.session.get(Caller, caller), db.session.get(Application, case.application)
        links.link(row, application, Relation.APPLICANT, by=world.sato)
    protect(world, caller)
    case.check("n")
    assert '"result": "mismatched"' in world.entries(Action.IDENTITY_CHECKED)[-1].facts
    assert world.entries(audit.Action.PROTECTION_ASKED)

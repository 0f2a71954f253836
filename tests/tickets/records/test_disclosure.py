"""What may not be told is told by no way round: a locked application, a protected person, a check made elsewhere."""

import threading
from contextvars import Context

import pytest

from callcenter import clock
from callcenter.applications.matching import Fact
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.errors import Locked
from callcenter.people import protection
from callcenter.people.callers import Caller, Relation
from callcenter.people.protection import Mark, ProtectionAlert
from callcenter.privacy import approvals
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra
from tickets.records import identity
from tickets.records.identity import DisclosureLock, IdentityCheck
from tickets.records.ticket import Ticket

WHY = {"reason": "call_back", "reason_text": ""}


@pytest.fixture
def case(make):
    """A caller who applied, their ticket, and the call."""

    class Case:
        caller = make.caller()
        application = make.application(applicant=caller)
        call = make.call(from_number="090-0000-1234")

    return Case()


def lock(world, case):
    with writing():
        application = db.session.get(Application, case.application)
        db.session.add(
            DisclosureLock(
                group=application.group,
                application=application,
                contact_id=case.call,
                day=clock.today(),
                locked_at=clock.now(),
            )
        )
        identity.audit.record(
            Action.DISCLOSURE_LOCKED, by=world.aoki, on=application, facts={"contact": "", "failures": 3}
        )


def protect(world, caller_id):
    with writing():
        approvals.approve(
            world.programme.id, Extra.PROTECTION_FLAG, number="8新子発第1号", on=clock.today(), by=world.kato
        )
        caller = db.session.get(Caller, caller_id)
        protection.set_mark(caller, Mark.SET, by=world.kato, reason="区から")


def test_a_locked_application_is_read_on_none_of_its_pages(world, case):
    client = world.client("aoki")
    paths = (
        f"/applications/{case.application}/revelations?fields=name,address",
        f"/callers/{case.caller}/revelations?fields=name,phones",
    )
    assert [client.post(path, data=WHY).status_code for path in paths] == [200, 200]
    lock(world, case)
    for path in paths:
        answer = client.post(path, data=WHY)
        assert answer.status_code == 423
        assert "花子" not in answer.get_data(as_text=True)
    assert len(world.entries(Action.PERSONAL_REVEALED)) == 2


def test_a_lock_holds_for_whoever_is_tied_to_the_application_and_merged_with_them(world, case, make):
    other = make.caller(name="山田 太郎", phone=None)
    with writing():
        survivor = db.session.get(Caller, other)
        db.session.get(Caller, case.caller).merged_into = survivor
        identity.audit.record(Action.CALLER_UPDATED, by=world.sato, on=survivor, facts={"fields": []})
    lock(world, case)
    answer = world.client("aoki").post(f"/callers/{other}/revelations?fields=name", data=WHY)
    assert answer.status_code == 423


def test_the_number_of_a_protected_caller_is_withheld_on_the_call_too(world, case):
    with writing():
        contact = db.session.get(Contact, case.call)
        contact.name_caller(db.session.get(Caller, case.caller), by=world.aoki)
    client, path = world.client("aoki"), f"/contacts/{case.call}/revelations"
    assert "090-0000-1234" in client.post(path, data=WHY).get_data(as_text=True)
    protect(world, case.caller)
    answer = client.post(path, data=WHY)
    assert answer.status_code == 200
    assert "090-0000-1234" not in answer.get_data(as_text=True)
    assert str(protection.NEUTRAL_WORDS) in answer.get_data(as_text=True)
    assert db.session.query(ProtectionAlert).count() == 1


def test_failures_at_the_same_moment_all_count(world, case, make, app):
    """Six calls guess at once about one application: three are compared, the others meet the lock."""
    calls, outcomes = [make.call() for _ in range(6)], []

    def guess(call):
        with app.app_context():
            try:
                with writing():
                    contact = db.session.get(Contact, call)
                    application = db.session.get(Application, case.application)
                    said = {Fact.NUMBER: "R8-99999"}
                    check = identity.check(
                        contact,
                        application,
                        said,
                        relation=Relation.APPLICANT,
                        called_back=False,
                        by=world.aoki,
                    )
                    outcomes.append(check.result.value)
            except Locked:
                outcomes.append("locked")
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=Context().run, args=(guess, call)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["locked"] * 3 + ["mismatched"] * 3
    assert db.session.query(IdentityCheck).count() == 3
    assert db.session.query(DisclosureLock).count() == 1


@pytest.mark.parametrize(
    "name",
    ["山田\x00花子", "logoform.jp/f/a?key=ab", "山田\n花子", "あ" * 101],
    ids=["nul", "link", "line", "long"],
)
def test_a_new_caller_on_the_call_is_checked_as_anywhere(world, case, name):
    path = f"/contacts/{case.call}/callers"
    answer = world.client("aoki").post(path, data={"caller": "new", "new_name": name})
    assert answer.status_code == 422
    assert db.session.query(Caller).count() == 1


def test_a_draft_keeps_no_answer_link_and_no_words_beside_its_number(world, case):
    client, path = world.client("aoki"), f"/drafts/call/{case.call}"
    refused = client.post(path, data={"content": "https://logoform.jp/f/a?key=ab"})
    assert refused.status_code == 422
    assert "LoGo" in refused.get_json()["message"]
    kept = client.post(path, data={"content": "領収書", "page": "山田 花子\x00", "draft_version": "0"})
    assert kept.status_code == 200
    assert db.session.query(identity.db.metadata.tables["draft"].c.page).scalar() == ""


def test_a_ticket_of_a_locked_application_shows_nobody(world, case, make):
    ticket = make.ticket()
    with writing():
        row = db.session.get(Ticket, ticket)
        row.caller_id = case.caller
        row.link(db.session.get(Application, case.application), by=world.aoki)
    lock(world, case)
    number = make.number(ticket)
    answer = world.client("aoki").post(f"/tickets/{number}/revelations?fields=name", data=WHY)
    assert answer.status_code == 423

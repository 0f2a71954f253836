"""Complaints in the browser: recording, the list, the supervisor's call, and the way to a close by two people."""

import pytest
from sqlalchemy import select

from callcenter.db import db
from callcenter.privacy.actions import Action
from tickets.complaints.complaint import Complaint, ComplaintState
from tickets.records.ticket import Ticket

SAID = "三回電話しても、そのたびに違うことを言われました。"


@pytest.fixture
def number(make):
    """The number of a ticket."""
    return make.number(make.ticket())


@pytest.fixture
def record(world, number):
    """record(person, **values): the answer to the form, and the complaint that it made."""

    def recorded(person="aoki", **values):
        data = {"kind": "office", "facts": SAID, "owner": ""} | values
        page = world.client(person).post(f"/tickets/{number}/complaints", data=data)
        return page, db.session.scalars(select(Complaint)).first()

    return recorded


@pytest.fixture
def send(world, record):
    """send(person, what, **values): the answer to one deed on a complaint of aoki's."""
    _page, row = record()

    def sent(person, what, **values):
        return world.client(person).post(f"/complaints/{row.id}/{what}", data=values)

    return sent


def state():
    db.session.expire_all()
    return db.session.scalars(select(Complaint)).one().state


def test_an_agent_records_it_and_it_is_on_the_ticket_and_in_the_list(record, world, number):
    page, row = record()
    assert page.status_code == 303
    for person, path in (("aoki", f"/tickets/{number}"), ("sato", "/complaints"), ("kato", page.location)):
        assert row.label in world.client(person).get(path).text
    assert SAID in world.client("kato").get(page.location).text
    assert len(world.entries(Action.COMPLAINT_RECORDED)) == 1
    assert world.entries(Action.COMPLAINT_VIEWED)


@pytest.mark.parametrize(
    ("values", "said"), [({"facts": " "}, "入力してください"), ({"kind": "praise"}, "選んでください")]
)
def test_a_form_that_cannot_be_kept_keeps_its_text(record, values, said):
    page, row = record(**values)
    assert (page.status_code, row) == (422, None)
    assert said in page.text
    assert "facts" in values or SAID in page.text


def test_it_is_called_about_and_closed_by_another_person(send):
    assert send("sato", "calls", reached="no", text="留守。").status_code == 303
    assert send("sato", "calls", reached="yes", text="お詫びした。").status_code == 303
    assert send("aoki", "deeds", text="案内を直した。").status_code == 303
    assert send("aoki", "closing-requests", text="納得された。").status_code == 303
    assert state() is ComplaintState.TO_APPROVE
    assert send("sato", "returns", reason="FAQも。").status_code == 303
    assert send("aoki", "closing-requests", text="直した。").status_code == 303
    assert send("sato", "approvals", text="").status_code == 303
    assert state() is ComplaintState.CLOSED


def test_its_end_is_not_asked_for_before_the_call(send):
    page = send("aoki", "closing-requests", text="納得された。")
    assert page.status_code == 409
    assert "責任者の電話がまだです" in page.text


@pytest.mark.parametrize(
    ("person", "what", "values", "status"),
    [
        ("sato", "calls", {"reached": "yes", "text": " "}, 422),
        ("sato", "calls", {"text": "a"}, 422),
        ("aoki", "deeds", {"text": ""}, 422),
        ("aoki", "owners", {"owner": ""}, 422),
        ("sato", "withdrawals", {"reason": ""}, 422),
        ("aoki", "calls", {"reached": "yes", "text": "a"}, 403),
        ("aoki", "approvals", {}, 403),
        ("kato", "deeds", {"text": "a"}, 403),
        ("yoso", "deeds", {"text": "a"}, 404),
    ],
)
def test_what_may_not_be_done_changes_nothing(send, person, what, values, status):
    assert send(person, what, **values).status_code == status
    assert state() is ComplaintState.OPEN
    assert len(db.session.scalars(select(Complaint)).one().steps) == 1


def test_it_goes_to_another_owner(send, world):
    assert send("aoki", "owners", owner=str(world.ueda.id), reason="休み").status_code == 303
    assert db.session.scalars(select(Complaint)).one().owner_id == world.ueda.id


def test_a_ticket_with_an_open_complaint_is_not_closed(record, world, number):
    _page, row = record()
    page = world.client("aoki").post(f"/tickets/{number}/closures", data={"reason": ""})
    assert page.status_code == 409
    assert row.label in page.text
    assert not db.session.scalars(select(Ticket).where(Ticket.number == number)).one().is_closed


@pytest.mark.parametrize("query", ["", "?show=to_approve", "?show=settled&kind=wish", "?show=x&kind=y"])
def test_an_empty_list_says_so(world, query):
    assert "苦情・要望はありません" in world.client("aoki").get(f"/complaints{query}").text

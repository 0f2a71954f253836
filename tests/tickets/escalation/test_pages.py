"""Questions to the ward in the browser: asking, ringing, asking back, answering, from paper, telling."""

import pytest
from sqlalchemy import select

from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.people.callers import Caller
from callcenter.privacy.actions import Action
from tickets.calls.filing import Filing, file
from tickets.escalation.escalation import Escalation, EscalationState
from tickets.escalation.ward_line import WardLine

ASKED = {
    "matter": "rules",
    "urgency": "normal",
    "summary": "きょうだい2人を同じ時間に預けた。",
    "question": "1人1時間ずつ数えてよいですか。",
    "proposal": "1人ずつ数える。",
}


@pytest.fixture
def ticket(make, world):
    """The number of a ticket of 山田 花子, who rang from 090-0000-1234."""
    contact = make.call()
    caller = make.caller()
    with writing():
        row = db.session.get(Contact, contact)
        row.name_caller(db.session.get(Caller, caller), by=world.aoki)
        return file(
            row, Filing(content="きょうだいの利用", subject="同時利用", is_finished=False), by=world.aoki
        ).ticket.number


@pytest.fixture
def ask(world, ticket):
    """ask(person, **values): the answer to the form, and the question that it made."""

    def asked(person="aoki", **values):
        page = world.client(person).post(f"/tickets/{ticket}/escalations", data=ASKED | values)
        return page, db.session.scalars(select(Escalation)).first()

    return asked


def state(row):
    db.session.expire_all()
    return db.session.get(Escalation, row.id).state


def test_an_agent_asks_the_ward(ask, world, ticket):
    page, row = ask()
    assert page.status_code == 303
    assert page.location.endswith(f"/escalations/{row.id}")
    assert len(world.entries(Action.ESCALATION_RAISED)) == 1
    shown = world.client("kato").get(page.location).text
    assert ASKED["question"] in shown
    assert row.label in world.client("aoki").get(f"/tickets/{ticket}").text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"question": " "}, "入力してください。"),
        ({"matter": "leak"}, "緊急度を上げてください"),
        ({"summary": "山田花子さんからの電話"}, "氏名「山田花子"),
        ({"proposal": "０９０－００００－１２３４に折り返す"}, "電話番号「"),
        ({"wanted_on": "2020-01-01"}, "いまより後にしてください"),
        ({"wanted_on": "2099-01-01", "wanted_time": "25時"}, "15:30 のように"),
    ],
    ids=["no question", "not urgent enough", "a name", "a number", "a day gone by", "no time"],
)
def test_a_form_that_cannot_be_sent_keeps_its_text(ask, values, said):
    page, row = ask(**values)
    assert page.status_code == 422
    assert row is None
    assert said in page.text
    assert "きょうだい2人" in page.text or "山田花子" in page.text


def test_a_reason_lets_personal_data_stand(ask):
    page, row = ask(summary="山田花子さんからの電話", because="区が本人に連絡するため")
    assert page.status_code == 303
    assert row.because == "区が本人に連絡するため"


def test_the_ward_answers_and_the_agent_tells_the_caller(ask, world):
    _page, row = ask()
    home = world.client("kato").get("/").text
    assert row.label in home
    answered = world.client("kato").post(
        f"/escalations/{row.id}/answers", data={"text": "はい。1人ずつです。", "is_for_faq": "y"}
    )
    assert answered.status_code == 303
    assert state(row) is EscalationState.ANSWERED
    assert row.label in world.client("aoki").get("/").text
    told = world.client("aoki").post(f"/escalations/{row.id}/tellings", data={"text": "お伝えしました。"})
    assert told.status_code == 303
    assert state(row) is EscalationState.TOLD
    assert row.label not in world.client("aoki").get("/").text
    actions = [Action.ESCALATION_ANSWERED, Action.ESCALATION_TOLD]
    assert [len(world.entries(action)) for action in actions] == [1, 1]


def test_asking_back_goes_to_the_office_and_returns(ask, world):
    _page, row = ask()
    world.client("kato").post(f"/escalations/{row.id}/inquiries", data={"text": "利用日は？"})
    assert state(row) is EscalationState.ASKED_BACK
    assert row.label in world.client("aoki").get("/").text
    world.client("aoki").post(f"/escalations/{row.id}/replies", data={"text": "10月3日です。"})
    assert state(row) is EscalationState.WITH_WARD


def test_an_urgent_question_shows_the_supervisor_whom_to_ring(ask, world):
    added = world.client("sato").post(
        "/ward-lines", data={"section": "子育て支援課", "phone": "03-0000-0001", "hours": "平日 8:30〜17:15"}
    )
    assert added.status_code == 303
    _page, row = ask(matter="child_safety", urgency="immediate")
    page = world.client("sato").get(f"/escalations/{row.id}").text
    assert "03-0000-0001" in page
    assert row.label in world.client("sato").get("/").text
    empty = world.client("sato").post(f"/escalations/{row.id}/rings", data={"spoke_with": ""})
    assert empty.status_code == 422
    world.client("sato").post(
        f"/escalations/{row.id}/rings", data={"spoke_with": "区の加藤", "said": "すぐ向かう。"}
    )
    assert len(world.entries(Action.ESCALATION_RUNG)) == 1
    assert "区の加藤" in world.client("sato").get(f"/escalations/{row.id}").text


def test_an_answer_is_entered_from_paper(ask, world):
    _page, row = ask()
    url = f"/escalations/{row.id}/paper-answers"
    refused = world.client("sato").post(url, data={"text": "いいえ。", "ward_name": "", "paper": "第12号"})
    assert refused.status_code == 422
    assert "いいえ。" in refused.text
    world.client("sato").post(url, data={"text": "いいえ。", "ward_name": "区の加藤", "paper": "第12号"})
    page = world.client("aoki").get(f"/escalations/{row.id}").text
    assert "区の加藤（紙 第12号、入力 佐藤 律）" in page


def test_what_is_impossible_now_says_what_is_possible(ask, world):
    _page, row = ask()
    page = world.client("aoki").post(f"/escalations/{row.id}/tellings", data={"text": "お伝えしました。"})
    assert page.status_code == 409
    assert "今できるのは" in page.text


def test_a_question_is_withdrawn_with_a_reason(ask, world):
    _page, row = ask()
    url = f"/escalations/{row.id}/withdrawals"
    assert world.client("aoki").post(url, data={"reason": ""}).status_code == 422
    assert world.client("aoki").post(url, data={"reason": "規則にあった。"}).status_code == 303
    assert state(row) is EscalationState.WITHDRAWN


def test_the_tray_says_how_timely_the_ward_answers(ask, world):
    _page, row = ask()
    world.client("kato").post(f"/escalations/{row.id}/answers", data={"text": "はい。"})
    page = world.client("aoki").get("/escalations?show=office").text
    assert row.label in page
    assert "期限の来た照会 1件、うち期限内に回答 1件（100%）" in page
    assert row.label not in world.client("aoki").get("/escalations?show=settled").text


def test_the_sheet_has_room_for_the_wards_answer(ask, world):
    _page, row = ask()
    page = world.client("sato").get(f"/escalations/{row.id}/sheet").text
    assert ASKED["question"] in page
    assert "回答者" in page
    assert "山田" not in page


def test_the_wards_answer_becomes_a_draft(ask, world, ticket):
    _page, row = ask()
    answer = "はい。山田花子さんの場合は1人ずつです。"
    world.client("kato").post(f"/escalations/{row.id}/answers", data={"text": answer})
    page = world.client("sato").get(f"/faq/new?origin=escalation-{row.id}").text
    assert ASKED["question"] in page
    assert "〔氏名〕" in page
    assert "山田花子" not in page
    assert f"区の回答 {row.label}" in page


def test_a_question_of_elsewhere_is_not_found(ask, world):
    _page, row = ask()
    stranger = world.client("yoso")
    assert stranger.get(f"/escalations/{row.id}").status_code == 404
    assert stranger.post(f"/escalations/{row.id}/tellings", data={"text": "x"}).status_code == 404


def test_a_line_of_the_ward_is_removed(world):
    client = world.client("sato")
    assert client.post("/ward-lines", data={"section": "", "phone": ""}).status_code == 422
    client.post("/ward-lines", data={"section": "子育て支援課", "phone": "03-0000-0001"})
    line = db.session.scalars(select(WardLine)).one()
    assert client.post(f"/ward-lines/{line.id}/removals").status_code == 303
    assert db.session.scalars(select(WardLine)).first() is None
    assert len(world.entries(Action.WARD_LINE_REMOVED)) == 1

"""誤案内: everybody who was told an older version, and one call-back each."""

from datetime import timedelta

import pytest

from callcenter import clock
from callcenter.contacts import Contact
from callcenter.db import db, new_id, writing
from callcenter.people import merging, protection
from callcenter.people.callers import Caller
from callcenter.people.protection import Mark
from callcenter.privacy import approvals
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.revision import ArticleRevision
from tickets.calls.filing import Filing, file
from tickets.records.follow_up import FollowUp
from tickets.records.lineage import ToldRecall
from tickets.records.ticket import Ticket

WRONG, RIGHT = "宛名は本人だけです。", "宛名はご夫婦どちらでも。"


@pytest.fixture
def article(world):
    """F-1, whose first version was wrong and whose second is right."""
    with writing():
        row = Article.write(
            world.programme.id, Content("領収書の宛名は", WRONG, read_aloud=WRONG), by=world.sato
        )
        row.approve(1, by=world.kato)
    with writing():
        row = db.session.get(Article, row.id)
        row.revise(Content("領収書の宛名は", RIGHT, read_aloud=RIGHT), by=world.sato)
        row.approve(2, by=world.kato)
        return row.id


@pytest.fixture
def tell(world, make, article):
    """tell(version, caller=, by=, ticket=): a call in which a version was told; gives the consultation's id."""

    def do(version=1, *, caller=None, by="aoki", number=None, ticket=None, **values):
        contact = make.call(by, from_number=number) if number else make.call(by)
        with writing():
            row, person = db.session.get(Contact, contact), getattr(world, by)
            if caller:
                row.name_caller(db.session.get(Caller, caller), by=person)
            told = db.session.query(ArticleRevision).filter_by(article_id=article, number=version).one()
            about = db.session.get(Ticket, ticket) if ticket else None
            filing = Filing(
                "宛名は", subject="領収書の宛名", told=[told], ticket=about, is_finished=False, **values
            )
            return file(row, filing, by=person).id

    return do


def press(client, article, chosen, **changes):
    fields = {"due_on": "明日", "owner": "ticket", "text": "訂正の電話", "chosen": [str(c) for c in chosen]}
    return client.post(f"/faq/{article}/recalls", data=fields | changes)


def promises():
    db.session.expire_all()
    return db.session.query(FollowUp).order_by(FollowUp.made_at, FollowUp.id).all()


def recalls():
    db.session.expire_all()
    return db.session.query(ToldRecall).all()


# --- the list ----------------------------------------------------------------------------------------------


def test_the_list_shows_who_was_told_what_is_wrong_now(world, make, article, tell):
    caller = make.caller()
    tell(1, caller=caller)
    tell(2, number="03-0000-5678")
    page = world.client("sato").get(f"/faq/{article}/told").text
    assert "T-000001" in page
    assert "T-000002" not in page
    assert "山●●●" in page
    assert "山田" not in page
    assert "青木" in page
    everything = world.client("sato").get(f"/faq/{article}/told?older=all").text
    assert "T-000002" in everything
    assert "いまの版" in everything


def test_the_default_text_names_what_was_told_and_what_is_right(world, article, tell):
    tell(1)
    page = world.client("sato").get(f"/faq/{article}/told").text
    for words in ("【誤案内の訂正】F-1", f"前の案内（第1版）「{WRONG}」", f"正しい案内（第2版）「{RIGHT}」"):
        assert words in page
    assert "第1版と第2版の違い" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 1), ("older=2", 1), ("older=all", 2), ("older=99", 1), ("since=2999-01-01", 0), ("until=2999-01-01", 1), ("until=2020-01-01", 0)],
)  # fmt: skip
def test_the_list_is_narrowed(world, article, tell, query, count):
    tell(1)
    tell(2)
    page = world.client("sato").get(f"/faq/{article}/told?{query}").text
    assert page.count("<tr data-row>") == count


def test_a_day_that_is_none_is_said(world, article, tell):
    answer = world.client("sato").get(f"/faq/{article}/told?since=いつか")
    assert answer.status_code == 422
    assert "日付として読めません" in answer.text


def test_a_look_at_the_list_is_one_row_of_the_trail(world, article, tell):
    tell(1)
    client = world.client("sato")
    before = len(world.entries(Action.LIST_VIEWED))
    client.get(f"/faq/{article}/told")
    entries = world.entries(Action.LIST_VIEWED)[before:]
    assert len(entries) == 1
    assert '"list":"told"' in entries[0].facts.replace(" ", "")


def test_the_page_of_the_article_counts_and_leads_there(world, article, tell):
    tell(1)
    page = world.client("sato").get(f"/faq/{article}").text
    assert "前の版を案内した相談" in page
    assert f"/faq/{article}/told" in page
    assert "前の版を案内した相談" not in world.client("aoki").get(f"/faq/{article}").text


def test_an_article_that_nobody_was_told_says_so(world, article):
    page = world.client("sato").get(f"/faq/{article}/told").text
    assert "当てはまる案内はありません" in page


@pytest.mark.parametrize(("who", "status"), [("aoki", 403), ("okada", 403), ("yoso", 404), ("kato", 200)])
def test_only_those_who_look_after_the_faq_see_it(world, article, tell, who, status):
    tell(1)
    answer = world.client(who).get(f"/faq/{article}/told")
    assert answer.status_code == status
    assert "recalls" not in answer.text


# --- calling back ------------------------------------------------------------------------------------------


def test_one_press_promises_a_call_to_each_person(world, make, article, tell):
    first = tell(1, caller=make.caller())
    second = tell(1, number="03-0000-5678", by="ueda")
    answer = press(world.client("sato"), article, [first, second])
    assert (answer.status_code, answer.location) == (303, f"/faq/{article}/told")
    rows = promises()
    assert [row.ticket.number for row in rows] == [2, 1]
    assert {row.owner.sign_in_name for row in rows} == {"aoki", "ueda"}
    assert all(row.due_on == clock.today() + timedelta(days=1) and row.text == "訂正の電話" for row in rows)
    assert len(world.entries(Action.FOLLOW_UP_ADDED)) == 2
    assert '"count":2' in world.entries(Action.RECALLS_MADE)[0].facts.replace(" ", "")
    page = world.client("sato").get(f"/faq/{article}/told").text
    assert page.count("折返し予定あり") == 2
    assert "まとめて作る" not in page


def test_a_caller_with_several_tickets_gets_one_call(world, make, article, tell):
    caller = make.caller()
    told = [tell(1, caller=caller) for _ in range(3)]
    press(world.client("sato"), article, told)
    (promise,) = promises()
    assert promise.ticket.number == 3
    assert "同じ相談者のほかのチケット: T-000001、T-000002" in promise.text
    assert len(recalls()) == 3
    page = world.client("sato").get("/tickets/1").text
    assert "誤案内の折返しを T-000003 の予定に含めました" in page
    assert "誤案内の折返しを" not in world.client("sato").get("/tickets/3").text


def test_an_open_ticket_holds_the_call_rather_than_a_closed_one(world, make, article, tell):
    caller = make.caller()
    told = [tell(1, caller=caller) for _ in range(2)]
    world.client("aoki").post("/tickets/2/closures")
    press(world.client("sato"), article, told)
    assert [row.ticket.number for row in promises()] == [1]


def test_merged_callers_are_one_person(world, make, article, tell):
    one, other = make.caller(), make.caller(name="山田 花", phone="03-0000-5678")
    told = [tell(1, caller=one), tell(1, caller=other)]
    with writing():
        merging.merge(
            db.session.get(Caller, other), into=db.session.get(Caller, one), by=world.sato, reason="同じ人"
        )
    press(world.client("sato"), article, told)
    assert len(promises()) == 1


def test_two_consultations_of_one_ticket_are_one_call(world, article, tell):
    first = tell(1)
    ticket = db.session.query(Ticket).one().id
    press(world.client("sato"), article, [first, tell(1, ticket=ticket)])
    assert len(promises()) == 1


def test_pressing_again_makes_only_what_is_missing(world, article, tell):
    client, first = world.client("sato"), tell(1)
    press(client, article, [first])
    assert "すでに折返しの予定があります" in client.get(press(client, article, [first]).location).text
    second = tell(1)
    press(client, article, [first, second])
    assert len(promises()) == 2
    assert len(recalls()) == 2


def test_another_consultation_of_somebody_who_is_called_already_joins_in(world, make, article, tell):
    client, caller = world.client("sato"), make.caller()
    press(client, article, [tell(1, caller=caller)])
    press(client, article, [tell(1, caller=caller)])
    assert len(promises()) == 1
    assert len(recalls()) == 2


def test_the_next_version_makes_a_new_list(world, article, tell):
    client, first = world.client("sato"), tell(1)
    press(client, article, [first])
    with writing():
        row = db.session.get(Article, article)
        row.revise(Content("領収書の宛名は", "三つ目", read_aloud="三つ目"), by=world.sato)
        row.approve(3, by=world.kato)
    page = client.get(f"/faq/{article}/told").text
    assert f'value="{first}"' in page
    assert "ほかの予定あり" in page


@pytest.mark.parametrize(
    ("owner", "name"), [("me", "sato"), ("nobody", None), ("ueda", "ueda"), ("ticket", "aoki")]
)
def test_who_calls_is_chosen(world, article, tell, owner, name):
    chosen = str(getattr(world, owner).id) if owner == "ueda" else owner
    press(world.client("sato"), article, [tell(1)], owner=chosen)
    (promise,) = promises()
    assert (promise.owner.sign_in_name if promise.owner else None) == name
    listed = world.client("sato").get("/follow-ups?whose=all").text
    assert "訂正の電話</a>" in listed
    assert ("担当なし" in listed) is (name is None)


def test_somebody_protected_is_called_by_who_pressed(world, make, article, tell):
    caller = make.caller()
    with writing():
        approvals.approve(
            world.programme.id, Extra.PROTECTION_FLAG, by=world.kato, number="8-1", on=clock.today()
        )
    with writing():
        protection.set_mark(db.session.get(Caller, caller), Mark.SET, by=world.kato, reason="申出")
    told = tell(1, caller=caller)
    page = world.client("sato").get(f"/faq/{article}/told").text
    assert "支援措置の方が1件" in page
    press(world.client("sato"), article, [told])
    (promise,) = promises()
    assert promise.owner.sign_in_name == "sato"
    assert "支援" not in promise.text


def test_somebody_without_a_number_is_flagged_and_not_dropped(world, make, article, tell):
    told = [tell(1), tell(1, caller=make.caller())]
    page = world.client("sato").get(f"/faq/{article}/told").text
    assert "連絡先の登録がない相手が1件" in page
    press(world.client("sato"), article, told)
    texts = {row.ticket.number: row.text for row in promises()}
    assert "登録がありません" in texts[1]
    assert "登録がありません" not in texts[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": " "}, "入力してください"),
        ({"due_on": "2020-01-01"}, "期限は今日以後"),
        ({"due_on": "いつか"}, "日付として読めません"),
        ({"owner": "stranger"}, "選択"),
        ({"chosen": []}, "折返しをする相談を選んでください"),
        ({"text": "あ" * 2001}, "2000文字以内"),
    ],
)
def test_what_cannot_be_is_said_and_stays(world, article, tell, changes, said):
    first, second = tell(1), tell(1)
    changes = dict(changes)
    answer = press(
        world.client("sato"), article, changes.pop("chosen", [first]), **{"text": "消えては困る文"} | changes
    )
    assert answer.status_code == 422
    assert said in answer.text or "Not a valid choice" in answer.text
    if "text" not in changes:
        assert "消えては困る文" in answer.text
    assert f'value="{second}" aria-label="T-000002 を選ぶ" checked' not in answer.text
    assert promises() == []


def test_a_consultation_of_another_article_or_the_right_version_is_left_alone(world, make, article, tell):
    right = tell(2)
    press(world.client("sato"), article, [right, new_id()])
    assert promises() == []


@pytest.mark.parametrize(("who", "status"), [("aoki", 403), ("kato", 403), ("yoso", 404)])
def test_only_supervisors_of_the_programme_press(world, article, tell, who, status):
    told = tell(1)
    assert press(world.client(who), article, [told]).status_code == status
    assert (
        world.client(who).post(f"/faq/{article}/recall-undoings", data={"batch": new_id()}).status_code
        == status
    )
    assert promises() == []


# --- taking it back ----------------------------------------------------------------------------------------


def test_what_nobody_has_done_is_taken_back(world, article, tell):
    client, told = world.client("sato"), [tell(1), tell(1, by="ueda")]
    press(client, article, told)
    batch = recalls()[0].batch_id
    done = promises()[0]
    client.post(f"/tickets/{done.ticket.number}/follow-ups/{done.id}/completions")
    answer = client.post(f"/faq/{article}/recall-undoings", data={"batch": batch})
    assert answer.status_code == 303
    assert [row.done_at is not None for row in promises()] == [True]
    assert len(recalls()) == 1
    assert len(world.entries(Action.FOLLOW_UP_WITHDRAWN)) == 1
    page = client.get(f"/faq/{article}/told").text
    assert "折返し済み" in page
    assert "完了 1件" in page
    again = client.post(f"/faq/{article}/recall-undoings", data={"batch": batch})
    assert again.status_code == 409


def test_taking_back_one_press_leaves_what_another_joined(world, make, article, tell):
    client, caller = world.client("sato"), make.caller()
    press(client, article, [tell(1, caller=caller)])
    first = recalls()[0].batch_id
    press(client, article, [tell(1, caller=caller)])
    client.post(f"/faq/{article}/recall-undoings", data={"batch": first})
    assert len(promises()) == 1
    assert len(recalls()) == 1

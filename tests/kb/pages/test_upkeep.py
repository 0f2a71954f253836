"""Keeping an article true on the desk: the ward's word on paper, confirmations, restoring, looking after, remarks, rules."""

import json
from datetime import timedelta

import pytest

from callcenter import clock
from callcenter.db import db, writing
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.content import Content
from kb.upkeep.rule_facts import RuleFact, history

OTHERS = ["aoki", "ito", "endo", "okada", "kato", "ono", "kondo", "honda"]


def fresh(article):
    db.session.expire_all()
    return db.session.get(Article, article.id)


@pytest.fixture
def doubtful(world, make_article):
    """An article whose rule has changed since the ward approved it."""
    with writing():
        RuleFact.change(
            world.programme.id, "test.night", "22時", by=world.kato, name="夜間の始まり", source="要綱7条"
        )
    article = make_article(question="夜間は何時からですか", rule_keys=("test.night",))
    with writing():
        RuleFact.change(world.programme.id, "test.night", "21時", by=world.kato, source="区の通知第8号")
    return article


def paper(world, **changes):
    return {"revision": "1", "ward_person": str(world.kato.id), "paper": "区回答票 第12号"} | changes


# --- on paper


def test_an_approval_on_paper_is_entered_with_its_number(world, make_article):
    article = make_article(approved=False)
    client = world.client("sato")
    assert "紙で受けた区の回答" in client.get(f"/faq/{article.id}").text
    assert client.post(f"/faq/{article.id}/paper-approvals", data=paper(world)).status_code == 303
    kept = fresh(article).current
    assert (kept.approved_by.name, kept.approval_paper, kept.approval_entered_by.name) == (
        world.kato.name,
        "区回答票 第12号",
        world.sato.name,
    )
    page = client.get(f"/faq/{article.id}").text
    assert "区回答票 第12号" in page
    entry = world.entries(Action.ARTICLE_APPROVED)[-1]
    assert (entry.actor, json.loads(entry.facts)["ward_person"]) == (world.sato.id.hex, world.kato.id.hex)


@pytest.mark.parametrize(
    "changes",
    [{"paper": ""}, {"paper": "あ" * 61}, {"ward_person": ""}, {"ward_person": "x"}, {"revision": "0"}],
)
def test_a_paper_without_number_or_person_is_refused_and_nothing_is_lost(world, make_article, changes):
    article = make_article(approved=False)
    answer = world.client("sato").post(f"/faq/{article.id}/paper-approvals", data=paper(world, **changes))
    assert answer.status_code == 422
    assert fresh(article).current is None
    if "paper" not in changes:
        assert "区回答票 第12号" in answer.text


def test_nobody_of_the_contractor_can_be_named_as_the_ward(world, make_article):
    article = make_article(approved=False)
    for person in (world.sato, world.kondo):
        data = paper(world, ward_person=str(person.id))
        assert world.client("sato").post(f"/faq/{article.id}/paper-approvals", data=data).status_code == 422
    assert fresh(article).current is None


@pytest.mark.parametrize("person", OTHERS)
@pytest.mark.parametrize("address", ["paper-approvals", "paper-confirmations", "restorations", "care"])
def test_only_those_who_write_articles_do_so(world, make_article, person, address):
    article = make_article()
    assert world.client(person).post(f"/faq/{article.id}/{address}", data=paper(world)).status_code == 403


def test_an_article_of_another_programme_is_not_there(world, make_article):
    article = make_article()
    for address in ("paper-approvals", "paper-confirmations", "restorations", "care", "comments"):
        assert world.client("yoso").post(f"/faq/{article.id}/{address}", data={}).status_code == 404


# --- looked at again


def test_agents_are_told_why_an_answer_is_in_doubt(world, doubtful):
    page = world.client("aoki").get(f"/faq/{doubtful.id}").text
    assert "「22時」から「21時」に変わりました" in page
    assert "このままでよいと確かめた" not in page
    listed = world.client("aoki").get("/faq?shelf=doubtful").text
    assert "夜間は何時からですか" in listed
    assert "要確認" in listed


def test_the_ward_confirms_on_the_desk(world, doubtful):
    client = world.client("kato")
    assert "このままでよいと確かめた" in client.get(f"/faq/{doubtful.id}").text
    assert client.post(f"/faq/{doubtful.id}/confirmations", data={"revision": "1"}).status_code == 303
    page = client.get(f"/faq/{doubtful.id}").text
    assert "に変わりました" not in page
    assert "加藤 遥が" in page
    assert json.loads(world.entries(Action.ARTICLE_CONFIRMED)[-1].facts)["revision"] == 1


@pytest.mark.parametrize("revision", ["", "x", "2"])
def test_a_confirmation_must_name_the_version_that_is_told(world, doubtful, revision):
    answer = world.client("kato").post(f"/faq/{doubtful.id}/confirmations", data={"revision": revision})
    assert answer.status_code == 422
    assert world.entries(Action.ARTICLE_CONFIRMED) == []


def test_the_contractor_does_not_confirm(world, doubtful):
    for person in ("sato", "aoki"):
        answer = world.client(person).post(f"/faq/{doubtful.id}/confirmations", data={"revision": "1"})
        assert answer.status_code == 403


def test_a_confirmation_on_paper_is_entered(world, doubtful):
    client = world.client("sato")
    assert "このままでよいという紙" in client.get(f"/faq/{doubtful.id}").text
    assert client.post(f"/faq/{doubtful.id}/paper-confirmations", data=paper(world)).status_code == 303
    assert "区回答票 第12号" in client.get(f"/faq/{doubtful.id}").text
    late = client.post(f"/faq/{doubtful.id}/paper-confirmations", data=paper(world, revision="7"))
    assert late.status_code == 422


# --- put away and back


def test_an_article_comes_back_from_the_archive(world, make_article):
    article = make_article()
    client = world.client("sato")
    client.post(f"/faq/{article.id}/archivals")
    assert "保管から戻す" in client.get(f"/faq/{article.id}").text
    assert "交通費は対象になりますか" in client.get("/faq?shelf=archived").text
    assert client.post(f"/faq/{article.id}/restorations").status_code == 303
    assert "交通費" in world.client("aoki").post("/faq/suggestions", data={"text": "交通費"}).text
    assert len(world.entries(Action.ARTICLE_RESTORED)) == 1
    assert client.post(f"/faq/{article.id}/restorations").status_code == 409


# --- looked after


def test_somebody_looks_after_an_article_until_a_day(world, make_article):
    article = make_article()
    day = clock.today() + timedelta(days=30)
    data = {"owner": str(world.suzuki.id), "review_on": day.isoformat()}
    assert world.client("sato").post(f"/faq/{article.id}/care", data=data).status_code == 303
    assert (fresh(article).owner.name, fresh(article).review_on) == (world.suzuki.name, day)
    assert len(world.entries(Action.ARTICLE_CARE_CHANGED)) == 1


@pytest.mark.parametrize(
    ("owner", "review_on"),
    [("", "きのう"), ("", "2020-01-01"), ("x", ""), ("01890000-0000-7000-8000-000000000000", "")],
)
def test_a_day_gone_by_or_a_stranger_is_refused(world, make_article, owner, review_on):
    article = make_article()
    answer = world.client("sato").post(
        f"/faq/{article.id}/care", data={"owner": owner, "review_on": review_on}
    )
    assert answer.status_code == 422
    assert review_on in answer.text
    assert fresh(article).review_on is None


# --- remarks


def test_an_agent_remarks_and_an_editor_settles_it(world, make_article):
    article = make_article()
    agent = world.client("aoki")
    text = "<b>往復</b>の交通費か聞かれます"
    assert agent.post(f"/faq/{article.id}/comments", data={"comment": text}).status_code == 303
    page = world.client("sato").get(f"/faq/{article.id}").text
    assert "&lt;b&gt;往復&lt;/b&gt;の交通費か聞かれます" in page
    comment = page.split("/settlements")[0].rsplit("/", 1)[1]
    address = f"/faq/{article.id}/comments/{comment}/settlements"
    assert world.client("ito").post(address).status_code == 403
    assert world.client("sato").post(address).status_code == 303
    assert world.client("sato").post(address).status_code == 409
    assert "済み" in agent.get(f"/faq/{article.id}").text
    assert [entry.object_id for entry in world.entries(Action.ARTICLE_COMMENTED)] == [article.id.hex] * 2


def test_a_remark_is_ciphertext_in_the_database(world, make_article):
    article = make_article()
    world.client("aoki").post(f"/faq/{article.id}/comments", data={"comment": "往復かと聞かれます"})
    db.session.rollback()
    raw = db.session.connection().exec_driver_sql("SELECT text FROM article_comment").scalar_one()
    assert "往復".encode() not in bytes(raw)


@pytest.mark.parametrize("text", ["", "   ", "あ" * 1001])
def test_an_empty_or_endless_remark_is_refused(world, make_article, text):
    article = make_article()
    answer = world.client("aoki").post(f"/faq/{article.id}/comments", data={"comment": text})
    assert answer.status_code == 422
    assert text.strip()[:50] in answer.text


def test_a_remark_of_another_article_is_not_there(world, make_article):
    article, other = make_article(), make_article(question="別の質問")
    world.client("aoki").post(f"/faq/{article.id}/comments", data={"comment": "メモ"})
    page = world.client("aoki").get(f"/faq/{article.id}").text
    comment = page.split("/settlements")[0].rsplit("/", 1)[1]
    answer = world.client("sato").post(f"/faq/{other.id}/comments/{comment}/settlements")
    assert answer.status_code == 404


# --- rules


def sent(**changes):
    return {
        "key": "test.night",
        "name": "夜間の始まり",
        "value": "20時",
        "source": "区の通知第9号",
        "starts_on": clock.today().isoformat(),
        "after": "2",
    } | changes


def test_a_changed_rule_says_how_many_answers_it_puts_in_doubt(world, doubtful):
    client = world.client("sato")
    answer = client.post("/faq/rules/babysitter", data=sent(), follow_redirects=True)
    assert "関わる記事（1件）が要確認になりました" in answer.text
    assert "20時" in client.get("/faq/rules").text
    page = client.get("/faq/rules/babysitter/test.night").text
    assert "夜間は何時からですか" in page
    assert "区の通知第8号" in page
    assert world.entries(Action.RULE_FACT_CHANGED)[-1].actor == world.sato.id.hex


def test_a_change_for_a_later_day_waits(world, doubtful):
    day = clock.today() + timedelta(days=40)
    answer = world.client("kato").post(
        "/faq/rules/babysitter", data=sent(starts_on=day.isoformat()), follow_redirects=True
    )
    assert "に変わります" in answer.text
    assert "予定" in world.client("aoki").get("/faq/rules").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"value": ""}, 422),
        ({"source": ""}, 422),
        ({"starts_on": "あした"}, 422),
        ({"key": "<script>"}, 422),
        ({"value": "あ" * 201}, 422),
        ({"after": "1"}, 409),
        ({"after": "0"}, 409),
        ({"value": "21時"}, 409),
    ],
)
def test_a_rule_that_cannot_be_kept_stays_in_the_form(world, doubtful, changes, status):
    answer = world.client("sato").post("/faq/rules/babysitter", data=sent(**changes))
    assert answer.status_code == status
    assert "区の通知第9号" in answer.text or "source" in changes
    assert "<script>" not in answer.text.split("</head>")[1].replace("<script src", "")
    assert len(history(world.programme.id, "test.night")) == 2


@pytest.mark.parametrize("person", ["aoki", "ito", "endo", "okada", "ono", "kondo", "honda"])
def test_only_supervisors_and_the_ward_change_rules(world, doubtful, person):
    assert world.client(person).post("/faq/rules/babysitter", data=sent()).status_code == 403


def test_rules_of_another_programme_are_not_there(world, doubtful):
    stranger = world.client("yoso")
    assert stranger.get("/faq/rules?programme=babysitter").status_code == 404
    assert stranger.get("/faq/rules/babysitter/test.night").status_code == 404
    assert stranger.post("/faq/rules/babysitter", data=sent()).status_code == 404
    assert "規則はまだありません" in stranger.get("/faq/rules").text
    assert world.client("sato").get("/faq/rules/babysitter/no.such").status_code == 404


def test_a_rule_that_articles_name_and_nobody_entered_is_shown(world, make_article):
    make_article(rule_keys=("test.unknown",))
    assert "test.unknown" in world.client("sato").get("/faq/rules").text


def test_a_scheduled_version_is_said_on_the_page(world, make_article):
    article = make_article()
    with writing():
        later = Content(question="交通費は", answer="新しい", valid_from=clock.today() + timedelta(days=3))
        article.revise(later, by=world.sato)
        article.approve(2, by=world.kato)
    page = world.client("aoki").get(f"/faq/{article.id}").text
    assert "第2版に" in page
    assert "予定" in page


def test_a_rule_is_found_by_its_words(world, doubtful):
    client = world.client("aoki")
    assert "夜間の始まり" in client.get("/faq/rules?q=２１時").text
    assert "夜間の始まり" not in client.get("/faq/rules?q=締切").text
    assert "見つかりませんでした" in client.get("/faq/rules?q=%3Cb%3E").text

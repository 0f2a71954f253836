"""From an answer on a ticket to an article: without the persons in it, and with its lineage on both sides."""

import io
import json

import pytest

from callcenter import clock
from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db, new_id, writing
from callcenter.people.callers import Caller
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles import origins as kb_origins
from kb.articles.article import Article
from kb.articles.content import Content
from kb.exchange.importing import Importer
from kb.exchange.plan import plan
from kb.exchange.reading import Format
from tickets.calls.filing import Filing, file
from tickets.faq_work import origins
from tickets.records.consultation import Consultation, Outcome
from tickets.records.lineage import ArticleOrigin
from tickets.records.notes import Author, Reply
from tickets.records.ticket import Ticket

SAID = "山田花子様から。さくらちゃん（令和4年5月6日生）の保育料の領収書、宛名は夫の名前でもよいですか。折返しは090-0000-1234。"
ANSWERED = "区に確認。宛名はご夫婦どちらでもよい。西新宿1丁目2番3号へ書面も送付。申請R8-1。"


@pytest.fixture
def case(world, make):
    """A ticket of 山田 花子 with her application, its consultation handed to the ward and answered."""
    caller = make.caller()
    application = make.application(applicant=caller)
    contact = make.call()
    with writing():
        row = db.session.get(Contact, contact)
        row.name_caller(db.session.get(Caller, caller), by=world.aoki)
        filing = Filing(
            content=SAID,
            answer=ANSWERED,
            subject="領収書の宛名",
            outcome=Outcome.TO_WARD,
            applications=[db.session.get(Application, application)],
        )
        return file(row, filing, by=world.aoki).id


def the_ticket():
    db.session.expire_all()
    return db.session.query(Ticket).one()


def fields(world, consultation, **changes):
    return {
        "programme": str(world.programme.id),
        "once": new_id().hex,
        "origin": f"consultation-{consultation}",
        "question": "領収書の宛名は配偶者でもよいですか",
        "answer": "ご夫婦のどちらの名前でもかまいません。",
        "source": "チケット T-000001 の回答",
    } | changes


def test_a_draft_has_nobody_in_it(world, case):
    with world.app.test_request_context():
        draft = origins.draft_from(the_ticket(), asked=SAID, answered=ANSWERED)
    everything = draft.question + draft.answer
    for personal in ("山田", "花子", "さくら", "5月6日", "1234", "西新宿", "R8"):
        assert personal not in everything
    assert draft.question.startswith("〔氏名〕様から。〔氏名〕ちゃん（〔生年月日〕生）の保育料の領収書")
    assert "宛名はご夫婦どちらでもよい" in draft.answer
    assert draft.source == f"チケット {the_ticket().label} の回答"
    assert "6か所" in draft.about


def test_the_form_opens_with_question_and_answer(world, case):
    client = world.client("sato")
    ticket = f"/tickets/{the_ticket().number}"
    address = f"/faq/new?origin=consultation-{case}"
    assert f'href="{address}"' in client.get(ticket).text
    before = len(world.entries(Action.TICKET_VIEWED))
    page = client.get(address).text
    assert "〔氏名〕" in page
    assert "山田" not in page
    assert "の回答から書きます" in page
    assert len(world.entries(Action.TICKET_VIEWED)) == before + 1


def test_an_article_keeps_where_it_came_from(world, case):
    client = world.client("sato")
    answer = client.post("/faq", data=fields(world, case))
    assert answer.status_code == 303
    db.session.expire_all()
    article, origin = db.session.query(Article).one(), db.session.query(ArticleOrigin).one()
    assert (origin.article_id, origin.consultation_id, origin.by_id) == (article.id, case, world.sato.id)
    page = client.get(answer.location).text
    assert "この記事のもと" in page
    assert f"/tickets/{the_ticket().number}#consultation-{case.hex}" in page
    ticket = client.get(f"/tickets/{the_ticket().number}").text
    assert f"この回答から {article.label} が作られた" in ticket
    assert f'href="/faq/{article.id}"' in ticket


def test_an_agent_sees_that_an_article_was_made_but_no_draft(world, case):
    world.client("sato").post("/faq", data=fields(world, case))
    article = db.session.query(Article).one()
    page = world.client("aoki").get(f"/tickets/{the_ticket().number}").text
    assert f"この回答から {article.label} が作られた" in page
    assert f'href="/faq/{article.id}"' not in page
    assert "FAQの下書きにする" not in page


def test_who_sees_no_tickets_sees_no_ticket_behind_an_article(world, case):
    world.client("sato").post("/faq", data=fields(world, case))
    article = db.session.query(Article).one().id
    with writing():
        db.session.get(Article, article).approve(1, by=world.kato)
    assert "この記事のもと" not in world.client("okada").get(f"/faq/{article}").text
    assert "この記事のもと" in world.client("aoki").get(f"/faq/{article}").text


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("answer", "一行目\n山田　花子様の場合", "氏名が入っています（2行目「山田　花子」）"),
        ("question", "ﾔﾏﾀﾞﾊﾅｺの領収書", "氏名が入っています"),
        ("variants", "さくらちゃんの領収書", "氏名が入っています"),
        ("read_aloud", "０９０００００１２３４へ", "電話番号が入っています"),
        ("easy", "2022年5月6日", "生年月日が入っています"),
        ("say", "西新宿１丁目２番３号ですね", "住所が入っています"),
        ("dont_say", "R8-00001", "申請番号が入っています"),
        ("escalate_when", "山田様のとき", "氏名が入っています"),
        ("source", "山田花子の相談", "氏名が入っています"),
    ],
)
def test_an_article_with_a_person_of_the_ticket_is_refused_and_stays(world, case, field, text, said):
    answer = world.client("sato").post("/faq", data=fields(world, case, **{field: text}))
    assert answer.status_code == 422
    assert said in answer.text
    assert text.split("\n")[-1] in answer.text
    assert db.session.query(Article).count() == 0
    assert db.session.query(ArticleOrigin).count() == 0


def test_no_later_version_may_name_them_either(world, case):
    client = world.client("sato")
    client.post("/faq", data=fields(world, case))
    article = db.session.query(Article).one().id
    named = fields(world, case, answer="山田花子様の場合は…", after="1")
    answer = client.post(f"/faq/{article}/revisions", data=named)
    assert answer.status_code == 422
    assert "氏名が入っています" in answer.text
    with writing(), world.app.test_request_context():
        with pytest.raises(Exception) as refusal:
            db.session.get(Article, article).revise(
                Content(question="領収書", answer="090-0000-1234へ"), by=world.sato
            )
        assert (refusal.value.code, refusal.value.facts) == (kb_origins.PERSONAL, {"fields": ["answer"]})
        db.session.rollback()


def test_no_file_may_name_them_either(world, case):
    client = world.client("sato")
    client.post("/faq", data=fields(world, case))
    number = db.session.query(Article).one().external_id
    lines = {"external_id": number, "question": "宛名", "answer": "山田花子様の場合は…"}
    file = json.dumps(lines, ensure_ascii=False).encode()
    made = plan(world.programme.id, io.BytesIO(file), Format.JSONL)
    report = Importer(world.programme, by=audit.CONSOLE).take(io.BytesIO(file), Format.JSONL)
    assert made.rejected == report.rejected
    assert [(one["line"], one["column"]) for one in report.rejected] == [(1, "answer")]
    assert "山田" not in report.rejected[0]["reason"]


def test_the_same_form_sent_twice_keeps_one_origin(world, case):
    client, sent = world.client("sato"), fields(world, case)
    assert client.post("/faq", data=sent).location == client.post("/faq", data=sent).location
    assert db.session.query(ArticleOrigin).count() == 1


def test_a_reply_becomes_a_draft(world, case):
    with writing():
        ticket = the_ticket()
        reply = Reply(
            group=ticket.group,
            ticket_id=ticket.id,
            replied_at=clock.now(),
            author=Author.AGENT,
            by_id=world.ito.id,
        )
        reply.text = "山田花子様　宛名はどちらでもかまいません。"
        ticket.revise(by=world.sato, subject="宛名の質問", category=None, priority=ticket.priority)
        db.session.add(reply)
        reply_id = reply.id
    client = world.client("sato")
    assert f"origin=reply-{reply_id}" in client.get(f"/tickets/{the_ticket().number}").text
    page = client.get(f"/faq/new?origin=reply-{reply_id}").text
    assert "〔氏名〕様　宛名はどちらでもかまいません。" in page
    assert "宛名の質問" in page
    client.post("/faq", data=fields(world, case, origin=f"reply-{reply_id}"))
    assert db.session.query(ArticleOrigin).one().reply_id == reply_id


def test_a_stranger_begins_nothing_from_it(world, case):
    client = world.client("yoso")
    assert client.get(f"/faq/new?origin=consultation-{case}").status_code == 404
    with writing():
        other = world.other_period.programme_id
    answer = client.post("/faq", data=fields(world, case, programme=str(other)))
    assert answer.status_code == 422
    assert db.session.query(ArticleOrigin).count() == 0


def test_who_may_not_write_is_refused(world, case):
    assert world.client("aoki").get(f"/faq/new?origin=consultation-{case}").status_code == 403
    assert db.session.query(Consultation).count() == 1


def test_what_is_written_from_a_ticket_is_kept_nowhere_before_it_is_clean(world, case):
    client = world.client("sato")
    assert "data-draft-url" not in client.get(f"/faq/new?origin=consultation-{case}").text
    client.post("/faq", data=fields(world, case))
    article = db.session.query(Article).one().id
    typed = {"question": "宛名", "answer": "山田花子様へ", "page": "p1", "draft_version": "0"}
    refused = client.post(f"/faq/drafts/{article}", data=typed)
    assert refused.status_code == 422
    assert "氏名が入っています" in refused.json["message"]
    assert client.post(f"/faq/drafts/{article}", data=typed | {"answer": "どちらでも"}).status_code == 200


def test_what_looks_personal_is_confirmed_by_the_writer(world, case):
    client = world.client("sato")
    typed = fields(world, case, answer="窓口は03-0000-7777です。")
    answer = client.post("/faq", data=typed)
    assert answer.status_code == 422
    assert "「03-0000-7777」" in answer.text
    assert "窓口は03-0000-7777です。" in answer.text
    assert client.post("/faq", data=typed | {"harmless": "y"}).status_code == 303

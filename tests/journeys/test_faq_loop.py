"""The loop between desk and FAQ, in the browser: an answer becomes an article, and a wrong one is put right."""

from callcenter.applications.models import Application
from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.people.callers import Caller
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.revision import ArticleRevision
from tests.journeys.conftest import PHONE
from tickets.calls.filing import Filing, file
from tickets.records.consultation import Outcome
from tickets.records.follow_up import FollowUp


def a_call(world, make, *, caller=None, told=None, application=None, **words):
    contact = make.call()
    with writing():
        row = db.session.get(Contact, contact)
        if caller:
            row.name_caller(db.session.get(Caller, caller), by=world.aoki)
        about = [db.session.get(Application, application)] if application else []
        versions = [db.session.get(ArticleRevision, told)] if told else []
        filing = Filing(subject="領収書の宛名", applications=about, told=versions, **words)
        return file(row, filing, by=world.aoki).ticket.number


def test_an_answer_of_the_ward_becomes_a_draft_without_the_caller(world, make, desk):
    caller = make.caller()
    number = a_call(
        world,
        make,
        caller=caller,
        application=make.application(applicant=caller),
        content="山田花子様より、領収書の宛名は夫の名前でもよいか。",
        answer="宛名はご夫婦のどちらでもよい。山田様へ折返し済み。",
        outcome=Outcome.TO_WARD,
    )
    sato = desk("sato")
    sato.open(f"/tickets/{number}")
    sato.page.get_by_role("link", name="FAQの下書きにする").click()
    sato.arrive("**/faq/new**")
    assert "山田" not in sato.page.inner_text("main")
    assert "〔氏名〕" in sato.value("question")
    sato.photograph("draft-from-ticket")
    sato.page.fill("#question", "領収書の宛名は配偶者でもよいですか")
    sato.page.fill("#answer", "ご夫婦のどちらの名前でもかまいません。山田　花子様も。")
    sato.press("Control+s")
    sato.see(".form-errors")
    assert "氏名が入っています" in sato.page.inner_text(".form-errors")
    sato.photograph("draft-refused")
    sato.page.fill("#answer", "ご夫婦のどちらの名前でもかまいません。")
    sato.press("Control+s")
    sato.see("#origins")
    sato.photograph("draft-origin")
    sato.page.get_by_role("link", name="T-000001").click()
    sato.see("text=この回答から F-1 が作られた")


def test_everybody_who_was_told_the_old_answer_is_called_back(world, make, desk):
    with writing():
        wrong = Article.write(
            world.programme.id,
            Content("領収書の宛名は", "本人だけです。", read_aloud="宛名は本人だけです。"),
            by=world.sato,
        )
        wrong.approve(1, by=world.kato)
        article, told = wrong.id, wrong.latest.id
    caller = make.caller()
    for who in (caller, caller, make.caller(name="佐藤 一", phone="03-0000-9999"), None):
        a_call(world, make, caller=who, told=told, content="宛名は", is_finished=False)
    with writing():
        row = db.session.get(Article, article)
        row.revise(
            Content("領収書の宛名は", "ご夫婦どちらでも。", read_aloud="宛名はご夫婦どちらでも。"),
            by=world.sato,
        )
        row.approve(2, by=world.kato)
    sato = desk("sato")
    sato.open(f"/faq/{article}")
    sato.page.get_by_role("link", name="案内した相手を見る").click()
    sato.arrive("**/told")
    assert sato.page.locator("input[name=chosen]:checked").count() == 4
    assert "連絡先なし" in sato.page.inner_text(".told-rows")
    sato.photograph("told")
    sato.page.fill("#due_on", "明日")
    sato.page.get_by_role("button", name="折返しの予定をまとめて作る").click()
    sato.see("text=4件の案内に、折返しの予定を3件作りました。")
    assert sato.page.locator("input[name=chosen]").count() == 0
    sato.photograph("told-made")
    db.session.rollback()
    assert db.session.query(FollowUp).count() == 3
    db.session.rollback()
    aoki = desk("aoki", view=PHONE)
    aoki.open("/follow-ups")
    aoki.photograph("follow-ups-phone")
    aoki.see("text=【誤案内の訂正】F-1")
    sato.page.once("dialog", lambda dialog: dialog.accept())
    sato.page.get_by_role("button", name="取り消す").click()
    sato.page.wait_for_timeout(300)
    sato.photograph("told-undo")
    dialog = sato.page.locator("dialog[open] button")
    if dialog.count():
        dialog.last.click()
    sato.see("text=折返しの予定を3件取り消しました。")


def test_a_search_in_vain_becomes_an_article_and_its_asker_hears(world, make, desk):
    make.article()
    aoki = desk("aoki")
    aoki.open("/faq")
    aoki.page.fill("#text", "ベビーカーの置き場所")
    aoki.page.get_by_role("button", name="探す").click()
    aoki.arrive("**/faq/searches/*")
    aoki.photograph("search-in-vain")
    aoki.page.get_by_role("button", name="この質問の記事を頼む").click()
    aoki.arrive("**/faq")
    sato = desk("sato")
    sato.open("/faq/work")
    sato.photograph("work")
    sato.page.locator("#wishes").get_by_role("link").first.click()
    sato.arrive("**/faq/new**")
    sato.page.fill("#answer", "玄関の外に置いてください。")
    sato.press("Control+s")
    sato.see("#origins")
    db.session.rollback()
    with writing():
        db.session.query(Article).filter_by(number=2).one().approve(1, by=world.kato)
    aoki.open("/faq")
    aoki.see("text=頼んだ質問に答えができました")
    aoki.photograph("answered")
    aoki.page.get_by_role("button", name="F-2 ベビーカーの置き場所").click()
    aoki.see("text=玄関の外に置いてください。")
    aoki.page.get_by_role("button", name="ピン留め").click()
    aoki.see("text=F-2 をピン留めしました。")
    aoki.open("/faq")
    aoki.photograph("pinned")
    aoki.page.click("#main >> text=FAQ")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.see("#suggestions >> text=ピン留め")
    aoki.photograph("call-at-hand")
    aoki.page.focus("#content")
    aoki.press("Alt+1")
    assert "玄関の外に置いてください。" in aoki.value("answer")

"""The editor's work list: what the FAQ lacks, each row with its step."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import update

from callcenter import clock
from callcenter.contacts import Contact
from callcenter.db import db, new_id, writing
from callcenter.people import merging
from callcenter.people.callers import Caller
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.revision import ArticleRevision
from kb.finding.dismissals import Dismissal
from kb.finding.searches import FaqSearch, Source, keep
from kb.finding.wishes import Wish
from kb.public.feedback import FaceKey, Feedback
from tickets.calls.filing import Filing, file
from tickets.records.consultation import Consultation, Outcome, ToldArticle


@contextmanager
def moved():
    """Move moments of records about, which nobody does in earnest: the trail says that the console did."""
    with writing():
        yield
        audit.record(Action.ARTICLE_SAVED, by=audit.CONSOLE)


@pytest.fixture
def search(world):
    """search(words, found=, minutes=, who=): a search so many minutes ago."""

    def make(words, found=0, *, minutes=60, who="aoki", source=Source.DESK):
        with writing():
            row = keep(
                world.programme.id, words, found, 1.0, by=getattr(world, who) if who else None, source=source
            )
            db.session.flush()
            db.session.execute(
                update(FaqSearch)
                .where(FaqSearch.id == row.id)
                .values(searched_at=clock.now() - timedelta(minutes=minutes))
            )
            return row.id

    return make


@pytest.fixture
def tell(world, make):
    """tell(revision, caller=, days=): told so many days ago; without a revision nothing was told."""

    def do(revision=None, *, caller=None, days=1, outcome=Outcome.RESOLVED, content="宛名は"):
        contact = make.call()
        with writing():
            row = db.session.get(Contact, contact)
            if caller:
                row.name_caller(db.session.get(Caller, caller), by=world.aoki)
            told = [db.session.get(ArticleRevision, revision)] if revision else []
            filed = file(row, Filing(content, subject="宛名", told=told, outcome=outcome), by=world.aoki).id
            at = clock.now() - timedelta(days=days)
            db.session.flush()
            times = {"started_at": at, "received_at": at}
            db.session.execute(update(Consultation).where(Consultation.id == filed).values(**times))
            db.session.execute(
                update(ToldArticle).where(ToldArticle.consultation_id == filed).values(told_at=at)
            )
            return filed

    return do


def page(world, who="sato", query=""):
    return world.client(who).get(f"/faq/work{query}").text


def part(html, name):
    """The section of the page with this name."""
    found = re.search(rf'<section class="panel" aria-labelledby="{name}-title".*?</section>', html, re.S)
    return found[0] if found else ""


# --- searches ----------------------------------------------------------------------------------------------


def test_searches_in_vain_are_grouped_by_what_they_ask(world, search):
    search("ベビーカーは対象か")
    search("対象はベビーカーか", minutes=40)
    search("双子の上限", minutes=30, who=None, source=Source.PUBLIC)
    html = part(page(world), "unanswered")
    assert "（2）" in html
    assert "2回" in html
    assert html.index("ベビーカー") < html.index("双子の上限")
    assert "うち公開サイト 1回" in html


@pytest.mark.parametrize(
    ("found", "minutes", "where"),
    [(0, 1, "unanswered"), (3, 60, "abandoned"), (3, 10, None)],
    ids=["nothing found", "nothing opened", "not yet abandoned"],
)
def test_a_search_stands_where_it_belongs(world, search, found, minutes, where):
    search("ベビーカー", found, minutes=minutes)
    html = page(world)
    assert [name for name in ("unanswered", "abandoned") if "ベビーカー" in part(html, name)] == (
        [where] if where else []
    )


@pytest.mark.parametrize("helped", ["opened", "told", "drafted"])
def test_a_search_that_helped_is_not_listed(world, search, article, helped):
    revision = article()
    row = search("ベビーカー", 3)
    with writing():
        one = db.session.get(FaqSearch, row)
        about = db.session.get(ArticleRevision, revision).article
        if helped == "opened":
            one.open(about)
        elif helped == "told":
            one.told_at = clock.now()
        else:
            one.article_id = about.id
    assert "ベビーカー" not in page(world)


@pytest.mark.parametrize(("days", "count"), [(7, 1), (30, 2), (90, 3), (8, 2)])
def test_the_period_is_chosen(world, search, days, count):
    for ago, words in ((1, "ベビーカー"), (20, "双子"), (80, "口座")):
        search(words, minutes=ago * 24 * 60)
    assert f"（{count}）" in part(page(world, query=f"?days={days}"), "unanswered")


def test_a_wish_says_who_asked_and_begins_a_draft(world, search):
    row = search("ベビーカー")
    with writing():
        wish = Wish.make(db.session.get(FaqSearch, row), by=world.aoki, note="毎日聞かれます").id
    html = part(page(world), "wishes")
    assert "青木" in html
    assert "毎日聞かれます" in html
    assert f"/faq/new?origin=wish-{wish}" in html
    assert "/faq/new?" not in part(page(world, "kato"), "wishes")


# --- articles ----------------------------------------------------------------------------------------------


def test_what_waits_for_the_ward_says_how_long(world, article):
    with writing():
        row = Article.write(
            world.programme.id, Content("双子の上限は", "288時間", needs_ward=True), by=world.sato
        )
        row.latest.made_at = clock.now() - timedelta(days=5)
    article()
    html = part(page(world), "waiting")
    assert "（1）" in html
    assert "第1版を5日待っています。要区確認" in html
    assert "0日待って" not in html


def test_an_article_in_doubt_stands_with_its_reason(world, article):
    revision = article("見直すはずの記事")
    with moved():
        one = db.session.get(ArticleRevision, revision)
        one.article.review_on = clock.today() - timedelta(days=3)
    html = part(page(world), "doubts")
    assert "見直すはずの記事" in html
    assert "見直しの期日" in html
    assert f"/faq/{db.session.get(ArticleRevision, revision).article_id}/edit" in html


def test_what_visitors_did_not_find_stands_with_the_article(world, article):
    revision = article("領収書の宛名は")
    with writing():
        one = db.session.get(ArticleRevision, revision)
        key = FaceKey.make(world.period, by=world.sato)
        row = Feedback(
            group=key.group,
            period_id=world.period.id,
            inbox_id=new_id(),
            article_id=one.article_id,
            revision_id=one.id,
            at=clock.now(),
            is_solved=False,
        )
        row.text = "宛名が空欄のときは？"
        db.session.add(row)
        audit.record(Action.ARTICLE_SAVED, by=audit.CONSOLE)
    html = part(page(world), "voices")
    assert "1人が「解決しなかった」。最後の声「宛名が空欄のときは？」" in html
    assert 'href="/faq/feedback"' in html


def test_a_link_that_nobody_has_opened_stands_with_its_article(world):
    with writing():
        row = Article.write(
            world.programme.id,
            Content("要綱は", "[要綱](https://ward.example.jp/rules)", is_public=True),
            by=world.sato,
        )
        row.approve(1, by=world.kato)
    html = part(page(world), "links")
    assert "要綱" in html
    assert "90日以内に確かめた人がいません、F-1" in html


def test_articles_told_most_and_never(world, article, tell):
    told, quiet, new = article("よく聞く"), article("聞かれない"), article("昨日できた")
    for _ in range(2):
        tell(told)
    with moved():
        for revision in (told, quiet):
            db.session.get(ArticleRevision, revision).approved_at = clock.now() - timedelta(days=100)
    html = page(world)
    assert "2回案内" in part(html, "most_told")
    assert "聞かれない" in part(html, "never_told")
    assert "よく聞く" not in part(html, "never_told")
    assert "昨日できた" not in part(html, "never_told")
    assert new


@pytest.mark.parametrize(
    ("told_ago", "again_ago", "expected"),
    [(20, 14, (1, 1)), (20, 13, (1, 1)), (20, 12.9, None), (20, 21, None), (20, None, None)],
    ids=["six days", "just seven days", "over seven days", "before it", "never"],
)
def test_a_repeat_is_the_same_caller_within_seven_days(
    world, make, article, tell, told_ago, again_ago, expected
):
    revision, caller = article(), make.caller()
    first = tell(revision, caller=caller, days=told_ago)
    if again_ago is not None:
        second = tell(caller=caller, days=again_ago)
        with moved():
            at = db.session.get(Consultation, first).started_at
            shift = timedelta(days=told_ago - again_ago)
            db.session.get(Consultation, second).started_at = at + shift
    html = part(page(world), "repeated")
    found = re.search(r"(\d+)件 / 案内した(\d+)件", html)
    assert (tuple(map(int, found.groups())) if found else None) == expected


def test_repeats_count_merged_callers_as_one_and_anonymous_ones_not_at_all(world, make, article, tell):
    revision, one, other = article(), make.caller(), make.caller(name="山田 花", phone="03-0000-5678")
    tell(revision, caller=one, days=5)
    tell(caller=other, days=4)
    tell(revision, days=5)
    tell(revision, days=4)
    tell(revision, caller=make.caller(name="佐藤 一", phone="03-0000-9999"), days=5)
    with writing():
        merging.merge(
            db.session.get(Caller, other), into=db.session.get(Caller, one), by=world.sato, reason="同じ人"
        )
    assert "1件 / 案内した2件（50%）" in part(page(world), "repeated")


# --- consultations without the FAQ -------------------------------------------------------------------------


def test_what_was_answered_without_the_faq_says_whether_an_article_was_near(world, article, tell):
    revision = article("領収書の宛名は夫でもよいですか")
    tell(content="領収書の宛名について")
    near = tell(content="ベビーカーのこと", outcome=Outcome.TO_WARD)
    tell(content="折返しの約束", outcome=Outcome.CALL_BACK)
    tell(revision, content="案内済みの話")
    html = part(page(world), "untold")
    assert "（2）" in html
    assert "近い記事 F-1" in html
    assert "近い記事なし" in html
    assert f"origin=consultation-{near}" in html
    assert "折返しの約束" not in html


# --- 対応不要 ---------------------------------------------------------------------------------------------


def dismiss(client, matter, about, reason="制度の外の話"):
    return client.post("/faq/work/dismissals", data={"matter": matter, "about": about, "reason": reason})


def test_searches_alike_are_left_together_and_come_back(world, search):
    client, row = world.client("sato"), search("ベビーカーは対象か")
    search("対象はベビーカーか", minutes=40)
    assert dismiss(client, "search", row).status_code == 303
    html = page(world)
    assert "ベビーカー" not in part(html, "unanswered")
    assert "制度の外の話" in part(html, "left")
    (entry,) = world.entries(Action.FAQ_DISMISSED)
    assert '"count":2' in entry.facts.replace(" ", "")
    left = db.session.query(Dismissal).one().id
    assert client.post(f"/faq/work/dismissals/{left}/undoings").status_code == 303
    html = page(world)
    assert "2回" in part(html, "unanswered")
    assert part(html, "left") == ""
    assert client.post(f"/faq/work/dismissals/{left}/undoings").status_code == 409


def test_a_new_search_alike_stands_in_the_list_again(world, search):
    dismiss(world.client("sato"), "search", search("ベビーカーは対象か"))
    search("ベビーカーは対象か", minutes=1)
    assert "1回" in part(page(world), "unanswered")


def test_a_wish_an_article_and_a_consultation_are_left(world, search, article, tell):
    client, revision = world.client("sato"), article("聞かれない")
    untold = tell(content="ベビーカーのこと")
    row = search("ベビーカー")
    with writing():
        wish = Wish.make(db.session.get(FaqSearch, row), by=world.aoki).id
        one = db.session.get(ArticleRevision, revision)
        one.approved_at = clock.now() - timedelta(days=100)
        about = one.article_id
    for matter, row_id in (("wish", wish), ("never_told", about), ("untold", untold)):
        assert dismiss(client, matter, row_id).status_code == 303
    html = page(world)
    for name in ("wishes", "never_told", "untold"):
        assert part(html, name) == ""
        assert f'<div id="{name}">' in part(html, "empty")


@pytest.mark.parametrize("reason", ["", " ", "あ" * 201, "https://logoform.jp/f/a/1?key=abc"])
def test_a_reason_that_cannot_be_is_said_at_the_row_and_stays(world, search, reason):
    answer = dismiss(world.client("sato"), "search", search("ベビーカー"), reason)
    assert answer.status_code == 422
    html = part(answer.text, "unanswered")
    assert '<details class="faq-work__dismiss" open>' in html
    assert 'aria-invalid="true"' in html
    assert reason.strip() in html
    assert db.session.query(Dismissal).count() == 0


@pytest.mark.parametrize(
    ("matter", "status"), [("search", 404), ("wish", 404), ("untold", 404), ("repeated", 404), ("x", 422)]
)
def test_what_is_not_there_cannot_be_left(world, matter, status):
    assert dismiss(world.client("sato"), matter, new_id()).status_code == status


def test_a_stranger_sees_and_leaves_nothing(world, search):
    row = search("ベビーカー")
    assert "ベビーカー" not in page(world, "yoso")
    assert dismiss(world.client("yoso"), "search", row).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("aoki", 403), ("okada", 403), ("kato", 200), ("sato", 200)])
def test_who_looks_after_the_faq_sees_the_list(world, search, who, status):
    search("ベビーカー")
    assert world.client(who).get("/faq/work").status_code == status
    tabs = world.client(who).get("/faq").text
    assert ("作業リスト" in tabs) == (status == 200)


def test_a_look_at_the_list_is_one_row_of_the_trail(world, search):
    search("ベビーカー")
    client = world.client("sato")
    before = len(world.entries(Action.LIST_VIEWED))
    client.get("/faq/work")
    entries = world.entries(Action.LIST_VIEWED)[before:]
    assert ['"list":"faq_work"' in entry.facts.replace(" ", "") for entry in entries] == [True]

"""What is laid down for the public: what the ward approved for everybody, today; nothing else, and no longer than that."""

import sqlite3
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from callcenter.clock import now, today
from callcenter.config import Face
from callcenter.db import db, writing
from callcenter.errors import Invalid
from callcenter.files import Drawn, Kind, Scan
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.images import ArticleImage
from kb.public import export
from kb.public import projection as laying
from kb.public.store import ARTICLE, PICTURE, PROGRAMME
from kb.upkeep.care import confirm
from kb.words.lists import SynonymGroup

PNG = b"not really a picture"
CANARY = "金糸雀色のカナリア手帳"


def laid(public):
    with public.store.reading() as connection:
        return {row.number: row for row in connection.execute(select(ARTICLE))}


def questions(public):
    return {row.question for row in laid(public).values()}


def test_an_approved_article_is_laid_down_as_visitors_read_it(public, make_article):
    article = make_article(
        category="費用 › 対象外",
        variants=("電車代は",),
        easy="お金は**出ません**。",
        source="要綱第3条",
        read_aloud="出ません。",
    )
    public.lay()
    row = laid(public)[article.number]
    assert row.answer_html == "<p>交通費は<strong>対象になりません</strong>。</p>\n"
    assert row.answer_text == "交通費は対象になりません。"
    assert row.easy_html == "<p>お金は<strong>出ません</strong>。</p>\n"
    assert (row.category, row.source, row.lead) == ("費用 › 対象外", "要綱第3条", "出ません。")
    assert row.variants == ["電車代は"]
    assert row.revision_id == article.current.id


HIDDEN = {
    "a draft": {"approved": False},
    "an internal article": {"is_public": False},
    "one that is over": {"valid_to": today() - timedelta(days=2)},
    "one that waits for the ward": {"needs_ward": True, "approved": False},
    "one that has not begun": {"valid_from": today() + timedelta(days=2)},
}


def test_what_is_not_public_is_not_laid_down_nor_is_its_category(public, make_article, backend):
    make_article("見える質問ですか", category="見える分類")
    for values in HIDDEN.values():
        make_article(
            f"{CANARY}の質問",
            answer=f"{CANARY}の答え",
            category=f"{CANARY}の分類",
            variants=(f"{CANARY}の言い方",),
            easy=f"{CANARY}のやさしい",
            source=f"{CANARY}の根拠",
            **values,
        )
    make_article(
        "言うことのある質問ですか",
        say=(f"{CANARY}と言う",),
        dont_say=(f"{CANARY}と言わない",),
        escalate_when=CANARY,
        rule_keys=("cap.twins",),
    )
    public.lay()
    assert questions(public) == {"見える質問ですか", "言うことのある質問ですか"}
    found = everything(public, backend)
    assert CANARY not in found
    assert "cap.twins" not in found


def everything(public, backend):
    """All that stands in the store, as text; the bytes of its files too."""
    with public.store.reading() as connection:
        rows = [tuple(row) for table in (ARTICLE, PROGRAMME) for row in connection.execute(select(table))]
    found = repr(rows)
    if backend == "sqlcipher":
        folder = public.settings.face_file.parent
        found += "".join(file.read_bytes().decode("utf-8", "ignore") for file in folder.iterdir())
    return found


def test_an_archived_article_goes_with_the_next_run(public, make_article, world):
    article = make_article()
    make_article("残る質問ですか")
    public.lay()
    assert len(questions(public)) == 2
    with writing():
        db.session.get(Article, article.id).archive(by=world.sato)
    public.projection.step()
    assert questions(public) == {"残る質問ですか"}


def test_on_sqlite_no_byte_of_what_went_stays_in_the_file(public, make_article, world, backend):
    if backend != "sqlcipher":
        pytest.skip("SQLite's own file")
    article = make_article(answer=CANARY)
    public.lay()
    with writing():
        db.session.get(Article, article.id).archive(by=world.sato)
    public.lay()
    connection = sqlite3.connect(public.settings.face_file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert CANARY.encode() not in public.settings.face_file.read_bytes()


def test_an_article_goes_with_its_last_day_and_comes_with_its_first(public, make_article):
    make_article("今日までの質問ですか", valid_to=today())
    make_article("明日からの質問ですか", valid_from=today() + timedelta(days=1))
    public.lay()
    assert questions(public) == {"今日までの質問ですか"}
    with time_machine.travel(now() + timedelta(days=1)):
        public.lay()
        assert questions(public) == {"明日からの質問ですか"}


def test_a_new_version_takes_the_place_of_the_old_once_approved(public, make_article, world):
    article = make_article()
    public.lay()
    with writing():
        changed = db.session.get(Article, article.id)
        changed.revise(
            type(changed.latest.content)(question="新しい質問ですか", answer="はい。"), by=world.sato
        )
    public.lay()
    assert questions(public) == {"交通費は対象になりますか"}
    with writing():
        db.session.get(Article, article.id).approve(2, by=world.kato)
    public.lay()
    assert questions(public) == {"新しい質問ですか"}


def test_a_step_with_nothing_new_writes_nothing(public, make_article):
    make_article()
    public.lay()
    before = stamps(public)
    assert public.projection.step() is False
    assert stamps(public) == before


def stamps(public):
    with public.store.reading() as connection:
        return dict(connection.execute(select(PROGRAMME.c.code, PROGRAMME.c.stamp)).all())


def test_a_changed_list_of_synonyms_reaches_the_public(public, make_article, world):
    make_article()
    public.lay()
    with writing():
        db.session.add(SynonymGroup(programme_id=world.programme.id, position=0, words=["電車代", "交通費"]))
        laying.Shelf.stir(world.programme.id)
        audit.record(Action.CATEGORY_CHANGED, by=world.sato)
    public.lay()
    with public.store.reading() as connection:
        query = select(PROGRAMME.c.synonyms).where(PROGRAMME.c.code == "babysitter")
        assert connection.scalar(query) == [["電車代", "交通費"]]


def test_articles_about_the_same_thing_are_neighbours(public, make_article):
    one = make_article("領収書をなくしたらどうしますか", answer="再発行を頼みます。")
    other = make_article("領収書の宛名は夫でもよいですか", answer="はい。")
    make_article("夜間は何時からですか", answer="22時からです。")
    public.lay()
    found = laid(public)
    assert found[one.number].related == [other.number]
    assert found[other.number].related == [one.number]


def test_many_new_articles_come_step_by_step_and_what_went_goes_at_once(
    public, make_article, world, monkeypatch
):
    first = make_article("最初の質問ですか")
    public.lay()
    monkeypatch.setattr(laying, "AT_ONCE", 2)
    for number in range(5):
        make_article(f"{number}番目の質問ですか")
    with writing():
        db.session.get(Article, first.id).archive(by=world.sato)
    public.projection.step()
    assert questions(public) == {"0番目の質問ですか", "1番目の質問ですか"}
    public.lay()
    assert len(questions(public)) == 5
    assert all(row.related is not None for row in laid(public).values())


def drawn(world):
    """A picture of the office, as an article names it."""
    with writing():
        picture = Drawn(Kind.PNG, PNG, 2, 1)
        return ArticleImage.add(world.programme.id, picture, Scan.CLEAN, by=world.sato).id


def pictures(public):
    with public.store.reading() as connection:
        return {row.id: row.content for row in connection.execute(select(PICTURE))}


def test_pictures_of_public_articles_are_laid_down_and_go_with_them(public, make_article, world):
    shown, hidden = drawn(world), drawn(world)
    article = make_article(answer=f"見本です。\n\n![記入の見本](image:{shown})")
    make_article("下書きの質問ですか", answer=f"![見本](image:{hidden})", approved=False)
    public.lay()
    assert pictures(public) == {shown: PNG}
    page = public.get(f"/babysitter/faq/{article.number}").text
    assert f'src="/babysitter/pictures/{shown}"' in page
    assert 'alt="記入の見本"' in page
    sent = public.get(f"/babysitter/pictures/{shown}")
    assert (sent.data, sent.content_type) == (PNG, "image/png")
    assert public.get(f"/babysitter/pictures/{hidden}").status_code == 404
    folder = dict(export.files(public.store, "babysitter", Face()))
    assert folder[f"pictures/{shown}.png"] == PNG
    assert f'src="../pictures/{shown}.png"' in folder[f"faq/{article.number}.html"].decode()
    with writing():
        db.session.get(Article, article.id).archive(by=world.sato)
    public.lay()
    assert pictures(public) == {}


def test_a_lost_picture_keeps_nothing_on_the_site(public, make_article, world):
    image = drawn(world)
    gone = make_article("消える質問ですか")
    public.lay()
    with writing():
        db.session.get(Article, gone.id).archive(by=world.sato)
    for file in world.app.extensions["settings"].files.rglob("*"):
        if file.is_file():
            file.unlink()
    make_article("画像のある質問ですか", answer=f"![見本](image:{image})")
    public.lay()
    assert questions(public) == {"画像のある質問ですか"}
    assert pictures(public) == {}


def test_links_lead_to_public_articles_and_into_the_desk_never(public, make_article, world):
    other = make_article("行き先の質問ですか")
    draft = make_article("下書きの質問ですか", approved=False)
    answer = f"[甲](F-{other.number}) [乙](/faq/{other.id}) [丙](F-{draft.number}) [丁](/tickets) [戊](https://example.jp/)"
    article = make_article("案内の質問ですか", answer=answer)
    public.lay()
    page = public.get(f"/babysitter/faq/{article.number}").text
    assert f'<a href="/babysitter/faq/{other.number}">甲</a>' in page
    assert f'<a href="/babysitter/faq/{other.number}">乙</a>' in page
    assert " 丙 丁 <a" in page
    with writing():
        db.session.get(Article, other.id).archive(by=world.sato)
    public.lay()
    assert "<p>甲 乙 丙 丁 <a" in public.get(f"/babysitter/faq/{article.number}").text


def test_programmes_stand_apart(public, make_article, world):
    make_article()
    public.lay()
    with public.store.reading() as connection:
        assert set(connection.scalars(select(PROGRAMME.c.code))) == {"babysitter", "neighbour"}
        assert set(connection.scalars(select(ARTICLE.c.programme))) == {"babysitter"}


def test_a_store_that_was_thrown_away_is_laid_down_anew(public, make_article, backend):
    make_article()
    public.lay()
    with public.store.writing() as connection:
        connection.execute(
            text("DROP TABLE face_article" if backend == "sqlcipher" else "DROP TABLE face.face_article")
        )
    public.projection.__init__(public.store)
    public.lay()
    assert len(questions(public)) == 1


def test_an_answer_in_doubt_says_so_until_the_ward_confirms_it(public, make_article, world):
    article = make_article()
    public.lay()
    assert not laid(public)[article.number].is_under_review
    with time_machine.travel(now() + timedelta(days=400)):
        public.lay()
        assert laid(public)[article.number].is_under_review
        with writing():
            confirm(db.session.get(Article, article.id), by=world.kato)
        public.lay()
        assert not laid(public)[article.number].is_under_review


def test_an_article_that_cannot_be_shown_keeps_no_other_from_going(public, make_article, world, monkeypatch):
    going, broken = make_article(), make_article(question="表の記事")
    public.lay()
    laid = laying._laid

    def too_slow(programme, row, *others):
        if row.question == "表の記事":
            raise Invalid("遅い", code="too_slow")
        return laid(programme, row, *others)

    monkeypatch.setattr("kb.public.projection._laid", too_slow)
    with writing():
        going.archive(by=world.sato)
        broken.revise(Content(question="表の記事", answer="別"), by=world.sato)
        broken.approve(2, by=world.kato)
    public.lay()
    assert list(questions(public)) == []

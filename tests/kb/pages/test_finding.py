"""Looking things up on the desk: the list, the search, and the suggestions beside a consultation."""

import pytest

from callcenter.db import db, writing
from callcenter.privacy.audit import AuditEntry
from kb.articles.content import Content
from kb.articles.revision import ArticleRevision


@pytest.fixture
def shelf(world, make_article):
    """Three articles that agents may tell, and a draft."""
    make_article(
        category="費用 › 対象外", read_aloud="交通費は対象になりません。", variants=("電車代は出ますか",)
    )
    make_article("領収書をなくしました", answer="事業者に**再発行**を依頼してください。", category="書類")
    make_article("夜間は何時からですか", answer="22時からです。", category="費用 › 時間")
    make_article("領収書の宛名が違います", answer="確認中です。", approved=False)


def test_the_list_shows_what_agents_may_tell(world, shelf):
    page = world.client("aoki").get("/faq").text
    assert "交通費は対象になりますか" in page
    assert "領収書をなくしました" in page
    assert "領収書の宛名が違います" not in page


def test_a_supervisor_sees_what_waits_for_approval(world, shelf):
    assert "領収書の宛名が違います" in world.client("sato").get("/faq?shelf=drafts").text
    assert "領収書の宛名が違います" not in world.client("aoki").get("/faq?shelf=drafts").text


def test_a_category_shows_what_stands_below_it(world, shelf):
    page = world.client("aoki").get("/faq?category=費用").text
    assert "交通費は対象になりますか" in page
    assert "夜間は何時からですか" in page
    assert "領収書をなくしました" not in page


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=99", "shelf=<b>", "category=%00", "page=١", "category=" + "あ" * 500]
)
def test_an_odd_address_shows_a_list_all_the_same(world, shelf, query):
    answer = world.client("aoki").get(f"/faq?{query}")
    assert answer.status_code == 200
    assert "<b>" not in answer.text.split("<main")[1].split("page-head")[0]


def test_the_list_stands_in_the_order_in_which_categories_began(world, shelf):
    page = world.client("aoki").get("/faq").text
    places = [page.index(words) for words in ("交通費は対象", "領収書をなくし", "夜間は何時")]
    assert places == sorted(places)
    tree = page[page.index('id="categories"') :]
    assert tree.index(">費用<") < tree.index(">対象外<") < tree.index(">時間<") < tree.index(">書類<")


def test_an_empty_shelf_says_so(world):
    assert "記事はありません" in world.client("aoki").get("/faq").text


def test_a_search_marks_what_was_found_best_first(world, shelf):
    page = (
        world.client("aoki")
        .post("/faq/searches", data={"text": "レシートを無くしちゃって"}, follow_redirects=True)
        .text
    )
    assert page.index("<mark>領収書</mark>を") < len(page)
    assert "領収書の宛名" not in page


def test_a_search_without_a_hit_says_so(world, shelf):
    page = world.client("aoki").post("/faq/searches", data={"text": "zzzzz"}, follow_redirects=True).text
    assert "見つかりませんでした" in page


def test_a_search_too_long_is_said_at_the_field_and_stays(world, shelf):
    answer = world.client("aoki").post("/faq/searches", data={"text": "あ" * 2001})
    assert answer.status_code == 422
    assert "あ" * 2001 in answer.text


def test_suggestions_stand_beside_what_is_typed(world, shelf):
    fragment = (
        world.client("aoki")
        .post("/faq/suggestions", data={"text": "シッターさんの電車代も払っているのですが"})
        .text
    )
    revision = db.session.query(ArticleRevision).filter_by(question="交通費は対象になりますか").one()
    assert "<html" not in fragment
    assert f'data-revision="{revision.id}"' in fragment
    assert 'data-insert="交通費は対象になりません。"' in fragment
    assert 'data-key="Alt+1"' in fragment
    assert "<mark>交通費</mark>" in fragment


def test_an_answer_without_a_text_for_reading_out_offers_its_beginning(world, shelf):
    fragment = world.client("aoki").post("/faq/suggestions", data={"text": "領収書をなくした"}).text
    assert 'data-insert="事業者に再発行を依頼してください。"' in fragment


def test_there_are_at_most_five_suggestions(world, make_article):
    for number in range(8):
        make_article(f"{number}の交通費")
    fragment = world.client("aoki").post("/faq/suggestions", data={"text": "交通費"}).text
    assert 'data-count="5"' in fragment


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "𠮷" * 30_000, "<script>alert(1)</script>", "' OR 1=1 --", "*"]
)
def test_any_text_gets_an_answer(world, shelf, text):
    answer = world.client("aoki").post("/faq/suggestions", data={"text": text})
    assert answer.status_code == 200
    assert "<script" not in answer.text


def test_suggestions_write_nothing_and_record_no_text(world, shelf):
    client = world.client("aoki")
    client.get("/faq")
    with writing():
        pass
    before = db.session.query(AuditEntry).count()
    client.post("/faq/suggestions", data={"text": "秘密のことば交通費"})
    client.post("/faq/searches", data={"text": "秘密のことば交通費"})
    db.session.rollback()
    assert db.session.query(AuditEntry).count() == before


def test_suggestions_do_not_wait_for_a_writer(world, shelf, backend):
    client = world.client("aoki")
    client.post("/faq/suggestions", data={"text": "交通費"})
    with world.app.app_context(), writing():
        db.session.execute(db.text("UPDATE faq_shelf SET stamp = stamp"))
        assert client.post("/faq/suggestions", data={"text": "交通費"}).status_code == 200
        db.session.rollback()


@pytest.mark.parametrize("path", ["/faq/suggestions", "/faq/searches"])
def test_what_was_typed_does_not_go_by_get(world, path):
    assert world.client("aoki").get(path).status_code in (404, 405)


@pytest.mark.parametrize("person", ["ono", "kondo"])
def test_those_without_the_permission_are_refused(world, shelf, person):
    client = world.client(person)
    assert client.get("/faq").status_code == 403
    assert client.post("/faq/suggestions", data={"text": "交通費"}).status_code == 403


def test_strangers_get_nothing_of_this_programme(world, shelf):
    client = world.client("yoso")
    assert "交通費" not in client.get("/faq").text
    assert 'data-count="0"' in client.post("/faq/suggestions", data={"text": "交通費"}).text


def test_a_search_says_what_it_took_for_mistyped_and_can_be_told_not_to(world, shelf):
    client = world.client("aoki")
    page = client.post("/faq/searches", data={"text": "領収所が無い"}, follow_redirects=True).text
    assert "“領収所”を“領収書”として探しました。" in page
    assert "<mark>領収書</mark>を" in page
    assert 'name="exactly"' in page
    page = client.post(
        "/faq/searches", data={"text": "領収所が無い", "exactly": "y"}, follow_redirects=True
    ).text
    assert "として探しました" not in page
    assert "入力したとおりに探しました。" in page


def test_what_was_corrected_is_shown_as_text(world, shelf):
    page = (
        world.client("aoki").post("/faq/searches", data={"text": "<b>領収所</b>"}, follow_redirects=True).text
    )
    assert "<b>領収所" not in page


def test_a_suggestion_says_by_which_variant_it_was_found(world, shelf):
    fragment = world.client("aoki").post("/faq/suggestions", data={"text": "電車が遅れた"}).text
    assert "言い換え「<mark>電車</mark>代は出ますか」" in fragment
    page = (
        world.client("aoki").post("/faq/searches", data={"text": "電車が遅れた"}, follow_redirects=True).text
    )
    assert "言い換え「<mark>電車</mark>代は出ますか」" in page


def test_an_article_found_by_its_answer_shows_the_line(world, shelf):
    fragment = world.client("aoki").post("/faq/suggestions", data={"text": "依頼"}).text
    assert "回答「事業者に再発行を<mark>依頼</mark>してください」" in fragment


def test_an_agent_does_not_see_what_waits_for_the_ward(world, make_article):
    article = make_article()
    with writing():
        article.revise(Content(question="まだ承認されていない質問", answer="下書き"), by=world.sato)
    assert "まだ承認されていない質問" in world.client("sato").get("/faq?shelf=drafts").text
    page = world.client("aoki").get("/faq?shelf=drafts").text
    assert "まだ承認されていない質問" not in page

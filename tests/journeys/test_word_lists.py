"""Finding in a real browser: what was mistyped, why something was found, and a synonym that is tried, kept and known."""

import pytest

from callcenter.db import db
from callcenter.privacy import audit
from kb.exchange import seeding
from kb.words.lists import OfficeWord, SynonymGroup
from tests.browser.conftest import AXE
from tests.journeys.conftest import DESK, PHONE


@pytest.fixture
def shelf(world):
    """The articles that the office starts with, approved."""
    seeding.seed(world.programme, by=audit.CONSOLE, approved_by=world.kato)


def faults(hands):
    """What axe finds on a page, as readable lines."""
    hands.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = hands.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{problem['id']}: {node['target']}" for problem in found for node in problem["nodes"]]


def test_a_mistyped_question_finds_its_article_and_is_searched_exactly_on_request(desk, shelf):
    aoki = desk("aoki")
    aoki.open("/faq")
    aoki.page.fill("#text", "領収所をなくした")
    aoki.press("Enter")
    aoki.see(".faq-corrected")
    assert "“領収所”を“領収書”として探しました。" in aoki.page.inner_text("main")
    assert "領収書" in aoki.page.inner_text(".faq-found li:first-child")
    aoki.photograph("faq-found")
    assert faults(aoki) == []
    aoki.page.click("button[name=exactly]")
    aoki.see("text=入力したとおりに探しました")
    assert aoki.page.query_selector(".faq-corrected") is None


def test_a_synonym_is_tried_kept_and_known(desk, shelf):
    sato = desk("sato")
    sato.open("/faq/synonyms")
    assert faults(sato) == []
    sato.photograph("faq-synonyms")
    sato.press("e")
    sato.arrive("**/faq/synonyms/new")
    sato.page.fill("#synonym-words", "多胎\nクアドラプル")
    sato.page.fill("#trial-panel [name=text]", "クアドラプルです")
    sato.page.locator("#trial-panel [name=text]").press("Enter")
    sato.see("#trial .faq-trial")
    now, then = sato.page.inner_text("#trial").split("この組にすると見つかるもの")
    assert "見つかりません" in now
    assert "双子" in then
    assert faults(sato) == []
    sato.photograph("faq-synonym")
    sato.press("Control+s")
    sato.arrive("**/faq/synonyms")
    assert "クアドラプル" in sato.page.inner_text("main")
    sato.open("/faq")
    sato.page.fill("#text", "クアドラプルです")
    sato.press("Enter")
    sato.see(".faq-found")
    assert "双子" in sato.page.inner_text(".faq-found li:first-child")


def test_a_group_is_taken_out_and_brought_back_by_keys(desk, shelf, world):
    group = db.session.query(SynonymGroup).filter_by(programme_id=world.programme.id).first().id
    sato = desk("sato")
    sato.open(f"/faq/synonyms/{group}/edit")
    sato.page.get_by_role("button", name="一覧から外す").press("Enter")
    sato.see("[data-confirm-yes]")
    sato.page.locator("[data-confirm-yes]").press("Enter")
    sato.arrive(f"**/faq/synonyms?removed={group}")
    sato.see("text=外しました")
    sato.press("z")
    sato.arrive("**/faq/synonyms")
    sato.see("text=元に戻しました")


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_the_word_lists_are_whole_on_any_screen(desk, shelf, world, view):
    size = view["width"]
    word = db.session.query(OfficeWord).filter_by(programme_id=world.programme.id).first().id
    group = db.session.query(SynonymGroup).filter_by(programme_id=world.programme.id).first().id
    sato = desk("sato", view)
    for name, path in {
        "words": "/faq/words",
        "word": f"/faq/words/{word}/edit",
        "synonyms": "/faq/synonyms",
        "synonym": f"/faq/synonyms/{group}/edit",
    }.items():
        sato.open(path)
        assert faults(sato) == []
        assert sato.page.evaluate("document.documentElement.scrollWidth") <= size
        sato.photograph(f"faq-{name}-{size}")
    sato.open("/faq")
    sato.page.fill("#text", "べびしったーの領収所")
    sato.press("Enter")
    sato.see(".faq-corrected")
    assert sato.page.evaluate("document.documentElement.scrollWidth") <= size
    sato.photograph(f"faq-found-{size}")


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_a_suggestion_says_why_it_was_found(desk, shelf, view):
    aoki = desk("aoki", view)
    aoki.open()
    aoki.press("n")
    aoki.see("textarea[data-suggest-url]")
    aoki.ready()
    aoki.page.fill("textarea[data-suggest-url]", "シッターさんの電車代を毎回払ってるんです")
    aoki.see(".suggestion__why mark")
    assert "言い換え「" in aoki.page.inner_text(".suggestion__why")
    aoki.page.locator(".suggestion__why").first.scroll_into_view_if_needed()
    aoki.photograph(f"faq-suggestions-{view['width']}")

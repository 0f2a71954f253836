"""What a screen reader says of an article's page, in which order: names, levels of headings, and nothing twice."""

import re
from itertools import pairwise

import pytest

from callcenter.db import db, writing
from kb.articles.article import Article
from kb.articles.content import Content
from kb.upkeep.care import ArticleComment
from kb.upkeep.rule_facts import RuleFact

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
HEADINGS = [
    "夜間は何時からですか",
    "読み上げる回答",
    "回答",
    "話し方",
    "やさしい日本語",
    "こう聞かれます",
    "コメント",
    "この記事について",
    "関わる規則",
]


@pytest.fixture
def article(world):
    """An article with everything that one can have, in doubt."""
    content = Content(
        question="夜間は何時からですか",
        answer="**22時から**です。\n\n- 翌朝7時まで",
        variants=("夜は何時から",),
        read_aloud="22時からです。",
        easy="夜の10時からです。",
        say=("22時からです。",),
        dont_say=("たぶん。",),
        rule_keys=("test.night",),
    )

    def change(value):
        name = "夜間の始まり"
        RuleFact.change(world.programme.id, "test.night", value, by=world.kato, name=name, source="要綱7条")

    with writing():
        change("22時")
        article = Article.write(world.programme.id, content, by=world.sato)
        article.approve(1, by=world.kato)
        ArticleComment.write(article, "よく聞かれます。", by=world.aoki)
    with writing():
        change("21時")
    db.session.rollback()
    return f"/faq/{article.id}"


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_of_an_article_is_read_in_its_order(desk, article, view):
    kato = desk("kato", view=view)
    kato.open(article)
    main = kato.page.locator("main").aria_snapshot()
    said = re.findall(r'heading "([^"]+)" \[level=(\d)\]', main)
    named = [name for name, _level in said if name in HEADINGS]
    assert named == HEADINGS
    levels = [int(level) for _name, level in said]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    order = [
        "要確認",
        "に変わりました",
        "このままでよいと確かめた",
        "22時から",
        "夜の10時から",
        "よく聞かれます。",
        'link "夜間の始まり"',
    ]
    places = [main.index(words) for words in order]
    assert places == sorted(places)


def test_the_first_stop_of_the_keyboard_leads_past_the_menu(desk, article):
    kato = desk("kato")
    kato.open(article)
    kato.press("Tab")
    assert "#" in kato.page.evaluate("document.activeElement.getAttribute('href')")
    kato.press("Enter", "Tab")
    assert kato.page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_control_of_the_page_has_a_name_of_its_own(desk, article):
    sato = desk("sato")
    sato.open(article)
    snapshot = sato.page.locator("main").aria_snapshot()
    controls = re.findall(r"^\s*- (button|link|textbox|combobox|checkbox)(.*)$", snapshot, re.M)
    assert controls
    assert [kind for kind, rest in controls if not re.match(r' "[^"]+"', rest)] == []
    buttons = [rest for kind, rest in controls if kind == "button"]
    assert len(buttons) == len(set(buttons)), "two buttons that sound alike do different things"

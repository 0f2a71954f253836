"""When an approved answer is in doubt: the pure rule by cases, then the shelf."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine

from callcenter import clock
from callcenter.applications.hours import Cap
from callcenter.applications.rules import propose
from callcenter.db import writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.privacy.actions import Action
from kb.articles.approval import OnPaper
from kb.articles.content import Content
from kb.upkeep.care import begin_due, confirm, look_after
from kb.upkeep.doubts import DoubtKind, Word, doubts, doubts_of
from kb.upkeep.rule_facts import RuleFact, first_facts, history, holding


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(value, starts_on, made_at):
    return SimpleNamespace(
        name="夜間の始まり", value=value, starts_on=date.fromisoformat(starts_on), made_at=at(made_at)
    )


FIRST = fact("22時", "2026-04-01", "2026-04-01")
CHANGED = fact("21時", "2026-07-01", "2026-06-10")
SAME = fact("22時", "2026-07-01", "2026-06-10")


@pytest.mark.parametrize(
    ("given", "valid_from", "facts", "day", "expected"),
    [
        ("2026-05-01", None, [FIRST], "2026-08-01", []),
        ("2026-05-01", None, [FIRST, CHANGED], "2026-06-30", []),
        ("2026-05-01", None, [FIRST, CHANGED], "2026-07-01", ["2026-07-01"]),
        ("2026-05-01", None, [FIRST, CHANGED], "2026-09-01", ["2026-07-01"]),
        ("2026-05-01", None, [FIRST, SAME], "2026-09-01", []),
        # approved after the change was entered, but before it begins: it may speak of either
        ("2026-06-20", None, [FIRST, CHANGED], "2026-06-30", []),
        ("2026-06-20", None, [FIRST, CHANGED], "2026-07-01", ["2026-07-01"]),
        # told from the day of the change on: it speaks of the new rule
        ("2026-06-20", "2026-07-01", [FIRST, CHANGED], "2026-07-01", []),
        ("2026-06-20", "2026-06-25", [FIRST, CHANGED], "2026-07-01", ["2026-07-01"]),
        # approved or confirmed after the change began
        ("2026-07-02", None, [FIRST, CHANGED], "2026-07-02", []),
        ("2026-07-01", None, [FIRST, CHANGED], "2026-07-02", []),
        # entered late, for a day gone by: in doubt from the day it was known
        ("2026-05-01", None, [FIRST, fact("21時", "2026-04-10", "2026-06-10")], "2026-06-10", ["2026-06-10"]),
        # two changes, one of them seen
        (
            "2026-07-05",
            None,
            [FIRST, CHANGED, fact("20時", "2026-10-01", "2026-09-01")],
            "2026-10-01",
            ["2026-10-01"],
        ),
        # a key without facts is no reason
        ("2026-05-01", None, [], "2026-09-01", []),
    ],
)
def test_a_changed_rule_puts_answers_in_doubt(given, valid_from, facts, day, expected):
    word = Word(at(given), ("night.from",), date.fromisoformat(valid_from) if valid_from else None)
    found = doubts(word, {"night.from": facts}, date.fromisoformat(day))
    assert [(one.kind, one.since.isoformat()) for one in found] == [(DoubtKind.RULE, d) for d in expected]


@pytest.mark.parametrize(
    ("given", "valid_from", "review_on", "day", "kinds"),
    [
        ("2026-05-01", None, None, "2027-03-31", []),
        ("2026-05-01", None, None, "2027-04-01", [DoubtKind.YEAR]),
        # 31 March 23:59 in Japan belongs to the year before, the hour after it does not
        ("2027-03-31T14:59:00", None, None, "2027-04-01", [DoubtKind.YEAR]),
        ("2027-03-31T15:00:00", None, None, "2027-04-01", []),
        ("2027-03-20", "2027-04-01", None, "2027-04-01", []),
        ("2027-03-20", "2027-03-25", None, "2027-04-01", [DoubtKind.YEAR]),
        ("2027-03-20", "2027-04-01", None, "2028-04-01", [DoubtKind.YEAR]),
        ("2026-05-01", None, "2026-06-30", "2026-06-30", []),
        ("2026-05-01", None, "2026-06-30", "2026-07-01", [DoubtKind.REVIEW]),
        ("2026-05-01", None, "2026-06-30", "2027-04-02", [DoubtKind.REVIEW, DoubtKind.YEAR]),
    ],
)
def test_a_review_and_a_new_year_put_answers_in_doubt(given, valid_from, review_on, day, kinds):
    day_of = date.fromisoformat
    word = Word(
        at(given), (), day_of(valid_from) if valid_from else None, day_of(review_on) if review_on else None
    )
    assert [one.kind for one in doubts(word, {}, day_of(day))] == kinds


def test_a_reason_is_said_in_words():
    word = Word(at("2026-05-01"), ("night.from",))
    found = doubts(word, {"night.from": [FIRST, CHANGED]}, date(2026, 7, 1))
    assert [one.text for one in found] == [
        "規則「夜間の始まり」が2026/7/1に「22時」から「21時」に変わりました。"
    ]


# --- on the shelf


@pytest.fixture
def night(world):
    """The rule of the night, as it holds now."""
    with writing():
        RuleFact.change(
            world.programme.id, "test.night", "22時", by=world.kato, name="夜間の始まり", source="要綱7条"
        )


def change(world, value="21時", **options):
    with writing():
        return RuleFact.change(
            world.programme.id, "test.night", value, by=world.kato, source="区の通知第8号", **options
        )


def doubted(world, day=None):
    return doubts_of(world.programme.id, day or clock.today())


def test_a_change_of_a_rule_finds_its_articles_and_a_new_version_settles_them(world, night, make_article):
    article = make_article(rule_keys=("test.night",))
    make_article(question="送迎だけでも対象になりますか")
    assert doubted(world) == {}
    change(world)
    assert list(doubted(world)) == [article.current.id]
    with writing():
        article.revise(
            Content(question="夜は", answer="21時から。", rule_keys=("test.night",)), by=world.sato
        )
        article.approve(2, by=world.kato)
    assert doubted(world) == {}
    assert world.entries(Action.RULE_FACT_CHANGED)[-1].actor == world.kato.id.hex


def test_the_ward_confirms_an_answer_as_it_is(world, night, make_article):
    article = make_article(rule_keys=("test.night",))
    change(world)
    with pytest.raises(Forbidden), writing():
        confirm(article, by=world.sato)
    with writing():
        confirm(article, by=world.kato)
    assert doubted(world) == {}
    assert world.entries(Action.ARTICLE_CONFIRMED)[-1].object_id == article.id.hex


def test_the_wards_word_may_come_on_paper(world, night, make_article):
    article = make_article(rule_keys=("test.night",))
    change(world)
    with pytest.raises(Forbidden), writing():
        confirm(article, by=world.kato, paper=OnPaper("回答票12", world.aoki))
    with pytest.raises(Invalid), writing():
        confirm(article, by=world.kato, paper=OnPaper("", world.sato))
    with writing():
        row = confirm(article, by=world.kato, paper=OnPaper("回答票12", world.sato))
    assert (row.by.name, row.paper) == (world.kato.name, "回答票12")
    assert world.entries(Action.ARTICLE_CONFIRMED)[-1].actor == world.sato.id.hex


def test_a_review_day_gone_by_asks_for_a_look_and_goes_with_it(world, make_article):
    article = make_article()
    with writing():
        look_after(article, owner=world.suzuki, review_on=clock.today(), by=world.sato)
    tomorrow = clock.today() + timedelta(days=1)
    assert [one.kind for one in doubted(world, tomorrow)[article.current.id]] == [DoubtKind.REVIEW]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        with writing():
            confirm(article, by=world.kato)
        assert article.review_on is None


def test_nobody_looks_after_an_article_of_another_programme(world, make_article):
    article = make_article()
    with pytest.raises(Invalid), writing():
        look_after(article, owner=world.yoso, review_on=None, by=world.sato)
    with pytest.raises(Invalid), writing():
        look_after(article, owner=None, review_on=clock.today() - timedelta(days=1), by=world.sato)


def test_a_new_fiscal_year_asks_for_a_look_at_everything(world, make_article):
    article = make_article()
    with time_machine.travel(clock.from_japan(clock.today().year + 2, 4, 1, 9), tick=False):
        assert [one.kind for one in doubted(world)[article.current.id]] == [DoubtKind.YEAR]


def test_hours_that_the_ward_approved_change_the_fact(world, make_article):
    seeded = next(fact for fact in first_facts() if fact["key"] == "cap.hours_per_child")
    with writing():
        RuleFact.change(world.programme.id, **seeded, by=world.kato)
    article = make_article(rule_keys=("cap.hours_per_child",))
    year = world.period.fiscal_year

    def approve(cap, source):
        with writing():
            propose(world.programme.id, year, cap, by=world.endo, source=source).approve(by=world.kato)

    approve(Cap(base=144, multiple=288), "要綱5条")
    assert doubted(world) == {}, "the same hours again are no change"
    approve(Cap(base=120, multiple=288), "区の通知第9号")
    assert list(doubted(world)) == [article.current.id]
    assert "120時間" in holding(history(world.programme.id, "cap.hours_per_child"), clock.today()).value


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"key": "Night From"}, "rule_key"),
        ({"value": " "}, "missing"),
        ({"source": ""}, "missing"),
        ({"value": "あ" * 201}, "too_long"),
        ({"value": "22時\nから"}, "too_long"),
    ],
)
def test_a_fact_that_cannot_be_kept_is_refused_with_a_code(world, values, code):
    wanted = {"key": "test.new", "value": "22時", "name": "夜間", "source": "要綱7条"} | values
    key, value = wanted.pop("key"), wanted.pop("value")
    with pytest.raises(Invalid) as refusal, writing():
        RuleFact.change(world.programme.id, key, value, by=world.kato, **wanted)
    assert refusal.value.code == code


def test_two_who_change_a_rule_at_once_are_told(world, night):
    change(world, after=1)
    with pytest.raises(Conflict):
        change(world, "20時", after=1)
    with pytest.raises(Conflict):
        change(world, "21時", after=2)


# --- the day on which an approved version begins


def test_a_version_for_a_later_day_leaves_the_old_one_until_midnight(world, make_article):
    article = make_article()
    first = clock.today() + timedelta(days=3)
    with writing():
        article.revise(Content(question="交通費は", answer="新しい回答。", valid_from=first), by=world.sato)
        article.approve(2, by=world.kato)
    assert (article.current_number, article.scheduled_number, article.has_draft) == (1, 2, False)
    assert begin_due() == 0
    from kb.finding.shelf import find

    assert [one.version for one in find("交通費", [world.programme.id])] == [1]
    with time_machine.travel(clock.from_japan(first.year, first.month, first.day), tick=True):
        assert [one.version for one in find("交通費", [world.programme.id])] == [2], "midnight alone does it"
        assert begin_due() == 1
        assert begin_due() == 0
        assert (article.current_number, article.scheduled_number) == (2, None)
    assert world.entries(Action.ARTICLE_BEGUN)[-1].object_id == article.id.hex


def test_a_version_approved_for_today_takes_the_place_of_a_scheduled_one(world, make_article):
    article = make_article()
    with writing():
        later = Content(question="a", answer="b", valid_from=clock.today() + timedelta(days=9))
        article.revise(later, by=world.sato)
        article.approve(2, by=world.kato)
        article.revise(Content(question="交通費", answer="いまの回答"), by=world.sato)
        article.approve(3, by=world.kato)
    assert (article.current_number, article.scheduled_number) == (3, None)


def test_an_article_put_away_is_restored_as_the_ward_approved_it(world, make_article):
    article = make_article()
    with pytest.raises(Conflict), writing():
        article.restore(by=world.sato)
    with writing():
        article.archive(by=world.sato)
        article.restore(by=world.sato)
    assert article.state == "published"
    assert world.entries(Action.ARTICLE_RESTORED)[-1].actor == world.sato.id.hex


def test_an_answer_in_doubt_is_found_with_its_reason_until_it_is_confirmed(world, night, make_article):
    article = make_article(question="夜間は何時からですか", rule_keys=("test.night",))
    look = world.client("aoki")
    assert "要確認" not in look.post("/faq/suggestions", data={"text": "夜間は何時から"}).text
    change(world)
    for address in ("/faq/suggestions", "/faq/searches"):
        page = look.post(address, data={"text": "夜間は何時から"}, follow_redirects=True).text
        assert "「22時」から「21時」に変わりました" in page
    with writing():
        confirm(article, by=world.kato)
    assert "要確認" not in look.post("/faq/suggestions", data={"text": "夜間は何時から"}).text

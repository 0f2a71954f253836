"""The facts of the rules that the office starts with, beside the articles that stand on them."""

import json
import re
import unicodedata
from collections import defaultdict

import pytest

from callcenter.applications.hours import Cap
from callcenter.privacy.secrets_guard import paste_guard
from kb.content import RULE_KEY
from kb.rule_facts import LONGEST_KEY, LONGEST_NAME, LONGEST_SOURCE, LONGEST_VALUE
from kb.seeding import SEED

TEXT = SEED.with_name("rules.json").read_text("utf-8")
FACTS = json.loads(TEXT)
LIMITS = {"key": LONGEST_KEY, "name": LONGEST_NAME, "value": LONGEST_VALUE, "source": LONGEST_SOURCE}

OPEN = "区が決める（未確認）"
ASKS_THE_WARD = re.compile(r"区に確認|区へ|区の案内|年度の案内で確認")


def by_key():
    return {fact["key"]: fact for fact in FACTS}


def articles():
    return [json.loads(line) for line in SEED.read_text("utf-8").splitlines()]


def articles_by_key():
    standing = defaultdict(list)
    for article in articles():
        for key in article["rule_keys"]:
            standing[key].append(article)
    return standing


def spoken(article):
    return "\n".join([article["answer"], *article["say"], article.get("escalate_when") or ""])


def figures(text):
    return set(re.findall(r"\d+", unicodedata.normalize("NFKC", text).replace(",", "")))


def each_fact(facts):
    return pytest.mark.parametrize("fact", facts, ids=[fact["key"] for fact in facts])


def test_every_rule_of_the_articles_has_a_fact():
    assert sorted(articles_by_key().keys() - by_key().keys()) == []


def test_every_fact_is_used_by_an_article():
    assert sorted(by_key().keys() - articles_by_key().keys()) == []


@pytest.mark.parametrize("field", ["key", "name"])
def test_no_two_facts_share_a_key_or_a_name(field):
    said = [fact[field] for fact in FACTS]
    assert sorted({one for one in said if said.count(one) > 1}) == []


def test_the_file_has_one_fact_a_line_in_the_order_of_keys():
    in_order = sorted(FACTS, key=lambda fact: str(fact["key"]))
    assert TEXT.splitlines() == [
        "[",
        *(json.dumps(fact, ensure_ascii=False) + "," for fact in in_order[:-1]),
        json.dumps(in_order[-1], ensure_ascii=False),
        "]",
    ]


@each_fact(FACTS)
def test_a_fact_can_be_kept(fact):
    assert list(fact) == list(LIMITS)
    assert RULE_KEY.fullmatch(fact["key"])
    for field, limit in LIMITS.items():
        text = fact[field]
        assert 0 < len(text) <= limit
        assert text.isprintable()
        assert text == text.strip()
        assert "://" not in text
        paste_guard(text)


@each_fact([fact for fact in FACTS if figures(fact["value"]) and not fact["key"].startswith("identity.")])
def test_the_figures_of_a_fact_stand_in_an_answer(fact):
    """A fact and the answers that stand on it are written apart; here they have to agree. How the office checks who
    is calling (identity.*) is told to agents, not to callers."""
    told = {figure for article in articles_by_key()[fact["key"]] for figure in figures(article["answer"])}
    assert sorted(figures(fact["value"]) - told) == []


def test_the_hours_are_those_that_the_house_counts_with():
    known = by_key()
    assert known["cap.hours_per_child"]["value"] == f"1人につき年度{Cap.base}時間"
    assert known["cap.hours_twin"]["value"] == f"多胎児は1人につき年度{Cap.multiple}時間"
    assert (known["cap.transferred_subtracted"]["value"] == "差し引く") is Cap.subtracts_transferred


@each_fact([fact for fact in FACTS if "未確認" in fact["value"]])
def test_what_only_the_ward_can_say_is_said_in_the_same_words_and_asked_of_the_ward(fact):
    assert fact["value"] == OPEN
    assert fact["source"].startswith("区に確認")
    silent = [a["external_id"] for a in articles_by_key()[fact["key"]] if not ASKS_THE_WARD.search(spoken(a))]
    assert silent == []


def test_an_answer_waits_for_the_ward_because_of_a_rule_that_is_not_known():
    unknown = {fact["key"] for fact in FACTS if fact["value"] == OPEN}
    waiting = [article for article in articles() if article["needs_ward"]]
    assert waiting
    assert [a["external_id"] for a in waiting if unknown.isdisjoint(a["rule_keys"])] == []

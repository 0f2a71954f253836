"""The facts of the rules that the office starts with, beside the articles that stand on them."""

import json
import re
import unicodedata
from collections import defaultdict

import pytest

from callcenter.applications.hours import Cap
from callcenter.privacy.secrets_guard import paste_guard
from kb.articles.content import RULE_KEY
from kb.exchange.seeding import SEED
from kb.upkeep.rule_facts import LONGEST_KEY, LONGEST_NAME, LONGEST_SOURCE, LONGEST_VALUE

TEXT = SEED.with_name("rules.json").read_text("utf-8")
FACTS = json.loads(TEXT)
LIMITS = {"key": LONGEST_KEY, "name": LONGEST_NAME, "value": LONGEST_VALUE, "source": LONGEST_SOURCE}

OPEN = "区が決める（未確認）"
ASKS_THE_WARD = re.compile(r"区に確認|区へ|区の案内|年度の案内で確認")
TELLS = {
    r"(?<!\d)150円": "programme.other_scheme",
    r"2,500円": "unit.day_yen",
    r"3,500円": "unit.night_yen",
    r"22時から": "night.from",
    r"夜の10時から": "night.from",
    r"朝の?7時": "night.to",
    r"税込み": "unit.tax",
    r"144時間": "cap.hours_per_child",
    r"288時間": "cap.hours_twin",
    r"前の区市町村で助成": "cap.transferred_subtracted",
    r"翌年度に(繰り越す|回す)": "cap.carry_over",
    r"一部の時間だけ": "use.partial",
    r"1時間(未満|に満たない分)を?[^。]*切り捨て": "fraction.unit",
    r"1回(のご?利用)?ごとに[^。]*切り捨て": "fraction.scope",
    r"4月15日": "deadline.day",
    r"必着|消印": "deadline.basis",
    r"4月2日": "eligibility.birth_from",
    r"満6歳|未就学": "eligibility.until",
    r"令和3年分": "tax.income",
    r"24時間365日": "programme.hours_open",
    r"3桁|7桁|3けた": "pay.yucho_format",
    r"通帳の表記どおり": "pay.account_name",
    r"「189」|ダイヤルは、?189": "child_safety.number",
    r"15分以内": "escalation.immediate_minutes",
    r"当日中|本日中": "escalation.same_day_matters",
    r"1営業日": "complaint.callback_business_days",
    r"3回合わ": "identity.lock_failures",
    r"異動年月日": "residence.date_basis",
    r"同居": "residence.living_together",
    r"年度の(新しい)?様式": "apply.form_year",
    r"二重の申請になり": "apply.duplicate",
    r"受付(の)?メール(が|に)": "apply.acknowledgement_mail apply.answer_link",
    r"交通費[^。|]*対象(外|になりません)": "cost.transport cost.excluded",
    r"キャンセル料[^。|]*対象(外|になりません)": "cost.cancellation cost.excluded",
    r"共同保育": "eligibility.shared_care",
    r"認定事業者一覧": "provider.list",
    r"対象のシッター|認定を受けた[^。]*シッター": "provider.sitter_certified",
    r"(健康保険証|診断書|在留カード)[^。]*(送らない|お預かり)": "items.not_accepted",
}
"""What an article tells because one of these rules says so: a change of the rule has to find the article."""
EVERYWHERE = {"fee.basis", "ratio.sitter_child", "unit.per"}
"""Rules whose only figure is a one (1時間, 1人)."""


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


def told(article):
    """All that is said to callers or done for them."""
    lists = [*article["say"], article.get("escalate_when") or ""]
    return "\n".join([*(article[name] for name in ("question", "answer", "read_aloud", "easy")), *lists])


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


@pytest.mark.parametrize(("words", "keys"), TELLS.items())
def test_an_article_lists_the_rule_of_what_it_tells(words, keys):
    telling = [article for article in articles() if re.search(words, told(article))]
    assert telling
    assert [a["external_id"] for a in telling if not {*keys.split()} & {*a["rule_keys"]}] == []


@each_fact([fact for fact in FACTS if figures(fact["value"])])
def test_a_fact_with_a_figure_is_looked_for_in_the_articles(fact):
    assert fact["key"] in {key for keys in TELLS.values() for key in keys.split()} | EVERYWHERE


def test_an_answer_that_waits_for_the_ward_in_part_says_on_which_rule():
    unknown = {fact["key"] for fact in FACTS if "区が決める" in fact["value"] or "区に確認" in fact["value"]}
    waiting = [article for article in articles() if "区に確認してお答えします" in article["answer"]]
    assert waiting
    assert [a["external_id"] for a in waiting if unknown.isdisjoint(a["rule_keys"])] == []


def test_an_article_names_no_source_that_its_rules_do_not():
    for article in articles():
        written = article["source"].removeprefix("区回答待ち。いま案内できることは、")
        named = " ".join(by_key()[key]["source"] for key in article["rule_keys"])
        assert [(article["external_id"], one) for one in written.split("、") if one not in named] == []
        assert article["needs_ward"] is (written != article["source"])

"""The one search box."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import Invalid
from callcenter.privacy.lens.query import LONGEST_QUERY, LONGEST_TERM, MOST_TERMS, Field, Query, parse

TODAY = date(2026, 11, 23)

READ = [
    ("領収書　紛失", Query(words=("領収書", "紛失"))),
    ("シッター ー利用 １ー２", Query(words=("シッター", "１ー２"), without=("利用",))),
    ("申請 -解約 －変更 −取消", Query(words=("申請",), without=("解約", "変更", "取消"))),
    ('"領収書の 再発行"', Query(phrases=("領収書の 再発行",))),
    ("「領収書」『申請』“様式”＂添付＂", Query(phrases=("領収書", "申請", "様式", "添付"))),
    ("申請「書類 不備」", Query(words=("申請",), phrases=("書類 不備",))),
    ('申請 -"書類 不備"', Query(words=("申請",), without=("書類 不備",))),
    ('"まだ閉じて', Query(phrases=("まだ閉じて",))),
    ("状態：対応中 状態:保留", Query(fields={Field.STATE: ("対応中", "保留")})),
    ("区分:「申請 書類」 担当:佐藤", Query(fields={Field.CATEGORY: ("申請 書類",), Field.OWNER: ("佐藤",)})),
    ("電話番号：０３－００００－１２３４", Query(fields={Field.PHONE: ("０３－００００－１２３４",)})),
    ("電話:1234", Query(fields={Field.PHONE: ("1234",)})),
    ("電話:非通知", Query(fields={Field.PHONE: ("非通知",)})),
    ("受付番号:8-000123", Query(fields={Field.NUMBER: ("8-000123",)})),
    ("10:30 https://example.jp/", Query(words=("10:30", "https://example.jp/"))),
    ('"件名:申請"', Query(phrases=("件名:申請",))),
    ("申請 申請 ＡＢＣ abc", Query(words=("申請", "abc"))),
    ("申請 \u200b", Query(words=("申請",))),
    ("期間:今日 -電話", Query(without=("電話",), between=(TODAY, TODAY))),
]
SPANS = [
    ("2026-04", "2026-04-01", "2026-04-30"),
    ("２０２６／４", "2026-04-01", "2026-04-30"),
    ("2026-04-01..2026-05-31", "2026-04-01", "2026-05-31"),
    ("2026-04..2026-05", "2026-04-01", "2026-05-31"),
    ("2026/4/1〜2026/4/2", "2026-04-01", "2026-04-02"),
    ("2026.4.1～R8.4.2", "2026-04-01", "2026-04-02"),
    ("令和8年4月", "2026-04-01", "2026-04-30"),
    ("令和元年5月1日", "2019-05-01", "2019-05-01"),
    ("平成31年4月30日", "2019-04-30", "2019-04-30"),
    ("2028年2月", "2028-02-01", "2028-02-29"),
    ("2026", "2026-01-01", "2026-12-31"),
    ("令和8年度", "2026-04-01", "2027-03-31"),
    ("2026-04..", "2026-04-01", "9999-12-31"),
    ("..2026-04", "0001-01-01", "2026-04-30"),
    ("今日", "2026-11-23", "2026-11-23"),
    ("昨日", "2026-11-22", "2026-11-22"),
    ("今週", "2026-11-23", "2026-11-29"),
    ("先週", "2026-11-16", "2026-11-22"),
    ("今月", "2026-11-01", "2026-11-30"),
    ("先月", "2026-10-01", "2026-10-31"),
    ("今年度", "2026-04-01", "2027-03-31"),
]
REFUSED = [
    ("", "query_empty"),
    (" 　\u200b", "query_empty"),
    ("-解約", "query_only_minus"),
    ("-", "query_minus_alone"),
    ("申請 - 解約", "query_minus_alone"),
    ("-状態:完了", "query_minus_field"),
    ("状況:保留", "query_unknown_field"),
    ("状態: 保留", "query_field_empty"),
    ("状態:「」", "query_field_empty"),
    ("電話:なし", "query_bad_phone"),
    ("電話:123", "query_bad_phone"),
    ("期間:そのうち", "query_bad_period"),
    ("期間:2026-13", "query_bad_period"),
    ("期間:9999-12", "query_bad_period"),
    ("期間:2026-05..2026-04", "query_bad_period"),
    ("期間:..", "query_bad_period"),
    ("期間:今日 期間:昨日", "query_bad_period"),
    (" ".join(f"語{n}" for n in range(MOST_TERMS + 1)), "query_too_many"),
    ("あ" * (LONGEST_TERM + 1), "query_too_long"),
    ("あ " * LONGEST_QUERY, "query_too_long"),
]


@pytest.mark.parametrize(("typed", "query"), READ)
def test_the_box_is_understood(typed, query):
    assert parse(typed, TODAY) == query


@pytest.mark.parametrize(("typed", "first", "last"), SPANS)
def test_a_span_of_days_is_understood(typed, first, last):
    between = (date.fromisoformat(first), date.fromisoformat(last))

    assert parse(f"期間：{typed}", TODAY).between == between


@pytest.mark.parametrize(("typed", "code"), REFUSED)
def test_nonsense_is_refused_with_a_code(typed, code):
    with pytest.raises(Invalid) as refusal:
        parse(typed, TODAY)

    assert refusal.value.code == code


def test_a_refusal_never_repeats_what_was_typed():
    with pytest.raises(Invalid) as refusal:
        parse("山田花子:申請", TODAY)

    assert "山田" not in refusal.value.message


def test_a_field_answered_by_a_room_is_left_out():
    query = parse("領収書 状態:保留 電話:1234", TODAY)

    assert query.less(Field.STATE) == Query(words=("領収書",), fields={Field.PHONE: ("1234",)})
    assert query.terms == ["領収書"]


@given(st.text())
def test_anything_typed_is_a_query_or_a_refusal(typed):
    assert understood(typed)


def understood(typed):
    try:
        query = parse(typed, TODAY)
    except Invalid as refusal:
        return refusal.code.startswith("query_")
    return bool(query.terms or query.fields or query.between)

"""What a caller says against what the record holds: any width, variant, kana or era; nothing but yes or no."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.applications import matching

ADDRESS = "東京都新宿区西新宿一丁目２番３号 見本マンション405号室"


@pytest.mark.parametrize(
    "said",
    ["髙橋 花子", "高橋花子", "高橋　花子", "タカハシ ハナコ", "たかはしはなこ", "ﾀｶﾊｼ ﾊﾅｺ"],
)
def test_a_name_is_known_in_any_spelling(said):
    assert matching.is_same_name(said, "髙橋 花子", "タカハシ ハナコ")


@pytest.mark.parametrize("said", ["高橋", "花子", "高橋花", "高橋華子", "", "  "])
def test_a_part_of_a_name_is_not_the_name(said):
    assert not matching.is_same_name(said, "髙橋 花子", "タカハシ ハナコ")


@pytest.mark.parametrize(
    "said",
    [
        "2021-04-02",
        "2021/4/2",
        "２０２１年４月２日",
        "20210402",
        "令和3年4月2日",
        "令和三年四月二日",
        "R3.4.2",
        "r3-04-02",
        "3.4.2",
        "令和3年4月2日生まれ",
    ],
)
def test_a_birth_date_is_known_in_any_calendar(said):
    assert matching.is_same_day(said, "2019-01-01", "2021-04-02")


@pytest.mark.parametrize(
    "said", ["2021-04-03", "平成3年4月2日", "2021-04", "4月2日", "2021-02-30", "", "きのう"]
)
def test_another_day_is_not_the_birth_date(said):
    assert not matching.is_same_day(said, "2021-04-02")


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("令和元年五月一日", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("H30.12.31", date(2018, 12, 31)),
    ],
)
def test_days_of_other_eras_are_read(said, day):
    assert matching.read_day(said) == day


@pytest.mark.parametrize(
    "said",
    [
        "東京都新宿区西新宿1-2-3",
        "新宿区西新宿1-2-3",
        "西新宿1-2-3",
        "西新宿１－２－３",
        "新宿区西新宿１丁目２番３号",
        "西新宿一丁目二番三号",
        "西新宿1の2の3",
        "新宿区西新宿1丁目2-3 見本マンション405",
        "西新宿1-2-3-405",
    ],
)
def test_an_address_is_known_to_its_house_number(said):
    assert matching.is_same_address(said, ADDRESS)


@pytest.mark.parametrize(
    "said",
    ["西新宿1-2", "西新宿1-2-4", "北新宿1-2-3", "渋谷区西新宿1-2-3", "新宿区西新宿", "405", "", "1-2-3"],
)
def test_another_place_is_not_the_address(said):
    assert not matching.is_same_address(said, ADDRESS)


@pytest.mark.parametrize(
    "said",
    [
        "R8-00123",
        "ｒ８－００１２３",
        "R8の123",
        "r8 123番",
        "R8ー00123",
        "R800123",
        "8-123",
        "８の１２３番",
        "8-00123",
    ],
)
def test_our_own_number_is_known_however_it_is_said(said):
    assert matching.is_same_number(said, "R8-00123")


@pytest.mark.parametrize("said", ["R8-00124", "R7-00123", "00123", "R80012", "", "R8", "8", "7-123"])
def test_another_number_is_not_ours(said):
    assert not matching.is_same_number(said, "R8-00123")


@pytest.mark.parametrize(
    "said",
    ["03-0000-1234", "0300001234", "03-00001234", "20220506", "令和4年5月6日", "4.5.6", "5月6日", "800123"],
)
def test_a_telephone_number_or_a_date_is_no_number_of_ours(said):
    assert matching.read_number(said) is None


def test_a_phone_is_known_in_any_form():
    assert matching.is_same_phone("+81 90 0000 1234", None, "０９０－００００－１２３４")
    assert not matching.is_same_phone("非通知", "非通知")


@pytest.mark.parametrize(
    "same",
    [
        matching.is_same_name,
        matching.is_same_day,
        matching.is_same_phone,
        matching.is_same_number,
        matching.is_same_address,
    ],
)
@given(said=st.text(max_size=30), known=st.text(max_size=30))
def test_nothing_said_ever_breaks_and_silence_never_matches(same, said, known):
    assert same(said, known, None) in (True, False)
    assert not same("", known)
    assert not same(said)


@given(st.dates(date(2013, 1, 1), date(2030, 12, 31)))
def test_every_birth_date_is_known_in_both_calendars(day):
    reiwa = day >= date(2019, 5, 1)
    era = f"{'令和' if reiwa else '平成'}{day.year - (2018 if reiwa else 1988)}年{day.month}月{day.day}日"
    for said in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", era):
        assert matching.is_same_day(said, day.isoformat())
        assert not matching.is_same_day(said, (day + timedelta(days=1)).isoformat())


@given(st.integers(1, 9), st.integers(1, 99), st.integers(1, 99))
def test_every_way_of_writing_a_house_number_is_one(chome, block, house):
    known = f"新宿区見本町{chome}丁目{block}番{house}号"
    for said in (
        f"見本町{chome}-{block}-{house}",
        f"新宿区見本町{chome}ー{block}ー{house}",
        f"見本町{chome}の{block}の{house}",
    ):
        assert matching.is_same_address(said, known)
    assert not matching.is_same_address(f"見本町{chome}-{block}-{house + 1}", known)

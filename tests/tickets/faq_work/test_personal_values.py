"""What belongs to known persons is found in a text however it is written, and nothing else is."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.faq_work.personal_values import Value, What, places, without

WORDS = {
    What.NAME: "氏名",
    What.PHONE: "電話番号",
    What.MAIL: "メールアドレス",
    What.ADDRESS: "住所",
    What.BIRTH_DATE: "生年月日",
    What.APPLICATION: "申請番号",
    What.ACCOUNT: "口座情報",
}

FOUND = [
    (What.NAME, "山田 花子", "山田花子です", "山田花子"),
    (What.NAME, "山田 花子", "山田　花子です", "山田　花子"),
    (What.NAME, "髙橋 渚", "高橋渚です", "高橋渚"),
    (What.NAME, "ヤマダ ハナコ", "やまだはなこです", "やまだはなこ"),
    (What.NAME, "ヤマダ ハナコ", "ﾔﾏﾀﾞ ﾊﾅｺです", "ﾔﾏﾀﾞ ﾊﾅｺ"),
    (What.NAME, "山田 花子", "山田様から", "山田"),
    (What.NAME, "山田 さくら", "さくらちゃんが", "さくら"),
    (What.NAME, "林 葵", "林さんから", "林"),
    (What.PHONE, "090-0000-1234", "番号は09000001234", "09000001234"),
    (What.PHONE, "090-0000-1234", "番号は０９０－００００－１２３４です", "０９０－００００－１２３４"),
    (What.PHONE, "03-0000-1234", "(03) 0000 1234", "03) 0000 1234"),
    (What.PHONE, "09000001234", "+81 90-0000-1234", "90-0000-1234"),
    (What.MAIL, "Hanako@example.jp", "ＨＡＮＡＫＯ＠example.jpへ", "ＨＡＮＡＫＯ＠example.jp"),
    (What.ADDRESS, "東京都新宿区西新宿1-2-3", "西新宿１丁目２番３号の方", "西新宿１丁目２番３"),
    (What.ADDRESS, "東京都新宿区西新宿1-2-3 かえで荘", "新宿区西新宿1-2-3", "西新宿1-2-3"),
    (What.BIRTH_DATE, "2022-05-06", "令和4年5月6日生まれ", "令和4年5月6日"),
    (What.BIRTH_DATE, "2022-05-06", "2022/05/06", "2022/05/06"),
    (What.BIRTH_DATE, "2022-05-06", "Ｒ４．５．６", "Ｒ４．５．６"),
    (What.BIRTH_DATE, "2022-05-06", "20220506", "20220506"),
    (What.BIRTH_DATE, "2022-05-06", "5月6日生の子", "5月6日"),
    (What.BIRTH_DATE, "2019-05-06", "令和元年5月6日", "令和元年5月6日"),
    (What.BIRTH_DATE, "1990-12-31", "平成2年12月31日", "平成2年12月31日"),
    (What.APPLICATION, "R8-00123", "申請R8-123の件", "R8-123"),
    (What.APPLICATION, "R8-00123", "Ｒ８－００１２３", "Ｒ８－００１２３"),
    (What.ACCOUNT, "普通 9071358", "口座 9071358", "9071358"),
]

FREE = [
    (What.NAME, "山田 花子", "山田線で行く花火"),
    (What.NAME, "林 葵", "林間学校の葵"),
    (What.NAME, "大田 翔", "大田区から転入"),
    (What.PHONE, "090-0000-1234", "090-0000-12345"),
    (What.PHONE, "090-0000-1234", "144時間と288時間"),
    (What.ADDRESS, "東京都新宿区西新宿1-2-3", "西新宿の窓口"),
    (What.BIRTH_DATE, "2022-05-06", "令和4年5月16日までに"),
    (What.BIRTH_DATE, "2022-05-06", "5月6日まで"),
    (What.APPLICATION, "R8-00123", "R8-01234"),
    (What.APPLICATION, "R8-00123", "令和8年度"),
    (What.ACCOUNT, "普通", "普通の口座"),
]


@pytest.mark.parametrize(("what", "value", "text", "found"), FOUND)
def test_a_value_is_found_in_any_way_of_writing(what, value, text, found):
    pieces = [text[place.start : place.end] for place in places(text, [Value(what, value)])]
    assert pieces == [found]


@pytest.mark.parametrize(("what", "value", "text"), FREE)
def test_what_only_looks_like_it_is_left(what, value, text):
    assert places(text, [Value(what, value)]) == []


def test_each_value_is_replaced_by_what_it_is():
    values = [
        Value(What.NAME, "山田 花子"),
        Value(What.PHONE, "090-0000-1234"),
        Value(What.NAME, "ヤマダ ハナコ"),
    ]
    text = "山田花子（やまだはなこ）様、090-0000-1234。領収書の宛名について。"
    assert without(text, values, WORDS) == ("〔氏名〕（〔氏名〕）様、〔電話番号〕。領収書の宛名について。", 3)


def test_values_that_overlap_are_one():
    values = [Value(What.ADDRESS, "東京都新宿区西新宿1-2-3 かえで荘"), Value(What.NAME, "かえで")]
    text = "東京都新宿区西新宿1-2-3 かえで荘にお住まい"
    assert without(text, values, WORDS) == ("〔住所〕にお住まい", 1)


@settings(deadline=None)
@given(
    st.text(max_size=60),
    st.text(min_size=1, max_size=12),
    st.sampled_from([What.NAME, What.MAIL, What.ADDRESS, What.PHONE]),
)
def test_any_text_keeps_what_is_not_replaced(text, value, what):
    found = places(text, [Value(what, value)])
    assert all(0 <= place.start < place.end <= len(text) for place in found)
    assert all(a.end <= b.start for a, b in pairwise(found))

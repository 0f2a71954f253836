"""Personal data is found in any width and notation; what the FAQ is asked about is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.articles.personal import PersonalKind, personal_data_in

P = PersonalKind
FOUND = [
    ("090-0000-1234に電話ください", P.PHONE),
    ("０９０－００００－１２３４です", P.PHONE),
    ("09000001234", P.PHONE),
    ("090 0000 1234", P.PHONE),
    ("(03)0000-1234まで", P.PHONE),
    ("03-0000-1234", P.PHONE),
    ("０３（００００）１２３４", P.PHONE),
    ("0120-000-123", P.PHONE),
    ("+81 90 0000 1234", P.PHONE),
    ("＋８１－９０－００００－１２３４", P.PHONE),
    ("〇九〇の〇〇〇〇の一二三四".replace("の", "ー"), P.PHONE),
    ("零三〇〇〇〇一二三四", P.PHONE),
    ("90-0000-1234", P.PHONE),
    ("電話は0000-1234です", P.PHONE),
    ("090.0000.1234", P.PHONE),
    ("0 9 0 0 0 0 0 1 2 3 4", P.PHONE),
    ("hanako@example.jp", P.MAIL),
    ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", P.MAIL),
    ("hanako アットマーク example ドット jp", P.MAIL),
    ("hanako(at)example.jp まで", P.MAIL),
    ("hanako[@]example.jp", P.MAIL),
    ("hanako ( @ ) example [.] jp", P.MAIL),
    ("西新宿1の2の3です", P.ADDRESS),
    ("百人町１２の３", P.ADDRESS),
    ("〒160-0000", P.ADDRESS),
    ("１６０－００００に住んでいます", P.ADDRESS),
    ("新宿区西新宿1-2-3", P.ADDRESS),
    ("西新宿１－２－３ー４０４", P.ADDRESS),
    ("百人町9丁目99番77号", P.ADDRESS),
    ("百人町九丁目九十九番", P.ADDRESS),
    ("新宿区大久保12番地", P.ADDRESS),
    ("金糸雀荘203", P.ADDRESS),
    ("302号室です", P.ADDRESS),
    ("生年月日は2022年5月6日", P.BIRTH_DATE),
    ("2022/5/6生まれの子", P.BIRTH_DATE),
    ("令和4年5月6日生", P.BIRTH_DATE),
    ("R4.5.6生まれ", P.BIRTH_DATE),
    ("誕生日は5月6日です", P.BIRTH_DATE),
    ("5月6日生まれです", P.BIRTH_DATE),
    ("口座番号は1234567です", P.ACCOUNT),
    ("普通 9071358", P.ACCOUNT),
    ("普通預金の９０７１３５８", P.ACCOUNT),
    ("○○支店の123456", P.ACCOUNT),
    ("記号12340 番号12345671", P.ACCOUNT),
    ("12340-12345671", P.ACCOUNT),
    ("申請番号は2026-00123です", P.NUMBER),
    ("受付番号 A-12345", P.NUMBER),
    ("T-000123の件", P.NUMBER),
    ("1234 5678 9012", P.NUMBER),
    ("マイナンバー123456789012", P.NUMBER),
    ("12345678", P.NUMBER),
    ("山田さんに聞きました", P.NAME),
    ("山田 花子様", P.NAME),
    ("担当の鈴木様へ", P.NAME),
    ("ヤマダさん", P.NAME),
    ("さくらの友だちの健太くん", P.NAME),
    ("山田と申します", P.NAME),
    ("やまだともうします", P.NAME),
    ("私は山田花子といいます", P.NAME),
    ("氏名は山田花子です", P.NAME),
    ("名前: 山田花子", P.NAME),
]
NOT_FOUND = [
    "2,500円は高いです",
    "２，５００円",
    "144時間まで使えますか",
    "288時間",
    "4月15日が締切ですか",
    "2026年4月15日に出しました",
    "令和8年4月1日から",
    "22時から7時まで",
    "03から始まる番号が分かりません",
    "090で始まる電話から",
    "1時間150円の制度",
    "F-12の記事が分かりにくい",
    "お客様の声",
    "皆様のおかげです",
    "シッターさんが来ませんでした",
    "ベビーシッターさん",
    "お子さんが2人います",
    "お子様の人数",
    "赤ちゃんがいます",
    "たくさん書いてありました",
    "様式が見つかりません",
    "様々な場合",
    "仕様が分からない",
    "多様な働き方",
    "事業者さんに聞いてと言われた",
    "担当者様によって答えが違う",
    "職員さんは親切でした",
    "旦那さんの口座でもいいですか",
    "お母さんが働いていないとだめですか",
    "口座の名義が違うとき",
    "ゆうちょ銀行の7桁の番号",
    "普通口座だけですか",
    "支店の番号3桁はどこにありますか",
    "新宿区に住んでいます",
    "西新宿に引っ越しました",
    "1丁目と2丁目で違いますか",
    "住所が変わりました",
    "生まれたばかりの子も使えますか",
    "誕生日を過ぎたらどうなりますか",
    "満6歳の年度末",
    "平成30年度生まれの子は",
    "電話がつながりません",
    "電話番号はどこですか",
    "メールアドレスを間違えた",
    "申請番号が分かりません",
    "受付メールが来ない",
    "名前を書き間違えた",
    "氏名の書き方",
    "宛名は夫でもいいですか",
    "名前は旧姓でもよいですか",
    "30分は切り捨てですか",
    "1-3歳でも使えますか",
    "10-20時間くらい",
    "100000円かかりました",
    "1234567円",
    "3人目の子",
    "午前9時から17時半まで",
    "9:00-17:00",
    "189に電話しました",
    "0歳から使えますか",
    "100%助成ですか",
    "PDFが開けない",
    "第3条の意味",
    "答えが長くて読めない。もっと短くしてください",
    "役に立ちました、ありがとうございます",
    "",
]


@pytest.mark.parametrize(("text", "kind"), FOUND, ids=[text for text, _ in FOUND])
def test_what_is_personal_is_found(text, kind):
    found = personal_data_in(text)
    assert kind in {one.kind for one in found}, found
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_the_faq_is_asked_about_passes(text):
    assert [text[one.start : one.end] for one in personal_data_in(text)] == []


def test_a_finding_says_where_it_stands():
    text = "締切は過ぎましたか。連絡は０９０－００００－１２３４へ"
    (found,) = personal_data_in(text)
    assert text[found.start : found.end] == "０９０－００００－１２３４"


@given(st.text(max_size=500))
def test_any_text_is_looked_through(text):
    found = personal_data_in(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert found == sorted(found, key=lambda one: one.start)

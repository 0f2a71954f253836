"""LoGo Form answer links are bearer secrets and stay out of texts, however they are written."""

import pytest

from callcenter.errors import Invalid
from callcenter.privacy.secrets_guard import has_secret_link, paste_guard

KEY = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text",
    [
        f"https://logoform.jp/f/aB3/12?key={KEY}",
        f"回答はこちら→https://logoform.jp/f/aB3/12?key={KEY}。よろしく",
        "logoform.jp/f/x?key=1",
        "LOGOFORM.JP/F/x?KEY=1",
        "ｈｔｔｐｓ：／／ｌｏｇｏｆｏｒｍ．ｊｐ／ｆ／ａ／１？ｋｅｙ＝ａｂ",
        "logoform . jp / f / a / 1 ? k e y = a b",
        "https://logoform.jp/f/a/1\n?key=ab",
        "logo\u200bform.jp/f/a\u00ad/1?ke\u2060y=ab",
        "https%3A%2F%2Flogoform.jp%2Ff%2Fa%3Fkey%3Dab",
        "https%253A%252F%252Flogoform.jp%252Ff%252Fa%253Fkey%253Dab",
        "https://logoform.jp/f/a/1?lang=ja&amp;key=ab",
        "logoform[.]jp/f/a?key=ab",
        "logoform。jp/f/a?key=ab",
        "logoform.jp//f/a?key=ab",
        "https://logoform.jp:443/f/a?key=ab",
        "https://logoform.jp：４４３／f／a?key=ab",
        "https:\\\\logoform.jp\\f\\a?key=ab",
        "[回答](https://logoform.jp/f/a?key=ab)",
        f"key={KEY}",
    ],
)
def test_an_answer_link_is_found_in_any_disguise(text):
    assert has_secret_link(text)
    with pytest.raises(Invalid, match="LoGo") as refused:
        paste_guard("よい文", None, text)
    assert refused.value.code == "secret_link"
    assert "key=" + KEY not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://logoform.jp/form/tWbQ/206951",
        "logoform.jp の申請フォームから送信してください",
        "LoGoフォームの受付番号は 123 です。key を確認",
        "https://example.jp/f/a?key=ab",
        "https://logoform.jp/f/a",
        "鍵(key)は金庫にあります",
    ],
)
def test_public_addresses_and_plain_words_pass(text):
    assert not has_secret_link(text)
    paste_guard(text)


def test_a_long_text_is_judged_quickly():
    paste_guard("logoform.jp/f/" * 20_000)
    paste_guard("相談内容です。" * 50_000)

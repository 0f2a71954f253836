"""解決しましたか: what is taken is sealed on the spot; what looks personal, or comes from elsewhere, is not taken."""

from urllib.parse import quote

import pytest

from kb.public import inbox, limits

HOME = "/babysitter/"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def site(bare_site):
    """A site with one article."""
    bare_site.put(1, "交通費は対象になりますか")
    return bare_site


def send(site, headers=OURS, **form):
    return site.post(f"{HOME}faq/1/feedback", data=form, headers=headers)


def test_an_answer_is_taken_and_thanked(site):
    answer = send(site, solved="no", text="金額が書いてありません")
    assert (answer.status_code, answer.location) == (303, f"{HOME}thanks")
    ((kind, said),) = site.inbox()
    assert kind == "feedback"
    assert (said["solved"], said["text"]) == (False, "金額が書いてありません")
    assert said["revision"] == str(site.made[1]["revision_id"])
    assert "ありがとう" in site.get(f"{HOME}thanks").text


def test_nothing_readable_of_it_lies_in_the_store(site):
    send(site, solved="no", text="金糸雀色のカナリア手帳が要ります")
    found = b"".join(file.read_bytes() for file in site.settings.face_file.parent.iterdir())
    assert "金糸雀".encode() not in found
    assert len(site.inbox()) == 1


def test_the_same_twice_is_taken_once(site):
    for _ in range(3):
        assert send(site, solved="yes", text="よく分かりました").status_code == 303
    assert len(site.inbox()) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text": "よい"}, "選んでください"),
        ({"solved": "maybe"}, "選んでください"),
        ({"solved": "no", "text": "あ" * 501}, "500文字までです"),
        ({"solved": "no", "text": "連絡は090-0000-1234へ"}, "電話番号のように"),
        ({"solved": "no", "text": "西新宿1-2-3に住んでいます"}, "住所や郵便番号のように"),
        ({"solved": "no", "text": "山田と申します"}, "お名前のように"),
        ({"solved": "no", "text": "あ\x00い"}, "使えない文字"),
    ],
    ids=["no answer", "another answer", "too long", "phone", "address", "name", "control"],
)
def test_what_cannot_be_taken_is_said_and_stays_in_the_form(site, form, said, caplog):
    answer = send(site, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "まだ送っていません" in answer.text
    assert form.get("text", "").partition("\x00")[0][:5] in answer.text[answer.text.index("<textarea") :]
    assert site.inbox() == []
    assert "090-0000" not in caplog.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Sec-Fetch-Site": "none"}, 400),
        ({}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "http://localhost"}, 303),
        ({"Referer": "http://localhost/babysitter/faq/1"}, 303),
    ],
)
def test_only_a_page_of_this_site_may_send(site, headers, status):
    assert send(site, headers=headers, solved="yes").status_code == status
    assert len(site.inbox()) == (status == 303)


def test_a_machine_that_fills_in_every_field_is_thanked_for_nothing(site):
    assert send(site, solved="yes", website="https://example.jp").status_code == 303
    assert site.inbox() == []


def test_a_visitor_sends_so_many_and_then_waits(site, monkeypatch):
    monkeypatch.setattr(limits, "SENDING", limits.Limit("sending", 2, 600))
    answers = [send(site, solved="yes", text=f"{n}つ目").status_code for n in range(3)]
    assert answers == [303, 303, 429]
    assert len(site.inbox()) == 2


def test_a_full_day_takes_no_more(site, monkeypatch):
    monkeypatch.setitem(inbox.MOST_A_DAY, inbox.FEEDBACK, 1)
    assert send(site, solved="yes").status_code == 303
    assert send(site, solved="no").status_code == 503
    assert len(site.inbox()) == 1


def test_a_large_body_is_refused(site):
    assert send(site, solved="yes", text="あ" * 20_000).status_code == 413


def test_without_a_key_of_the_year_there_is_no_form(site):
    with site.store.writing() as connection:
        connection.exec_driver_sql("UPDATE face_programme SET public_key = NULL, key_id = NULL, stamp = 'x'")
    assert "解決しましたか" not in site.get(f"{HOME}faq/1").text
    assert send(site, solved="yes").status_code == 404


def test_an_article_that_is_gone_takes_nothing(site):
    site.take(1)
    assert send(site, solved="yes").status_code == 404


def test_words_that_found_nothing_are_sealed_too_once_a_day(site):
    for words in ("zzqq", "ＺＺＱＱ", "zzqq", "090-0000-1234", "交通費"):
        assert site.get(f"{HOME}search?q={quote(words)}").status_code == 200
    assert [(kind, said["words"]) for kind, said in site.inbox()] == [("search", "zzqq")]


def test_words_are_let_go_when_the_day_is_full(site, monkeypatch):
    monkeypatch.setitem(inbox.MOST_A_DAY, inbox.SEARCH, 1)
    for words in ("zzqq", "qqzz"):
        assert site.get(f"{HOME}search?q={words}").status_code == 200
    assert len(site.inbox()) == 1

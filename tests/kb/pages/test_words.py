"""The page of the office's words, and the hints that writers get."""

import json

import pytest

from callcenter.db import db, new_id, writing
from callcenter.privacy.actions import Action
from kb.words.lists import OfficeWord
from kb.words.office import Word, first_words


@pytest.fixture
def fields(world):
    return {
        "programme": str(world.programme.id),
        "once": new_id().hex,
        "written": "ベビシ",
        "instead": "ベビーシッター",
        "reason": "略さずに書きます。",
    }


@pytest.fixture
def word(world):
    """A word of the world's programme, after the seed's."""
    with writing():
        made = OfficeWord.add(world.programme.id, Word("手渡し", "持参", "短く"), by=world.sato)
    return db.session.get(OfficeWord, made.id)


def listed(world):
    db.session.expire_all()
    return OfficeWord.of([world.programme.id])


def test_agents_read_the_words_and_change_nothing(world, word, fields):
    client = world.client("aoki")
    page = client.get("/faq/words").text
    assert "手渡し" in page
    assert "/edit" not in page.split("<main")[1]
    assert client.get(f"/faq/words/{word.id}/edit").status_code == 403
    assert client.post("/faq/words", data=fields).status_code == 403
    assert client.post(f"/faq/words/{word.id}/changes", data=fields).status_code == 403


def test_before_the_first_change_the_seed_stands_there_to_read(world):
    page = world.client("sato").get("/faq/words").text
    assert first_words()[0].written in page
    assert "最初から入っている一覧です" in page


def test_a_word_is_kept_beside_the_seed(world, fields):
    client = world.client("sato")
    assert client.post("/faq/words", data=fields).status_code == 303
    new = Word("ベビシ", "ベビーシッター", "略さずに書きます。")
    assert listed(world) == sorted([*first_words(), new])
    assert json.loads(world.entries(Action.WORDS_CHANGED)[-1].facts) == {"change": "added", "version": 1}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("written", "", "入力してください。"),
        ("written", " ", "入力してください。"),
        ("instead", "", "入力してください。"),
        ("written", "夜", "2文字以上"),
        ("written", "ベビーシッター", "同じです"),
        ("written", "手渡し", "すでに登録されています"),
        ("written", "お子様", "すでに登録されています"),
        ("written", "あ" * 41, "40文字以内"),
        ("reason", "あ" * 121, "120文字以内"),
        ("instead", "a\x00", "使えない文字"),
    ],
)
def test_what_cannot_be_kept_is_said_and_stays(world, word, fields, field, value, said):
    answer = world.client("sato").post("/faq/words", data={**fields, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert "略さずに書きます。" in answer.text or field == "reason"
    assert len(listed(world)) == len(first_words()) + 1


def test_a_second_editor_sees_the_difference_and_loses_nothing(world, word, fields):
    address, client = f"/faq/words/{word.id}/changes", world.client("sato")
    world.client("suzuki").post(address, data={**fields, "instead": "窓口で渡す", "after": "1"})
    answer = client.post(address, data={**fields, "instead": "直接渡す", "after": "1"})
    assert answer.status_code == 409
    assert "ほかの人がこの語を変えました" in answer.text
    assert 'value="直接渡す"' in answer.text
    assert client.post(address, data={**fields, "instead": "直接渡す", "after": "2"}).status_code == 303
    assert Word(fields["written"], "直接渡す", fields["reason"]) in listed(world)


def test_a_change_to_a_word_that_is_there_is_said_at_the_field(world, word, fields):
    answer = world.client("sato").post(
        f"/faq/words/{word.id}/changes", data={**fields, "written": "お子様", "after": "1"}
    )
    assert answer.status_code == 422
    assert "すでに登録されています" in answer.text


def test_a_word_is_taken_out_and_brought_back(world, word):
    client = world.client("sato")
    answer = client.post(f"/faq/words/{word.id}/retirements")
    assert "外しました: 手渡し" in client.get(answer.location).text
    assert "手渡し" not in [one.written for one in listed(world)]
    client.post(f"/faq/words/{word.id}/restorations")
    assert "手渡し" in [one.written for one in listed(world)]
    changes = [json.loads(entry.facts)["change"] for entry in world.entries(Action.WORDS_CHANGED)]
    assert changes[-2:] == ["retired", "restored"]


def test_words_are_looked_through(world, word):
    client = world.client("aoki")
    page = client.get("/faq/words?q=持参").text
    assert "手渡し" in page
    assert "お子様" not in page
    assert "「zzz」を含む語はありません" in client.get("/faq/words?q=zzz").text


@pytest.mark.parametrize("path", ["edit", "changes", "retirements", "restorations"])
def test_words_of_others_are_not_there(world, word, fields, path):
    client = world.client("yoso")
    address = f"/faq/words/{word.id}/{path}"
    answer = client.get(address) if path == "edit" else client.post(address, data=fields)
    assert answer.status_code == 404


def test_a_preview_shows_what_stands_better_otherwise(world, word):
    client = world.client("sato")
    page = client.post("/faq/previews", data={"answer": "書類は手渡しで。\n\n<b>お子様</b>の分も。"}).text
    assert "用語の気づき（2件）" in page
    assert "回答の1行目" in page
    assert "<mark>手渡し</mark>" in page
    assert "<b>お子様" not in page
    assert "用語の気づき" not in client.post("/faq/previews", data={"answer": "持参します。"}).text


def test_saving_a_draft_says_what_stands_better_otherwise_and_keeps_it(world, make_article, fields):
    article = {"question": "お子様の分は", "answer": "申請用紙に書きます。", "programme": fields["programme"]}
    client = world.client("sato")
    answer = client.post("/faq", data={**article, "once": new_id().hex})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "用語の気づきが2件あります: 「お子様」は「お子さん」、「申請用紙」は「申請書」。" in page

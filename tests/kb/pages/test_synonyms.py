"""The page of synonyms: kept by a supervisor, known to search at once, two editors, and what cannot be kept."""

import json

import pytest

from callcenter.db import db, new_id, writing
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.index.synonyms import first_synonyms
from kb.words.lists import MOST_ROWS, SynonymGroup


@pytest.fixture
def fields(world):
    return {"programme": str(world.programme.id), "once": new_id().hex, "words": "定期代\n交通費\n"}


@pytest.fixture
def group(world):
    """A group of the world's programme, after the seed's."""
    with writing():
        made = SynonymGroup.add(world.programme.id, ["交通費", "通院バス"], by=world.sato)
    return db.session.get(SynonymGroup, made.id)


def groups():
    db.session.expire_all()
    return db.session.query(SynonymGroup).filter_by(is_retired=False).order_by("position").all()


def found(client, text):
    return client.post("/faq/suggestions", data={"text": text}).text


def test_agents_read_the_groups_and_change_nothing(world, group, fields):
    client = world.client("aoki")
    page = client.get("/faq/synonyms").text
    assert "交通費、通院バス" in page
    assert f"/faq/synonyms/{group.id}/edit" not in page
    assert client.get(f"/faq/synonyms/{group.id}/edit").status_code == 403
    assert client.post("/faq/synonyms", data=fields).status_code == 403
    assert client.post(f"/faq/synonyms/{group.id}/changes", data=fields).status_code == 403
    assert client.post(f"/faq/synonyms/{group.id}/retirements").status_code == 403


def test_before_the_first_change_the_seed_stands_there_to_read(world):
    page = world.client("sato").get("/faq/synonyms").text
    assert "、".join(first_synonyms()[0]) in page
    assert "最初から入っている一覧です" in page
    assert "/edit" not in page.split("<main")[1]


def test_a_new_group_is_known_to_search_at_once(world, make_article, fields):
    make_article("交通費は対象になりますか")
    client = world.client("sato")
    assert 'data-count="0"' in found(client, "定期代")
    answer = client.post("/faq/synonyms", data=fields)
    assert (answer.status_code, answer.location) == (303, "/faq/synonyms")
    assert 'data-count="1"' in found(client, "定期代")
    assert groups()[-1].words == ["定期代", "交通費"]
    assert len(groups()) == len(first_synonyms()) + 1
    entry = world.entries(Action.SYNONYMS_CHANGED)[-1]
    assert json.loads(entry.facts) == {"change": "added", "version": 1}


def test_the_same_form_sent_twice_makes_one_group(world, fields):
    client = world.client("sato")
    client.post("/faq/synonyms", data=fields)
    client.post("/faq/synonyms", data=fields)
    assert len(groups()) == len(first_synonyms()) + 1


def test_a_word_in_two_groups_is_kept_and_said(world, fields):
    client = world.client("sato")
    client.post("/faq/synonyms", data={**fields, "words": "定期券\n領収書"})
    page = client.get("/faq/synonyms").text
    assert "「領収書」は「領収書、レシート、領収証、りょうしゅうしょ」の組にもあります。" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "入力してください。"),
        ("交通費", "2つ以上"),
        ("交通費\n交通費\n ", "2つ以上"),
        ("ｺｳﾂｳﾋ\nこうつうひ", "2つ以上"),
        ("夜\n夜間", "1文字なので"),
        ("あ" * 41 + "\n交通費", "40文字以内"),
        ("\n".join(f"語{number}番" for number in range(31)), "30語まで"),
        ("交通費\na\x00b", "使えない文字"),
        ("交通費\nhttps://logoform.jp/f/a/1?key=abc", "LoGoフォーム"),
    ],
)
def test_what_makes_no_group_is_said_and_stays(world, group, fields, words, said):
    client, version = world.client("sato"), group.version
    for path in ("/faq/synonyms", f"/faq/synonyms/{group.id}/changes"):
        answer = client.post(path, data={**fields, "words": words, "after": str(version)})
        assert answer.status_code == 422
        assert said in answer.text
    assert groups()[-1].words == ["交通費", "通院バス"]


def test_a_full_list_says_what_to_do(world, fields, group):
    with writing():
        more = range(MOST_ROWS - len(groups()))
        db.session.add_all(
            SynonymGroup(programme_id=world.programme.id, position=n, words=["甲乙", "丙丁"]) for n in more
        )
        audit.record(Action.SYNONYMS_CHANGED, by=world.sato, facts={"change": "added", "version": 1})
    answer = world.client("sato").post("/faq/synonyms", data=fields)
    assert answer.status_code == 422
    assert "500件まで" in answer.text
    assert "定期代" in answer.text


def test_a_group_is_changed_and_says_by_whom(world, group, fields):
    client = world.client("suzuki")
    page = client.get(f"/faq/synonyms/{group.id}/edit").text
    assert "交通費\n通院バス</textarea>" in page
    answer = client.post(
        f"/faq/synonyms/{group.id}/changes", data={**fields, "words": "交通費\nタクシー券", "after": "1"}
    )
    assert answer.status_code == 303
    page = client.get("/faq/synonyms?q=ﾀｸｼｰ券").text
    assert "交通費、タクシー券" in page
    assert "鈴木 楓" in page
    assert json.loads(world.entries(Action.SYNONYMS_CHANGED)[-1].facts) == {"change": "changed", "version": 2}


def test_saving_it_as_it_was_changes_nothing(world, group, fields):
    client = world.client("sato")
    before = len(world.entries(Action.SYNONYMS_CHANGED))
    client.post(
        f"/faq/synonyms/{group.id}/changes", data={**fields, "words": "交通費\n通院バス", "after": "1"}
    )
    assert len(world.entries(Action.SYNONYMS_CHANGED)) == before
    assert groups()[-1].version == 1


@pytest.mark.parametrize("after", ["1", "", "x", "99", "１"])
def test_a_second_editor_sees_the_difference_and_loses_nothing(world, group, fields, after):
    address = f"/faq/synonyms/{group.id}/changes"
    world.client("suzuki").post(address, data={**fields, "words": "交通費\nタクシー券", "after": "1"})
    client = world.client("sato")
    answer = client.post(address, data={**fields, "words": "交通費\n自転車", "after": after})
    assert answer.status_code == 409
    assert "ほかの人がこの語を変えました" in answer.text
    assert "<ins>" in answer.text
    assert "交通費\n自転車</textarea>" in answer.text
    assert groups()[-1].words == ["交通費", "タクシー券"]
    again = client.post(address, data={**fields, "words": "交通費\n自転車", "after": "2"})
    assert again.status_code == 303
    assert groups()[-1].words == ["交通費", "自転車"]


def test_a_group_is_taken_out_and_brought_back(world, make_article, group):
    make_article("交通費は対象になりますか")
    client = world.client("sato")
    assert 'data-count="1"' in found(client, "通院バス")
    answer = client.post(f"/faq/synonyms/{group.id}/retirements")
    assert answer.location == f"/faq/synonyms?removed={group.id}"
    page = client.get(answer.location).text
    assert "外しました: 交通費、通院バス" in page
    assert 'data-count="0"' in found(client, "通院バスへ")
    assert client.post(f"/faq/synonyms/{group.id}/restorations").status_code == 303
    assert 'data-count="1"' in found(client, "通院バスを")
    assert "外しました" not in client.get(answer.location).text
    changes = [json.loads(entry.facts)["change"] for entry in world.entries(Action.SYNONYMS_CHANGED)]
    assert changes[-2:] == ["retired", "restored"]


def test_what_was_taken_out_meanwhile_comes_back_when_it_is_saved(world, group, fields):
    world.client("suzuki").post(f"/faq/synonyms/{group.id}/retirements")
    client = world.client("sato")
    page = client.get(f"/faq/synonyms/{group.id}/edit").text
    assert "一覧から外されています" in page
    client.post(
        f"/faq/synonyms/{group.id}/changes", data={**fields, "words": "交通費\n通院バス", "after": "2"}
    )
    assert groups()[-1].words == ["交通費", "通院バス"]


def test_an_emptied_list_stays_empty(world, group):
    with writing():
        for one in groups():
            one.retire(by=world.sato)
    assert SynonymGroup.of(world.programme.id) == []
    assert "同義語はありません" in world.client("sato").get("/faq/synonyms").text


def test_groups_are_looked_through(world, group):
    client = world.client("aoki")
    page = client.get("/faq/synonyms?q=ﾚｼｰﾄ").text
    assert "レシート" in page
    assert "通院バス" not in page
    assert "「zzz」を含む組はありません" in client.get("/faq/synonyms?q=zzz").text
    assert "<b>" not in client.get("/faq/synonyms?q=<b>").text.split("<main")[1]


def test_a_question_is_tried_with_the_words_before_they_are_kept(world, make_article, group, fields):
    make_article("交通費は対象になりますか")
    client = world.client("sato")
    tried = {"text": "定期代", "words": "交通費\n定期代", "group": str(group.id)}
    fragment = client.post("/faq/synonyms/trials", data=tried, headers={"HX-Request": "true"}).text
    now, then = fragment.split("この組にすると見つかるもの")
    assert "<html" not in fragment
    assert "見つかりません" in now
    assert "<mark>交通費</mark>" in then
    assert 'data-count="0"' in found(client, "定期代")


def test_a_question_is_tried_as_it_is_without_scripts(world, make_article):
    make_article("交通費は対象になりますか")
    page = world.client("aoki").post("/faq/synonyms/trials", data={"text": "電車賃"}).text
    assert "<html" in page
    assert "<mark>交通費</mark>" in page
    assert "この組にすると" not in page


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ({"text": ""}, "ことばを入力してください"),
        ({"text": "あ" * 201}, "200文字以内"),
        ({"text": "定期代", "words": "交通費"}, "2つ以上"),
        ({"text": "定期代", "words": "交通費\n定期代", "group": "x", "programme": "y"}, "いま見つかるもの"),
    ],
)
def test_a_trial_of_anything_gets_an_answer(world, tried, said):
    answer = world.client("sato").post("/faq/synonyms/trials", data=tried)
    assert answer.status_code in (200, 422)
    assert said in answer.text


@pytest.mark.parametrize("path", ["edit", "changes", "retirements", "restorations"])
def test_groups_of_others_are_not_there(world, group, fields, path):
    client = world.client("yoso")
    address = f"/faq/synonyms/{group.id}/{path}"
    answer = client.get(address) if path == "edit" else client.post(address, data=fields)
    assert answer.status_code == 404
    assert "通院バス" not in client.get("/faq/synonyms").text

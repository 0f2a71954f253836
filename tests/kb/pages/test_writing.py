"""Writing articles on the desk: drafts, previews, two writers at once, and what cannot be kept."""

import pytest

from callcenter.db import db, new_id
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.pages.forms import ArticleForm

GOOD = {
    "question": "交通費は対象になりますか",
    "variants": "電車代は出ますか\n\n バス代は ",
    "answer": "対象になりません。",
    "read_aloud": "対象になりません。",
    "category": "費用>対象外",
    "source": "制度案内",
    "easy": "電車（でんしゃ）のお金は出ません。",
    "say": "交通費は含まれません。\n\n保育料だけが対象です。",
    "dont_say": "たぶん出ます。",
    "escalate_when": "納得されないとき",
    "rule_keys": "fee.transport\ncap.hours",
    "is_public": "y",
    "valid_from": "令和8年4月1日",
}


@pytest.fixture
def fields(world):
    return {**GOOD, "programme": str(world.programme.id), "once": new_id().hex}


def the_article():
    db.session.expire_all()
    return db.session.query(Article).one()


def test_a_supervisor_writes_a_draft(world, fields):
    client = world.client("sato")
    assert client.get("/faq/new").status_code == 200
    answer = client.post("/faq", data=fields)
    assert answer.status_code == 303
    article = the_article()
    assert answer.location == f"/faq/{article.id}"
    content = article.latest.content
    assert content.variants == ("電車代は出ますか", "バス代は")
    assert content.category == "費用 › 対象外"
    assert content.easy == "電車（でんしゃ）のお金は出ません。"
    assert content.say == ("交通費は含まれません。", "保育料だけが対象です。")
    assert content.dont_say == ("たぶん出ます。",)
    assert content.escalate_when == "納得されないとき"
    assert content.rule_keys == ("fee.transport", "cap.hours")
    assert content.valid_from.isoformat() == "2026-04-01"
    assert content.is_public
    assert not content.needs_ward
    assert article.owner_id == world.sato.id
    assert [entry.action for entry in world.entries(Action.ARTICLE_SAVED)] == ["article.saved"]
    assert client.get(answer.location).status_code == 200


def test_the_same_form_sent_twice_makes_one_article(world, fields):
    client = world.client("sato")
    assert client.post("/faq", data=fields).location == client.post("/faq", data=fields).location
    assert db.session.query(Article).count() == 1


def test_a_new_version_saved_as_it_was_offered_changes_nothing(world, fields):
    client = world.client("sato")
    client.post("/faq", data=fields)
    before = the_article().latest.content
    with world.app.test_request_context():
        offered = ArticleForm.of(the_article().latest).data
    offered = {name: value for name, value in offered.items() if value not in (None, False)}
    answer = client.post(
        f"/faq/{the_article().id}/revisions", data={**fields, **offered, "once": new_id().hex}
    )
    assert answer.status_code == 303
    assert (the_article().latest_number, the_article().latest.content) == (1, before)


def test_a_new_version_starts_from_the_latest(world, fields, make_article):
    article, client = make_article(variants=("電車代は",)), world.client("sato")
    page = client.get(f"/faq/{article.id}/edit").text
    assert "電車代は" in page
    answer = client.post(f"/faq/{article.id}/revisions", data={**fields, "after": "1"})
    assert answer.status_code == 303
    assert the_article().latest.answer == "対象になりません。"
    assert the_article().current_number == 1


def test_a_second_writer_sees_the_difference_and_loses_nothing(world, fields, make_article):
    article = make_article()
    world.client("suzuki").post(
        f"/faq/{article.id}/revisions", data={**fields, "answer": "先の回答。", "after": "1"}
    )
    client = world.client("sato")
    answer = client.post(
        f"/faq/{article.id}/revisions", data={**fields, "answer": "後の回答。", "after": "1"}
    )
    assert answer.status_code == 409
    assert "第2版を保存しました" in answer.text
    assert "<ins>" in answer.text
    assert "後の回答。</textarea>" in answer.text
    assert the_article().latest.answer == "先の回答。"
    again = client.post(f"/faq/{article.id}/revisions", data={**fields, "answer": "後の回答。", "after": "2"})
    assert again.status_code == 303
    assert the_article().latest_number == 3


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("question", "", "入力してください。"),
        ("question", " 　", "入力してください。"),
        ("question", "あ" * 201, "200文字以内"),
        ("question", "a\x00b", "使えない文字"),
        ("answer", "", "入力してください。"),
        ("answer", "あ" * 20_001, "20000文字以内"),
        ("answer", "> " * 40 + "x", "上限 30 段"),
        ("answer", "https://logoform.jp/f/a/1?key=abc", "LoGoフォーム"),
        ("variants", "ｌｏｇｏｆｏｒｍ．ｊｐ／ｆ／ａ？ｋｅｙ＝ａ", "LoGoフォーム"),
        ("variants", "あ" * 201, "200文字以内"),
        ("variants", "\n".join(map(str, range(51))), "50個まで"),
        ("read_aloud", "あ" * 81, "80文字以内"),
        ("category", "一>二>三>四", "3段まで"),
        ("category", "あ" * 41, "40文字まで"),
        ("source", "あ" * 301, "300文字以内"),
        ("valid_from", "いつか", "日付として読めません"),
        ("valid_to", "2026-03-31", "始まりの日以後"),
        ("programme", "00000000-0000-0000-0000-000000000000", ""),
    ],
)
def test_what_cannot_be_kept_is_said_at_the_field_and_stays(world, fields, make_article, field, value, said):
    article, client = make_article(), world.client("sato")
    for path in ("/faq", f"/faq/{article.id}/revisions"):
        answer = client.post(path, data={**fields, field: value})
        assert answer.status_code == 422
        assert said in answer.text
        assert f'id="{field}-error"' in answer.text or field == "programme"
        assert "電車代は出ますか" in answer.text or field == "variants"
    assert the_article().latest_number == 1


def test_a_line_of_eighty_characters_for_reading_out_is_kept(world, fields):
    assert world.client("sato").post("/faq", data={**fields, "read_aloud": "あ" * 80}).status_code == 303


def test_a_preview_shows_the_answer_and_keeps_nothing(world):
    client = world.client("sato")
    assert "<strong>太字</strong>" in client.post("/faq/previews", data={"answer": "**太字**<script>"}).text
    deep = client.post("/faq/previews", data={"answer": "> " * 40 + "x"})
    assert deep.status_code == 422
    assert "30" in deep.text
    assert db.session.query(Article).count() == 0


@pytest.mark.parametrize("person", ["aoki", "ito", "endo", "okada", "kato", "ono", "kondo", "honda"])
def test_others_do_not_write(world, fields, make_article, person):
    article, client = make_article(), world.client(person)
    for path in ("/faq", f"/faq/{article.id}/revisions", f"/faq/{article.id}/archivals", "/faq/previews"):
        assert client.post(path, data=fields).status_code == 403
    for path in ("/faq/new", f"/faq/{article.id}/edit"):
        assert client.get(path).status_code == 403
    assert the_article().latest_number == 1


def test_articles_of_another_programme_cannot_be_written(world, fields, make_article):
    article, client = make_article(), world.client("yoso")
    assert client.get(f"/faq/{article.id}/edit").status_code == 404
    assert client.post(f"/faq/{article.id}/revisions", data=fields).status_code == 404
    assert client.post(f"/faq/{article.id}/archivals").status_code == 404
    assert client.post("/faq", data=fields).status_code == 422


@pytest.mark.parametrize("path", ["/faq/{}/revisions", "/faq/{}/approvals", "/faq/{}/archivals"])
def test_writing_addresses_answer_no_get(world, make_article, path):
    assert world.client("sato").get(path.format(make_article().id)).status_code == 405

"""The form while it is typed into: preview, remarks, and a draft that nobody loses."""

import pytest

from callcenter.db import db, new_id
from kb.articles import drafts
from kb.articles.article import Article
from kb.articles.drafts import NEW, ArticleDraft

TYPED = {"question": "書きかけの質問は", "answer": "書きかけの回答。", "after": "1", "page": "p1"}


def keep(client, about=NEW, version=0, **changes):
    return client.post(f"/faq/drafts/{about}", data={**TYPED, "draft_version": version, **changes})


@pytest.fixture
def fields(world):
    return {**TYPED, "programme": str(world.programme.id), "once": new_id().hex}


def test_what_is_typed_comes_back_when_the_form_is_opened_again(world, make_article):
    article, client = make_article(), world.client("sato")
    for about, path in ((NEW, "/faq/new"), (article.id, f"/faq/{article.id}/edit")):
        assert "書きかけの回答。" not in client.get(path).text
        assert keep(client, about).json["version"] == 1
        page = client.get(path).text
        assert "書きかけの回答。</textarea>" in page
        assert "書きかけの内容を開きました" in page
        assert 'data-draft-version="1"' in page


def test_a_draft_is_its_writers_alone(world):
    keep(world.client("sato"))
    assert "書きかけ" not in world.client("suzuki").get("/faq/new").text


def test_saving_the_article_ends_the_draft(world, fields, make_article):
    client = world.client("sato")
    keep(client)
    assert client.post("/faq", data=fields).status_code == 303
    article = make_article("もう一つ")
    keep(client, article.id)
    assert client.post(f"/faq/{article.id}/revisions", data=fields).status_code == 303
    assert db.session.query(ArticleDraft).count() == 0


def test_a_refused_article_keeps_its_draft(world, fields):
    client = world.client("sato")
    keep(client)
    assert client.post("/faq", data={**fields, "question": ""}).status_code == 422
    assert db.session.query(ArticleDraft).count() == 1


def test_another_page_learns_of_the_newer_text(world):
    one, other = world.client("sato"), world.client("sato")
    keep(one, answer="一")
    keep(one, version=1, answer="一二")
    answer = keep(other, version=1, answer="別", page="p2")
    assert answer.status_code == 409
    assert answer.json["fields"]["answer"] == "一二"
    assert keep(other, version=2, answer="別", page="p2").status_code == 200
    assert keep(one, version=2, answer="別").status_code == 200


def test_a_draft_of_an_older_version_is_shown_beside_the_newer_one(world, make_article):
    article, client = make_article(), world.client("sato")
    keep(client, article.id)
    world.client("suzuki").post(
        f"/faq/{article.id}/revisions",
        data={
            "question": "先の質問は",
            "answer": "先の回答。",
            "after": "1",
            "programme": str(world.programme.id),
        },
    )
    page = client.get(f"/faq/{article.id}/edit").text
    assert "第2版を保存しました" in page
    assert "<ins>" in page
    assert "書きかけの回答。</textarea>" in page
    assert 'name="after" type="hidden" value="2"' in page or 'value="2"' in page


def test_a_draft_is_thrown_away_on_demand(world, make_article):
    article, client = make_article(), world.client("sato")
    for about, path in ((NEW, "/faq/new"), (article.id, f"/faq/{article.id}/edit")):
        keep(client, about)
        answer = client.post(f"/faq/drafts/{about}/discards")
        assert (answer.status_code, answer.location) == (303, path)
        assert "書きかけ" not in client.get(path).text.replace("書きかけの内容を破棄しました", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer": "長" * 60_001}, "長すぎる"),
        ({"answer": "https://logoform.jp/f/a/1?key=abc"}, "LoGoフォーム"),
        ({"answer": "a\x00b"}, "使えない文字"),
    ],
)
def test_what_may_not_be_kept_is_refused_and_the_kept_text_stays(world, changes, said):
    client = world.client("sato")
    keep(client, answer="短い")
    answer = keep(client, version=1, **changes)
    assert answer.status_code == 422
    assert said in answer.json["message"]
    assert drafts.draft_of(world.sato, NEW).fields["answer"] == ["短い"]


def test_only_what_belongs_to_an_article_is_kept(world):
    keep(world.client("sato"), password="x", csrf_token="y")
    assert set(drafts.draft_of(world.sato, NEW).fields) == {"question", "answer", "after"}


def test_an_article_of_another_programme_takes_no_draft(world, make_article):
    article, client = make_article(), world.client("yoso")
    assert keep(client, article.id).status_code == 404
    assert client.post(f"/faq/drafts/{article.id}/discards").status_code == 404
    assert keep(client, new_id()).status_code == 404


@pytest.mark.parametrize("person", ["aoki", "kato", "honda"])
def test_who_does_not_write_keeps_no_drafts(world, person):
    client = world.client(person)
    assert keep(client).status_code == 403
    assert client.get(f"/faq/drafts/{NEW}").status_code == 405


def test_a_preview_shows_both_texts_and_what_to_mend(world, make_article):
    make_article(is_public=False)
    answer = world.client("sato").post(
        "/faq/previews",
        data={
            "answer": "**太字**[悪](http://example.jp)[内](F-1)![](image:x)",
            "easy": "<script>やさしい</script>",
            "is_public": "y",
            "programme": str(world.programme.id),
        },
    )
    assert answer.status_code == 200
    for words in (
        "<strong>太字</strong>",
        "&lt;script&gt;やさしい",
        "https://",
        "公開サイトに載らない",
        "追加したもの",
    ):
        assert words in answer.text
    assert db.session.query(Article).count() == 1


HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)>'
SHORT = "<script>alert(1)</script>"


def test_hostile_html_in_any_field_is_shown_as_text(world, fields):
    client = world.client("sato")
    hostile = dict.fromkeys(("question", "variants", "answer", "easy", "say", "dont_say", "source"), HOSTILE)
    hostile |= {"escalate_when": HOSTILE, "read_aloud": HOSTILE[:80], "category": SHORT}
    sent = client.post("/faq", data={**fields, **hostile})
    assert sent.status_code == 303
    article = db.session.query(Article).one()
    pages = [sent.location, f"{sent.location}/edit", f"{sent.location}/revisions/1", "/faq?shelf=drafts"]
    for page in (client.get(path).text for path in pages):
        for wrong in ("<script>alert", "<svg onload", "<img src=x"):
            assert wrong not in page
    assert article.latest.content.easy == HOSTILE


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        *((name, "> " * 40 + "x", "上限 30 段") for name in ("answer", "easy")),
        ("easy", "あ" * 2001, "2000文字以内"),
        ("say", "\n".join("x" * 11), "10個まで"),
        ("dont_say", "あ" * 201, "200文字以内"),
        ("escalate_when", "あ" * 201, "200文字以内"),
        ("rule_keys", "\n".join(f"a{n}" for n in range(31)), "30個まで"),
        ("rule_keys", "<script>", "規則の名前ではありません"),
    ],
)
def test_too_large_or_too_deep_is_refused_at_its_field_with_the_limit(world, fields, field, value, said):
    answer = world.client("sato").post("/faq", data={**fields, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "書きかけの質問は" in answer.text

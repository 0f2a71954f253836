"""Pictures of articles: drawn anew, sealed, shown only where they are ours and say what they show."""

import io
import json

import pytest
from PIL import Image

from callcenter.db import db, new_id, writing
from callcenter.errors import Conflict, Invalid
from callcenter.privacy.actions import Action
from kb.articles import images
from kb.articles.article import Article
from kb.articles.content import Content
from kb.articles.images import ArticleImage, images_in


def drawn(size=(40, 30), form="PNG", mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, "teal" if mode in ("RGB", "RGBA") else 1).save(out, form, **options)
    return out.getvalue()


@pytest.fixture
def send(world):
    """Hands a picture in as a script does, as sato unless said otherwise."""

    def post(content=None, name="見本.png", alt="記入の見本", client=None, script=True, **fields):
        data = {"programme": str(world.programme.id), "picture_alt": alt, **fields}
        if content is not False:
            data["picture"] = (io.BytesIO(drawn() if content is None else content), name)
        headers = {"X-Requested-With": "fetch"} if script else {}
        return (client or world.client("sato")).post("/faq/images", data=data, headers=headers)

    return post


def the_image():
    db.session.expire_all()
    return db.session.query(ArticleImage).one()


def test_a_picture_is_kept_sealed_and_named_in_markdown(world, send):
    raw = drawn()
    answer = send(raw)
    assert answer.status_code == 201
    row = the_image()
    assert answer.json == {"markdown": f"![記入の見本](image:{row.id})"}
    assert (row.width, row.height, row.kind) == (40, 30, "png")
    (kept,) = [one for one in world.app.extensions["files"].folder.rglob("*") if one.is_file()]
    assert b"PNG" not in kept.read_bytes()
    assert [json.loads(one.facts)["kind"] for one in world.entries(Action.ARTICLE_IMAGE_ADDED)] == ["png"]


def test_a_picture_in_an_article_is_shown_on_the_desk(world, send, make_article):
    send()
    row = the_image()
    article = make_article(answer=f"見本です。\n\n![記入の見本](image:{row.id})")
    page = world.client("aoki").get(f"/faq/{article.id}").text
    assert f'<img src="/faq/images/{row.id}" alt="記入の見本" width="40" height="30">' in page


def test_a_picture_is_served_for_pages_of_ours_alone(world, send):
    send()
    answer = world.client("aoki").get(f"/faq/images/{the_image().id}")
    assert answer.status_code == 200
    assert answer.content_type == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (40, 30)
    content, kind = images.bytes_of(the_image().id)
    assert (content, kind) == (answer.data, "image/png")


@pytest.mark.parametrize(("form", "name", "mode"), [("PNG", "a.png", "P"), ("JPEG", "a.jpg", "L"), ("PNG", "a.png", "RGBA"), ("JPEG", "a.jpeg", "CMYK")])  # fmt: skip
def test_a_large_picture_is_made_smaller(world, send, form, name, mode):
    assert send(drawn((3200, 800), form, mode), name).status_code == 201
    assert (the_image().width, the_image().height) == (1600, 400)


def test_what_a_camera_adds_is_gone(world, send):
    exif = Image.Exif()
    exif[0x010E] = "撮影場所 渋谷"
    raw = drawn(form="JPEG", exif=exif)
    assert "渋谷".encode() in raw or b"\x01\x0e" in raw or b"Exif" in raw
    send(raw, "a.jpg")
    assert b"Exif" not in images.bytes_of(the_image().id).content


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"alt": " 　"}, "説明を入力"),
        ({"alt": "あ" * 301}, "300文字まで"),
        ({"content": False}, "ファイルを選んで"),
        ({"content": b"<svg onload=alert(1)>", "name": "a.svg"}, "PDF・JPEG"),
        ({"content": b"<html>", "name": "a.png"}, "形式と違います"),
        ({"content": b"%PDF-1.7 x", "name": "a.txt"}, "PNGかJPEG"),
        ({"programme": str(new_id())}, "事業を選んで"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(world, send, fields, said):
    answer = send(**fields)
    assert answer.status_code == 422
    assert said in answer.json["message"]
    assert db.session.query(ArticleImage).count() == 0


def test_without_scripts_the_form_comes_back_with_the_picture(world, send):
    answer = send(script=False, question="質問は", answer="本文。", variants="言い方")
    assert answer.status_code == 200
    assert f"本文。\n\n![記入の見本](image:{the_image().id})" in answer.text
    assert "言い方" in answer.text
    refused = send(script=False, question="質問は", answer="本文。", alt="")
    assert refused.status_code == 422
    assert "説明を入力" in refused.text
    assert "本文。" in refused.text


def test_words_of_a_picture_cannot_break_out_of_their_brackets(world, send):
    markdown = send(alt="](javascript:1) **x** `y` <b> \\").json["markdown"]
    assert images_in(markdown) == [the_image().id]
    assert [fault.field for fault in Content("q", markdown).faults()] == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("![](image:{id})", "画像の説明がありません"),
        ("![ ](image:{id})", "画像の説明がありません"),
        ("![x](https://example.jp/x.png)", "この画面で追加したもの"),
        ("![x](image:nothing)", "この画面で追加したもの"),
        ("![x](image:00000000-0000-0000-0000-000000000007)", "この事業にない画像"),
    ],
)
def test_an_article_whose_picture_says_nothing_or_is_not_there_is_not_kept(
    world, send, make_article, answer, said
):
    send()
    text = answer.replace("{id}", str(the_image().id))
    fields = {"question": "質問は", "programme": str(world.programme.id)}
    for name in ("answer", "easy"):
        page = world.client("sato").post("/faq", data={**fields, "answer": "よい。", name: text})
        assert page.status_code == 422
        assert said in page.text
        assert f'id="{name}-error"' in page.text
    with pytest.raises(Invalid):
        make_article(answer=text)


def test_a_picture_of_another_programme_is_not_there(world, send, make_article):
    send()
    row, client = the_image(), world.client("yoso")
    assert client.get(f"/faq/images/{row.id}").status_code == 404
    assert client.post(f"/faq/images/{row.id}/deletions").status_code == 404
    assert str(row.id) not in client.get("/faq/images").text
    with pytest.raises(Invalid, match="この事業にない画像"), writing():
        Article.write(world.other_period.programme_id, Content("q", f"![x](image:{row.id})"), by=world.yoso)


def test_a_picture_that_an_old_version_shows_stays(world, send, make_article):
    send()
    row = the_image()
    article = make_article(answer=f"![見本](image:{row.id})")
    with writing():
        found = db.session.get(Article, article.id)
        found.revise(Content(found.latest.question, "画像はやめました。"), by=world.sato)
    client = world.client("sato")
    assert f"F-{article.number}" in client.get("/faq/images").text
    assert f"/faq/images/{row.id}/deletions" not in client.get("/faq/images").text
    assert client.post(f"/faq/images/{row.id}/deletions").status_code == 409
    with pytest.raises(Conflict), writing():
        db.session.get(ArticleImage, row.id).delete(by=world.sato)


def test_an_unused_picture_is_seen_and_deleted(world, send):
    send()
    row, client = the_image(), world.client("sato")
    assert "どの記事でも使われていません" in client.get("/faq/images").text
    assert client.post(f"/faq/images/{row.id}/deletions").status_code == 303
    assert db.session.query(ArticleImage).count() == 0
    assert [one for one in world.app.extensions["files"].folder.rglob("*") if one.is_file()] == []
    assert len(world.entries(Action.ARTICLE_IMAGE_DELETED)) == 1
    assert "画像はまだありません" in client.get("/faq/images").text


@pytest.mark.parametrize("person", ["aoki", "kato", "honda"])
def test_others_look_but_add_nothing(world, send, person):
    send()
    client = world.client(person)
    assert client.get(f"/faq/images/{the_image().id}").status_code == 200
    assert client.get("/faq/images").status_code == 403
    assert send(client=client).status_code == 403
    assert client.post(f"/faq/images/{the_image().id}/deletions").status_code == 403
    assert client.get(f"/faq/images/{the_image().id}/deletions").status_code == 405

"""Articles out and in over the desk: a file, a look at what it would do, a word, and drafts."""

import csv
import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest
import time_machine

from callcenter import clock
from callcenter.db import db
from callcenter.errors import Invalid
from callcenter.files import MOST_BYTES
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.exchange.uploads import Upload, checked, forget_old

HEAD = ["記事番号", "質問", "回答", "担当"]


def table(*rows, head=HEAD, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def hand_in(world):
    """Hands a file in over the page, as sato unless said otherwise."""

    def send(content, name="faq.csv", client=None):
        fields = {"programme": str(world.programme.id), "file": (io.BytesIO(content), name)}
        return (client or world.client("sato")).post("/faq/imports", data=fields)

    return send


def files(world):
    return [one for one in world.app.extensions["files"].folder.rglob("*") if one.is_file()]


def test_a_file_is_shown_before_anything_is_brought_in(world, hand_in, make_article):
    known = make_article("交通費は対象になりますか")
    client = world.client("sato")
    answer = hand_in(
        table(
            [known.external_id, "交通費は対象になりますか", "いいえ、なりません。", "sato"],
            ["new-1", "領収書をなくしました", "ご相談ください。", "suzuki"],
            ["bad-1", "", "答え", ""],
        ),
        client=client,
    )
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    for words in (
        "まだ何も取り込んでいません",
        "領収書をなくしました",
        "<ins>",
        "質問（question）",
        "入力してください",
    ):
        assert words in page.text
    assert db.session.query(Article).count() == 1
    assert world.entries(Action.ARTICLES_IMPORTED) == []
    assert [json.loads(one.facts)["format"] for one in world.entries(Action.ARTICLES_UPLOADED)] == ["csv"]


def test_the_word_lays_down_drafts_that_nobody_approved(world, hand_in):
    client = world.client("sato")
    address = hand_in(
        table(["new-1", "領収書をなくしました", "ご相談ください。", "suzuki"]), client=client
    ).location
    answer = client.post(f"{address}/confirmations")
    assert answer.status_code == 303
    assert answer.location == "/faq?shelf=drafts"
    article = db.session.query(Article).one()
    assert (article.state, article.owner.sign_in_name) == ("draft", "suzuki")
    assert article.latest.approved_at is None
    assert client.get(address).status_code == 404
    assert files(world) == []


def test_what_looks_personal_is_shown_before_the_word(world, hand_in):
    client = world.client("sato")
    address = hand_in(table(["a", "窓口の番号は", "090-0000-1234です。", ""]), client=client).location
    page = client.get(address).text
    assert "個人の情報に見えるところ" in page
    assert re.search(r">\s*090-0000-1234\s*<", page)
    harmless = hand_in(table(["a", "窓口の番号は", "区のページをご覧ください。", ""]), client=client).location
    assert "個人の情報に見えるところ" not in client.get(harmless).text


def test_what_was_not_taken_stays_to_be_mended(world, hand_in):
    client = world.client("sato")
    address = hand_in(
        table(["a", "質問は", "=はい。", ""], ["b", "", "=いいえ。", ""]), client=client
    ).location
    assert client.post(f"{address}/confirmations").location == address
    page = client.get(address).text
    assert "よい行は取り込みました" in page
    bad = client.get(f"{address}/rejected")
    assert bad.headers["Content-Disposition"] == 'attachment; filename="faq.rejected.csv"'
    rows = list(csv.reader(io.StringIO(bad.data.decode("utf-8-sig"))))
    assert rows[0] == [*HEAD, "直すところ"]
    assert rows[1][:3] == ["b", "", "'=いいえ。"]
    assert client.post(f"{address}/confirmations").status_code == 409
    assert client.post(f"{address}/discards").status_code == 303
    assert client.get(address).status_code == 404
    assert files(world) == []


def test_rejected_lines_of_json_are_given_as_they_were(world, hand_in):
    client = world.client("sato")
    raw = b'{"external_id": "a"}\n{"external_id": "b", "question": "x", "answer": "y"}\n'
    address = hand_in(raw, "faq.jsonl", client).location
    assert client.get(f"{address}/rejected").data == raw.splitlines(keepends=True)[0]


def test_the_file_lies_sealed_without_its_name(world, hand_in):
    hand_in(table(["a", "金糸雀の質問", "答え", ""]), "山田花子.csv")
    (kept,) = files(world)
    assert "金糸雀".encode() not in kept.read_bytes()
    assert "山田" not in repr(db.session.execute(db.select(Upload.__table__)).all())


def test_a_file_that_nobody_said_a_word_about_is_forgotten_after_a_day(world, hand_in):
    client = world.client("sato")
    address = hand_in(table(["a", "質問は", "答え", ""]), client=client).location
    assert forget_old() == 0
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=True):
        assert forget_old() == 1
    assert db.session.query(Upload).count() == 0
    assert files(world) == []
    assert world.client("sato").get(address).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "faq.csv", "空のファイル"),
        (b"x", "faq.pdf", "jsonl・csv・xlsx"),
        ("記事番号;質問;回答\n".encode(), "faq.csv", "セミコロン"),
        ("記事番号,質問\n".encode(), "faq.csv", "「回答」の列がありません"),
        ("\ufeff記事番号,質問,回答\n".encode("utf-16"), "faq.csv", "UTF-16"),
        (b"PK\x03\x04", "faq.xlsx", "壊れている"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_at_the_field(world, hand_in, content, name, said):
    answer = hand_in(content, name)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="file-error"' in answer.text
    assert db.session.query(Upload).count() == 0
    assert files(world) == []


def test_a_file_that_is_too_large_is_refused_with_the_limit(world):
    with pytest.raises(Invalid, match="10MBまで"):
        checked("faq.csv", b"x" * (MOST_BYTES + 1))


def test_without_a_file_the_form_says_so(world):
    answer = world.client("sato").post("/faq/imports", data={"programme": str(world.programme.id)})
    assert answer.status_code == 422
    assert "ファイルを選んでください" in answer.text


@pytest.mark.parametrize(
    ("form", "name", "kind"),
    [
        ("xlsx", "xlsx", "spreadsheetml"),
        ("csv", "csv", "text/csv"),
        ("cp932", "csv", "text/csv"),
        ("jsonl", "jsonl", "jsonl"),
    ],
)
def test_articles_are_given_as_a_file(world, make_article, form, name, kind):
    make_article("交通費は対象になりますか")
    answer = world.client("sato").post(
        "/faq/exports", data={"programme": str(world.programme.id), "format": form}
    )
    assert answer.status_code == 200
    assert kind in answer.headers["Content-Type"]
    assert answer.headers["Content-Disposition"].endswith(f'.{name}"')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if form == "xlsx":
        assert (
            openpyxl.load_workbook(io.BytesIO(answer.data)).active["C2"].value == "交通費は対象になりますか"
        )
    else:
        assert "交通費は対象になりますか" in answer.data.decode("cp932" if form == "cp932" else "utf-8-sig")
    facts = json.loads(world.entries(Action.ARTICLES_EXPORTED)[-1].facts)
    assert (facts["count"], facts["everything"]) == (1, False)


def test_characters_that_do_not_fit_are_named_and_no_file_is_made(world, make_article):
    make_article(answer="絵文字😀")
    answer = world.client("sato").post(
        "/faq/exports", data={"programme": str(world.programme.id), "format": "cp932"}
    )
    assert answer.status_code == 422
    assert "2行目「回答」の「😀」" in answer.text
    assert world.entries(Action.ARTICLES_EXPORTED) == []


@pytest.mark.parametrize("fields", [{"format": "pdf"}, {"format": ""}, {"programme": "x", "format": "csv"}])
def test_an_export_of_nothing_known_is_refused(world, fields):
    data = {"programme": str(world.programme.id), **fields}
    assert world.client("sato").post("/faq/exports", data=data).status_code == 422


@pytest.mark.parametrize("person", ["aoki", "kato", "honda", "ono"])
def test_others_neither_export_nor_import(world, hand_in, person):
    client = world.client(person)
    assert client.get("/faq/exchange").status_code == 403
    assert client.post("/faq/exports", data={"format": "csv"}).status_code == 403
    assert hand_in(b"x", client=client).status_code == 403
    assert "/faq/exchange" not in client.get("/faq").text


def test_a_file_is_its_owners_alone(world, hand_in):
    address = hand_in(table(["a", "質問は", "答え", ""])).location
    for person in ("suzuki", "yoso"):
        client = world.client(person)
        for path in (address, f"{address}/rejected"):
            assert client.get(path).status_code == 404
        for path in (f"{address}/confirmations", f"{address}/discards"):
            assert client.post(path).status_code == 404
            assert client.get(path).status_code == 405
    assert db.session.query(Article).count() == 0


def test_a_file_for_another_programme_is_refused(world):
    fields = {"programme": str(world.programme.id), "file": (io.BytesIO(b"x"), "faq.csv")}
    assert world.client("yoso").post("/faq/imports", data=fields).status_code == 422


def test_hostile_texts_of_a_file_are_shown_as_text(world, hand_in):
    client, nasty = world.client("sato"), "<script>alert(1)</script>"
    address = hand_in(table([nasty, nasty, nasty, ""], ["b", nasty, "", nasty]), client=client).location
    page = client.get(address).text
    assert nasty not in page
    assert "&lt;script&gt;" in page

"""What is written to a file comes back unchanged, in all three formats."""

import csv
import io
import json
from pathlib import Path

import pytest

from callcenter.db import db, writing
from callcenter.errors import Invalid
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import CONSOLE
from callcenter.sheets.delimited import CP932
from kb.articles.article import Article
from kb.exchange.exporting import export
from kb.exchange.importing import Importer
from kb.exchange.reading import Format
from kb.exchange.seeding import seed
from kb.exchange.tables import HEADINGS

FORMATS = list(Format)
SEED = Path(__file__).parents[3] / "kb" / "data" / "articles.jsonl"


@pytest.fixture
def exported(world):
    def run(form=Format.JSONL, **options):
        target = io.BytesIO()
        count = export(world.programme.id, target, form, by=CONSOLE, **options)
        db.session.rollback()
        return count, target.getvalue()

    return run


@pytest.fixture
def imported(world):
    def run(raw, form=Format.JSONL, **options):
        return Importer(world.programme, by=CONSOLE, **options).take(io.BytesIO(raw), form)

    return run


def outcome(report):
    return report.new, report.changed, report.unchanged, report.rejected


@pytest.mark.parametrize("form", FORMATS)
def test_all_first_articles_come_back_unchanged(world, exported, imported, form):
    report = seed(world.programme, by=CONSOLE)
    count, raw = exported(form, everything=True)
    assert count == report.new == len(SEED.read_text().splitlines())
    assert outcome(imported(raw, form)) == (0, 0, count, [])
    assert {one.latest_number for one in db.session.query(Article)} == {1}


def test_lines_of_json_are_those_of_the_import(world, exported):
    seed(world.programme, by=CONSOLE)
    _count, raw = exported(everything=True)
    for line, source in zip(raw.splitlines(), SEED.read_text().splitlines(), strict=True):
        written, given = json.loads(line), json.loads(source)
        assert {name: written.get(name) for name in given if given[name]} == {
            name: (value.replace(" > ", " › ") if name == "category" else value)
            for name, value in given.items()
            if value
        }


@pytest.mark.parametrize("form", FORMATS)
def test_nasty_texts_owner_and_days_come_back(world, make_article, exported, imported, form):
    article = make_article(
        '=HYPERLINK("x")は<b>',
        answer='- 一\n\n\'引用\n\n"x",;\t表 😀𠮷',
        variants=("+81", "@x", "'y"),
        is_public=False,
    )
    with writing():
        db.session.get(Article, article.id).review_on = article.created_at.date()
        audit.record(Action.ARTICLE_SAVED, by=CONSOLE, on=article, facts={"revision": 1})
    _count, raw = exported(form)
    assert outcome(imported(raw, form)) == (0, 0, 1, [])


def test_what_agents_tell_is_written_in_its_approved_version(world, make_article, exported):
    article = make_article("もとの質問は")
    make_article("下書きの質問は", approved=False)
    with writing():
        row = db.session.get(Article, article.id)
        row.revise(
            type(row.latest.content)(question="新しい質問は", answer="新しい回答"), by=world.sato, after=1
        )
    count, raw = exported()
    assert (count, "もとの質問は" in raw.decode()) == (1, True)
    count, raw = exported(everything=True)
    assert count == 2
    assert "新しい質問は" in raw.decode()
    assert "もとの質問は" not in raw.decode()


def test_an_article_put_away_is_not_written(world, make_article, exported):
    article = make_article()
    with writing():
        db.session.get(Article, article.id).archive(by=world.sato)
    assert exported(everything=True)[0] == 0


def test_articles_of_another_programme_are_not_written(world, make_article, exported):
    make_article()
    target = io.BytesIO()
    assert export(world.other_period.programme_id, target, Format.JSONL, by=CONSOLE) == 0
    assert target.getvalue() == b""


def test_the_first_articles_come_back_from_a_table_for_older_programs(world, exported, imported):
    seed(world.programme, by=CONSOLE)
    count, raw = exported(Format.CSV, encoding=CP932, everything=True)
    head = next(csv.reader(io.StringIO(raw.decode("cp932"))))
    assert head == list(HEADINGS.values())
    assert outcome(imported(raw, Format.CSV)) == (0, 0, count, [])


@pytest.mark.parametrize("form", FORMATS)
def test_owner_and_review_day_are_brought_in_with_or_without_a_new_text(
    world, make_article, exported, imported, form
):
    article = make_article()
    _count, raw = exported(Format.JSONL)
    line = json.loads(raw) | {"owner": "suzuki", "review_on": "2027-03-01"}
    assert outcome(imported(json.dumps(line).encode())) == (0, 1, 0, [])
    row = db.session.get(Article, article.id, populate_existing=True)
    assert (row.owner.sign_in_name, str(row.review_on), row.latest_number) == ("suzuki", "2027-03-01", 1)
    _count, raw = exported(form)
    assert outcome(imported(raw, form)) == (0, 0, 1, [])
    del line["owner"], line["review_on"]
    assert outcome(imported(json.dumps(line).encode())) == (0, 0, 1, [])
    line |= {"owner": "", "review_on": ""}
    assert outcome(imported(json.dumps(line).encode())) == (0, 1, 0, [])
    row = db.session.get(Article, article.id, populate_existing=True)
    assert (row.owner_id, row.review_on) == (None, None)


@pytest.mark.parametrize("name", ["nobody", "yoso"])
def test_an_owner_who_is_not_of_the_programme_is_a_fault(world, make_article, exported, imported, name):
    make_article()
    line = json.loads(exported()[1]) | {"owner": name}
    report = imported(json.dumps(line).encode())
    assert [(one["line"], one["column"]) for one in report.rejected] == [(1, "owner")]


def table(*rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


HEAD = ["記事番号", "質問", "回答", "公開サイトに載せる"]


def test_every_bad_row_is_named_and_the_good_ones_are_kept(world, imported):
    raw = table(
        HEAD,
        ["a", "よい質問は", "はい。", "はい"],
        ["b", "", "はい。", "はい"],
        ["c", "質問は", "> " * 40 + "x", "はい"],
        ["a", "二度目は", "はい。", "はい"],
        ["d", "質問は", "はい。", "多分"],
    )
    bad = io.BytesIO()
    report = imported(raw, Format.CSV, bad=bad)
    assert report.new == 1
    assert [(one["line"], one["column"]) for one in report.rejected] == [
        (3, "question"),
        (4, "answer"),
        (5, "external_id"),
        (6, "public"),
    ]
    aside = list(csv.reader(io.StringIO(bad.getvalue().decode("utf-8-sig"))))
    assert aside[0] == [*HEAD, "直すところ"]
    assert [row[0] for row in aside[1:]] == ["b", "c", "a", "d"]
    assert all(row[-1] for row in aside[1:])


def test_what_was_put_aside_can_be_mended_and_brought_in(world, imported):
    bad = io.BytesIO()
    imported(table(HEAD, ["b", "", "=はい。", "はい"]), Format.CSV, bad=bad)
    mended = bad.getvalue().decode("utf-8-sig").replace('"b",""', '"b","質問は"')
    assert outcome(imported(mended.encode(), Format.CSV)) == (1, 0, 0, [])
    assert db.session.query(Article).one().latest.answer == "=はい。"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "table_empty"),
        ("記事番号;質問;回答\n".encode(), "table_separator"),
        ("記事番号\t質問\t回答\n".encode(), "table_separator"),
        ("記事番号,質問\n".encode(), "table_columns"),
        ("記事番号,質問,回答,電話\n".encode(), "table_columns"),
        ("記事番号,質問,回答\n".encode("utf-16"), "table_encoding"),
    ],
)
def test_a_file_that_is_no_table_of_articles_is_refused_whole(world, imported, raw, code):
    before = len(world.entries())
    with pytest.raises(Invalid) as refused:
        imported(raw, Format.CSV)
    assert refused.value.code == code
    db.session.rollback()
    assert len(world.entries()) == before

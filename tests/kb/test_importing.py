"""Bringing a file of articles in: what is counted, what is refused by line and column, and who may publish."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callcenter.clock import today
from callcenter.db import db, writing
from callcenter.errors import Forbidden
from callcenter.lines import LineFault
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import CONSOLE
from callcenter.programmes import Programme
from kb.import_line import read
from kb.importing import Importer, ward_person
from kb.models import Article, ArticleRevision, State
from kb.seeding import SEED, publish_demo, seed
from kb.shelf import find
from kb.vocabulary import FaqCategory
from kb.word_lists import SynonymGroup


def bring(world, file, **options):
    return Importer(world.programme, by=CONSOLE, **options).run(file)


def article(external_id):
    db.session.expire_all()
    return db.session.scalars(select(Article).where(Article.external_id == external_id)).one()


def counts(report):
    return report.new, report.changed, report.unchanged, len(report.rejected)


def test_good_lines_become_drafts(world, article_file, line):
    report = bring(
        world, article_file(line("a"), line("b", valid_from="令和8年4月1日", read_aloud="対象外です。"))
    )
    assert counts(report) == (2, 0, 0, 0)
    kept = article("b")
    assert kept.state is State.DRAFT
    assert kept.latest.content.valid_from.isoformat() == "2026-04-01"
    assert kept.latest.content.category == "費用 › 対象外"
    assert kept.latest.variants == ["電車代は出ますか"]
    assert find("交通費", [world.programme.id]) == []
    assert len(find("交通費", [world.programme.id], drafts=True)) == 2


def test_running_a_file_again_changes_nothing(world, article_file, line):
    file = article_file(line("a"), line("b"))
    bring(world, file)
    assert counts(bring(world, file)) == (0, 0, 2, 0)
    assert db.session.scalar(select(func.count(ArticleRevision.id))) == 2


def test_changed_content_is_a_new_revision_and_the_old_one_stays(world, article_file, line):
    bring(world, article_file(line("a")), approved_by=world.kato)
    assert counts(bring(world, article_file(line("a", answer="変わりました。")))) == (0, 1, 0, 0)
    kept = article("a")
    assert (kept.current_number, kept.latest_number) == (1, 2)
    assert kept.current.answer == "交通費は**対象になりません**。"
    assert kept.has_draft


def test_the_wards_approval_publishes_at_once(world, article_file, line):
    report = bring(world, article_file(line("a"), line("b")), approved_by=world.kato)
    assert report.published == 2
    kept = article("a")
    assert kept.state is State.PUBLISHED
    assert kept.current.approved_by_id == world.kato.id
    assert {one.external_id for one in find("交通費", [world.programme.id])} == {"a", "b"}


def test_everything_a_line_says_is_kept(world, article_file, line):
    said = {"easy": "出ません。", "say": ["一つ", " "], "dont_say": ["二つ"], "escalate_when": "三つ"}
    bring(world, article_file(line("a", **said, rule_keys=["fee.transport"])))
    content = article("a").latest.content
    assert (content.easy, content.say, content.dont_say) == ("出ません。", ("一つ",), ("二つ",))
    assert (content.escalate_when, content.rule_keys) == ("三つ", ("fee.transport",))


def test_drafts_of_an_earlier_run_are_published_by_an_approved_one(world, article_file, line):
    file = article_file(line("a"))
    bring(world, file)
    report = bring(world, file, approved_by=world.kato)
    assert (report.unchanged, report.published) == (1, 1)
    assert article("a").state is State.PUBLISHED


def test_what_waits_for_the_ward_stays_a_draft_whoever_approves(world, article_file, line):
    report = bring(world, article_file(line("a", needs_ward=True), line("b")), approved_by=world.kato)
    assert report.published == 1
    assert article("a").state is State.DRAFT


def test_an_archived_article_stays_archived_when_unchanged(world, article_file, line):
    file = article_file(line("a"))
    bring(world, file, approved_by=world.kato)
    with writing():
        article("a").archive(by=world.sato)
    bring(world, file, approved_by=world.kato)
    assert article("a").state is State.ARCHIVED


def test_faulty_lines_are_named_and_put_aside_and_good_ones_kept(world, article_file, line, tmp_path):
    good = json.dumps(line("good"), ensure_ascii=False).encode()
    missing = {key: value for key, value in line("x").items() if key != "question"}
    file = article_file(
        b"\xef\xbb\xbf" + good,
        json.dumps(line("cp932", answer="ＣＰ９３２の行"), ensure_ascii=False).encode("cp932"),
        '{"external_id": "broken", ',
        missing,
        line("long", read_aloud="あ" * 81),
        line("good"),
        "",
        "[]",
        line("link", answer="https://logoform.jp/f/a/1?key=abc"),
        line("flag", public="yes"),
        line("deep", answer="> " * 40 + "x"),
        line("extra", antwort="x"),
        line("dates", valid_from="2026-04-01", valid_to="2026-03-31"),
        line("rule", rule_keys=["cap.twins", "双子の上限"]),
        line("said", say="言うこと"),
        line("easy", easy="あ" * 2001),
        line("many", dont_say=["言わない"] * 11),
        line("last"),
    )
    with (tmp_path / "bad.jsonl").open("wb") as bad:
        report = bring(world, file, bad=bad)
    assert counts(report) == (2, 0, 0, 15)
    named = [(fault["line"], fault["column"]) for fault in report.rejected]
    assert named == [
        (2, "line"),
        (3, "line"),
        (4, "question"),
        (5, "read_aloud"),
        (6, "external_id"),
        (8, "line"),
        (9, "answer"),
        (10, "public"),
        (11, "answer"),
        (12, "antwort"),
        (13, "valid_to"),
        (14, "rule_keys"),
        (15, "say"),
        (16, "easy"),
        (17, "dont_say"),
    ]
    assert "1行目" in report.rejected[4]["reason"]
    assert all(fault["reason"] for fault in report.rejected)
    original, aside = file.read_bytes().splitlines(), (tmp_path / "bad.jsonl").read_bytes().splitlines()
    assert aside == [original[number - 1] for number, _column in named]


def test_a_line_that_is_too_long_is_put_aside_whole(world, article_file, line, tmp_path):
    file = article_file(line("a", answer="あ" * 1_000_000), line("b"))
    with (tmp_path / "bad.jsonl").open("wb") as bad:
        report = bring(world, file, bad=bad)
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejected[0]["line"] == 1
    assert (tmp_path / "bad.jsonl").read_bytes() == file.read_bytes().splitlines(keepends=True)[0]


def test_five_thousand_lines_come_in(world, article_file, line):
    file = article_file(*(line(f"n{n}") for n in range(5000)))
    report = bring(world, file, approved_by=world.kato)
    assert counts(report) == (5000, 0, 0, 0)
    assert report.published == 5000
    assert db.session.scalar(select(func.count(FaqCategory.id))) == 1
    assert sorted(db.session.scalars(select(Article.number)))[::4999] == [1, 5000]


def test_an_import_is_audited_with_counts_and_who_approved(world, article_file, line):
    bring(world, article_file(line("a"), "x"), approved_by=world.kato)
    entry = world.entries(Action.ARTICLES_IMPORTED)[-1]
    facts = json.loads(entry.facts)
    assert (facts["new"], facts["rejected"], facts["published"]) == (1, 1, 1)
    assert facts["approved_by"] == world.kato.id.hex
    assert entry.actor == "console"


@pytest.mark.parametrize("name", ["sato", "honda", "kondo", "nobody"])
def test_only_the_wards_staff_may_stand_for_an_approval(world, name):
    with pytest.raises(Forbidden):
        ward_person(name, world.programme)


def test_the_wards_staff_of_another_programme_may_not(world):
    other = db.session.query(Programme).filter_by(code="neighbour").one()
    with pytest.raises(Forbidden):
        ward_person("kato", other)
    assert ward_person("kato", world.programme).id == world.kato.id


def test_the_seed_is_laid_down_with_its_synonyms(world):
    report = seed(world.programme, by=CONSOLE, approved_by=world.kato)
    lines = [json.loads(row) for row in SEED.read_text("utf-8").splitlines()]
    assert (report.new, report.rejected) == (84, [])
    assert report.published == sum(not row.get("needs_ward") for row in lines) == 53
    assert db.session.scalar(select(func.count(SynonymGroup.id))) > 30
    assert find("締切の日の消印なら間に合いますか", [world.programme.id])[0].external_id == "faq-060"


def test_the_demo_publishes_once(world):
    assert publish_demo(world.kato) == 53
    assert publish_demo(world.kato) == 0


@pytest.mark.parametrize(
    ("raw", "column"),
    [
        (b"{}", "external_id"),
        (b"null", "line"),
        (b'{"external_id": true}', "external_id"),
        (b'{"external_id": "a", "question": 1}', "question"),
        (b'{"external_id": "a", "question": "q", "answer": "a", "variants": "v"}', "variants"),
        (b'{"external_id": "a", "question": "q", "answer": "a", "variants": [1]}', "variants"),
        (b'{"external_id": "a", "question": "q", "answer": "a", "valid_from": "soon"}', "valid_from"),
        (b'{"external_id": "a", "question": "\\ud800", "answer": "a"}', "question"),
        (b'{"external_id": "a", "question": "q\\u0000", "answer": "a"}', "question"),
        (b'{"external_id": "a", "question": "q", "answer": "a", "category": "1>2>3>4"}', "category"),
        (b'{"external_id": "a", "question": "q", "answer": "  "}', "answer"),
        (b"[" * 100_000, "line"),
        (b'{"external_id": ' + b"9" * 5000 + b"}", "line"),
    ],
)
def test_a_faulty_line_names_its_column(raw, column):
    with pytest.raises(LineFault) as fault:
        read(raw)
    assert fault.value.column == column


def test_a_version_for_a_later_day_is_published_on_that_day(world, article_file, line):
    bring(world, article_file(line("a")), approved_by=world.kato)
    first = today() + timedelta(days=5)
    later = article_file(
        line("a", answer="新しい回答", valid_from=first.isoformat()), line("b", valid_from=first.isoformat())
    )
    assert bring(world, later, approved_by=world.kato).published == 2
    waiting, new = article("a"), article("b")
    assert (waiting.current_number, waiting.scheduled_number, waiting.scheduled_from) == (1, 2, first)
    assert (new.current_number, new.scheduled_number, new.state) == (1, None, State.PUBLISHED)
    assert bring(world, article_file(line("a", answer="いまの回答")), approved_by=world.kato).published == 1
    assert (article("a").current_number, article("a").scheduled_number) == (3, None)

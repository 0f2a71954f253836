"""Bringing a file of articles in: what is counted, what is refused by line and column, and who may publish."""

from sqlalchemy import func, select

from callcenter.db import db, writing
from callcenter.lines import Rejected
from callcenter.privacy.audit import CONSOLE
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision
from kb.exchange import importing
from kb.exchange.importing import Importer
from kb.finding.shelf import find


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


def test_an_archived_article_stays_archived_whatever_a_file_says(world, article_file, line):
    bring(world, article_file(line("a")), approved_by=world.kato)
    with writing():
        article("a").archive(by=world.sato)
    report = bring(world, article_file(line("a", answer="別の答えです。")), approved_by=world.kato)
    assert (report.changed, report.published) == (1, 0)
    kept = article("a")
    assert (kept.state, kept.current_number, kept.latest_number) == (State.ARCHIVED, 1, 2)


def test_the_list_of_rejected_lines_ends_and_their_count_does_not(world, article_file, monkeypatch):
    monkeypatch.setattr(Rejected, "MOST", 3)
    report = bring(world, article_file(*["{}"] * 10))
    assert (len(report.rejected), report.rejected.total) == (3, 10)


def test_a_file_is_laid_down_while_it_is_read(world, article_file, line, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    lay_down, read_before = Importer._lay_down, []

    def noted(self, lines):
        read_before.append(len(self._checker._seen))
        lay_down(self, lines)

    monkeypatch.setattr(Importer, "_lay_down", noted)
    assert bring(world, article_file(*[line(f"a{n}") for n in range(6)])).new == 6
    assert read_before == [2, 4, 6]

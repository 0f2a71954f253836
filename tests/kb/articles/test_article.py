"""Articles and their revisions: who may make one the valid answer, and what the database itself refuses."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from callcenter import clock
from callcenter.db import db, new_id, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.permissions import Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article, State
from kb.articles.content import Content
from kb.articles.revision import ArticleRevision
from kb.finding.shelf import find, index_of
from kb.words.lists import SynonymGroup

NEW = Content(question="交通費は出ますか", answer="出ません。")


def keys(world, **options):
    return [one.external_id for one in find("交通費", [world.programme.id], **options)]


def test_a_new_article_is_a_draft_that_only_editors_find(world, make_article):
    article = make_article(approved=False)
    assert article.state is State.DRAFT
    assert keys(world) == []
    assert keys(world, drafts=True) == ["F-1"]


def test_the_wards_approval_makes_it_the_answer_at_once(world, make_article):
    article = make_article()
    assert article.current.approved_by.name == world.kato.name
    assert keys(world) == ["F-1"]
    assert [entry.action for entry in world.entries()][-2:] == [Action.ARTICLE_SAVED, Action.ARTICLE_APPROVED]


def test_the_contractor_cannot_approve(world, make_article):
    article = make_article(approved=False)
    with pytest.raises(Forbidden), writing():
        article.approve(1, by=world.sato)


def test_the_database_refuses_an_approval_by_the_contractor(world, make_article):
    article = make_article(approved=False)
    approval = {"approved_by_id": world.sato.id, "approved_at": clock.now()}
    for side in (Side.CONTRACTOR, Side.WARD, None):
        with pytest.raises(IntegrityError), writing():
            change = update(ArticleRevision).where(ArticleRevision.article_id == article.id)
            db.session.execute(change.values(approved_side=side, **approval))


def test_the_database_refuses_a_published_article_without_a_revision(world):
    values = {
        "id": new_id(),
        "programme_id": world.programme.id,
        "number": 9,
        "external_id": "x",
        "latest_number": 0,
    }
    moment = clock.now()
    with pytest.raises(IntegrityError), writing():
        db.session.execute(
            insert(Article).values(**values, state=State.PUBLISHED, created_at=moment, updated_at=moment)
        )


def test_a_new_version_leaves_the_valid_one_until_it_is_approved(world, make_article):
    article = make_article()
    with writing():
        article.revise(NEW, by=world.sato)
    assert article.current.number == 1
    assert article.latest.number == 2
    assert find("交通費", [world.programme.id])[0].version == 1
    with writing():
        article.approve(2, by=world.kimura)
    assert find("交通費", [world.programme.id])[0].version == 2
    assert [one.number for one in article.revisions] == [2, 1]


def test_saving_the_same_again_makes_no_version(world, make_article):
    article = make_article()
    with writing():
        article.revise(article.latest.content, by=world.sato)
    assert article.latest_number == 1


def test_a_version_made_from_an_older_one_is_a_conflict(world, make_article):
    article = make_article()
    with writing():
        article.revise(NEW, by=world.sato, after=1)
    with pytest.raises(Conflict) as refused, writing():
        article.revise(Content(question="別の質問", answer="別"), by=world.suzuki, after=1)
    assert refused.value.code == "newer_revision"


@pytest.mark.parametrize("number", [1, 3])
def test_only_the_latest_version_can_be_approved(world, make_article, number):
    article = make_article()
    with writing():
        article.revise(NEW, by=world.sato)
    with pytest.raises(Conflict), writing():
        article.approve(number, by=world.kato)


def test_an_approved_version_is_not_approved_twice(world, make_article):
    with pytest.raises(Conflict), writing():
        make_article().approve(1, by=world.kimura)


def test_what_needs_the_wards_word_is_not_approved(world, make_article):
    article = make_article(approved=False, needs_ward=True)
    with pytest.raises(Invalid) as refused, writing():
        article.approve(1, by=world.kato)
    assert refused.value.code == "needs_ward"


def test_an_archived_article_is_found_no_more_but_stays_readable(world, make_article):
    article = make_article()
    with writing():
        article.archive(by=world.sato)
    assert keys(world) == keys(world, drafts=True) == []
    assert article.current.number == 1
    assert world.entries(Action.ARTICLE_ARCHIVED)
    with pytest.raises(Conflict), writing():
        article.archive(by=world.sato)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, True),
        (0, 0, True),
        (-1, None, True),
        (1, None, False),
        (None, -1, False),
        (None, 0, True),
    ],
)
def test_only_what_is_valid_today_is_told(world, make_article, first, last, found):
    today = clock.today()
    days = [None if n is None else today + timedelta(days=n) for n in (first, last)]
    make_article(valid_from=days[0], valid_to=days[1])
    assert bool(keys(world)) is found


def test_validity_begins_at_midnight_without_any_change(world, make_article):
    make_article(valid_from=clock.today() + timedelta(days=1))
    assert keys(world) == []
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert keys(world) == ["F-1"]


def test_an_index_is_kept_until_something_changes(world, make_article):
    make_article()
    before = index_of(world.programme.id)
    assert index_of(world.programme.id) is before
    make_article("領収書をなくしました", answer="再発行を依頼してください。")
    assert index_of(world.programme.id) is not before


def test_articles_of_another_programme_are_neither_seen_nor_found(world, make_article):
    make_article()
    assert find("交通費", world.yoso.programme_ids) == []
    assert db.session.scalars(Article.visible_to(world.yoso)).all() == []


def test_agents_do_not_see_drafts(world, make_article):
    make_article(approved=False)
    assert db.session.scalars(Article.visible_to(world.aoki)).all() == []
    assert len(db.session.scalars(Article.visible_to(world.sato)).all()) == 1
    assert len(db.session.scalars(Article.visible_to(world.kato)).all()) == 1


def test_synonyms_are_those_of_the_seed_until_the_office_has_its_own(world):
    assert SynonymGroup.of(world.programme.id)[1][:2] == ["領収書", "レシート"]
    with writing():
        SynonymGroup.lay_out(world.programme.id)
        db.session.execute(update(SynonymGroup).where(SynonymGroup.position == 1).values(words=["甲", "乙"]))
        audit.record(
            Action.ARTICLES_IMPORTED, by=audit.CONSOLE, facts={"new": 0, "changed": 0, "rejected": 0}
        )
    assert SynonymGroup.of(world.programme.id)[1] == ["甲", "乙"]


def test_a_category_is_made_once(world, make_article):
    make_article(category="費用 › 対象外")
    make_article("別の質問", category="費用 › 対象外")
    ids = set(db.session.scalars(select(ArticleRevision.category_id)))
    assert len(ids) == 1


def test_a_revision_knows_on_which_days_it_is_valid(world, make_article):
    revision = make_article(valid_from=date(2026, 4, 1), valid_to=date(2027, 3, 31)).current
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31), date(2027, 4, 1)]
    assert [revision.is_valid_on(day) for day in days] == [False, True, True, False]

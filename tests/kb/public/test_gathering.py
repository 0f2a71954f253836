"""What visitors sent is kept in the house under the keys of the year, never lost, never twice, and ends with the year."""

import pytest
from sqlalchemy import insert, select

from callcenter.db import db, new_id, writing
from callcenter.errors import Unavailable
from callcenter.privacy import audit, erasure, sealbox
from callcenter.privacy.actions import Action
from kb.finding.searches import FaqSearch, Source
from kb.public.feedback import FaceKey, Feedback, counts_of
from kb.public.gathering import Gathering
from kb.public.inbox import place
from kb.public.store import INBOX, PROGRAMME

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def taken(public, make_article):
    """An article on the public site, and a visitor's answer on the way: gives the gathering."""
    article = make_article()
    public.lay()
    gathering = Gathering(public.store)
    gathering.step()
    public.article = article
    public.gathering = gathering
    send(public, solved="no", text="金額が書いてありません")
    return public


def send(public, **form):
    path = f"/babysitter/faq/{public.article.number}/feedback"
    answer = public.client.post(path, data=form, headers=OURS)
    assert answer.status_code == 303, answer.text


def rows(public):
    with public.store.reading() as connection:
        return list(connection.execute(select(INBOX)))


def kept():
    db.session.rollback()
    return list(db.session.scalars(select(Feedback)))


def test_what_was_sent_is_kept_sealed_and_leaves_the_inbox(taken, world):
    assert taken.gathering.step() == 1
    (row,) = kept()
    assert (row.article_id, row.is_solved, row.text) == (taken.article.id, False, "金額が書いてありません")
    assert row.revision_id == taken.article.current.id
    assert row.period_id == world.period.id
    assert rows(taken) == []
    assert [e.facts for e in world.entries(Action.FEEDBACK_RECEIVED)] == ['{"count": 1}']
    assert counts_of([taken.article.id]) == {taken.article.id: {"solved": 0, "open": 1}}


def test_a_step_broken_off_before_the_inbox_was_emptied_keeps_it_once(taken):
    before = rows(taken)
    taken.gathering.step()
    with taken.store.writing() as connection:
        connection.execute(insert(INBOX), [dict(row._mapping) for row in before])
    taken.gathering.step()
    assert len(kept()) == 1
    assert rows(taken) == []


def test_what_cannot_be_opened_or_belongs_nowhere_is_let_go(taken, world):
    (row,) = rows(taken)
    changed = dict(row._mapping) | {"id": new_id()}
    with taken.store.writing() as connection:
        connection.execute(insert(INBOX), [changed, changed | {"id": new_id(), "key_id": new_id()}])
    assert taken.gathering.step() == 3
    assert len(kept()) == 1
    assert rows(taken) == []
    assert [e.facts for e in world.entries(Action.FEEDBACK_LOST)] == ['{"count": 2}']


def test_what_has_its_key_away_waits_in_the_inbox(taken, monkeypatch):
    def away(*_values):
        raise Unavailable("away", code="keys_sealed")

    with monkeypatch.context() as patch:
        patch.setattr(FaceKey, "open", away)
        assert taken.gathering.step() == 0
        assert len(rows(taken)) == 1
    assert taken.gathering.step() == 1
    assert len(kept()) == 1


def test_a_year_has_one_pair_and_its_public_half_reaches_the_site(taken, world):
    with taken.store.reading() as connection:
        given = connection.execute(select(PROGRAMME).where(PROGRAMME.c.code == "babysitter")).one()
    pair = db.session.scalars(select(FaceKey).where(FaceKey.period_id == world.period.id)).one()
    assert (given.key_id, given.public_key.hex()) == (pair.id, pair.public)
    assert len(world.entries(Action.FACE_KEY_MADE)) == 2  # two programmes
    taken.gathering.step()
    assert len(world.entries(Action.FACE_KEY_MADE)) == 2


def test_words_that_found_nothing_join_the_log_of_searches_once(taken, world):
    taken.client.get("/babysitter/search?q=zzqq")
    before = rows(taken)
    taken.gathering.step()
    with taken.store.writing() as connection:
        connection.execute(insert(INBOX), [dict(row._mapping) for row in before])
    taken.gathering.step()
    (search,) = db.session.scalars(select(FaqSearch)).all()
    assert (search.source, search.text, search.found) == (Source.PUBLIC, "zzqq", 0)
    assert len(kept()) == 1


def test_it_ends_with_its_year(taken, world):
    taken.gathering.step()
    period = world.period.id
    tables = {table.name for table in erasure.period_tables()}
    assert {"face_key", "faq_feedback"} <= tables
    erasure.erase_period(period, by=audit.CONSOLE, second_person=audit.SYSTEM, pause_seconds=0)
    assert kept() == []
    assert db.session.scalars(select(FaceKey).where(FaceKey.period_id == period)).first() is None
    assert taken.gathering.step() == 0
    with taken.store.reading() as connection:
        query = select(PROGRAMME.c.key_id).where(PROGRAMME.c.code == "babysitter")
        assert connection.scalar(query) is None


def test_an_editor_marks_it_as_done(taken, world):
    taken.gathering.step()
    with writing():
        kept()[0].finish(by=world.sato)
    assert kept()[0].done_by_id == world.sato.id
    assert len(world.entries(Action.FEEDBACK_DONE)) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"[" * 100_000,
        b"[" * 9_000,
        b'{"at": "2026-11-24T09:00:00", "revision": "REVISION", "solved": true, "text": ""}',
        b'{"at": "2026-11-24T09:00:00+00:00", "revision": 7, "solved": true, "text": ""}',
        b"null",
    ],
    ids=["too large", "too deep", "no zone", "no id", "nothing"],
)
def test_what_a_face_gone_wrong_may_send_stops_nothing(taken, said):
    with taken.store.reading() as connection:
        given = connection.execute(select(PROGRAMME).where(PROGRAMME.c.code == "babysitter")).one()
    said = said.replace(b"REVISION", str(taken.article.current.id).encode())
    row = {"id": new_id(), "programme": "babysitter", "kind": "feedback", "key_id": given.key_id}
    sealed = sealbox.seal(given.public_key, said, place(row["id"], "babysitter", "feedback"))
    with taken.store.writing() as connection:
        connection.execute(insert(INBOX).values(**row, sealed=sealed, received_at="2000-01-01T00:00:00"))
    assert taken.gathering.step() == 2
    assert len(kept()) == 1
    assert rows(taken) == []


def test_a_search_that_another_site_made_a_visitor_ask_is_not_kept(taken):
    for site in ("cross-site", "same-site"):
        taken.client.get("/babysitter/search?q=zzqq", headers={"Sec-Fetch-Site": site})
    assert [row.kind for row in rows(taken)] == ["feedback"]

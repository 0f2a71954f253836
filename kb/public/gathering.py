"""Fetching what visitors sent: the worker opens it with the key of the year and keeps it in the house, then takes it
from the inbox. Broken off in between, the next step finds it kept already: never lost, never twice."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from callcenter.clock import today
from callcenter.db import Intent, db, intent, writing
from callcenter.errors import NotFound, Refusal, Unavailable
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.programmes import Period, Programme, period_for
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from kb.finding.searches import FaqSearch, Source, keep
from kb.public.feedback import FaceKey, Feedback
from kb.public.inbox import FEEDBACK, SEARCH, place
from kb.public.store import INBOX, PROGRAMME, Store

log = logging.getLogger("callcenter.face")
AT_ONCE = 200
LONGEST_TEXT = 500
LARGEST_SEALED = 16 * 1024
"""Bytes of one message; the face sends a tenth of it."""


class Gathering:
    """Fetches from one store."""

    def __init__(self, store: Store):
        self.store = store

    def step(self) -> int:
        """Give each programme the public key of its year, and fetch what came. How many messages were fetched."""
        with self.store.reading() as connection:
            keys = dict(connection.execute(select(PROGRAMME.c.code, PROGRAMME.c.key_id)).all())
            rows = list(connection.execute(select(INBOX).order_by(INBOX.c.received_at).limit(AT_ONCE)))
        for code, key_id in keys.items():
            self._give_key(code, key_id)
        if not rows:
            return 0
        later = self._keep(rows)
        done = [row.id for row in rows if row.id not in later]
        with self.store.writing() as connection:
            connection.execute(delete(INBOX).where(INBOX.c.id.in_(done)))
        return len(done)

    def _give_key(self, code: str, given: uuid.UUID | None) -> None:
        key = _key_of(code)
        if (key.id if key else None) == given:
            return
        values = {"key_id": key.id, "public_key": bytes.fromhex(key.public)} if key else _NO_KEY
        with self.store.writing() as connection:
            connection.execute(update(PROGRAMME).where(PROGRAMME.c.code == code).values(**values))

    def _keep(self, rows: list[Any]) -> set[uuid.UUID]:
        """Keep what came. What is given back must wait in the inbox: its key is away for now."""
        with writing():
            inbox_ids = [row.id for row in rows]
            known = set(db.session.scalars(select(Feedback.inbox_id).where(Feedback.inbox_id.in_(inbox_ids))))
            known.update(db.session.scalars(select(FaqSearch.id).where(FaqSearch.id.in_(inbox_ids))))
            kept: dict[uuid.UUID, int] = {}
            later: set[uuid.UUID] = set()
            lost = 0
            for row in rows:
                if row.id in known:
                    continue
                key = db.session.get(FaceKey, row.key_id)
                if key is None:  # of a year that was erased
                    lost += 1
                    continue
                try:
                    with db.session.begin_nested():
                        is_feedback = self._keep_one(row, key)
                except OperationalError:
                    raise
                except Exception as problem:  # whatever a face that was taken over may send ends here
                    if isinstance(problem, Unavailable) and problem.code != "key_erased":
                        later.add(row.id)
                        continue
                    log.warning("a message of the public site cannot be read: %s", type(problem).__name__)
                    lost += 1
                    continue
                if is_feedback:
                    kept[key.period_id] = kept.get(key.period_id, 0) + 1
            for period_id, count in kept.items():
                audit.record(
                    Action.FEEDBACK_RECEIVED, by=audit.SYSTEM, period_id=period_id, facts={"count": count}
                )
            if lost:
                audit.record(Action.FEEDBACK_LOST, by=audit.SYSTEM, facts={"count": lost})
        return later

    def _keep_one(self, row: Any, key: FaceKey) -> bool:
        if len(row.sealed) > LARGEST_SEALED:
            raise ValueError("too large")
        said = json.loads(key.open(row.sealed, place(row.id, row.programme, row.kind)))
        at, period = datetime.fromisoformat(said["at"]), db.session.get_one(Period, key.period_id)
        if at.tzinfo is None:
            raise ValueError("a moment without its zone")
        if row.kind == SEARCH:
            words = str(said["words"])[:LONGEST_TEXT]
            keep(period.programme_id, words, 0, 0, source=Source.PUBLIC, search_id=row.id)
            return False  # the log of searches is not audited
        revision = _revision(period.programme_id, said) if row.kind == FEEDBACK else None
        if revision is None:
            return False
        feedback = Feedback(
            group=key.group,
            period_id=period.id,
            inbox_id=row.id,
            article_id=revision.article_id,
            revision_id=revision.id,
            at=at,
            is_solved=bool(said["solved"]),
        )
        feedback.text = str(said["text"])[:LONGEST_TEXT] or None
        db.session.add(feedback)
        return True


_NO_KEY: dict[str, Any] = {"key_id": None, "public_key": None}


def _key_of(code: str) -> FaceKey | None:
    """The key pair of a programme's current year, made when there is none; None without an open year."""
    with intent(Intent.READ):
        programme = db.session.scalars(select(Programme.id).where(Programme.code == code)).first()
        try:
            period = period_for(programme, today()) if programme else None
        except NotFound:
            period = None
        key = (
            db.session.scalars(select(FaceKey).where(FaceKey.period_id == period.id)).first()
            if period
            else None
        )
        period_id = period.id if period else None
        db.session.rollback()
    if key is None and period_id is not None:
        try:
            with writing():
                key = FaceKey.make(db.session.get_one(Period, period_id), by=audit.SYSTEM)
        except Refusal as refusal:
            log.warning("no key for the public site: %s", refusal.code)
            return None
    return key


def _revision(programme_id: uuid.UUID, said: dict[str, Any]) -> ArticleRevision | None:
    """The approved revision that a visitor read."""
    query = (
        select(ArticleRevision)
        .join(Article, Article.id == ArticleRevision.article_id)
        .where(
            ArticleRevision.id == uuid.UUID(said["revision"]),
            ArticleRevision.approved_at.is_not(None),
            Article.programme_id == programme_id,
        )
    )
    return db.session.scalars(query).first()

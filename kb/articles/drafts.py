"""What an editor is typing into the form of an article, kept on the server as it is typed, until it is saved as a version.

One draft a person and article; one for the article that is not there yet. Its words are the office's own knowledge, as
those of the article itself."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Row, Why, Words, add_if_new, db
from callcenter.drafts import Fields, Versioned
from callcenter.people.staff import Staff

if TYPE_CHECKING:
    from kb.articles.article import Article

NEW = uuid.UUID(int=0)
"""What the draft of an article that is not there yet is about."""


class ArticleDraft(Versioned, Row):
    """What a person has typed for an article and not saved."""

    __tablename__ = "article_draft"
    __unaudited__ = True
    __table_args__ = (UniqueConstraint("staff_id", "about_id"),)

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    about_id: Mapped[uuid.UUID]
    body: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))

    @property
    def fields(self) -> Fields:
        """What was typed: field name → values."""
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Saved:
    """How a save went: `is_kept` False means that another page holds a newer version, which is in `draft`."""

    draft: ArticleDraft
    is_kept: bool


def about(article: Article | None) -> uuid.UUID:
    """What a draft for an article is about."""
    return article.id if article else NEW


def draft_of(person: Staff, about_id: uuid.UUID) -> ArticleDraft | None:
    """The draft that a person has for an article, if any."""
    query = select(ArticleDraft).where(ArticleDraft.staff_id == person.id, ArticleDraft.about_id == about_id)
    return db.session.scalars(query.execution_options(populate_existing=True)).first()


def save(person: Staff, about_id: uuid.UUID, fields: Fields, *, seen: int, page: str, device: str) -> Saved:
    """Keep what was typed. `seen` is the version that the page knows (0: none), `page` names the open page.

    Nothing is kept when another page has saved a version that this one has not seen, unless the texts are equal."""
    body = json.dumps(fields, ensure_ascii=False)
    values = {"saved_at": clock.now(), "page": page, "device": device, "body": body}
    if add_if_new(ArticleDraft, staff_id=person.id, about_id=about_id, version=1, **values):
        made = draft_of(person, about_id)
        assert made is not None
        return Saved(made, True)
    known = draft_of(person, about_id)
    assert known is not None
    if known.fields == fields:
        return Saved(known, True)
    if known.is_newer_than(seen, page):
        return Saved(known, False)
    statement = update(ArticleDraft).where(ArticleDraft.id == known.id, ArticleDraft.version == known.version)
    done = db.session.execute(statement.values(version=known.version + 1, **values))
    db.session.expire(known)
    return Saved(known, bool(done.rowcount))  # type: ignore[attr-defined]


def discard(person: Staff, about_id: uuid.UUID) -> None:
    """Forget a person's draft: it was saved, or is not wanted."""
    db.session.execute(
        delete(ArticleDraft).where(ArticleDraft.staff_id == person.id, ArticleDraft.about_id == about_id)
    )

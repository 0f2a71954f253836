"""記事の依頼: an agent asks for an article that is not there, and hears when it is."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from callcenter import clock
from callcenter.db import Moment, Row, db
from callcenter.errors import NotFound
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import Grouped, sealed
from kb.articles.article import Article
from kb.finding.searches import FaqSearch


class Wish(Grouped, Row):
    """An article that somebody asked for: the words of their search, and a note. `article_id` is the draft made for it;
    `seen_at` when they looked at the approved answer."""

    __tablename__ = "faq_wish"
    __subject__ = apart("words that staff typed and a note to the editor; belongs to no caller")

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    wished_at: Mapped[datetime] = mapped_column(Moment)
    article_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("article.id"), index=True)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    text: str = sealed(Item.CONSULTATION, nullable=False)
    note: str | None = sealed(Item.CONSULTATION)

    staff: Mapped[Staff] = relationship(Staff)
    article: Mapped[Article | None] = relationship(Article)

    @classmethod
    def make(cls, search: FaqSearch, *, by: Staff, note: str = "") -> Wish:
        """Ask for an article that answers a search. Raises Invalid for a secret link in the note."""
        paste_guard(note)
        row = cls(group=search.group, programme_id=search.programme_id, staff_id=by.id, wished_at=clock.now())
        row.text, row.note = search.text, note.strip() or None
        db.session.add(row)
        audit.record(Action.ARTICLE_WISHED, by=by, on=row)
        return row

    @classmethod
    def of(cls, wish_id: uuid.UUID, person: Staff) -> Wish:
        """A wish of this person. Raises NotFound for somebody else's."""
        row = db.session.scalars(select(cls).where(cls.id == wish_id, cls.staff_id == person.id)).first()
        if row is None:
            raise NotFound("この依頼は見つかりません。", code="no_wish")
        return row

    def see(self, *, by: Staff) -> None:
        """Its maker looked at the answer."""
        if self.seen_at is None:
            self.seen_at = clock.now()
            audit.record(Action.ARTICLE_WISH_SEEN, by=by, on=self)


def answered(person: Staff) -> list[Wish]:
    """The wishes of a person whose article was approved and not yet looked at, the newest first."""
    query = (
        select(Wish)
        .join(Article, Article.id == Wish.article_id)
        .where(Wish.staff_id == person.id, Wish.seen_at.is_(None), Article.current_number.is_not(None))
        .where(Wish.programme_id.in_(person.programme_ids))
        .options(joinedload(Wish.article))
        .order_by(Wish.wished_at.desc())
    )
    return list(db.session.scalars(query.limit(10)))

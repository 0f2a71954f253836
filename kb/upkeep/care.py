"""What keeps an approved answer true: the ward confirms it anew, somebody looks after it, people remark on it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, select
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, db, writing
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Item
from callcenter.privacy.secrets_guard import paste_guard
from callcenter.privacy.subjects import apart
from callcenter.privacy.vault import Grouped, sealed
from callcenter.programmes import house_keys
from kb.articles.approval import OnPaper, sees_drafts, the_wards_word
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from kb.articles.stamp import Shelf

LONGEST_COMMENT = 1000


class ArticleConfirmation(Row):
    """The ward said again that a revision holds, without changing it."""

    __tablename__ = "article_confirmation"
    __table_args__ = (
        ForeignKeyConstraint(["by_id", "by_side"], ["staff.id", "staff.side"]),
        CheckConstraint("by_side = 'ward'", name="ward_confirms"),
        CheckConstraint("(paper IS NULL) = (entered_by_id IS NULL)", name="paper"),
    )

    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article_revision.id"), index=True)
    confirmed_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID]
    by_side: Mapped[Side] = mapped_column(Choice(Side))
    paper: Mapped[str | None] = mapped_column(Words(Why.NUMBER, 60))
    entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    by: Mapped[Staff] = relationship(
        Staff, primaryjoin=lambda: foreign(ArticleConfirmation.by_id) == Staff.id, viewonly=True
    )


def confirm(article: Article, *, by: Staff, paper: OnPaper | None = None) -> ArticleConfirmation:
    """The ward says that the answer still holds as it is (docs/rules.md#doubts).

    Raises Forbidden unless the ward's person does it, Conflict when the article is not told now."""
    the_wards_word(article, by, paper)
    if article.state != "published" or article.current is None:
        raise Conflict(_("いま案内している記事だけを確かめられます。"), code="not_published")
    row = ArticleConfirmation(
        revision_id=article.current.id, confirmed_at=clock.now(), by_id=by.id, by_side=by.side
    )
    if paper:
        row.paper, row.entered_by_id = paper.number, paper.entered_by.id
    if article.review_on and article.review_on <= clock.today():
        article.review_on = None
    db.session.add(row)
    Shelf.stir(article.programme_id)
    facts = {"revision": article.current_number, **(paper.facts(by) if paper else {})}
    audit.record(Action.ARTICLE_CONFIRMED, by=paper.entered_by if paper else by, on=article, facts=facts)
    return row


def confirmations(article: Article) -> list[ArticleConfirmation]:
    """All of them, for every revision; the newest first."""
    query = (
        select(ArticleConfirmation)
        .join(ArticleRevision, ArticleRevision.id == ArticleConfirmation.revision_id)
        .where(ArticleRevision.article_id == article.id)
    )
    return list(db.session.scalars(query.order_by(ArticleConfirmation.confirmed_at.desc())))


def look_after(article: Article, *, owner: Staff | None, review_on: date | None, by: Staff) -> None:
    """Say who looks after an article and by when it is looked at again. Raises Invalid for a day gone by or somebody
    who does not work for the programme."""
    if review_on and review_on < clock.today() and review_on != article.review_on:
        raise Invalid(_("見直しの期日は今日以後の日付にしてください。"), code="review_in_past")
    if owner is not None and article.programme_id not in owner.programme_ids:
        raise Invalid(_("この人は、この事業の担当に登録されていません。"), code="owner_elsewhere")
    if (article.owner_id, article.review_on) == (owner.id if owner else None, review_on):
        return
    article.owner_id, article.review_on = owner.id if owner else None, review_on
    Shelf.stir(article.programme_id)
    facts = {"owner": owner.id.hex if owner else "", "review_on": review_on}
    audit.record(Action.ARTICLE_CARE_CHANGED, by=by, on=article, facts=facts)


def begin_due() -> int:
    """Make every scheduled revision whose first day has come the current one. How many; for the worker. What is told
    does not wait for it (`Article.number_told`)."""
    if not list(db.session.scalars(Article.due(clock.today()).limit(1))):
        db.session.rollback()
        return 0
    with writing():
        due = list(db.session.scalars(Article.due(clock.today())))
        for article in due:
            article.begin_scheduled()
    return len(due)


class ArticleComment(Grouped, Row):
    """A remark of staff on an article: what is unclear, what callers ask besides. Never shown outside the office."""

    __tablename__ = "article_comment"
    __subject__ = apart("remarks of staff on an article of the office, under the house's own key")

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"), index=True)
    revision: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Moment)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    text = sealed(Item.STAFF, nullable=False)

    by: Mapped[Staff] = relationship(Staff, foreign_keys=[by_id])
    settled_by: Mapped[Staff | None] = relationship(Staff, foreign_keys=[settled_by_id])

    @classmethod
    def write(cls, article: Article, text: str, *, by: Staff) -> ArticleComment:
        """Remark on the newest revision that the writer sees. Raises Invalid for an empty or too long text."""
        text = text.strip()
        if not text:
            raise Invalid(_("コメントを入力してください。"), code="comment_empty")
        if len(text) > LONGEST_COMMENT:
            message = _("コメントは%(longest)d文字までです。", longest=LONGEST_COMMENT)
            raise Invalid(message, code="comment_too_long")
        paste_guard(text)
        number = article.latest_number if sees_drafts(by) else article.current_number
        row = cls(
            group=house_keys(),
            article_id=article.id,
            revision=number or article.latest_number,
            made_at=clock.now(),
            by_id=by.id,
        )
        row.text = text
        db.session.add(row)
        audit.record(Action.ARTICLE_COMMENTED, by=by, on=article, facts={"revision": row.revision})
        return row

    @classmethod
    def of(cls, article: Article) -> list[ArticleComment]:
        """All remarks on an article, the oldest first."""
        query = select(cls).where(cls.article_id == article.id)
        return list(db.session.scalars(query.order_by(cls.made_at, cls.id)))

    def settle(self, article: Article, *, by: Staff) -> None:
        """Say that the remark is dealt with. Raises Forbidden for others than editors, the ward and its writer,
        Conflict when it was settled before."""
        if by.id != self.by_id and not sees_drafts(by) and not by.may(Permission.KB_APPROVE):
            raise Forbidden(_("このコメントを済みにできるのは、書いた人と編集する人だけです。"))
        if self.settled_at is not None:
            raise Conflict(_("このコメントは、すでに済みです。"), code="settled_already")
        self.settled_at, self.settled_by_id = clock.now(), by.id
        facts = {"revision": self.revision, "settled": True}
        audit.record(Action.ARTICLE_COMMENTED, by=by, on=article, facts=facts)

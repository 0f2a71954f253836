"""An article: an answer of the office to one question. What it says stands in its revisions. The contractor writes them; only the ward
makes one the valid answer, and the database itself refuses an approval that is not the ward's."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Select,
    UniqueConstraint,
    and_,
    case,
    select,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind
from callcenter.programmes import Programme, next_number
from kb.articles import origins
from kb.articles.approval import OnPaper, sees_drafts, the_wards_word
from kb.articles.content import Content
from kb.articles.images import unknown_images
from kb.articles.revision import ArticleRevision, covers, revision_values
from kb.articles.stamp import Shelf


class State(StrEnum):
    """Where an article stands. DRAFT: never approved. A published article may have a newer draft revision."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


STATES = {State.DRAFT: _l("下書き"), State.PUBLISHED: _l("公開中"), State.ARCHIVED: _l("保管")}


class Article(Row):
    """An answer of the office to one question. `current_number` is the revision that agents tell; none before the
    ward's first approval. `scheduled_number` is an approved revision that waits for its first day; `latest_number` is
    the newest revision, approved or not."""

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        UniqueConstraint("programme_id", "external_id", name="uq_article_external_id"),
        CheckConstraint("state <> 'published' OR current_number IS NOT NULL", name="published_has_revision"),
        CheckConstraint("state <> 'draft' OR current_number IS NULL", name="draft_has_none"),
        CheckConstraint("current_number <= latest_number", name="order"),
        CheckConstraint("(scheduled_number IS NULL) = (scheduled_from IS NULL)", name="scheduled_from"),
        CheckConstraint(
            "scheduled_number <= latest_number AND scheduled_number > coalesce(current_number, 0)",
            name="scheduled",
        ),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    number: Mapped[int]
    external_id: Mapped[str] = mapped_column(Words(Why.NUMBER, 120))
    state: Mapped[State] = mapped_column(Choice(State), default=State.DRAFT, index=True)
    current_number: Mapped[int | None]
    scheduled_number: Mapped[int | None]
    scheduled_from: Mapped[date | None] = mapped_column(Date)
    latest_number: Mapped[int]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    review_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)

    programme: Mapped[Programme] = relationship(Programme)
    owner: Mapped[Staff | None] = relationship(Staff, foreign_keys=[owner_id])
    revisions: Mapped[list[ArticleRevision]] = relationship(
        back_populates="article", order_by="ArticleRevision.number.desc()"
    )
    current: Mapped[ArticleRevision | None] = relationship(
        primaryjoin=lambda: and_(
            Article.id == foreign(remote(ArticleRevision.article_id)),
            Article.current_number == foreign(remote(ArticleRevision.number)),
        ),
        viewonly=True,
        uselist=False,
    )
    latest: Mapped[ArticleRevision] = relationship(
        primaryjoin=lambda: and_(
            Article.id == foreign(remote(ArticleRevision.article_id)),
            Article.latest_number == foreign(remote(ArticleRevision.number)),
        ),
        viewonly=True,
        uselist=False,
    )

    # --- finding

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Article]:
        """Articles of a person's programmes; drafts only for those who write or approve."""
        query = select(cls).where(cls.programme_id.in_(person.programme_ids))
        return query if sees_drafts(person) else query.where(cls.current_number.is_not(None))

    @classmethod
    def told_today(cls) -> Select[Article]:
        """Published articles whose valid revision covers today: what agents may tell."""
        day, revision = clock.today(), ArticleRevision
        return (
            select(cls)
            .join(revision, and_(revision.article_id == cls.id, revision.number == cls.number_told(day)))
            .where(cls.state == State.PUBLISHED, *covers(day))
        )

    @classmethod
    def number_told(cls, day: date) -> ColumnElement[int | None]:
        """The revision that is told on a day, if any is: the scheduled one from its first day on, by the hour of
        midnight and not by the worker's."""
        return case((cls.scheduled_from <= day, cls.scheduled_number), else_=cls.current_number)

    @classmethod
    def due(cls, day: date) -> Select[Article]:
        """Articles whose scheduled revision has come to its first day."""
        return select(cls).where(cls.scheduled_from <= day, cls.state != State.ARCHIVED)

    # --- what it is

    @property
    def label(self) -> str:
        return f"F-{self.number}"

    @property
    def has_draft(self) -> bool:
        """Whether the newest revision still waits for the ward."""
        return self.latest_number not in (self.current_number, self.scheduled_number)

    @property
    def scheduled(self) -> ArticleRevision | None:
        """The approved revision that waits for its first day."""
        return next((one for one in self.revisions if one.number == self.scheduled_number), None)

    @property
    def shown(self) -> ArticleRevision:
        """The revision that people read: the approved one; before the first approval the draft."""
        return self.current or self.latest

    # --- what is done to it

    @classmethod
    def write(
        cls, programme_id: uuid.UUID, content: Content, *, by: Staff, external_id: str | None = None
    ) -> Article:
        """A new article as a draft. Raises Invalid for content that cannot be kept, Conflict for an id twice."""
        _check(content, programme_id)
        number = next_number(programme_id, Kind.ARTICLE)
        external_id = external_id or f"F-{number}"
        twin = select(cls.id).where(cls.programme_id == programme_id, cls.external_id == external_id)
        if db.session.scalars(twin).first():
            raise Conflict(_("この外部番号の記事はすでにあります。"), code="external_id_taken")
        moment = clock.now()
        article = cls(
            programme_id=programme_id,
            number=number,
            external_id=external_id,
            state=State.DRAFT,
            latest_number=0,
            owner_id=by.id,
            created_at=moment,
            updated_at=moment,
        )
        db.session.add(article)
        article._add(content, by=by)
        return article

    def revise(self, content: Content, *, by: Staff, after: int | None = None) -> ArticleRevision:
        """Keep new content as a draft revision. `after` is the revision that the writer had before them.

        Raises Conflict when somebody saved another meanwhile, Invalid for content that cannot be kept, or (code
        `personal_data`) that holds data of the persons the article was written from."""
        _check(content, self.programme_id)
        origins.require_clean(origins.faults_of(self, content))
        self._hold()
        if after is not None and after != self.latest_number:
            message = _(
                "ほかの人が第%(number)d版を保存しました。内容を確かめてください。", number=self.latest_number
            )
            raise Conflict(message, code="newer_revision", facts={"latest": self.latest_number})
        if content.digest == self.latest.digest:
            return self.latest
        return self._add(content, by=by)

    def approve(self, number: int, *, by: Staff, paper: OnPaper | None = None) -> None:
        """The ward makes a revision the valid answer (docs/rules.md#faq-truth): at once, or from the day on which its
        validity begins; until then the one before is told.

        Raises Forbidden unless the word is the ward's, Conflict for a revision that is not the latest or is approved
        already, Invalid for one that still waits for the ward's word."""
        the_wards_word(self, by, paper)
        self._hold()
        revision = self.latest
        if number != self.latest_number or revision.approved_at is not None:
            raise Conflict(_("承認する版が変わりました。最新の版を確かめてください。"), code="newer_revision")
        if revision.needs_ward:
            message = _("要区確認の記事です。区の回答を本文に入れ、要区確認を外してから承認してください。")
            raise Invalid(message, code="needs_ward")
        revision.approved_by_id, revision.approved_side, revision.approved_at = by.id, by.side, clock.now()
        if paper:
            revision.approval_paper, revision.approval_entered_by_id = paper.number, paper.entered_by.id
        if self.current_number and revision.valid_from and revision.valid_from > clock.today():
            self.scheduled_number, self.scheduled_from = number, revision.valid_from
        else:
            self._begin(number)
        self.updated_at = revision.approved_at
        Shelf.stir(self.programme_id)
        facts = {"revision": number, **(paper.facts(by) if paper else {})}
        audit.record(Action.ARTICLE_APPROVED, by=paper.entered_by if paper else by, on=self, facts=facts)
        db.session.flush()
        db.session.expire(self, ["current", "latest", "revisions"])

    def begin_scheduled(self) -> None:
        """The first day of the scheduled revision has come: from now on it is told."""
        self._hold()
        if self.scheduled_number is None:
            return
        self._begin(self.scheduled_number)
        self.updated_at = clock.now()
        Shelf.stir(self.programme_id)
        audit.record(Action.ARTICLE_BEGUN, by=audit.SYSTEM, on=self, facts={"revision": self.current_number})
        db.session.flush()
        db.session.expire(self, ["current", "latest", "revisions"])

    def archive(self, *, by: Staff) -> None:
        """Tell it no longer; consultations that told it still show it."""
        if self.state is not State.PUBLISHED:
            raise Conflict(_("公開中の記事だけを保管できます。"), code="not_published")
        self.state, self.updated_at = State.ARCHIVED, clock.now()
        Shelf.stir(self.programme_id)
        audit.record(Action.ARTICLE_ARCHIVED, by=by, on=self, facts={"revision": self.current_number})

    def restore(self, *, by: Staff) -> None:
        """Tell it again, in the revision that the ward approved last."""
        if self.state is not State.ARCHIVED:
            raise Conflict(_("保管した記事だけを戻せます。"), code="not_archived")
        self.state, self.updated_at = State.PUBLISHED, clock.now()
        Shelf.stir(self.programme_id)
        audit.record(Action.ARTICLE_RESTORED, by=by, on=self, facts={"revision": self.current_number})

    # --- private

    def _hold(self) -> None:
        """Let nobody else change this article before this transaction ends."""
        db.session.refresh(self, with_for_update=True)

    def _begin(self, number: int) -> None:
        self.current_number, self.state = number, State.PUBLISHED
        self.scheduled_number = self.scheduled_from = None

    def _add(self, content: Content, *, by: Staff) -> ArticleRevision:
        self.latest_number += 1
        self.updated_at = clock.now()
        values = revision_values(self.programme_id, content)
        revision = ArticleRevision(
            article_id=self.id, number=self.latest_number, made_by_id=by.id, made_at=self.updated_at, **values
        )
        db.session.add(revision)
        Shelf.stir(self.programme_id)
        audit.record(Action.ARTICLE_SAVED, by=by, on=self, facts={"revision": self.latest_number})
        db.session.flush()
        db.session.expire(self, ["current", "latest", "revisions"])
        return revision


def _check(content: Content, programme_id: uuid.UUID) -> None:
    faults = content.faults() or unknown_images(content, programme_id)
    if faults:
        raise Invalid(faults[0].reason, code="content", facts={"fields": sorted({f.field for f in faults})})

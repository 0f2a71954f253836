"""The shelf: articles, their revisions, who approved which, and the words that callers use for one thing.

What an article says stands in its revisions, which are never rewritten. The contractor writes them; only the ward
makes one the valid answer, and the database itself refuses an approval that is not the ward's."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Select,
    UniqueConstraint,
    and_,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, add_if_new, db, new_id
from callcenter.errors import Conflict, Forbidden, Invalid
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Kind
from callcenter.programmes import Programme, next_number
from kb import origins
from kb.content import Content
from kb.images import unknown_images
from kb.search import Entry
from kb.vocabulary import FaqCategory

LONGEST_PAPER = 60


class State(StrEnum):
    """Where an article stands. DRAFT: never approved. A published article may have a newer draft revision."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class OnPaper(NamedTuple):
    """The ward's word came on paper: the paper's number, and who of the office entered it."""

    number: str
    entered_by: Staff

    def facts(self, ward_person: Staff) -> dict[str, str]:
        """For the trail: whose word it is, and on which paper."""
        return {"paper": self.number, "ward_person": ward_person.id.hex}


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


class ArticleRevision(Row):
    """One version of an article, whole. A consultation keeps the one that was told."""

    __tablename__ = "article_revision"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        ForeignKeyConstraint(["approved_by_id", "approved_side"], ["staff.id", "staff.side"]),
        CheckConstraint(
            "approved_at IS NULL OR (approved_by_id IS NOT NULL AND coalesce(approved_side, '') = 'ward')",
            name="ward_approves",
        ),
        CheckConstraint("approved_by_id IS NULL OR approved_at IS NOT NULL", name="approved_at"),
        CheckConstraint("valid_from <= valid_to", name="order"),
        CheckConstraint("(approval_paper IS NULL) = (approval_entered_by_id IS NULL)", name="paper"),
    )

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("article.id"))
    number: Mapped[int]
    question: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 200))
    variants: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    read_aloud: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 80))
    category_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("faq_category.id"), index=True)
    source: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 300))
    easy: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    say: Mapped[list[str]] = mapped_column(JSON)
    dont_say: Mapped[list[str]] = mapped_column(JSON)
    escalate_when: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, 200))
    rule_keys: Mapped[list[str]] = mapped_column(JSON)
    is_public: Mapped[bool]
    needs_ward: Mapped[bool]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    digest: Mapped[str] = mapped_column(Words(Why.KEY, 64))
    forms: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE))
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    approved_by_id: Mapped[uuid.UUID | None]
    approved_side: Mapped[Side | None] = mapped_column(Choice(Side))
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    approval_paper: Mapped[str | None] = mapped_column(Words(Why.NUMBER, LONGEST_PAPER))
    approval_entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)

    article: Mapped[Article] = relationship(back_populates="revisions")
    category: Mapped[FaqCategory | None] = relationship(FaqCategory)
    made_by: Mapped[Staff | None] = relationship(Staff, foreign_keys=[made_by_id])
    approval_entered_by: Mapped[Staff | None] = relationship(Staff, foreign_keys=[approval_entered_by_id])
    approved_by: Mapped[Staff | None] = relationship(
        Staff,
        primaryjoin=lambda: foreign(ArticleRevision.approved_by_id) == Staff.id,
        viewonly=True,
    )

    @property
    def content(self) -> Content:
        """What it says, as a value."""
        return Content(
            question=self.question,
            answer=self.answer,
            variants=tuple(self.variants),
            read_aloud=self.read_aloud,
            category=self.category.path if self.category else "",
            source=self.source,
            easy=self.easy,
            say=tuple(self.say),
            dont_say=tuple(self.dont_say),
            escalate_when=self.escalate_when,
            rule_keys=tuple(self.rule_keys),
            is_public=self.is_public,
            needs_ward=self.needs_ward,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )

    @property
    def aloud(self) -> str:
        return self.content.aloud

    def is_valid_on(self, day: date) -> bool:
        """Whether it may be told on a day: approved, and the day within its validity (both ends count)."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.approved_at is not None and begun and (self.valid_to is None or day <= self.valid_to)


class Shelf(Row):
    """The state of a programme's articles: a token that is new after each change, by which indexes know they are old."""

    __tablename__ = "faq_shelf"
    __unaudited__ = True

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), unique=True)
    stamp: Mapped[uuid.UUID]

    @classmethod
    def stir(cls, programme_id: uuid.UUID) -> None:
        """Say that the articles or synonyms of a programme changed."""
        stamp = new_id()
        if not add_if_new(cls, programme_id=programme_id, stamp=stamp):
            db.session.execute(update(cls).where(cls.programme_id == programme_id).values(stamp=stamp))


def covers(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions on ArticleRevision: the day lies within its validity."""
    revision = ArticleRevision
    return (
        or_(revision.valid_from.is_(None), revision.valid_from <= day),
        or_(revision.valid_to.is_(None), revision.valid_to >= day),
    )


def sees_drafts(person: Staff) -> bool:
    """Whether a person may see what the ward has not approved."""
    return person.may(Permission.KB_WRITE) or person.may(Permission.KB_APPROVE)


def the_wards_word(article: Article, by: Staff, paper: OnPaper | None) -> None:
    """Raise Forbidden unless this is the word of somebody of the ward who may give it for this article, themselves or
    on a paper that an editor enters; Invalid for a paper without a number."""
    if by.side is not Side.WARD or not by.may(Permission.KB_APPROVE):
        raise Forbidden(_("FAQを承認できるのは区の職員だけです。"), code="ward_approves")
    if paper is None:
        return
    if not paper.entered_by.may(Permission.KB_WRITE) or article.programme_id not in by.programme_ids:
        raise Forbidden(_("この紙の承認を入力することはできません。"), code="paper_not_entered")
    if not paper.number or len(paper.number) > LONGEST_PAPER or not paper.number.isprintable():
        message = _("紙の番号を%(longest)d文字までで入力してください。", longest=LONGEST_PAPER)
        raise Invalid(message, code="paper_number")


def revision_values(programme_id: uuid.UUID, content: Content) -> dict[str, object]:
    """The columns of a revision that come from its content. Makes the category when it is new."""
    category = FaqCategory.found_or_made(programme_id, content.category)
    return {
        "question": content.question,
        "variants": list(content.variants),
        "answer": content.answer,
        "read_aloud": content.read_aloud,
        "category_id": category.id if category else None,
        "source": content.source,
        "easy": content.easy,
        "say": list(content.say),
        "dont_say": list(content.dont_say),
        "escalate_when": content.escalate_when,
        "rule_keys": list(content.rule_keys),
        "is_public": content.is_public,
        "needs_ward": content.needs_ward,
        "valid_from": content.valid_from,
        "valid_to": content.valid_to,
        "digest": content.digest,
        "forms": entry_of(None, content).analysed_forms(),
    }


def entry_of(key: Hashable, content: Content, forms: str = "") -> Entry:
    """What search reads of an article."""
    return Entry(key, content.question, content.variants, content.answer, content.category, forms)


def _check(content: Content, programme_id: uuid.UUID) -> None:
    faults = content.faults() or unknown_images(content, programme_id)
    if faults:
        raise Invalid(faults[0].reason, code="content", facts={"fields": sorted({f.field for f in faults})})


__all__ = [
    "LONGEST_PAPER",
    "STATES",
    "Article",
    "ArticleRevision",
    "OnPaper",
    "Shelf",
    "State",
    "covers",
    "entry_of",
    "revision_values",
    "sees_drafts",
    "the_wards_word",
]

"""The lists of words that a supervisor keeps: what callers call one thing, and how the office writes its own words.

Each change counts up the row's version, by which a second editor is told of the first; nothing is deleted for good."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import JSON, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from callcenter import clock
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.lens.folding import fold
from kb.articles.stamp import Shelf
from kb.index.synonyms import first_synonyms
from kb.words.office import Word, first_words

MOST_ROWS = 500
MOST_WORDS = 30
LONGEST_WORD = 40
LONGEST_REASON = 120


class Kept(Row):
    """A row of a word list: `version` counts its changes, `is_retired` takes it out of the list."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(default=1)
    is_retired: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)

    action: Action

    @declared_attr
    def programme_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(ForeignKey("programme.id"), index=True)

    @declared_attr
    def changed_by_id(cls) -> Mapped[uuid.UUID | None]:
        return mapped_column(ForeignKey("staff.id"))

    @declared_attr
    def changed_by(cls) -> Mapped[Staff | None]:
        return relationship(Staff, foreign_keys=[cls.changed_by_id])  # type: ignore[list-item]

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Any]:
        return select(cls).where(cls.programme_id.in_(person.programme_ids))

    @classmethod
    def is_laid_out(cls, programme_id: uuid.UUID) -> bool:
        """Whether the programme has a list of its own; until then the seed's serves."""
        return db.session.scalars(select(cls.id).where(cls.programme_id == programme_id)).first() is not None

    def retire(self, *, by: Staff) -> None:
        """Take it out of the list; `restore` brings it back."""
        if not self.is_retired:
            self._hold()
            self.is_retired = True
            self._changed("retired", by)

    def restore(self, *, by: Staff) -> None:
        """Bring it back. Raises Conflict for more rows than a list holds."""
        if self.is_retired:
            self._hold()
            self._room(self.programme_id)
            self.is_retired = False
            self._changed("restored", by)

    # --- private

    @classmethod
    def _room(cls, programme_id: uuid.UUID) -> None:
        query = select(cls.id).where(cls.programme_id == programme_id, cls.is_retired.is_(False))
        if len(db.session.scalars(query.limit(MOST_ROWS)).all()) >= MOST_ROWS:
            message = _(
                "登録できるのは%(most)d件までです。使っていないものを外してから、もう一度登録してください。",
                most=MOST_ROWS,
            )
            raise Conflict(message, code="list_full")

    def _hold(self) -> None:
        db.session.refresh(self, with_for_update=True)

    def _expect(self, after: int | None) -> None:
        """Hold the row, and refuse when somebody changed it after that version."""
        self._hold()
        if after != self.version:
            raise Conflict(
                _("入力している間に、ほかの人がこの語を変えました。違いを確かめてください。"),
                code="newer_version",
                facts={"latest": self.version},
            )

    def _changed(self, change: str, by: Staff) -> None:
        db.session.flush()
        if change != "added":
            self.version += 1
        self.changed_at, self.changed_by_id = clock.now(), by.id
        Shelf.stir(self.programme_id)
        audit.record(self.action, by=by, on=self, facts={"change": change, "version": self.version})
        db.session.flush()


class SynonymGroup(Kept):
    """Words that callers use for one thing (docs/rules.md#synonyms). The office starts with those of the seed."""

    __tablename__ = "faq_synonym"
    action = Action.SYNONYMS_CHANGED

    position: Mapped[int]
    words: Mapped[list[str]] = mapped_column(JSON)

    @classmethod
    def of(cls, programme_id: uuid.UUID) -> list[list[str]]:
        """The groups of a programme; those of the seed until the first are entered."""
        query = select(cls.words, cls.is_retired).where(cls.programme_id == programme_id)
        rows = db.session.execute(query.order_by(cls.position, cls.id)).all()
        return [words for words, is_retired in rows if not is_retired] if rows else first_synonyms()

    @classmethod
    def lay_out(cls, programme_id: uuid.UUID) -> None:
        """Enter the seed's groups, unless the programme has some."""
        if not cls.is_laid_out(programme_id):
            groups = enumerate(first_synonyms())
            db.session.add_all(cls(programme_id=programme_id, position=n, words=words) for n, words in groups)
            db.session.flush()

    @classmethod
    def add(cls, programme_id: uuid.UUID, words: Sequence[str], *, by: Staff) -> SynonymGroup:
        """A new group. Raises Invalid for words that make none, Conflict when the list is full."""
        words = checked_words(words)
        cls.lay_out(programme_id)
        cls._room(programme_id)
        places = select(cls.position).where(cls.programme_id == programme_id).order_by(cls.position.desc())
        last = db.session.scalars(places).first()
        made = cls(programme_id=programme_id, position=0 if last is None else last + 1, words=words)
        db.session.add(made)
        made._changed("added", by)
        return made

    def change(self, words: Sequence[str], *, by: Staff, after: int | None) -> None:
        """Other words, in the list again if it was taken out. Raises Conflict when somebody changed it after version
        `after`, Invalid as `add` does."""
        words = checked_words(words)
        self._expect(after)
        if words != self.words or self.is_retired:
            self.words, self.is_retired = words, False
            self._changed("changed", by)

    def elsewhere(self) -> dict[str, list[str]]:
        """Words of this group that stand in other groups too: the word, and those other groups as text."""
        mine = {fold(word): word for word in self.words}
        query = select(SynonymGroup.words).where(
            SynonymGroup.programme_id == self.programme_id,
            SynonymGroup.is_retired.is_(False),
            SynonymGroup.id != self.id,
        )
        found: dict[str, list[str]] = {}
        for words in db.session.scalars(query):
            for word in words:
                if fold(word) in mine:
                    found.setdefault(mine[fold(word)], []).append(_("、").join(words[:4]))
        return found


class OfficeWord(Kept):
    """A word that the office writes otherwise (docs/rules.md#office-words)."""

    __tablename__ = "faq_word"
    action = Action.WORDS_CHANGED

    written: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_WORD))
    instead: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_WORD))
    reason: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_REASON))

    @classmethod
    def of(cls, programme_ids: Sequence[uuid.UUID]) -> list[Word]:
        """The words of some programmes in their order; those of the seed until the first are entered."""
        found: list[Word] = []
        for programme_id in programme_ids:
            query = select(cls.written, cls.instead, cls.reason, cls.is_retired)
            rows = db.session.execute(query.where(cls.programme_id == programme_id)).all()
            found += sorted(Word(*row[:3]) for row in rows if not row.is_retired) if rows else first_words()
        return found

    @classmethod
    def lay_out(cls, programme_id: uuid.UUID) -> None:
        """Enter the seed's words, unless the programme has some."""
        if not cls.is_laid_out(programme_id):
            db.session.add_all(cls(programme_id=programme_id, **word._asdict()) for word in first_words())
            db.session.flush()

    @classmethod
    def add(cls, programme_id: uuid.UUID, word: Word, *, by: Staff) -> OfficeWord:
        """A new word. Raises Invalid for one that says nothing, Conflict for one that is there or a full list."""
        _check_word(word)
        cls.lay_out(programme_id)
        cls._room(programme_id)
        cls._alone(programme_id, word.written, None)
        made = cls(programme_id=programme_id, **word._asdict())
        db.session.add(made)
        made._changed("added", by)
        return made

    def change(self, word: Word, *, by: Staff, after: int | None) -> None:
        """Other words, in the list again if it was taken out. Raises Conflict when somebody changed it after version
        `after`, else as `add` does."""
        _check_word(word)
        self._expect(after)
        self._alone(self.programme_id, word.written, self.id)
        if word != self.word or self.is_retired:
            self.written, self.instead, self.reason = word
            self.is_retired = False
            self._changed("changed", by)

    def restore(self, *, by: Staff) -> None:
        self._alone(self.programme_id, self.written, self.id)
        super().restore(by=by)

    @property
    def word(self) -> Word:
        return Word(self.written, self.instead, self.reason)

    @classmethod
    def _alone(cls, programme_id: uuid.UUID, written: str, but: Any) -> None:
        twins = select(cls.id).where(
            cls.programme_id == programme_id, cls.is_retired.is_(False), cls.written == written, cls.id != but
        )
        if db.session.scalars(twins).first() is not None:
            message = _("「%(word)s」はすでに登録されています。その語を直してください。", word=written)
            raise Conflict(message, code="word_exists")


def checked_words(words: Sequence[str]) -> list[str]:
    """The words of a group as they are kept: stripped, once each. Raises Invalid, saying what to do."""
    once: dict[str, str] = {}
    for word in filter(None, (" ".join(word.split()) for word in words)):
        once.setdefault(fold(word), word)
    if len(once) < 2:
        raise Invalid(_("同じ意味の語を2つ以上、1行に一つ入力してください。"), code="too_few_words")
    if len(once) > MOST_WORDS:
        raise Invalid(_("1組に登録できるのは%(most)d語までです。", most=MOST_WORDS), code="too_many_words")
    for folded, word in once.items():
        if len(folded) < 2:
            message = _(
                "「%(word)s」は1文字なので、どの文にも当たります。2文字以上にしてください。", word=word
            )
            raise Invalid(message, code="word_too_short")
        if len(word) > LONGEST_WORD:
            message = _(
                "「%(word)s…」は長すぎます。%(most)d文字以内にしてください。",
                word=word[:10],
                most=LONGEST_WORD,
            )
            raise Invalid(message, code="word_too_long")
    return list(once.values())


def _check_word(word: Word) -> None:
    if not word.written or not word.instead:
        raise Invalid(_("使わない語と、代わりに書く語を入力してください。"), code="word_missing")
    if word.written == word.instead:
        raise Invalid(_("使わない語と代わりに書く語が同じです。"), code="word_same")
    if len(word.written) < 2:
        raise Invalid(
            _("1文字の語は、ほかの語の中にも当たります。2文字以上にしてください。"), code="word_too_short"
        )

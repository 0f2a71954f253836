"""When an approved answer must be looked at again (要確認): a rule behind it changed, its review is due, a new year began.

Nothing is written for it: a doubt follows from what was approved or confirmed when, and from what changed since."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, select

from callcenter import clock
from callcenter.calendar import fiscal_year
from callcenter.db import db
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision
from kb.upkeep.care import ArticleConfirmation
from kb.upkeep.rule_facts import RuleFact


class DoubtKind(StrEnum):
    RULE = "rule"
    REVIEW = "review"
    YEAR = "year"


@dataclass(frozen=True)
class Doubt:
    """One reason to look at an answer again. `key` names the rule; `since` is the day from which it is in doubt."""

    kind: DoubtKind
    since: date
    key: str = ""
    name: str = ""
    value: str = ""
    before: str = ""

    @property
    def text(self) -> str:
        """The reason in words."""
        day = f"{self.since.year}/{self.since.month}/{self.since.day}"
        if self.kind is DoubtKind.RULE:
            return _(
                "規則「%(name)s」が%(day)sに「%(before)s」から「%(value)s」に変わりました。",
                name=self.name,
                day=day,
                before=self.before or _("未定"),
                value=self.value,
            )
        if self.kind is DoubtKind.REVIEW:
            return _("見直しの期日（%(day)s）を過ぎました。", day=day)
        return _("%(year)d年度になってから、区がまだ確かめていません。", year=fiscal_year(self.since))


@dataclass(frozen=True)
class Word:
    """The ward's last word on an answer: what it stands on, when it was given, when it begins to be told."""

    given_at: datetime
    rule_keys: tuple[str, ...] = ()
    valid_from: date | None = None
    review_on: date | None = None


def doubts(word: Word, facts: Mapping[str, Sequence[Any]], day: date) -> list[Doubt]:
    """Why an answer is in doubt on a day; [] when it is not (docs/rules.md#doubts).

    `facts`: by key, all versions of a rule's fact, the oldest first."""
    found = []
    for key in word.rule_keys:
        versions = facts.get(key, ())
        for before, fact in pairwise(versions):
            if fact.value != before.value and fact.starts_on <= day and not _knew(word, fact):
                since = max(fact.starts_on, clock.japan(fact.made_at).date())
                found.append(Doubt(DoubtKind.RULE, since, key, fact.name, fact.value, before.value))
    if word.review_on and word.review_on < day:
        found.append(Doubt(DoubtKind.REVIEW, word.review_on))
    if fiscal_year(clock.japan(word.given_at).date()) < fiscal_year(day) and not _is_for_this_year(word, day):
        found.append(Doubt(DoubtKind.YEAR, date(fiscal_year(day), 4, 1)))
    return found


def _knew(word: Word, fact: Any) -> bool:
    """Whether the word was given with the change in view: entered before it, and begun by then, or the answer is
    told from the day of the change on."""
    if fact.made_at > word.given_at:
        return False
    given_on = clock.japan(word.given_at).date()
    return fact.starts_on <= given_on or (word.valid_from is not None and word.valid_from >= fact.starts_on)


def _is_for_this_year(word: Word, day: date) -> bool:
    """An answer approved in March to be told from 1 April is for the year that begins then."""
    return word.valid_from is not None and fiscal_year(word.valid_from) >= fiscal_year(day)


def doubts_of(
    programme_id: uuid.UUID, day: date, article_ids: Iterable[uuid.UUID] | None = None
) -> dict[uuid.UUID, list[Doubt]]:
    """Every answer of a programme that is told and in doubt on a day: revision id → reasons."""
    facts = facts_of(programme_id)
    found = {}
    for row in db.session.execute(_words(programme_id, day, article_ids)):
        given_at = max(row.approved_at, row.confirmed_at) if row.confirmed_at else row.approved_at
        word = Word(given_at, tuple(row.rule_keys), row.valid_from, row.review_on)
        if reasons := doubts(word, facts, day):
            found[row.id] = reasons
    return found


def facts_of(programme_id: uuid.UUID) -> dict[str, list[Any]]:
    """By key, all versions of each fact, the oldest first."""
    query = (
        select(
            RuleFact.key,
            RuleFact.version,
            RuleFact.name,
            RuleFact.value,
            RuleFact.starts_on,
            RuleFact.made_at,
        )
        .where(RuleFact.programme_id == programme_id)
        .order_by(RuleFact.key, RuleFact.version)
    )
    facts: dict[str, list[Any]] = {}
    for row in db.session.execute(query):
        facts.setdefault(row.key, []).append(row)
    return facts


def _words(programme_id: uuid.UUID, day: date, article_ids: Iterable[uuid.UUID] | None) -> Any:
    revision = ArticleRevision
    confirmed = (
        select(ArticleConfirmation.revision_id, func.max(ArticleConfirmation.confirmed_at).label("at"))
        .group_by(ArticleConfirmation.revision_id)
        .subquery()
    )
    query = (
        select(
            revision.id,
            revision.approved_at,
            revision.rule_keys,
            revision.valid_from,
            Article.review_on,
            confirmed.c.at.label("confirmed_at"),
        )
        .join(
            Article,
            and_(Article.id == revision.article_id, revision.number == Article.number_told(day)),
        )
        .outerjoin(confirmed, confirmed.c.revision_id == revision.id)
        .where(Article.programme_id == programme_id, Article.state == State.PUBLISHED)
    )
    return query.where(Article.id.in_(list(article_ids))) if article_ids is not None else query

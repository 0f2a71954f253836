"""Facts of the rules that answers stand on (夜間は22時から): each a value under a key, a version for every change."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Date, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.calendar import fiscal_year_bounds
from callcenter.db import Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.privacy.secrets_guard import paste_guard
from kb.articles.content import RULE_KEY
from kb.articles.stamp import Shelf

LONGEST_KEY = 40
LONGEST_NAME = 60
LONGEST_VALUE = 200
LONGEST_SOURCE = 300


Version = TypeVar("Version", bound=Any)


class RuleFact(Row):
    """One version of a fact. The first one says what holds; each later one is a change (docs/rules.md#rule-keys)."""

    __tablename__ = "rule_fact"
    __table_args__ = (UniqueConstraint("programme_id", "key", "version"),)

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    key: Mapped[str] = mapped_column(Words(Why.KEY, LONGEST_KEY))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_NAME))
    value: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_VALUE))
    source: Mapped[str] = mapped_column(Words(Why.KNOWLEDGE, LONGEST_SOURCE))
    starts_on: Mapped[date] = mapped_column(Date)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)

    made_by: Mapped[Staff | None] = relationship(Staff)

    @property
    def is_change(self) -> bool:
        return self.version > 1

    @classmethod
    def change(
        cls,
        programme_id: uuid.UUID,
        key: str,
        value: str,
        *,
        by: Actor,
        source: str,
        name: str = "",
        starts_on: date | None = None,
        after: int | None = None,
    ) -> RuleFact:
        """Enter what holds from a day on (today unless said). `after`: the version that the writer had before them.

        Raises Invalid for a text that cannot be kept or a first fact without a name, Conflict when somebody entered
        another meanwhile or when nothing would change."""
        known = newest(programme_id, key)
        texts = {"key": key, "name": name.strip() or (known.name if known else ""), "value": value.strip()}
        texts["source"] = source.strip()
        _check(texts)
        if after is not None and after != (known.version if known else 0):
            raise Conflict(
                _("ほかの人がこの規則を変えました。いまの内容を確かめてください。"), code="newer_fact"
            )
        starts_on = starts_on or clock.today()
        if known and (known.value, known.starts_on) == (texts["value"], starts_on):
            raise Conflict(_("内容も適用日も、いまの規則と同じです。"), code="same_fact")
        fact = cls(
            programme_id=programme_id,
            version=known.version + 1 if known else 1,
            starts_on=starts_on,
            made_by_id=by.id if isinstance(by, Staff) else None,
            made_at=clock.now(),
            **texts,
        )
        db.session.add(fact)
        Shelf.stir(programme_id)
        facts = {"key": key, "version": fact.version, "starts_on": starts_on}
        audit.record(Action.RULE_FACT_CHANGED, by=by, on=fact, facts=facts)
        return fact

    @classmethod
    def lay_out(cls, programme_id: uuid.UUID) -> None:
        """Enter the facts that the office starts with, unless the programme has some."""
        if db.session.scalars(select(cls.id).where(cls.programme_id == programme_id)).first() is None:
            moment, day = clock.now(), clock.today()
            db.session.add_all(
                cls(programme_id=programme_id, version=1, starts_on=day, made_at=moment, **fact)
                for fact in first_facts()
            )


@cache
def first_facts() -> list[dict[str, str]]:
    """The facts that the office starts with; what only the ward can say reads 区が決める（未確認）."""
    facts: list[dict[str, str]] = json.loads(
        (Path(__file__).parents[1] / "data" / "rules.json").read_text("utf-8")
    )
    return facts


def history(programme_id: uuid.UUID, key: str | None = None) -> list[RuleFact]:
    """All versions of one fact, or of all of them by key; the newest first."""
    query = select(RuleFact).where(RuleFact.programme_id == programme_id)
    if key is not None:
        query = query.where(RuleFact.key == key)
    return list(db.session.scalars(query.order_by(RuleFact.key, RuleFact.version.desc())))


def newest(programme_id: uuid.UUID, key: str) -> RuleFact | None:
    """The newest version of a fact, begun or not."""
    query = select(RuleFact).where(RuleFact.programme_id == programme_id, RuleFact.key == key)
    return db.session.scalars(query.order_by(RuleFact.version.desc()).limit(1)).first()


def holding(versions: Iterable[Version], day: date) -> Version | None:
    """The version that holds on a day: of those begun by then, the one entered last."""
    return max((fact for fact in versions if fact.starts_on <= day), key=lambda f: f.version, default=None)


def follow(rule: Any, by: Actor) -> None:
    """The ward approved a rule of hours: the facts that say the same follow it from the first day of its year."""
    starts_on, _last = fiscal_year_bounds(rule.fiscal_year)
    source = rule.source or _(
        "時間数の規則 %(year)d年度第%(version)d版", year=rule.fiscal_year, version=rule.version
    )
    values = {
        "cap.hours_per_child": _("1人につき年度%(hours)d時間", hours=rule.base_hours),
        "cap.hours_twin": _("多胎児は1人につき年度%(hours)d時間", hours=rule.multiple_hours),
        "cap.transferred_subtracted": _("差し引く") if rule.subtracts_transferred else _("差し引かない"),
    }
    for key, value in values.items():
        known = newest(rule.programme_id, key)
        if known is not None and known.value != value:
            RuleFact.change(rule.programme_id, key, value, by=by, source=source, starts_on=starts_on)


def _check(texts: dict[str, str]) -> None:
    limits = {"key": LONGEST_KEY, "name": LONGEST_NAME, "value": LONGEST_VALUE, "source": LONGEST_SOURCE}
    missing = {
        "key": _("規則の名前（cap.hours_twin など）を入力してください。"),
        "name": _("何の規則かを入力してください。"),
        "value": _("規則の内容を入力してください。"),
        "source": _("根拠（要綱の条、区の通知の番号など）を入力してください。"),
    }
    if not RULE_KEY.fullmatch(texts["key"]):
        message = _("規則の名前は cap.hours_twin のように英小文字と点で書いてください。")
        raise Invalid(message, code="rule_key", facts={"fields": ["key"]})
    for field, text in texts.items():
        if not text:
            raise Invalid(missing[field], code="missing", facts={"fields": [field]})
        if len(text) > limits[field] or not text.isprintable():
            message = _("%(longest)d文字までの、改行のない文字で書いてください。", longest=limits[field])
            raise Invalid(message, code="too_long", facts={"fields": [field]})
        paste_guard(text)

"""What was told, how often, to whom again within seven days, and where nothing was. Figures: docs/rules.md#faq-work,
docs/rules.md#repeat-calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, func, literal_column, select

from callcenter import clock
from callcenter.db import db
from callcenter.people.callers import Caller
from callcenter.people.staff import Staff
from callcenter.privacy import vault
from kb.articles.article import Article
from kb.articles.revision import ArticleRevision
from kb.finding.dismissals import Matter, dismissed
from kb.finding.shelf import find
from tickets.faq_work.rows import SHOWN, Line, Section, article_line, short, told_articles
from tickets.records.consultation import Consultation, Outcome, ToldArticle
from tickets.records.state import label
from tickets.records.ticket import Ticket
from tickets.signs import labels
from tickets.signs.blueprint import address

TOP = 10
AGAIN_WITHIN_DAYS = 7
QUIET_FOR = timedelta(days=90)
ANSWERED = (Outcome.RESOLVED, Outcome.TO_WARD)

_filed, _told, _caller = Consultation.__table__.c, ToldArticle.__table__.c, Caller.__table__.c
_ticket = Ticket.__table__.c


def most_told(person: Staff, since: datetime) -> Section:
    """Articles told since a moment, the most often first."""
    counted = _counted(since)
    query = (
        told_articles(select(Article.id, Article.number, ArticleRevision.question, counted.c.times), person)
        .join(counted, counted.c.article_id == Article.id)
        .order_by(counted.c.times.desc(), Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [article_line(row, _("%(count)d回案内", count=row.times)) for row in rows[:TOP]]
    hint = _("この期間によく案内された記事。読み上げる回答がよいか、見直すときの順番に。")
    return Section("most_told", _("よく案内された記事"), hint, len(rows), lines)


def _counted(since: datetime) -> Any:
    """How often each article was told since a moment."""
    return (
        select(ArticleRevision.article_id, func.count().label("times"))
        .join(ToldArticle.__table__, _told.revision_id == ArticleRevision.id)
        .where(_told.told_at >= since)
        .group_by(ArticleRevision.article_id)
        .subquery()
    )


def never_told(person: Staff) -> Section:
    """Articles that could be told for 90 days and never were."""
    since = clock.now() - QUIET_FOR
    told = (
        select(_told.id)
        .join(ArticleRevision, ArticleRevision.id == _told.revision_id)
        .where(ArticleRevision.article_id == Article.id, _told.told_at >= since)
        .correlate(Article)
        .exists()
    )
    query = (
        told_articles(
            select(Article.id, Article.number, ArticleRevision.question, ArticleRevision.approved_at), person
        )
        .where(ArticleRevision.approved_at < since, ~told)
        .where(~dismissed(Matter.NEVER_TOLD, Article.__table__.c.id))
        .order_by(ArticleRevision.approved_at, Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [
        article_line(
            row,
            _("%(at)sに承認されてから案内がない", at=labels.when(row.approved_at).text),
            Matter.NEVER_TOLD,
        )
        for row in rows[:SHOWN]
    ]
    hint = _("90日以上公開していて、90日のあいだ一度も案内されなかった記事。")
    return Section("never_told", _("案内されない記事"), hint, len(rows), lines)


def repeated(person: Staff, since: datetime) -> Section:
    """Articles after which the same caller was there again within seven days (docs/rules.md#repeat-calls)."""
    contacts = _next_contacts(person, since)
    again = case((_within_days(contacts.c.started_at, contacts.c.next_at), 1), else_=0)
    figures = (
        select(
            ArticleRevision.article_id,
            func.count().label("times"),
            func.sum(again).label("again"),
        )
        .join(ToldArticle.__table__, _told.revision_id == ArticleRevision.id)
        .join(contacts, contacts.c.id == _told.consultation_id)
        .group_by(ArticleRevision.article_id)
        .subquery()
    )
    query = (
        told_articles(
            select(Article.id, Article.number, ArticleRevision.question, figures.c.times, figures.c.again),
            person,
        )
        .join(figures, figures.c.article_id == Article.id)
        .where(figures.c.again > 0, ~dismissed(Matter.REPEATED, Article.__table__.c.id))
        .order_by(figures.c.again.desc(), figures.c.times, Article.number)
    )
    rows = db.session.execute(query).all()
    lines = [
        article_line(
            row,
            _(
                "%(again)d件 / 案内した%(times)d件（%(share)d%%）",
                again=row.again,
                times=row.times,
                share=round(100 * row.again / row.times),
            ),
            Matter.REPEATED,
        )
        for row in rows[:SHOWN]
    ]
    hint = _("案内したあと7日以内に、同じ相談者からまた相談があった記事。匿名の相談は数えません。")
    return Section("repeated", _("案内のあとに再び相談"), hint, len(rows), lines)


def _next_contacts(person: Staff, since: datetime) -> Any:
    """Each consultation of a known caller since a moment, with when the next one of the same caller began. Callers who
    were merged are one."""
    who = func.coalesce(_caller.merged_into_id, _caller.id)
    following = func.lead(_filed.started_at).over(partition_by=who, order_by=(_filed.started_at, _filed.id))
    return (
        select(_filed.id, _filed.started_at, following.label("next_at"))
        .join(Caller.__table__, _caller.id == _filed.caller_id)
        .where(_filed.period_id.in_(person.period_ids), _filed.received_at >= since)
        .subquery()
    )


def _within_days(first: ColumnElement[Any], then: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one moment is at most seven times 24 hours after another, in the words of either database."""
    if db.engine.dialect.name == "postgresql":
        return then <= first + literal_column(f"INTERVAL '{AGAIN_WITHIN_DAYS} days'")
    return func.julianday(then) - func.julianday(first) <= AGAIN_WITHIN_DAYS


def untold(person: Staff, since: datetime) -> Section:
    """完結 and 区へ without an article that was told: whether one would have been there, or one is missing."""
    told = select(_told.id).where(_told.consultation_id == _filed.id).exists()
    about = (
        _filed.period_id.in_(person.period_ids),
        _filed.received_at >= since,
        _filed.outcome.in_(ANSWERED),
        ~told,
        _ticket.import_id.is_(None),
        ~dismissed(Matter.UNTOLD, _filed.id),
    )
    joined = Consultation.__table__.join(Ticket.__table__, _ticket.id == _filed.ticket_id)
    count = db.session.scalar(select(func.count()).select_from(joined).where(*about)) or 0
    query = (
        select(_filed.id, _filed.group_id, _filed.content, _filed.outcome, _filed.received_at, _ticket.number, _ticket.programme_id)
        .select_from(joined)
        .where(*about)
        .order_by(_filed.received_at.desc())
        .limit(SHOWN)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    vault.prefetch(row.group_id for row in rows)
    hint = _("「完結」か「区へ」で終わり、FAQを案内した記録がない相談。候補がなければ記事が足りません。")
    lines = [_untold_line(row, person) for row in rows]
    return Section("untold", _("FAQを使わずに答えた相談"), hint, count, lines, [row.id for row in rows])


def _untold_line(row: Any, person: Staff) -> Line:
    text = vault.open_value(Consultation.content, Consultation, row.id, row.group_id, row.content) or ""
    found = find(text, [row.programme_id], limit=1)
    near = _("近い記事 %(number)s", number=found[0].number) if found else _("近い記事なし")
    return Line(
        what=f"{label(row.number)} {short(text)}",
        why="、".join([str(labels.OUTCOMES[row.outcome]), labels.when(row.received_at).text, near]),
        url=f"{address(row.number, row.programme_id, person)}#consultation-{row.id.hex}",
        write_url=url_for("kb.new_article", origin=f"consultation-{row.id}"),
        matter=Matter.UNTOLD,
        about=row.id,
    )

"""Articles that want an editor: in doubt, waiting, with links that lead nowhere, that did not help. Figures: docs/rules.md#faq-work."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter import clock
from callcenter.db import db
from callcenter.people.staff import Staff
from kb.articles.article import Article, State
from kb.articles.linked import standing
from kb.articles.revision import ArticleRevision
from kb.public.feedback import Feedback
from kb.upkeep.doubts import doubts_of
from tickets.faq_work.rows import SHOWN, Line, Section, article_line, short, told_articles


def in_doubt(person: Staff) -> Section:
    """要確認: approved answers that must be looked at again (docs/rules.md#doubts)."""
    reasons = {
        revision_id: found
        for programme_id in person.programme_ids
        for revision_id, found in doubts_of(programme_id, clock.today()).items()
    }
    query = (
        select(ArticleRevision.id.label("revision_id"), Article.id, Article.number, ArticleRevision.question)
        .join(Article, Article.id == ArticleRevision.article_id)
        .where(ArticleRevision.id.in_(reasons))
        .order_by(Article.number)
    )
    rows = sorted(
        db.session.execute(query), key=lambda row: min(one.since for one in reasons[row.revision_id])
    )
    lines = [
        replace(
            article_line(row, " ".join(one.text for one in reasons[row.revision_id])),
            write_url=url_for("kb.edit_article", article_id=row.id),
        )
        for row in rows[:SHOWN]
    ]
    hint = _("規則が変わった、見直しの期日を過ぎた、年度が替わった記事。直すか、区が確かめるまで残ります。")
    return Section("doubts", _("要確認の記事"), hint, len(rows), lines)


def links(person: Staff) -> Section:
    """Links that lead nowhere, and external ones that nobody has opened for 90 days."""
    found = [
        one
        for programme_id in person.programme_ids
        for linked in (standing(programme_id),)
        for one in (*linked.broken, *linked.refused, *linked.unconfirmed)
    ]
    lines = [
        Line(
            what=one.link.words or one.link.address,
            why="、".join(
                [
                    one.reason or _("90日以内に確かめた人がいません"),
                    *(label for label, _question in one.articles.values()),
                ]
            ),
            url=url_for("kb.article", article_id=next(iter(one.articles))),
        )
        for one in found[:SHOWN]
    ]
    hint = _("記事の中のリンクで、開けないもの、長く確かめていないもの。「リンク」の画面で確かめます。")
    return Section("links", _("確かめるリンク"), hint, len(found), lines)


def waiting(person: Staff) -> Section:
    """Drafts that wait for the ward's word, the longest waiting first."""
    query = (
        select(Article.id, Article.number, ArticleRevision.number.label("version"), ArticleRevision.question, ArticleRevision.made_at, ArticleRevision.needs_ward)
        .join(ArticleRevision, (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == Article.latest_number))
        .where(Article.programme_id.in_(person.programme_ids), Article.state != State.ARCHIVED)
        .where(ArticleRevision.approved_at.is_(None))
        .order_by(ArticleRevision.made_at)
    )  # fmt: skip
    rows = db.session.execute(query).all()
    lines = []
    for row in rows[:SHOWN]:
        days = (clock.now() - row.made_at).days
        why = (
            _("第%(version)d版を%(days)d日待っています", version=row.version, days=days)
            if days
            else _("第%(version)d版。きょう保存", version=row.version)
        )
        if row.needs_ward:
            why += _("。要区確認")
        url = url_for("kb.revision", article_id=row.id, number=row.version)
        lines.append(Line(what=f"F-{row.number} {row.question}", why=why, url=url))
    hint = _("保存されたまま、区の承認を待っている版。長く待っている順。")
    return Section("waiting", _("区の承認待ち"), hint, len(rows), lines)


def voices(person: Staff, since: datetime) -> Section:
    """解決しなかった: what visitors of the public site say, article by article, the most often first."""
    told = (Feedback.is_solved.is_(False), Feedback.done_at.is_(None), Feedback.at >= since)
    times = (
        select(Feedback.article_id, func.count().label("times"))
        .where(*told)
        .group_by(Feedback.article_id)
        .subquery()
    )
    query = (
        told_articles(select(Article.id, Article.number, ArticleRevision.question, times.c.times), person)
        .join(times, times.c.article_id == Article.id)
        .order_by(times.c.times.desc(), Article.number)
    )
    rows = db.session.execute(query).all()
    words = select(Feedback).where(*told, Feedback.article_id.in_([row.id for row in rows[:SHOWN]]))
    newest: dict[uuid.UUID, Feedback] = {}
    for one in db.session.scalars(words.order_by(Feedback.at)):
        if one.text:
            newest[one.article_id] = one
    lines = []
    for row in rows[:SHOWN]:
        why = _("%(count)d人が「解決しなかった」", count=row.times)
        if said := newest.get(row.id):
            why += _("。最後の声「%(words)s」", words=short(said.text or ""))
        lines.append(
            replace(
                article_line(row, why),
                url=url_for("kb.feedback"),
                write_url=url_for("kb.edit_article", article_id=row.id),
            )
        )
    hint = _("公開サイトで解決しなかったと答えた人がいる記事。「お声」の画面で対応済みにすると消えます。")
    return Section(
        "voices", _("公開サイトで解決しなかった"), hint, len(rows), lines, [one.id for one in newest.values()]
    )

"""A row of the work list, a section of rows, and what sections share."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter.people.staff import Staff
from kb.articles.article import Article, State
from kb.articles.revision import ArticleRevision
from kb.finding.dismissals import Matter

SHOWN = 20


@dataclass(frozen=True)
class Line:
    """A row of the work list: what, why it stands here, where it comes from, and what can be done."""

    what: str
    why: str
    url: str = ""
    write_url: str = ""
    write_label: str = ""
    matter: Matter | None = None
    about: uuid.UUID | None = None


@dataclass(frozen=True)
class Section:
    """Rows of one kind, at most `SHOWN` of `count`."""

    name: str
    title: str
    hint: str
    count: int
    lines: Sequence[Line] = field(default_factory=list)
    seen: Sequence[uuid.UUID] = field(default_factory=list)


def told_articles(query: Any, person: Staff) -> Any:
    """Articles that may be told, in the version that is right now."""
    return query.join(
        ArticleRevision,
        (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == Article.current_number),
    ).where(Article.programme_id.in_(person.programme_ids), Article.state == State.PUBLISHED)


def article_line(row: Any, why: str, matter: Matter | None = None) -> Line:
    return Line(
        what=f"F-{row.number} {row.question}",
        why=why,
        url=url_for("kb.article", article_id=row.id),
        write_url=url_for("kb.edit_article", article_id=row.id) if matter else "",
        write_label=_("新しい版を書く"),
        matter=matter,
        about=row.id,
    )


def short(text: str, longest: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"

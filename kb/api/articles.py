"""Articles in the JSON API: read, searched, written, approved and put away, by the same rules as on the desk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from callcenter.api.bodies import Fault
from callcenter.api.conditions import require_match
from callcenter.api.operations import Asked, Made, Nouns
from callcenter.api.paging import PARAMETERS, page, shape
from callcenter.api.problems import Faulty
from callcenter.api.schemas import Shape, formatted, moment, one_of, text
from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import Forbidden, NotFound
from callcenter.people import sessions
from callcenter.permissions import Permission, allow
from callcenter.programmes import Programme
from kb.api import shapes
from kb.articles.approval import sees_drafts
from kb.articles.article import Article, State
from kb.articles.categories import FaqCategory
from kb.articles.content import PATH, category_path
from kb.articles.revision import ArticleRevision, covers
from kb.finding.lists import tree_of
from kb.finding.shelf import look

nouns = Nouns("kb_api", __name__)

MOST_BYTES = 512 * 1024
"""An article at its limits, each character escaped."""
SHELVES = ("told", "drafts", "all")
PROGRAMME: dict[str, Shape] = {"programme": text(40, description="事業の符号")}
SHELF: dict[str, Shape] = {
    "shelf": one_of(
        list(SHELVES),
        default="told",
        description="told: いま案内できる記事、drafts: 承認を待つ版、all: すべて",
    )
}
FILTERS: dict[str, Shape] = {
    **PARAMETERS,
    **PROGRAMME,
    **SHELF,
    "state": one_of([state.value for state in State]),
    "category": text(shapes.LONGEST_PATH, description="この分類と、その下"),
    "updated_since": formatted("date-time", description="この日時からあとに変わった記事"),
}


@nouns.operation(
    "GET",
    "/articles",
    gives=shape("articles", shapes.ARTICLE),
    parameters=FILTERS,
    summary="FAQの記事（作られた順）",
)
@allow(Permission.KB_READ)
def articles(asked: Asked) -> dict[str, Any]:
    """Articles that a person may see, oldest first."""
    drafts = asked.query["shelf"] == "drafts"
    if drafts:
        _require_drafts()
    rows, following = page(_wanted(asked.query), Article.id, asked.query)
    shown = _shown(rows, drafts=drafts)
    return {"articles": [_body(row, shown[row.id]) for row in rows], "next": following}


@nouns.operation(
    "GET",
    "/articles/<uuid:article_id>",
    gives=shapes.ARTICLE,
    summary="記事（いま案内する版。なければ最新の版）",
)
@allow(Permission.KB_READ)
def article(asked: Asked, article_id: uuid.UUID) -> dict[str, Any]:
    """One article."""
    return _now(_visible(article_id))


@nouns.operation(
    "GET", "/articles/<uuid:article_id>/revisions", gives=shapes.REVISIONS, summary="記事の版（新しい順）"
)
@allow(Permission.KB_READ)
def article_revisions(asked: Asked, article_id: uuid.UUID) -> dict[str, Any]:
    """The versions of an article; those that the ward approved alone for who sees no drafts."""
    return {"revisions": [shapes.about_revision(one) for one in _revisions(_visible(article_id))]}


@nouns.operation(
    "GET",
    "/articles/<uuid:article_id>/revisions/<int:number>",
    gives=shapes.REVISION,
    summary="記事の一つの版",
)
@allow(Permission.KB_READ)
def article_revision(asked: Asked, article_id: uuid.UUID, number: int) -> dict[str, Any]:
    """One version whole."""
    found = next((one for one in _revisions(_visible(article_id)) if one.number == number), None)
    if found is None:
        raise NotFound(_("この版はありません。"))
    return shapes.revision_body(found)


@nouns.operation(
    "GET",
    "/article-categories",
    gives=shapes.CATEGORIES,
    parameters=SHELF,
    summary="FAQの分類と、その下の記事の数",
)
@allow(Permission.KB_READ)
def article_categories(asked: Asked) -> dict[str, Any]:
    """The categories of a shelf."""
    if asked.query["shelf"] == "drafts":
        _require_drafts()
    tree = tree_of(sessions.current(), asked.query["shelf"])
    return {"categories": [{name: node[name] for name in ("path", "name", "count")} for node in tree]}


@nouns.operation(
    "POST",
    "/articles/searches",
    gives=shapes.FOUND,
    body=shapes.SEARCH,
    reads=True,
    parameters=PROGRAMME,
    summary="質問に答える記事（よく合う順）",
    description="相談者のことばがアドレスや記録に残らないよう、POSTで送ります。何も変わりません。",
)
@allow(Permission.KB_READ)
def article_searches(asked: Asked) -> dict[str, Any]:
    """What answers a question, as the desk and `kb search` find it."""
    drafts = asked.body.get("drafts", False)
    if drafts:
        _require_drafts()
    limit = asked.body.get("limit", shapes.SEARCHED)
    programme_ids = [one.id for one in _programmes(asked.query)]
    return shapes.found_body(look(asked.body["text"], programme_ids, limit=limit, drafts=drafts))


@nouns.operation(
    "POST",
    "/articles",
    status=201,
    gives=shapes.ARTICLE,
    body=shapes.NEW_ARTICLE,
    parameters=PROGRAMME,
    creates=True,
    most_bytes=MOST_BYTES,
    summary="新しい記事を下書きとして書く",
)
@allow(Permission.KB_WRITE)
def write_article(asked: Asked) -> Made:
    """A new draft."""
    content = shapes.content_of(asked.body)
    mine = _programmes(asked.query)
    if len(mine) != 1:
        reason = _("担当する事業が複数あります。事業の符号を書いてください。")
        raise Faulty([Fault("parameter", "programme", reason, "required")])
    made = Article.write(
        mine[0].id, content, by=sessions.current(), external_id=asked.body.get("external_id")
    )
    return Made("kb_api.article", article_id=made.id)


@nouns.operation(
    "POST",
    "/articles/<uuid:article_id>/revisions",
    status=201,
    gives=shapes.REVISION,
    body=shapes.NEW_REVISION,
    creates=True,
    matches=True,
    most_bytes=MOST_BYTES,
    summary="記事の新しい版を下書きとして書く",
    description="書かない項目は空になります。内容が最新の版と同じなら、その版を返します。",
)
@allow(Permission.KB_WRITE)
def revise_article(asked: Asked, article_id: uuid.UUID) -> Made:
    """A new version, based on what the writer says they saw."""
    found = _visible(article_id)
    after = asked.body.get("after")
    if require_match(_now(found), needed=after is None) and after is None:
        after = found.latest_number
    revision = found.revise(shapes.content_of(asked.body), by=sessions.current(), after=after)
    return Made("kb_api.article_revision", article_id=found.id, number=revision.number)


@nouns.operation(
    "POST",
    "/articles/<uuid:article_id>/approvals",
    gives=shapes.ARTICLE,
    body=shapes.APPROVAL,
    creates=True,
    matches=True,
    summary="記事の版を承認する（区の職員だけ）",
)
@allow(Permission.KB_APPROVE)
def approve_article(asked: Asked, article_id: uuid.UUID) -> Made:
    """The ward makes a version the valid answer (docs/rules.md#faq-truth)."""
    found = _visible(article_id)
    number = asked.body["revision"]
    require_match(_now(found), needed=False)
    found.approve(number, by=sessions.current())
    return Made("kb_api.article", article_id=found.id)


@nouns.operation(
    "POST",
    "/articles/<uuid:article_id>/archivals",
    gives=shapes.ARTICLE,
    creates=True,
    matches=True,
    summary="記事を保管する（案内をやめる）",
)
@allow(Permission.KB_WRITE)
def archive_article(asked: Asked, article_id: uuid.UUID) -> Made:
    """Tell an article no longer."""
    found = _visible(article_id)
    require_match(_now(found))
    found.archive(by=sessions.current())
    return Made("kb_api.article", article_id=found.id)


@nouns.operation(
    "POST",
    "/articles/<uuid:article_id>/restorations",
    gives=shapes.ARTICLE,
    creates=True,
    matches=True,
    summary="保管した記事を戻す",
)
@allow(Permission.KB_WRITE)
def restore_article(asked: Asked, article_id: uuid.UUID) -> Made:
    """Tell an article again."""
    found = _visible(article_id)
    require_match(_now(found))
    found.restore(by=sessions.current())
    return Made("kb_api.article", article_id=found.id)


# --- finding ---------------------------------------------------------------------------------------------


def _visible(article_id: uuid.UUID) -> Article:
    found = db.session.scalars(Article.visible_to(sessions.current()).where(Article.id == article_id)).first()
    if found is None:
        raise NotFound(_("この記事はありません。"))
    return found


def _wanted(asked: dict[str, Any]) -> Select[Any]:
    """The articles that a list asks for."""
    query = Article.visible_to(sessions.current()).options(
        joinedload(Article.programme), joinedload(Article.owner)
    )
    query = query.where(
        Article.programme_id.in_([one.id for one in _programmes(asked)]), *_on(asked["shelf"])
    )
    if "state" in asked:
        query = query.where(Article.state == asked["state"])
    if "updated_since" in asked:
        query = query.where(Article.updated_at >= moment(asked["updated_since"]))
    if asked.get("category"):
        path = category_path(asked["category"])
        below = FaqCategory.path.startswith(path + PATH, autoescape=True)
        within = select(FaqCategory.id).where(or_(FaqCategory.path == path, below))
        drafts = asked["shelf"] == "drafts"
        query = query.where(_has_revision(ArticleRevision.category_id.in_(within), drafts=drafts))
    return query


def _on(shelf: str) -> list[ColumnElement[bool]]:
    if shelf == "drafts":
        approved = func.coalesce(Article.scheduled_number, Article.current_number, 0)
        return [Article.latest_number != approved, Article.state != State.ARCHIVED]
    if shelf == "told":
        return [Article.state == State.PUBLISHED, _has_revision(*covers(today()), drafts=False)]
    return []


def _number_shown(*, drafts: bool) -> Any:
    """The revision that is shown: the one told today, before the first approval (or among drafts) the newest."""
    if drafts:
        return Article.latest_number
    return func.coalesce(Article.number_told(today()), Article.latest_number)


def _has_revision(*conditions: ColumnElement[bool], drafts: bool) -> ColumnElement[bool]:
    shown = ArticleRevision.number == _number_shown(drafts=drafts)
    return exists().where(ArticleRevision.article_id == Article.id, shown, *conditions).correlate(Article)


def _shown(rows: Sequence[Article], *, drafts: bool) -> dict[uuid.UUID, ArticleRevision]:
    """The revision of each article that is shown, asked once for the whole list."""
    of_article = and_(
        ArticleRevision.article_id == Article.id, ArticleRevision.number == _number_shown(drafts=drafts)
    )
    query = select(ArticleRevision).join(Article, of_article).where(Article.id.in_([row.id for row in rows]))
    found = db.session.scalars(query.options(joinedload(ArticleRevision.category)))
    return {one.article_id: one for one in found}


def _now(found: Article) -> dict[str, Any]:
    """An article as a GET of it shows it now: what its ETag stands for."""
    return _body(found, _shown([found], drafts=False)[found.id])


def _body(found: Article, shown: ArticleRevision) -> dict[str, Any]:
    return shapes.article_body(found, shown, sessions.current())


def _revisions(found: Article) -> list[ArticleRevision]:
    if sees_drafts(sessions.current()):
        return found.revisions
    return [one for one in found.revisions if one.approved_at is not None]


def _require_drafts() -> None:
    if not sees_drafts(current_user):
        raise Forbidden(_("下書きを見られるのは、FAQを書く人と承認する人だけです。"), code="drafts")


def _programmes(asked: dict[str, Any]) -> list[Programme]:
    """The programmes asked for: the one named, else all of the person's. Raises Faulty for one that is not theirs."""
    query = select(Programme).where(Programme.id.in_(sessions.current().programme_ids))
    if "programme" not in asked:
        return list(db.session.scalars(query.order_by(Programme.code)))
    found = list(db.session.scalars(query.where(Programme.code == asked["programme"])))
    if not found:
        raise Faulty([Fault("parameter", "programme", _("この事業はありません。"), "unknown")])
    return found

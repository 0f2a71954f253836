"""How articles stand in the JSON API: the names of the import format (docs/rules.md#kb-import), and what the house
knows of an article besides."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

from callcenter.api.bodies import pointed
from callcenter.api.problems import Faulty
from callcenter.api.schemas import (
    PRINTABLE,
    Named,
    Shape,
    flag,
    formatted,
    one_of,
    or_nothing,
    record,
    said_moment,
    several,
    text,
    whole,
)
from callcenter.people.staff import Staff
from kb.articles.approval import sees_drafts
from kb.articles.article import Article, State
from kb.articles.content import (
    LEVELS,
    LONGEST_ALOUD,
    LONGEST_ANSWER,
    LONGEST_EASY,
    LONGEST_LEVEL,
    LONGEST_QUESTION,
    LONGEST_SENTENCE,
    LONGEST_SOURCE,
    MOST_RULES,
    MOST_SENTENCES,
    MOST_VARIANTS,
    Content,
    category_path,
)
from kb.articles.revision import ArticleRevision
from kb.exchange.line import LISTS, LONGEST_NUMBER, TEXTS, Care, ImportLine
from kb.finding.shelf import LONGEST_TYPED, Findings, Found

LONGEST_PATH = LEVELS * LONGEST_LEVEL + 10
SEARCHED, MOST_SEARCHED = 10, 100
_SENTENCES = several(text(LONGEST_SENTENCE), MOST_SENTENCES)
NUMBER = whole(1, 2**31 - 1)
MARKED = re.compile("<mark>(.*?)</mark>", re.DOTALL)

CONTENT: dict[str, Shape] = {
    "category": text(LONGEST_PATH, description="「申請 › 書類 › 領収書」のような3段までの分類"),
    "question": text(LONGEST_QUESTION, shortest=1),
    "variants": several(text(LONGEST_QUESTION), MOST_VARIANTS),
    "answer": text(LONGEST_ANSWER, shortest=1, lines=True, description="Markdown"),
    "read_aloud": text(LONGEST_ALOUD),
    "easy": text(LONGEST_EASY, lines=True, description="やさしい日本語"),
    "say": _SENTENCES,
    "dont_say": _SENTENCES,
    "escalate_when": text(LONGEST_SENTENCE),
    "source": text(LONGEST_SOURCE),
    "rule_keys": several(text(LONGEST_LEVEL), MOST_RULES),
    "public": flag(description="公開サイトにも載せるか", default=True),
    "needs_ward": flag(description="要区確認", default=False),
    "valid_from": or_nothing(formatted("date")),
    "valid_to": or_nothing(formatted("date")),
}
"""What a revision says. In a request only question and answer are needed; what is left out is empty."""
_OPTIONAL = tuple(name for name in CONTENT if name not in ("question", "answer"))
EXTERNAL_ID: Shape = {"type": "string", "minLength": 1, "maxLength": LONGEST_NUMBER, "pattern": PRINTABLE}

NEW_ARTICLE = Named(
    "NewArticle", record({"external_id": EXTERNAL_ID, **CONTENT}, optional=("external_id", *_OPTIONAL))
)
NEW_REVISION = Named(
    "NewRevision",
    record(
        {**CONTENT, "after": {**NUMBER, "description": "書き手が見ていた版。If-Match の代わりに使えます"}},
        optional=("after", *_OPTIONAL),
    ),
)
APPROVAL = Named("Approval", record({"revision": {**NUMBER, "description": "承認する版（最新の版）"}}))
ARTICLE = Named(
    "Article",
    record(
        {
            "id": formatted("uuid"),
            "number": text(20, description="F-12"),
            "external_id": text(LONGEST_NUMBER),
            "programme": text(40, description="事業の符号"),
            "state": one_of([state.value for state in State]),
            "revision": {**NUMBER, "description": "ここに書かれている版"},
            "latest_revision": {
                **NUMBER,
                "description": "最新の版（下書きを見られない人には、承認された最新の版）",
            },
            "scheduled_from": or_nothing(formatted("date")),
            **CONTENT,
            "owner": text(40, description="担当のサインイン名"),
            "review_on": or_nothing(formatted("date")),
            "approved_at": or_nothing(formatted("date-time")),
            "created_at": formatted("date-time"),
            "updated_at": formatted("date-time"),
        }
    ),
)
_ABOUT_REVISION: dict[str, Shape] = {
    "revision": NUMBER,
    "made_at": formatted("date-time"),
    "approved_at": or_nothing(formatted("date-time")),
}
REVISION = Named("Revision", record({"article": formatted("uuid"), **_ABOUT_REVISION, **CONTENT}))
REVISIONS = record({"revisions": several(record(dict(_ABOUT_REVISION)))})
CATEGORIES = record(
    {
        "categories": several(
            record({"path": text(LONGEST_PATH), "name": text(LONGEST_PATH), "count": whole(0, 2**31 - 1)})
        )
    }
)
SEARCH = Named(
    "ArticleSearch",
    record(
        {
            "text": text(LONGEST_TYPED, lines=True),
            "limit": whole(1, MOST_SEARCHED, default=SEARCHED),
            "drafts": flag(description="区が承認していない最新の版も探す", default=False),
        },
        optional=("limit", "drafts"),
    ),
)
FOUND = Named(
    "FoundArticles",
    record(
        {
            "articles": several(
                record(
                    {
                        "id": formatted("uuid"),
                        "number": text(20),
                        "external_id": text(LONGEST_NUMBER),
                        "revision": NUMBER,
                        "question": text(LONGEST_QUESTION),
                        "category": text(LONGEST_PATH),
                        "read_aloud": text(LONGEST_ALOUD, description="読み上げる回答。なければ回答の始め"),
                        "needs_ward": flag(),
                        "score": {"type": "number", "minimum": 0},
                        "why": record(
                            {
                                "words": {
                                    **several(text(200)),
                                    "description": "質問や言い換えの中で当たったことば",
                                },
                                "place": text(1000, description="質問のほかに当たった所"),
                            }
                        ),
                    }
                )
            ),
            "corrections": several(record({"typed": text(200), "meant": text(200)})),
        }
    ),
)


def content_of(body: dict[str, Any]) -> Content:
    """What a body says, as it would be kept. Raises Faulty with everything that cannot be kept."""
    texts: dict[str, Any] = {name: body.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
    lists: dict[str, Any] = {
        name: tuple(one.strip() for one in body.get(name, ()) if one.strip()) for name in LISTS
    }
    texts["category"] = category_path(texts["category"])
    content = Content(
        **texts,
        **lists,
        is_public=body.get("public", True),
        needs_ward=body.get("needs_ward", False),
        valid_from=_day(body.get("valid_from")),
        valid_to=_day(body.get("valid_to")),
    )
    faults = [pointed(f"/{fault.field}", fault.reason, "content") for fault in content.faults()]
    if faults:
        raise Faulty(faults)
    return content


def said(content: Content) -> dict[str, Any]:
    """What a revision says, each name there: as a line of an export, with what that leaves out."""
    line = ImportLine("", content, Care()).as_object()
    empty: dict[str, Any] = {"valid_from": None, "valid_to": None, "needs_ward": False, "public": True}
    return {name: line.get(name, empty.get(name, [] if name in LISTS else "")) for name in CONTENT}


def article_body(article: Article, shown: ArticleRevision, person: Staff) -> dict[str, Any]:
    """An article as a person sees it, in the revision shown."""
    latest = article.latest_number
    if not sees_drafts(person):
        latest = article.scheduled_number or article.current_number or latest
    return {
        "id": str(article.id),
        "number": article.label,
        "external_id": article.external_id,
        "programme": article.programme.code,
        "state": article.state.value,
        "revision": shown.number,
        "latest_revision": latest,
        "scheduled_from": article.scheduled_from.isoformat() if article.scheduled_from else None,
        **said(shown.content),
        "owner": article.owner.sign_in_name if article.owner else "",
        "review_on": article.review_on.isoformat() if article.review_on else None,
        "approved_at": said_moment(shown.approved_at) if shown.approved_at else None,
        "created_at": said_moment(article.created_at),
        "updated_at": said_moment(article.updated_at),
    }


def about_revision(revision: ArticleRevision) -> dict[str, Any]:
    """When a revision was made and approved."""
    return {
        "revision": revision.number,
        "made_at": said_moment(revision.made_at),
        "approved_at": said_moment(revision.approved_at) if revision.approved_at else None,
    }


def revision_body(revision: ArticleRevision) -> dict[str, Any]:
    """A revision whole."""
    return {"article": str(revision.article_id), **about_revision(revision), **said(revision.content)}


def found_body(findings: Findings) -> dict[str, Any]:
    """What a question found, best first."""
    corrections = [{"typed": one.typed, "meant": one.meant} for one in findings.corrections]
    return {"articles": [_found(one) for one in findings.found], "corrections": corrections}


def _found(one: Found) -> dict[str, Any]:
    words = [html.unescape(word) for word in MARKED.findall(f"{one.marked}\n{one.why}")]
    return {
        "id": str(one.article_id),
        "number": one.number,
        "external_id": one.external_id,
        "revision": one.version,
        "question": one.question,
        "category": one.category,
        "read_aloud": one.aloud,
        "needs_ward": one.needs_ward,
        "score": round(one.score, 4),
        "why": {"words": list(dict.fromkeys(words)), "place": one.why.striptags()},
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

"""The values that the pages of the public site show; the same for the listener and for the folder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from markupsafe import Markup

from callcenter.calendar import japanese_date
from callcenter.config import Face
from kb.public.links import Links
from kb.public.placing import placed
from kb.public.reading import Category, Listed, Page, Reader, Result


def site(reader: Reader, links: Links, face: Face) -> dict[str, Any]:
    """What the frame of every page shows."""
    return {
        "name": reader.name,
        "ward": reader.ward,
        "is_demo": reader.is_demo,
        "home_url": links.home(),
        "search_url": links.search(),
        "privacy_url": links.privacy(),
        "phone": face.phone,
        "phone_url": f"tel:{''.join(c for c in face.phone if c in '+0123456789')}" if face.phone else "",
        "hours": face.hours,
    }


def home(reader: Reader, links: Links) -> dict[str, Any]:
    """Upper categories with what lies below them, and the newest articles."""
    return {
        "categories": [_category(one, links) for one in reader.below("")],
        "loose": items(reader.loose, links),
        "recent": items(reader.recent(), links),
        "count": len(reader.articles),
    }


def category(reader: Reader, shown: Category, links: Links) -> dict[str, Any]:
    """A category: its own articles, then those of each category below it, under its name."""
    here = [one for one in shown.articles if one.category == shown.path]
    return {
        "category": _category(shown, links),
        "trail": trail(reader, shown.parent, links),
        "articles": items(here, links),
        "groups": [
            {**_category(one, links), "articles": items(one.articles, links)}
            for one in reader.below(shown.path)
        ],
    }


def article(reader: Reader, page: Page, links: Links) -> dict[str, Any]:
    """An article whole."""
    return {
        "article": {
            "number": page.listed.number,
            "question": page.listed.question,
            "url": links.article(page.listed),
            "easy_url": links.easy(page.listed) if page.easy else "",
            "lead": page.lead if page.lead != page.text else "",
            "answer": _placed(reader, page.answer, links),
            "easy": _placed(reader, page.easy, links),
            "source": page.source,
            "approved": day(page.listed.day),
            "approved_iso": page.listed.day.isoformat(),
            "is_under_review": page.is_under_review,
        },
        "trail": trail(reader, page.listed.category, links),
        "related": items(page.related, links),
    }


def found(results: Iterable[Result], links: Links) -> list[dict[str, Any]]:
    """Found articles, best first."""
    return [
        {
            "url": links.article(one.listed),
            "question": one.marked,
            "excerpt": one.excerpt,
            "category": one.listed.category,
            "why": one.why,
        }
        for one in results
    ]


def items(articles: Iterable[Listed], links: Links) -> list[dict[str, Any]]:
    """A list of articles."""
    return [
        {
            "url": links.article(one),
            "question": one.question,
            "category": one.category,
            "approved": day(one.day),
            "approved_iso": one.day.isoformat(),
        }
        for one in articles
    ]


def trail(reader: Reader, path: str, links: Links) -> list[dict[str, str]]:
    """The way from the first page down to a category."""
    steps: list[dict[str, str]] = []
    while path in reader.categories:
        shown = reader.categories[path]
        steps.insert(0, {"label": shown.name, "url": links.category(shown)})
        path = shown.parent
    return steps


def day(moment: date) -> str:
    """令和8年4月1日."""
    return japanese_date(moment)


def _placed(reader: Reader, html: Markup, links: Links) -> Markup:
    """A text with the addresses of its links and pictures."""

    def article(number: int) -> str | None:
        listed = reader.by_number.get(number)
        return links.article(listed) if listed else None

    def picture(image_id: str) -> str | None:
        kind = reader.pictures.get(image_id)
        return links.picture(image_id, kind) if kind else None

    return Markup(placed(str(html), article, picture))  # noqa: S704 (sanitised by the projection)


def _category(shown: Category, links: Links) -> dict[str, Any]:
    return {"name": shown.name, "url": links.category(shown), "count": len(shown.articles)}

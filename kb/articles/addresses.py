"""Where the desk serves what articles name: pictures, and other articles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask import url_for
from markupsafe import Markup
from sqlalchemy import select

from callcenter.db import db
from kb.articles.article import Article
from kb.articles.images import images_in, sizes_of
from kb.articles.rendering import REFERENCE, Picture, render, targets


class DeskAddresses:
    """Addresses of one programme's desk, looked up once for the texts that are to be shown."""

    def __init__(self, programme_id: uuid.UUID, texts: Iterable[str]):
        texts = list(texts)
        images = [image_id for text in texts for image_id in images_in(text)]
        self._sizes = sizes_of(images, programme_id)
        references = {one.address for text in texts for one in targets(text) if not one.is_image}
        self._articles = _articles(references, programme_id)

    def picture(self, image_id: uuid.UUID) -> Picture | None:
        size = self._sizes.get(image_id)
        return Picture(url_for("kb.image", image_id=image_id), *size) if size else None

    def article(self, reference: str) -> str | None:
        if reference.startswith("/"):
            return reference
        article_id = self._articles.get(reference)
        return url_for("kb.article", article_id=article_id) if article_id else None


def shown(markdown: str, programme_id: uuid.UUID) -> Markup:
    """HTML of an article's text for the desk. Raises Invalid as `render` does."""
    return render(markdown, DeskAddresses(programme_id, [markdown]))


def _articles(references: Iterable[str], programme_id: uuid.UUID) -> dict[str, uuid.UUID]:
    numbers = [int(one.removeprefix("F-")) for one in references if REFERENCE.fullmatch(one)]
    if not numbers:
        return {}
    query = select(Article.number, Article.id).where(
        Article.programme_id == programme_id, Article.number.in_([n for n in numbers if n < 2**31])
    )
    return {f"F-{row.number}": row.id for row in db.session.execute(query)}

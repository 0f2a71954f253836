"""Pictures and links of articles: laid down under names that belong to no face, and put under addresses when shown. Pure.

A text is rendered once and shown twice (on the listener, in a folder), so what it names stands in it as `/@article/7`
and `/@picture/ID` until a page is made. A link to an article that is not public (any more), or into the desk, becomes
its words."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping

from kb.articles.rendering import Picture

ARTICLE = "/@article/"
PICTURE = "/@picture/"
_PICTURES = re.compile(rf'(<img [^>]*?src="){PICTURE}([0-9a-f-]{{36}})(")')
_LINKS = re.compile(r'<a href="(/[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


class Names:
    """What `render` asks for: the names of one programme's articles and pictures. `articles`: reference as it is
    written (F-12, /faq/ID) → number; `sizes`: picture → width and height."""

    def __init__(self, articles: Mapping[str, int], sizes: Mapping[uuid.UUID, tuple[int, int]]):
        self._articles, self._sizes = articles, sizes

    def picture(self, image_id: uuid.UUID) -> Picture | None:
        size = self._sizes.get(image_id)
        return Picture(f"{PICTURE}{image_id}", *size) if size else None

    def article(self, reference: str) -> str | None:
        number = self._articles.get(reference)
        return f"{ARTICLE}{number}" if number else None


def placed(html: str, article: Callable[[int], str | None], picture: Callable[[str], str | None]) -> str:
    """Laid-down HTML with the addresses of a face; `article` and `picture` give None for what it does not show."""

    def link(found: re.Match[str]) -> str:
        number = found[1].removeprefix(ARTICLE)
        address = article(int(number)) if found[1].startswith(ARTICLE) and number.isdecimal() else None
        return f'<a href="{address}">{found[2]}</a>' if address else found[2]

    def image(found: re.Match[str]) -> str:
        return f"{found[1]}{picture(found[2]) or ''}{found[3]}"

    return _LINKS.sub(link, _PICTURES.sub(image, html))

"""Where the pages of the public site stand: under addresses on the listener, as files in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

from kb.public.reading import Category, Listed


class Links(Protocol):
    """Addresses as a page writes them."""

    def home(self) -> str: ...
    def search(self) -> str: ...
    def privacy(self) -> str: ...
    def category(self, category: Category) -> str: ...
    def article(self, article: Listed) -> str: ...
    def easy(self, article: Listed) -> str: ...
    def picture(self, image_id: str, content_type: str) -> str: ...
    def asset(self, name: str) -> str: ...


@dataclass(frozen=True)
class Addresses:
    """On the listener: short, and the same for ever. `origin` goes before them where they leave the site."""

    code: str
    assets: str
    origin: str = ""

    def home(self) -> str:
        return f"{self.origin}/{self.code}/"

    def search(self) -> str:
        return f"{self.home()}search"

    def suggestions(self) -> str:
        return f"{self.home()}suggestions"

    def privacy(self) -> str:
        return f"{self.home()}privacy"

    def atom(self) -> str:
        return f"{self.home()}changes.atom"

    def json_feed(self) -> str:
        return f"{self.home()}changes.json"

    def category(self, category: Category) -> str:
        return f"{self.home()}categories/{quote(category.address)}"

    def article(self, article: Listed) -> str:
        return f"{self.home()}faq/{article.number}"

    def easy(self, article: Listed) -> str:
        return f"{self.article(article)}/easy"

    def picture(self, image_id: str, content_type: str) -> str:
        return f"{self.home()}pictures/{image_id}"

    def asset(self, name: str) -> str:
        return f"{self.assets}/{name}"


@dataclass(frozen=True)
class Files:
    """In a folder that opens from a file system: relative to a page that lies so many folders deep."""

    depth: int = 0

    def home(self) -> str:
        return self._up("index.html")

    def search(self) -> str:
        return self._up("search.html")

    def privacy(self) -> str:
        return self._up("privacy.html")

    def category(self, category: Category) -> str:
        return self._up(f"categories/{sha256(category.path.encode()).hexdigest()[:12]}.html")

    def article(self, article: Listed) -> str:
        return self._up(f"faq/{article.number}.html")

    def easy(self, article: Listed) -> str:
        return self._up(f"faq/{article.number}-easy.html")

    def picture(self, image_id: str, content_type: str) -> str:
        return self._up(f"pictures/{image_id}.{content_type.rpartition('/')[2]}")

    def asset(self, name: str) -> str:
        return self._up(f"assets/{name}")

    def _up(self, path: str) -> str:
        return "../" * self.depth + path

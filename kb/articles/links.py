"""The links of an article: what each leads to, and what is wrong with it. Pure; nothing is ever fetched."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from kb.articles.content import Content
from kb.articles.rendering import REFERENCE, safe_url, targets

ARTICLE_PATH = "/faq/"


class LinkKind(StrEnum):
    """What a link leads to. REFUSED: it is shown as words alone, whatever it says."""

    ARTICLE = "article"
    EXTERNAL = "external"
    MAIL = "mail"
    PHONE = "phone"
    REFUSED = "refused"


@dataclass(frozen=True)
class Link:
    """A link as it is written, and why it is refused."""

    kind: LinkKind
    address: str
    words: str
    reason: str = ""


@dataclass(frozen=True)
class Shelved:
    """What a link has to know of the article that it leads to."""

    label: str
    is_archived: bool
    is_told: bool
    is_public: bool


def links_of(content: Content) -> list[Link]:
    """All links of an article, in their order, each once. Raises Invalid for a text that is too large or too deep."""
    found = (
        judged(one.address, one.words)
        for text in (content.answer, content.easy)
        if "[" in text or "<" in text
        for one in targets(text)
        if not one.is_image
    )
    return list(dict.fromkeys(found))


def judged(address: str, words: str = "") -> Link:
    """What an address leads to, and why a reader could not follow it."""
    if article_of(address) is not None:
        return Link(LinkKind.ARTICLE, address, words)
    if safe_url(address) is None or address.startswith("/"):
        return Link(LinkKind.REFUSED, address, words, _why_refused(address))
    scheme = address.partition(":")[0].lower()
    kinds = {"mailto": LinkKind.MAIL, "tel": LinkKind.PHONE}
    return Link(kinds.get(scheme, LinkKind.EXTERNAL), address, words)


def article_of(address: str) -> int | uuid.UUID | None:
    """The article that an address names: by number (`F-12`) or by id (`/faq/ID`); None for any other address."""
    if REFERENCE.fullmatch(address):
        return int(address.removeprefix("F-"))
    if not address.startswith(ARTICLE_PATH):
        return None
    try:
        return uuid.UUID(address.removeprefix(ARTICLE_PATH))
    except ValueError:
        return None


def broken(link: Link, of_a_public_article: bool, look: Callable[[int | uuid.UUID], Shelved | None]) -> str:
    """Why a reader would not reach the other article; "" when they would. `look` finds an article, or None."""
    wanted = article_of(link.address)
    there = look(wanted) if wanted is not None else None
    if there is None:
        return _("この番号の記事はありません。")
    if there.is_archived:
        return _("%(label)sは保管されています。", label=there.label)
    if not there.is_told:
        return _("%(label)sはまだ承認されていません。", label=there.label)
    if of_a_public_article and not there.is_public:
        return _("%(label)sは公開サイトに載らない記事です。", label=there.label)
    return ""


def _why_refused(address: str) -> str:
    scheme = address.partition(":")[0].lower() if ":" in address else ""
    if not address.strip():
        return _("リンク先が書かれていません。")
    if len(address) > 2000:
        return _("長すぎます（2000文字まで）。")
    if address.startswith("//") or scheme == "http":
        return _("https:// で始まるアドレスだけを使えます。")
    if scheme == "https":
        return _("使えない文字や、利用者名（@）の入ったアドレスです。")
    if scheme == "mailto":
        return _("mailto: のあとはメールアドレスだけにしてください。")
    if scheme == "tel":
        return _("tel: のあとは数字とハイフンだけにしてください。")
    if scheme:
        return _("この種類のアドレスは使えません。https:// か F-番号 にしてください。")
    return _("https:// から書くか、ほかの記事は F-12 のように番号で書いてください。")

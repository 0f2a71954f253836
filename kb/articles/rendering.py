"""The one door of bleach: markdown and foreign HTML go in, HTML that can only be read comes out."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from html import escape
from html.parser import HTMLParser
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import bleach.html5lib_shim as shim
from bleach.sanitizer import Cleaner
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from callcenter.errors import Invalid

HTML_BYTES = 512 * 1024
MARKDOWN_BYTES = 64 * 1024
HTML_NESTING = 200
MARKDOWN_NESTING = 30
MOST_PARTS = 40_000
"""Parts of an article as the parser cuts it: 1,300 characters can make a table of 150,000, two seconds of work."""
CPU_SECONDS = 2.0

ARTICLE_TAGS = frozenset(
    "a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul".split()  # noqa: SIM905
)
MAIL_TAGS = ARTICLE_TAGS | {*"abbr b caption dd div dl dt i ins small span sub sup tfoot u".split()}  # noqa: SIM905
SCHEME = "image:"
"""How markdown names a picture of ours: `![what it shows](image:ID)`."""
REFERENCE = re.compile(r"F-[1-9][0-9]{0,9}")
"""How markdown names another article: `[its question](F-12)`."""
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
VOID_TAGS = frozenset({"br", "hr", "img"})
UNSEEN = re.compile(r"<(style|script|title|xmp|iframe|noscript|template|textarea)(?=[\s/>])", re.IGNORECASE)

HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", re.IGNORECASE)
MAIL_ADDRESS = re.compile(r"mailto:[\w.+-]+@[a-z0-9.-]+", re.IGNORECASE | re.ASCII)
PHONE = re.compile(r"tel:\+?[0-9][0-9-]{1,19}", re.IGNORECASE)
UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"'`\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")


class Picture(NamedTuple):
    """Where a picture of ours is served, and its size in pixels."""

    address: str
    width: int
    height: int


class Addresses(Protocol):
    """Where a face (desk, public site, export) serves what articles name. None: not there, or not for this face."""

    def picture(self, image_id: uuid.UUID) -> Picture | None: ...

    def article(self, reference: str) -> str | None:
        """The address of another article, named as `F-12` or `/faq/ID`."""


class Target(NamedTuple):
    """A link or picture as it is written: where to, and the words that it stands on."""

    address: str
    words: str
    is_image: bool = False


def render(markdown: str, addresses: Addresses | None = None) -> Markup:
    """HTML of an article's markdown; HTML written inside it is shown as text, never obeyed. Of pictures only those of
    ours that `addresses` knows are shown, of the others what they show; the same goes for other articles.

    Raises Invalid (code `too_large` or `too_deep`, with the limit) for more than 64 kB or 30 levels."""
    _refuse_larger_than(MARKDOWN_BYTES, markdown)
    links: dict[str, Any] = {}
    tokens = _parse(markdown, links)
    pictures = _placed(tokens, addresses)
    html = _markdown.renderer.render(tokens, _markdown.options, links)
    return _clean(html, ARTICLE_TAGS | {"img"} if pictures else ARTICLE_TAGS, pictures)


def targets(markdown: str) -> list[Target]:
    """All links and pictures of an article's markdown, in their order. Raises Invalid as `render` does."""
    _refuse_larger_than(MARKDOWN_BYTES, markdown)
    return [target for block in _parse(markdown, {}) for target in _targets_of(block.children or [])]


def image_id_of(address: str) -> uuid.UUID | None:
    """The picture that an address of markdown names (`image:ID`); None for any other address."""
    if not address.startswith(SCHEME):
        return None
    try:
        return uuid.UUID(address.removeprefix(SCHEME))
    except ValueError:
        return None


def plain_text(markdown: str) -> str:
    """The words of an article's markdown without its marks, a line a block: for reading out, inserting and searching.

    Raises Invalid as `render` does."""
    _refuse_larger_than(MARKDOWN_BYTES, markdown)
    lines = [
        _words_of(token) for token in _parse(markdown, {}) if token.type in {"inline", "fence", "code_block"}
    ]
    return "\n".join(line for line in lines if line)


def clean_html(html: str) -> Markup:
    """HTML of a stranger (a mail body) with only what can be read left: no script, style, picture, form or foreign address.

    Show it inside a sandboxed frame all the same. Raises Invalid (`too_large`, `too_deep`, `too_slow`) past
    512 kB, 200 levels or two seconds of work; the caller then shows the text part."""
    return _clean(html, MAIL_TAGS)


def safe_url(url: str) -> str | None:
    """The address if a reader may follow it, else None.

    Allowed are https with a plain host and no user part, mailto and tel without extras, and paths of this site
    ("/faq/1", never "//host")."""
    url = url.strip(" ")
    if not url or len(url) > 2000 or UNSAFE_IN_URL.search(url):
        return None
    if url.startswith("/"):
        return None if url.startswith("//") else url
    scheme = url.partition(":")[0].lower()
    if scheme == "https":
        return url if _has_plain_host(url) else None
    if scheme == "mailto":
        return url if MAIL_ADDRESS.fullmatch(url) else None
    if scheme == "tel":
        return url if PHONE.fullmatch(url) else None
    return None


def _has_plain_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return url[6:8] == "//" and HOST.fullmatch(parts.netloc) is not None


# nesting is capped two above the limit, so that the parser itself never goes deeper than what is then refused
_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": MARKDOWN_NESTING + 2}).enable(
    ["table", "strikethrough"]
)
_markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # links are judged once, by safe_url


def _parse(markdown: str, links: dict[str, Any]) -> list[Token]:
    tokens = _markdown.parse(markdown.replace("\x00", ""), links)
    if any(token.level >= MARKDOWN_NESTING for token in tokens):
        raise _too_deep(MARKDOWN_NESTING)
    if sum(1 + len(token.children or ()) for token in tokens) > MOST_PARTS:
        message = _(
            "本文の要素が多すぎます（上限 %(limit)s 個）。表や箇条書きを分けてください。", limit=MOST_PARTS
        )
        raise Invalid(message, code="too_large", facts={"limit_parts": MOST_PARTS})
    return tokens


def _placed(tokens: list[Token], addresses: Addresses | None) -> frozenset[str]:
    """Put the addresses of pictures and articles into what was parsed; a picture that is not ours becomes the words
    that say what it shows. Returns the addresses of the pictures: no other picture passes the door."""
    made: set[str] = set()
    for block in tokens:
        for number, token in enumerate(block.children or []):
            if token.type == "image" and block.children:
                block.children[number] = _picture(token, addresses, made)
            elif token.type == "link_open":
                href = str(token.attrGet("href") or "")
                is_article = REFERENCE.fullmatch(href) or href.startswith("/faq/")
                if addresses and is_article:
                    token.attrSet("href", addresses.article(href) or "")
    return frozenset(made)


def _picture(token: Token, addresses: Addresses | None, made: set[str]) -> Token:
    image_id = image_id_of(str(token.attrGet("src") or ""))
    picture = addresses.picture(image_id) if addresses and image_id and token.content.strip() else None
    if picture is None:
        return Token("text", "", 0, content=token.content)
    made.add(picture.address)
    token.attrs = {
        "src": picture.address,
        "alt": "",
        "width": picture.width,
        "height": picture.height,
    }
    return token


def _targets_of(parts: list[Token]) -> Iterator[Target]:
    opened: list[tuple[str, list[str]]] = []
    for part in parts:
        if part.type == "link_open":
            opened.append((str(part.attrGet("href") or ""), []))
        elif part.type == "link_close" and opened:
            address, words = opened.pop()
            yield Target(address, "".join(words))
        elif part.type == "image":
            yield Target(str(part.attrGet("src") or ""), part.content, is_image=True)
        else:
            for _address, words in opened:
                words.append(part.content)


def _words_of(block: Token) -> str:
    if block.type != "inline":
        return block.content.strip()
    breaks = {"softbreak", "hardbreak"}
    return "".join("\n" if part.type in breaks else part.content for part in block.children or ()).strip()


def _clean(html: str, tags: frozenset[str], pictures: frozenset[str] = frozenset()) -> Markup:
    _refuse_larger_than(HTML_BYTES, html)
    return _Copy.of(_bleached(_without_unseen(html.replace("\x00", "")), tags), tags, pictures)


def _bleached(html: str, tags: frozenset[str]) -> str:
    cleaner = Cleaner(
        tags=tags, attributes=_attribute_allowed, protocols={"https", "mailto", "tel"}, strip=True
    )
    cleaner.parser = _BoundedParser(
        tags=tags, strip=True, consume_entities=False, namespaceHTMLElements=False
    )
    return cleaner.clean(html)


def _attribute_allowed(tag: str, name: str, value: str) -> bool:
    return name in ATTRIBUTES.get(tag, ())


class _BoundedParser(shim.BleachHTMLParser):
    """bleach's parser, which stops at the nesting and CPU limits.

    It counts what the parser itself holds open: a counter of tags in the text can be led astray by comments,
    attributes and end tags that close nothing. Without it 32,000 nested div take bleach 50 s, and as long one
    tag of 200,000 attributes, so the look-out stands where the parser fetches each character."""

    def reset(self) -> None:
        super().reset()
        stream, tree = self.tokenizer.stream, self.tree
        fetch, fetched, stop_at = stream.char, 0, time.thread_time() + CPU_SECONDS

        def char() -> Any:
            nonlocal fetched
            fetched += 1
            if len(tree.openElements) + len(tree.activeFormattingElements) > HTML_NESTING:
                raise _too_deep(HTML_NESTING)
            if fetched % 256 == 0 and time.thread_time() > stop_at:
                raise Invalid(
                    _("この本文は表示の準備に時間がかかりすぎるため、受け付けられません。"), code="too_slow"
                )
            return fetch()

        stream.char = char


class _Copy(HTMLParser):
    """Writes bleach's output anew from allow-listed parts, so that nothing stands in it that was not put there here.

    bleach keeps relative addresses and `javascript:123` (it takes the digits for a port): every address is
    judged again."""

    @classmethod
    def of(cls, html: str, tags: frozenset[str], pictures: frozenset[str]) -> Markup:
        copy = cls(tags, pictures)
        copy.feed(html)
        copy.close()
        while copy.open:
            copy._write_end(copy.open.pop())
        return Markup("".join(copy.out))  # noqa: S704  every part was escaped or allow-listed above

    def __init__(self, tags: frozenset[str], pictures: frozenset[str]):
        super().__init__(convert_charrefs=True)
        self.tags, self.pictures = tags, pictures
        self.out: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            return
        attributes = _judged(tag, attrs)
        written = tag != "a" or "href" in attributes
        if tag == "img":
            written = attributes.get("src") in self.pictures and bool(attributes.get("alt"))
        if written:
            pairs = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
            self.out.append(f"<{tag}{pairs}>")
        if tag not in VOID_TAGS:
            self.open.append((tag, written))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _written in self.open):
            while self.open:
                last = self.open.pop()
                self._write_end(last)
                if last[0] == tag:
                    return

    def handle_data(self, data: str) -> None:
        self.out.append(escape(data, quote=False))

    def _write_end(self, element: tuple[str, bool]) -> None:
        tag, written = element
        if written:
            self.out.append(f"</{tag}>")


def _judged(tag: str, attrs: list[tuple[str, str | None]]) -> dict[str, str]:
    kept = {}
    for name, value in attrs:
        if name not in ATTRIBUTES.get(tag, ()) or name in kept or value is None:
            continue
        judge: Callable[[str], str | None] = _JUDGES.get(name, str)
        if (judged := judge(value)) is not None:
            kept[name] = judged
    if kept.get("href"):
        kept["rel"] = "noopener noreferrer"
        if not kept["href"].startswith("/"):
            kept["target"] = "_blank"
    return kept


def _small_number(value: str) -> str | None:
    return value if re.fullmatch(r"[0-9]{1,3}", value) else None


def _pixels(value: str) -> str | None:
    return value if re.fullmatch(r"[1-9][0-9]{0,3}", value) else None


_JUDGES: dict[str, Callable[[str], str | None]] = {
    "href": safe_url,
    "colspan": _small_number,
    "rowspan": _small_number,
    "start": _small_number,
    "width": _pixels,
    "height": _pixels,
}


def _without_unseen(html: str) -> str:
    """Style sheets, scripts and titles without their contents, which bleach would leave behind as text; in linear time."""
    kept, at = [], 0
    folded = html.lower() if len(html.lower()) == len(html) else html
    unclosed: set[str] = set()
    while found := UNSEEN.search(html, at):
        name = found.group(1).lower()
        end = -1 if name in unclosed else folded.find(f"</{name}", found.end())
        kept.append(html[at : found.start()])
        if end < 0:
            unclosed.add(name)
            kept.append(f"&lt;{name}")
            at = found.end()
            continue
        close = html.find(">", end)
        at = len(html) if close < 0 else close + 1
    kept.append(html[at:])
    return "".join(kept)


def _refuse_larger_than(limit: int, text: str) -> None:
    if len(text) > limit or len(text.encode("utf-8", "replace")) > limit:
        message = _("本文が大きすぎます（上限 %(limit)s kB）。", limit=limit // 1024)
        raise Invalid(message, code="too_large", facts={"limit_bytes": limit})


def _too_deep(limit: int) -> Invalid:
    message = _("本文の入れ子が深すぎます（上限 %(limit)s 段）。", limit=limit)
    return Invalid(message, code="too_deep", facts={"limit_levels": limit})

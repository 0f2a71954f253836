"""Refuses texts that carry a LoGo Form answer link: whoever holds such a link can open the answer."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import unquote

from callcenter.errors import Invalid

DOTS = re.compile(r"[。．｡・]|\[\.\]|\(\.\)|\[dot\]|\(dot\)", re.IGNORECASE)
ANSWER_LINK = re.compile(
    r"logoform\W{0,3}jp\W{0,3}(?:\d{1,5}\W{0,2})?[/\\]f\b.{0,300}?[?&;#]key[=:]\w", re.DOTALL
)
LONG_KEY = re.compile(r"(?<![a-z0-9])key[=:][0-9a-f]{32,}")
REASON = (
    "LoGoフォームの回答用リンク（key= を含むURL）は、知っている人なら誰でも回答を開けるため記録できません。"
    "受付番号を書いてください。"
)


def has_secret_link(text: str) -> bool:
    """Whether a text holds an answer link (`logoform.jp/f/…?key=…`), also full-width, percent-encoded, broken by
    spaces and line ends, or as the bare `key=` with its 32 and more hexadecimal digits. Public form addresses
    (`logoform.jp/form/…`) are no secrets."""
    plain = _plain(text)
    return bool(ANSWER_LINK.search(plain) or LONG_KEY.search(plain))


def paste_guard(*texts: str | None) -> None:
    """Lets texts pass or raises Invalid (code `secret_link`). Source: docs/rules.md#answer-links."""
    if any(text and has_secret_link(text) for text in texts):
        raise Invalid(REASON, code="secret_link")


def _plain(text: str) -> str:
    """Lower-case ASCII shape of a text with all disguises taken off: width, entities, percent signs, invisible and blank characters."""
    for _round in range(3):
        peeled = unicodedata.normalize("NFKC", unquote(html.unescape(text)))
        if peeled == text:
            break
        text = peeled
    text = DOTS.sub(".", text)
    return "".join(
        c for c in text if not c.isspace() and unicodedata.category(c) not in {"Cf", "Mn", "Cc"}
    ).lower()

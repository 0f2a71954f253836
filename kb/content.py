"""What an article says, and what is wrong with it before it may be kept. Pure."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.privacy.secrets_guard import paste_guard
from kb.rendering import plain_text, render

LONGEST_QUESTION = 200
LONGEST_ANSWER = 20_000
LONGEST_ALOUD = 80
LONGEST_SOURCE = 300
LONGEST_LEVEL = 40
MOST_VARIANTS = 50
LEVELS = 3
PATH = " › "


class Fault(NamedTuple):
    """What cannot be kept: the field's name, and what to do about it."""

    field: str
    reason: str


@dataclass(frozen=True)
class Content:
    """All that a revision of an article says. Texts as typed; `category` is a path of up to three levels.

    `needs_ward` marks what only the ward may decide (要区確認): it is never published until the ward has said it."""

    question: str
    answer: str
    variants: tuple[str, ...] = ()
    read_aloud: str = ""
    category: str = ""
    source: str = ""
    is_public: bool = True
    needs_ward: bool = False
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def digest(self) -> str:
        """Tells changed content from unchanged (SHA-256 in hex)."""
        plain = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def written(self) -> str:
        """Everything in one text, for telling two versions apart."""
        parts = [
            (_("質問"), self.question),
            (_("言い換え"), "\n".join(self.variants)),
            (_("回答"), self.answer),
            (_("読み上げる回答"), self.read_aloud),
            (_("分類"), self.category),
            (_("根拠"), self.source),
            (_("案内する期間"), f"{self.valid_from or ''}–{self.valid_to or ''}".strip("–")),
        ]
        return "\n".join(f"【{name}】\n{text}\n" for name, text in parts if text)

    @property
    def aloud(self) -> str:
        """What an agent reads out: the text made for it, else the answer's beginning up to 80 characters."""
        return aloud(self.read_aloud, plain_text(self.answer))

    def faults(self) -> list[Fault]:
        """Everything that is wrong, in the order of the fields; [] when it may be kept."""
        return list(_faults(self))


def category_path(text: str) -> str:
    """A path as it is kept: 申請 › 書類 › 領収書. Levels may be divided by ›, > or ＞."""
    levels = text.replace("＞", "›").replace(">", "›").split("›")
    return PATH.join(" ".join(level.split()) for level in levels if level.strip())


def aloud(read_aloud: str, answer: str) -> str:
    """The text made for reading out, else the beginning of the answer's plain text."""
    return read_aloud or beginning(answer, LONGEST_ALOUD)


def beginning(text: str, longest: int) -> str:
    """Whole sentences of a text up to a length; a long first sentence is cut with an ellipsis."""
    first = text.partition("\n")[0]
    if len(first) <= longest:
        return first
    stop = first.rfind("。", 0, longest)
    return first[: stop + 1] if stop > 0 else first[: longest - 1] + "…"


def _faults(content: Content) -> Iterator[Fault]:
    yield from _text("question", content.question, LONGEST_QUESTION, required=True)
    if len(content.variants) > MOST_VARIANTS:
        yield Fault("variants", _("言い換えは%(most)d個までです。", most=MOST_VARIANTS))
    for variant in content.variants:
        yield from _text("variants", variant, LONGEST_QUESTION)
    yield from _text("answer", content.answer, LONGEST_ANSWER, required=True, lines=True)
    yield from _rendered(content.answer)
    yield from _text("read_aloud", content.read_aloud, LONGEST_ALOUD)
    yield from _category(content.category)
    yield from _text("source", content.source, LONGEST_SOURCE)
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        yield Fault("valid_to", _("終わりの日は始まりの日以後にしてください。"))


def _text(
    field: str, text: str, longest: int, *, required: bool = False, lines: bool = False
) -> Iterator[Fault]:
    if required and not text.strip():
        yield Fault(field, _("入力してください。"))
    if len(text) > longest:
        reason = _(
            "%(longest)d文字以内にしてください（いま%(count)d文字です）。", longest=longest, count=len(text)
        )
        yield Fault(field, reason)
    allowed = "\n\t" if lines else ""
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in allowed for c in text):
        yield Fault(field, _("使えない文字（制御文字や改行）が含まれています。"))
    try:
        paste_guard(text)
    except Invalid as refusal:
        yield Fault(field, refusal.message)


def _rendered(answer: str) -> Iterator[Fault]:
    if len(answer) > LONGEST_ANSWER:
        return
    try:
        render(answer)
    except Invalid as refusal:
        yield Fault("answer", refusal.message)


def _category(path: str) -> Iterator[Fault]:
    yield from _text("category", path, LEVELS * LONGEST_LEVEL)
    levels = path.split(PATH)
    if len(levels) > LEVELS:
        yield Fault("category", _("分類は大・中・小の3段までです。"))
    if any(len(level) > LONGEST_LEVEL for level in levels):
        yield Fault("category", _("分類の名前は1段%(longest)d文字までです。", longest=LONGEST_LEVEL))

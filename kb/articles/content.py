"""What an article says, and what is wrong with it before it may be kept. Pure."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.privacy.secrets_guard import paste_guard
from kb.articles.rendering import image_id_of, plain_text, render, targets

LONGEST_QUESTION = 200
LONGEST_ANSWER = 20_000
LONGEST_ALOUD = 80
LONGEST_SOURCE = 300
LONGEST_LEVEL = 40
LONGEST_EASY = 2_000
LONGEST_SENTENCE = 200
MOST_VARIANTS = 50
MOST_SENTENCES = 10
MOST_RULES = 30
LEVELS = 3
PATH = " › "
RULE_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
"""How a rule is named that an answer stands on: cap.hours_twin, night.from."""


class Fault(NamedTuple):
    """What cannot be kept: the field's name, and what to do about it."""

    field: str
    reason: str


@dataclass(frozen=True)
class Content:
    """All that a revision of an article says. Texts as typed; `category` is a path of up to three levels.

    `easy` says the answer in やさしい日本語; `say` and `dont_say` are sentences for the agent; `escalate_when` tells when
    to hand on; `rule_keys` name the rules that the answer stands on (docs/rules.md#rule-keys). `needs_ward` marks what
    only the ward may decide (要区確認): it is never published until the ward has said it."""

    question: str
    answer: str
    variants: tuple[str, ...] = ()
    read_aloud: str = ""
    category: str = ""
    source: str = ""
    easy: str = ""
    say: tuple[str, ...] = ()
    dont_say: tuple[str, ...] = ()
    escalate_when: str = ""
    rule_keys: tuple[str, ...] = ()
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
            (_("やさしい日本語"), self.easy),
            (_("言うこと"), "\n".join(self.say)),
            (_("言わないこと"), "\n".join(self.dont_say)),
            (_("引き継ぐとき"), self.escalate_when),
            (_("分類"), self.category),
            (_("根拠"), self.source),
            (_("関わる規則"), "\n".join(self.rule_keys)),
            (_("案内する期間"), f"{self.valid_from or ''}–{self.valid_to or ''}".strip("–")),
        ]
        return "\n".join(f"【{name}】\n{text}\n" for name, text in parts if text)

    @property
    def aloud(self) -> str:
        """What an agent reads out: the text made for it, else the answer's beginning up to 80 characters."""
        return aloud(self.read_aloud, plain_text(self.answer))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Everything that is said, by field; lists a line each."""
        for field in ("question", "answer", "read_aloud", "easy", "escalate_when", "category", "source"):
            yield field, getattr(self, field)
        for field in ("variants", "say", "dont_say"):
            yield field, "\n".join(getattr(self, field))

    def faults(self) -> list[Fault]:
        """Everything that is wrong, in the order of the fields; [] when it may be kept."""
        return list(self._faults)

    @cached_property
    def _faults(self) -> tuple[Fault, ...]:
        """Looked for once: it means rendering two texts."""
        return tuple(_faults(self))


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
    yield from _several("variants", content.variants, LONGEST_QUESTION, MOST_VARIANTS)
    yield from _text("answer", content.answer, LONGEST_ANSWER, required=True, lines=True)
    yield from _rendered("answer", content.answer, LONGEST_ANSWER)
    yield from _text("read_aloud", content.read_aloud, LONGEST_ALOUD)
    yield from _text("easy", content.easy, LONGEST_EASY, lines=True)
    yield from _rendered("easy", content.easy, LONGEST_EASY)
    yield from _several("say", content.say, LONGEST_SENTENCE, MOST_SENTENCES)
    yield from _several("dont_say", content.dont_say, LONGEST_SENTENCE, MOST_SENTENCES)
    yield from _text("escalate_when", content.escalate_when, LONGEST_SENTENCE)
    yield from _rule_keys(content.rule_keys)
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


def _several(field: str, texts: tuple[str, ...], longest: int, most: int) -> Iterator[Fault]:
    if len(texts) > most:
        yield Fault(field, _("%(most)d個までです（いま%(count)d個です）。", most=most, count=len(texts)))
    for text in texts:
        yield from _text(field, text, longest)


def _rendered(field: str, text: str, longest: int) -> Iterator[Fault]:
    if len(text) > longest:
        return
    try:
        render(text)
        yield from picture_faults(field, text)
    except Invalid as refusal:
        yield Fault(field, refusal.message)


def picture_faults(field: str, text: str) -> Iterator[Fault]:
    """A picture is one of ours, and says in words what it shows: readers may not see it."""
    for one in targets(text):
        if not one.is_image:
            continue
        if image_id_of(one.address) is None:
            yield Fault(field, _("画像は、この画面で追加したものだけを使えます（![説明](image:…)）。"))
            return
        if not one.words.strip():
            yield Fault(field, _("画像の説明がありません。![ ] の中に、画像で伝えることを書いてください。"))
            return


def _rule_keys(keys: tuple[str, ...]) -> Iterator[Fault]:
    yield from _several("rule_keys", keys, LONGEST_LEVEL, MOST_RULES)
    if wrong := next((key for key in keys if not RULE_KEY.fullmatch(key)), None):
        reason = _(
            "「%(key)s」は規則の名前ではありません。cap.hours_twin のように英小文字と点で書いてください。",
            key=wrong[:40],
        )
        yield Fault("rule_keys", reason)


def _category(path: str) -> Iterator[Fault]:
    yield from _text("category", path, LEVELS * LONGEST_LEVEL)
    levels = path.split(PATH)
    if len(levels) > LEVELS:
        yield Fault("category", _("分類は大・中・小の3段までです。"))
    if any(len(level) > LONGEST_LEVEL for level in levels):
        yield Fault("category", _("分類の名前は1段%(longest)d文字までです。", longest=LONGEST_LEVEL))

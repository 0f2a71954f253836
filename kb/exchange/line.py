"""One line of an article file: read, checked, and its fault named by column. Pure. Format: docs/rules.md#kb-import."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from callcenter.calendar import read_date
from callcenter.lines import LineFault, read_object
from kb.articles.content import Content, category_path

LONGEST_NUMBER = 120
FLAGS = {"public": True, "needs_ward": False}
TEXTS = ("category", "question", "answer", "read_aloud", "source", "easy", "escalate_when")
LISTS = ("variants", "say", "dont_say", "rule_keys")
ALWAYS = frozenset({"external_id", "category", "question", "variants", "answer", "public"})
ORDER = (
    "external_id",
    "category",
    "question",
    "variants",
    "answer",
    "read_aloud",
    "easy",
    "say",
    "dont_say",
    "escalate_when",
    "source",
    "rule_keys",
    "public",
    "needs_ward",
    "valid_from",
    "valid_to",
    "review_on",
    "owner",
)
"""The columns in the order in which they are written."""
CARE = ("review_on", "owner")
"""Who looks after an article, and when it is looked at again; a column that is absent leaves them as they are."""
KNOWN = frozenset({"external_id", "valid_from", "valid_to", *FLAGS, *TEXTS, *LISTS, *CARE})


@dataclass(frozen=True)
class Care:
    """Who looks after an article (sign-in name, "" for nobody), and the day on which it is looked at again. `given`
    names the columns that the line has."""

    owner: str = ""
    review_on: date | None = None
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ImportLine:
    """A good line."""

    external_id: str
    content: Content
    care: Care = Care()

    def as_object(self) -> dict[str, Any]:
        """The line as it is written: what is empty is left out, but for the columns that every line has."""
        content = self.content
        flags = {"public": content.is_public, "needs_ward": content.needs_ward}
        days = {
            "valid_from": content.valid_from,
            "valid_to": content.valid_to,
            "review_on": self.care.review_on,
        }
        values: dict[str, Any] = {"external_id": self.external_id}
        values |= {name: getattr(content, name) for name in TEXTS}
        values |= {name: list(getattr(content, name)) for name in LISTS}
        values |= {**flags, **{name: day.isoformat() for name, day in days.items() if day}}
        values["owner"] = self.care.owner
        return {name: values[name] for name in ORDER if name in ALWAYS or values.get(name)}

    def as_line(self) -> bytes:
        """The line of a file, with its end."""
        return json.dumps(self.as_object(), ensure_ascii=False).encode() + b"\n"


def read(raw: bytes) -> ImportLine:
    """Read a line (UTF-8 JSON, perhaps with a byte order mark). Raises LineFault with the first fault found."""
    return of_object(read_object(raw))


def of_object(line: dict[str, Any]) -> ImportLine:
    """Check an object as a line holds it. Raises LineFault with the first fault found."""
    _known(line)
    texts = {name: _text(line, name).strip() for name in TEXTS}
    content = Content(
        question=texts["question"],
        answer=texts["answer"].replace("\r\n", "\n"),
        variants=_list(line, "variants"),
        read_aloud=texts["read_aloud"],
        category=category_path(texts["category"]),
        source=texts["source"],
        easy=texts["easy"].replace("\r\n", "\n"),
        say=_list(line, "say"),
        dont_say=_list(line, "dont_say"),
        escalate_when=texts["escalate_when"],
        rule_keys=_list(line, "rule_keys"),
        is_public=_flag(line, "public"),
        needs_ward=_flag(line, "needs_ward"),
        valid_from=_day(line, "valid_from"),
        valid_to=_day(line, "valid_to"),
    )
    external_id = _number(line)
    for fault in content.faults():
        raise LineFault(fault.field, fault.reason)
    return ImportLine(external_id, content, _care(line))


def _known(line: dict[str, Any]) -> None:
    for name in line:
        if name not in KNOWN:
            raise LineFault(str(name)[:40], "この列は使いません。列の名前を確かめてください。")


def _care(line: dict[str, Any]) -> Care:
    owner = _text(line, "owner").strip()
    if len(owner) > LONGEST_NUMBER or not owner.isprintable():
        raise LineFault("owner", "サインイン名を書いてください。")
    return Care(owner, _day(line, "review_on"), frozenset(CARE) & frozenset(line))


def _number(line: dict[str, Any]) -> str:
    value = line.get("external_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise LineFault("external_id", "必須です。文字列で書いてください。")
    if len(value) > LONGEST_NUMBER or not value.isprintable():
        raise LineFault("external_id", f"{LONGEST_NUMBER}文字までの、表示できる文字で書いてください。")
    return value.strip()


def _text(line: dict[str, Any], name: str) -> str:
    value = line.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LineFault(name, "文字列で書いてください。")
    return value


def _list(line: dict[str, Any], name: str) -> tuple[str, ...]:
    values = line.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise LineFault(name, "文字列の配列 [ … ] で書いてください。")
    return tuple(value.strip() for value in values if value.strip())


def _flag(line: dict[str, Any], name: str) -> bool:
    value = line.get(name, FLAGS[name])
    if not isinstance(value, bool):
        raise LineFault(name, "true か false を書いてください。")
    return value


def _day(line: dict[str, Any], name: str) -> date | None:
    value = _text(line, name)
    if not value.strip():
        return None
    try:
        return read_date(value)
    except ValueError:
        raise LineFault(name, "日付は 2026-04-01 のように書いてください。") from None

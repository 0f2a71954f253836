"""One line of a ticket file: read, checked, and every fault named by its column. Pure.

Format: docs/rules.md#import. A time without a zone is Japan's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callcenter.clock import JST
from callcenter.contacts import Channel
from callcenter.errors import Invalid
from callcenter.lines import LineFault, read_object
from callcenter.privacy.secrets_guard import paste_guard
from tickets.records.notes import Author
from tickets.records.state import TicketState

LONGEST_NUMBER = 120
LONGEST_NAME = 200
LONGEST_SUBJECT = 500
LONGEST_BODY = 200_000
MOST_MESSAGES = 2_000
SUBJECT_FROM_BODY = 40
KINDS = ("consultation", "reply", "note")
CALLER_FIELDS = ("name", "kana", "phone", "email", "address")


@dataclass(frozen=True)
class Message:
    at: datetime
    author: Author
    kind: str
    body: str


@dataclass(frozen=True)
class ImportLine:
    """A good line. `canonical` is its content in one form, for telling changed from unchanged."""

    external_id: str
    opened_at: datetime
    channel: Channel
    category: str
    state: TicketState
    subject: str
    caller: Mapping[str, str]
    messages: tuple[Message, ...]
    canonical: str


def read(raw: bytes) -> ImportLine:
    """Read a line (UTF-8 JSON). Raises LineFault with the first fault found."""
    line = read_object(raw)
    opened_at = _moment(line, "opened_at", None)
    messages = tuple(_message(m, f"messages[{n}]", opened_at) for n, m in enumerate(_messages(line)))
    return ImportLine(
        external_id=_number(line),
        opened_at=opened_at,
        channel=_word(line, "channel", Channel, None),
        category=_category(line),
        state=_word(line, "state", TicketState, TicketState.OPEN),
        subject=_subject(line, messages),
        caller=_caller(line),
        messages=messages,
        canonical=_canonical(line),
    )


def _canonical(line: dict[str, Any]) -> str:
    try:
        canonical = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        canonical.encode()
    except RecursionError:
        raise LineFault("line", "入れ子が深すぎます。") from None
    except UnicodeEncodeError:
        raise LineFault("line", "対になっていないサロゲート文字があります。") from None
    return canonical


def _category(line: dict[str, Any]) -> str:
    """A category's name stands readable in the database: one line, no control characters."""
    name = _text(line, "category", LONGEST_NAME).strip()
    if not name.isprintable():
        raise LineFault("category", "表示できる文字だけで書いてください。")
    return name


def _number(line: dict[str, Any]) -> str:
    value = line.get("external_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise LineFault("external_id", "必須です。文字列で書いてください。")
    if len(value) > LONGEST_NUMBER or not value.isprintable():
        raise LineFault("external_id", f"{LONGEST_NUMBER}文字までの、表示できる文字で書いてください。")
    return value.strip()


def _subject(line: dict[str, Any], messages: tuple[Message, ...]) -> str:
    subject = _text(line, "subject", LONGEST_SUBJECT).strip()
    if not subject and messages:
        subject = messages[0].body.strip().splitlines()[0][:SUBJECT_FROM_BODY]
    if not subject:
        raise LineFault("subject", "件名か、本文のある messages が必要です。")
    return subject


def _caller(line: dict[str, Any]) -> dict[str, str]:
    caller = line.get("caller") or {}
    if not isinstance(caller, dict):
        raise LineFault("caller", "オブジェクト { … } で書いてください。")
    texts = {name: _text(caller, name, LONGEST_NAME, "caller.").strip() for name in CALLER_FIELDS}
    return {name: text for name, text in texts.items() if text}


def _messages(line: dict[str, Any]) -> list[Any]:
    messages = line.get("messages") or []
    if not isinstance(messages, list):
        raise LineFault("messages", "配列 [ … ] で書いてください。")
    if len(messages) > MOST_MESSAGES:
        raise LineFault("messages", f"1件の messages は{MOST_MESSAGES}個までです。")
    return messages


def _message(value: Any, place: str, opened_at: datetime) -> Message:
    if not isinstance(value, dict):
        raise LineFault(place, "オブジェクト { … } で書いてください。")
    kind = value.get("kind", "consultation")
    if kind not in KINDS:
        raise LineFault(f"{place}.kind", "・".join(KINDS) + " のどれかを書いてください。")
    author = _word(
        value, "author", Author, Author.CALLER if kind == "consultation" else Author.AGENT, f"{place}."
    )
    body = _text(value, "body", LONGEST_BODY, f"{place}.")
    if not body.strip():
        raise LineFault(f"{place}.body", "本文がありません。")
    return Message(_moment(value, "at", opened_at, f"{place}."), author, kind, body)


def _text(values: dict[str, Any], name: str, longest: int, place: str = "") -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LineFault(place + name, "文字列で書いてください。")
    if len(value) > longest:
        raise LineFault(place + name, f"{longest}文字までです（{len(value)}文字あります）。")
    try:
        value.encode()
        paste_guard(value)
    except UnicodeEncodeError:
        raise LineFault(place + name, "対になっていないサロゲート文字があります。") from None
    except Invalid as refusal:
        raise LineFault(place + name, refusal.message) from None
    return value


def _word(values: dict[str, Any], name: str, words: Any, default: Any, place: str = "") -> Any:
    value = values.get(name, default)
    try:
        return words(value)
    except ValueError:
        raise LineFault(place + name, "・".join(words) + " のどれかを書いてください。") from None


def _moment(values: dict[str, Any], name: str, default: datetime | None, place: str = "") -> datetime:
    value = values.get(name)
    if value is None and default is not None:
        return default
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise LineFault(place + name, "日時は 2026-04-01T09:30:00+09:00 のように書いてください。") from None
    if not 1990 <= moment.year <= 2100:
        raise LineFault(place + name, "1990年から2100年までの日時を書いてください。")
    return moment.replace(tzinfo=JST) if moment.tzinfo is None else moment

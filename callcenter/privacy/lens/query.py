"""The one search box: what was typed, understood.

``領収書 紛失``            both words, in any field of the record
``"領収書の再発行"``        the phrase as it stands; also 「…」 『…』 “…” and full-width quotes
``-解約``                  without this word; a hyphen of any width, also ー (the same key in kana mode)
``状態:対応中``             a field; 区分 状態 担当 期間 電話 申請番号, also with ：; the same field twice means either
``期間:2026-04..2026-05``   days, months, years, fiscal years, eras, 今日 今週 今月; between ``..`` or ``〜``, open too"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from callcenter.errors import Invalid
from callcenter.privacy.lens.dates import read_between
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.lens.phones import TAIL, phone_key

MOST_TERMS = 16
LONGEST_TERM = 200
LONGEST_QUERY = 1000


class Field(StrEnum):
    """A field that the box knows, as it is typed."""

    CATEGORY = "区分"
    STATE = "状態"
    OWNER = "担当"
    BETWEEN = "期間"
    PHONE = "電話"
    NUMBER = "申請番号"


ALIASES = {"分類": Field.CATEGORY, "担当者": Field.OWNER, "電話番号": Field.PHONE, "受付番号": Field.NUMBER}


@dataclass(frozen=True)
class Query:
    """What is searched for. Words, phrases and fields must all hold, `without` must not; of a field one value is enough.

    Texts are as they were typed. `between` are the first and last day (Japan), both included."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    fields: Mapping[Field, tuple[str, ...]] = field(default_factory=dict)
    between: tuple[date, date] | None = None

    @property
    def terms(self) -> list[str]:
        """Words and phrases: what is highlighted in a result."""
        return [*self.words, *self.phrases]

    def less(self, *answered: Field) -> "Query":
        """The query without fields that the asking room has turned into tags itself."""
        return replace(
            self, fields={name: values for name, values in self.fields.items() if name not in answered}
        )


def parse(text: str, today: date) -> Query:
    """Read the box. Raises Invalid, with a code that begins with `query_`, for what cannot be meant; the message never
    repeats what was typed, for that may be somebody's name. An open end of 期間 is `date.min` or `date.max`."""
    if len(text) > LONGEST_QUERY:
        raise Invalid(f"検索は{LONGEST_QUERY}文字までです。語を短くしてください。", code="query_too_long")
    pieces = list(_pieces(text))
    if not pieces:
        raise Invalid("検索する語を入力してください。", code="query_empty")
    if len(pieces) > MOST_TERMS:
        raise Invalid(
            f"一度に検索できる語は{MOST_TERMS}個までです。語を減らしてください。", code="query_too_many"
        )
    if any(len(piece.text) > LONGEST_TERM for piece in pieces):
        raise Invalid(f"一つの語は{LONGEST_TERM}文字までです。", code="query_too_long")
    query = Query(
        words=_distinct(p.text for p in pieces if not (p.minus or p.quoted or p.field)),
        phrases=_distinct(p.text for p in pieces if p.quoted and not (p.minus or p.field)),
        without=_distinct(p.text for p in pieces if p.minus),
        fields=_fields(pieces),
        between=_between(pieces, today),
    )
    if not (query.terms or query.fields or query.between):
        raise Invalid("除く語だけでは検索できません。探す語も入力してください。", code="query_only_minus")
    return query


class _Piece(NamedTuple):
    text: str
    quoted: bool = False
    minus: bool = False
    field: Field | None = None


_QUOTES = {
    '"': '"”“＂〟',
    "＂": '"”“＂〟',
    "“": '"”“＂〟',
    "”": '"”“＂〟',
    "〝": '"”“＂〟',
    "「": "」｣",
    "｢": "」｣",
    "『": "』",
}
_MINUS = re.compile(r"[-－−‐‑‒–—―─ーｰ]")
_WORD = re.compile(rf"[^\s{re.escape(''.join(_QUOTES))}]+")
_HEAD = re.compile(rf"([^\s:：{re.escape(''.join(_QUOTES))}]+)[:：]")
_SPACE = re.compile(r"\s*")


def _pieces(text: str) -> Iterator[_Piece]:
    at = _skip(text, 0)
    while at < len(text):
        minus = bool(_MINUS.match(text, at))
        at += minus
        if minus and (at == len(text) or text[at].isspace()):
            raise Invalid("「-」のすぐ後に、除く語を続けて入力してください。", code="query_minus_alone")
        name, at = _field_at(text, at)
        if name and minus:
            raise Invalid(
                "「-」は語の前にだけ付けられます。項目の前には付けられません。", code="query_minus_field"
            )
        term, quoted, at = _term_at(text, at)
        if name and not fold(term):
            raise Invalid(f"「{name}:」の後に、探す値を続けて入力してください。", code="query_field_empty")
        if fold(term):
            yield _Piece(term, quoted, minus, name)
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string


def _field_at(text: str, at: int) -> tuple[Field | None, int]:
    """The field that begins here, if one does. ``10:30`` and addresses of the web are words."""
    head = _HEAD.match(text, at)
    if not head:
        return None, at
    name = unicodedata.normalize("NFKC", head[1])
    known = ALIASES.get(name) or (Field(name) if name in set(Field) else None)
    if known:
        return known, head.end()
    after = text[head.end() : head.end() + 1]
    if name[-1].isdecimal() or after == "/" or not after or after.isspace():
        return None, at
    raise Invalid(
        f"その項目では絞り込めません。使える項目は {' '.join(Field)} です。「:」を含む文字をそのまま探すときは引用符で囲んでください。",
        code="query_unknown_field",
    )


def _term_at(text: str, at: int) -> tuple[str, bool, int]:
    """The word or quoted phrase that begins here, whether it was quoted, and where it ends (an open quote: at the end)."""
    closing = _QUOTES.get(text[at : at + 1])
    if closing is None:
        word = _WORD.match(text, at)
        return (word[0], False, word.end()) if word else ("", False, at)
    end = next((i for i in range(at + 1, len(text)) if text[i] in closing), len(text))
    return text[at + 1 : end], True, end + 1


def _distinct(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple({fold(text): text for text in texts}.values())


def _fields(pieces: list[_Piece]) -> dict[Field, tuple[str, ...]]:
    fields: dict[Field, tuple[str, ...]] = {}
    for piece in pieces:
        if piece.field and piece.field != Field.BETWEEN:
            fields[piece.field] = (*fields.get(piece.field, ()), piece.text)
    for number in fields.get(Field.PHONE, ()):
        key = phone_key(number)
        if key is None or (key.isdecimal() and len(key) < TAIL):
            raise Invalid(
                "電話番号は、番号全体か下4桁の数字、または 非通知 で入力してください。",
                code="query_bad_phone",
            )
    return fields


def _between(pieces: list[_Piece], today: date) -> tuple[date, date] | None:
    texts = [piece.text for piece in pieces if piece.field == Field.BETWEEN]
    if len(texts) > 1:
        raise Invalid("期間は一つだけ指定できます。", code="query_bad_period")
    return read_between(texts[0], today) if texts else None

"""A query as an FTS5 expression. Every token is made by `grams` or `documents`, so nothing typed is ever syntax.

Source: https://www.sqlite.org/fts5.html §3."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from callcenter.privacy.lens import grams
from callcenter.privacy.lens.documents import EVERY, exact_token
from callcenter.privacy.lens.phones import phone_key
from callcenter.privacy.lens.query import Field, Query


class Within(StrEnum):
    """Which fields a word may stand in."""

    ALL = "all"
    BODY = "body"
    WHO = "who"


NOTHING = f'"{grams.MARK}nothing"'
_EXACT = {Field.PHONE: "phone", Field.NUMBER: "number"}


def expression(
    query: Query | None, tags: Sequence[Sequence[str]] = (), within: Within = Within.ALL
) -> str | None:
    """What to MATCH; None when everything does. `tags` are groups: of each group a document must have one tag.

    A telephone number typed as a word also finds records that have it as their number (not with `within`).
    Raises ValueError when the query has a field that the asking room should have turned into tags."""
    query = query or Query()
    wanted = _terms(query.terms, within)
    wanted += [_field(field, values) for field, values in query.fields.items()]
    wanted += [_any(f'"{grams.tag(tag)}"' for tag in group) for group in tags]
    unwanted = _terms(query.without, within)
    if not unwanted:
        return " AND ".join(wanted) or None
    kept = " AND ".join(wanted) or f'"{grams.tag(EVERY)}"'
    return f"({kept}) NOT ({' OR '.join(unwanted)})"


def _terms(texts: Iterable[str], within: Within) -> list[str]:
    return [part for part in (_term(text, within) for text in texts) if part]


def _term(text: str, within: Within) -> str | None:
    word = grams.word(text)
    if word is None or within != Within.ALL:
        return f"({within} : {word})" if word else None
    number = phone_key(text)
    if number is None or not number.startswith("+"):
        return word
    return f'({word} OR "{exact_token("phone", text)}")'


def _field(field: Field, values: Iterable[str]) -> str:
    kind = _EXACT.get(field)
    if kind is None:
        raise ValueError(f"the field {field.name} must become tags before the lens is asked")
    return _any(f'"{token}"' for token in (exact_token(kind, value) for value in values) if token)


def _any(tokens: Iterable[str]) -> str:
    return f"({' OR '.join(tokens) or NOTHING})"

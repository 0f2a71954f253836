"""An article as a row of a table, and back. Pure. Columns: docs/rules.md#kb-import.

A list is a cell with an item a line; yes and no are はい and いいえ; days are written 2026-04-01. A heading is the
Japanese word or the column's stable name; both are known when a table is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _

from callcenter.errors import Invalid
from callcenter.lines import LineFault
from kb.articles.content import PATH
from kb.exchange.line import FLAGS, LISTS, ImportLine, of_object

HEADINGS = {
    "external_id": "記事番号",
    "category": "分類",
    "question": "質問",
    "variants": "言い換え",
    "answer": "回答",
    "read_aloud": "読み上げる回答",
    "easy": "やさしい日本語",
    "say": "言うこと",
    "dont_say": "言わないこと",
    "escalate_when": "引き継ぐとき",
    "rule_keys": "関わる規則",
    "source": "根拠",
    "public": "公開サイトに載せる",
    "needs_ward": "要区確認",
    "valid_from": "案内を始める日",
    "valid_to": "案内を終える日",
    "review_on": "見直す日",
    "owner": "担当",
}
"""Stable name → heading, in the order of the columns."""
REQUIRED = ("external_id", "question", "answer")
FAULT = "直すところ"
"""The column that a table of rejected rows has besides; not read."""
DIVIDED = " > "
YES, NO = "はい", "いいえ"
_WORDS = {YES: True, NO: False, "true": True, "false": False, "1": True, "0": False, "○": True, "×": False}
_NAMES = {heading: name for name, heading in HEADINGS.items()} | {name: name for name in HEADINGS}


class Columns(NamedTuple):
    """What the columns of a table hold: stable names in their order; "" for one that is not read."""

    names: tuple[str, ...]


def row_of(line: ImportLine) -> list[str]:
    """The cells of an article, in the order of HEADINGS."""
    values = line.as_object()
    values["category"] = values["category"].replace(PATH, DIVIDED)  # › is not in cp932
    return [_cell(values.get(name)) for name in HEADINGS]


def columns_of(headings: Sequence[str]) -> Columns:
    """Read a heading row. Raises Invalid for an unknown column, one that is there twice, and one that is missing."""
    names = []
    for number, heading in enumerate(headings, 1):
        plain = heading.strip()
        if plain == FAULT or (not plain and number == len(headings)):
            names.append("")
            continue
        name = _NAMES.get(plain) or _NAMES.get(plain.lower())
        if name is None:
            message = _(
                "%(number)d列目の見出し「%(heading)s」は使いません。見出しは次のどれかにしてください: %(known)s",
                number=number,
                heading=plain[:40],
                known="、".join(HEADINGS.values()),
            )
            raise Invalid(message, code="table_columns")
        if name in names:
            message = _("見出し「%(heading)s」が2回あります。", heading=plain)
            raise Invalid(message, code="table_columns")
        names.append(name)
    if missing := [HEADINGS[name] for name in REQUIRED if name not in names]:
        message = _("見出し「%(heading)s」の列がありません。", heading="」「".join(missing))
        raise Invalid(message, code="table_columns")
    return Columns(tuple(names))


def line_of(columns: Columns, cells: Sequence[str]) -> ImportLine:
    """Read a row. Raises LineFault with the first fault found; its column is the stable name."""
    if any(cell.strip() for cell in cells[len(columns.names) :]):
        reason = _(
            "見出しより右にも値があります（見出し%(wanted)d列、この行%(found)d列）。",
            wanted=len(columns.names),
            found=len(cells),
        )
        raise LineFault("line", reason)
    values: dict[str, Any] = {}
    for name, cell in zip(columns.names, [*cells, *[""] * len(columns.names)], strict=False):
        if name:
            values[name] = _value(name, cell)
    return of_object({name: value for name, value in values.items() if value is not None})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    return "\n".join(value) if isinstance(value, list) else str(value)


def _value(name: str, cell: str) -> Any:
    if name in LISTS:
        return [item for item in cell.split("\n") if item.strip()]
    if name not in FLAGS:
        return cell
    word = cell.strip().lower()
    if not word:
        return None
    if word not in _WORDS:
        raise LineFault(name, _("はい か いいえ を書いてください。"))
    return _WORDS[word]

"""What a personal item looks like to somebody who may not read it yet. Pure; done before a template sees it."""

from __future__ import annotations

import re

DOT = "●"


def name(text: str | None) -> str:
    """山田 太郎 → 山●●●: the first character stays, the rest becomes three dots (its length is not told)."""
    return text[0] + DOT * 3 if text else ""


def phone(text: str | None) -> str:
    """090-0000-1234 → ***-****-1234: the last four digits stay, for reading back."""
    if not text:
        return ""
    digits = sum(character.isdecimal() for character in text)
    if digits < 8:
        return re.sub(r"\d", "*", text)
    hidden = digits - 4
    shown = []
    for character in text:
        if character.isdecimal():
            hidden -= 1
            character = "*" if hidden >= 0 else character
        shown.append(character)
    return "".join(shown)


def mail(text: str | None) -> str:
    """hanako@example.jp → h***@***: the first letter stays."""
    return f"{text[0]}***@***" if text else ""


def address(text: str | None) -> str:
    """新宿区西新宿1-2-3 → 新宿区●●●: up to the ward or city."""
    if not text:
        return ""
    found = re.match(r"(?:東京都)?[^0-9０-９\s]{1,6}?[区市町村]", text)
    return (found.group() if found else "") + DOT * 3


def birth_date(text: str | None) -> str:
    """2021-04-02 → ****-**-**."""
    return re.sub(r"\d", "*", text) if text else ""


def account(text: str | None) -> str:
    """普通 1234567 → ＊＊＊4567-style: the last four digits stay."""
    digits = re.sub(r"\D", "", text or "")
    return f"＊＊＊{digits[-4:]}" if digits else ""


kana = name

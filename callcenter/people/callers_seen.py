"""What a page shows of a caller before a reason was given: masks, made here and never in a template."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from callcenter.people import labels, phones
from callcenter.people.callers import PHONE_LABELS, Caller, CallerPhone
from callcenter.privacy import mask
from callcenter.privacy.lens.folding import fold

FIELDS = ("name", "kana", "address", "phones", "mails")


@dataclass(frozen=True)
class Seen:
    """A caller in a list: masked texts and the words other rooms say about it."""

    id: uuid.UUID
    url: str
    name: str
    kana: str
    phones: str
    created: str
    marks: list[str] = field(default_factory=list)
    sure: bool = False


def seen(caller: Caller, marks: Mapping[uuid.UUID, list[str]] | None = None, sure: bool = False) -> Seen:
    """The masked look of a caller (of the survivor's family). `sure`: the only one with what was asked for."""
    names = [mask.name(member.name) for member in caller.family if member.name]
    kana = [mask.kana(member.kana) for member in caller.family if member.kana]
    return Seen(
        id=caller.id,
        url=url_for("callers.caller", caller_id=caller.id),
        name=names[0] if names else _("（氏名なし）"),
        kana=kana[0] if kana else "",
        phones=_("、").join(mask.phone(phone.number) for phone in caller.current_phones),
        created=labels.moment(caller.created_at),
        marks=(marks or {}).get(caller.id, []),
        sure=sure,
    )


def masked_items(caller: Caller) -> list[dict[str, Any]]:
    """The facts of a caller's page: [{"field", "term", "value"}], values masked, empty ones as 「登録なし」."""
    values = {
        "name": mask.name(caller.name),
        "kana": mask.kana(caller.kana),
        "address": mask.address(caller.address),
        "phones": _("、").join(_labelled(phone, mask.phone(phone.number)) for phone in caller.current_phones),
        "mails": _("、").join(mask.mail(mail.address) for mail in caller.current_mails),
    }
    terms = _terms()
    return [{"field": name, "term": terms[name], "value": values[name]} for name in FIELDS]


def open_items(caller: Caller, wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The values themselves, for `revealing.revealed`; a caller's family speaks through the survivor."""
    terms = _terms()
    values: dict[str, list[str | None]] = {
        "name": [caller.name],
        "kana": [caller.kana],
        "address": [caller.address],
        "phones": [_labelled(phone, phone.number) for phone in caller.current_phones],
        "mails": [mail.address for mail in caller.current_mails],
    }
    return {
        name: [{"term": terms[name], "value": value or _("登録なし")} for value in values[name] or [None]]
        for name in wanted
    }


def open_versions(caller: Caller) -> dict[str, list[dict[str, Any]]]:
    """What the caller was called and where it lived before each change, and reaches no longer in use."""
    items = []
    for version in caller.versions:
        was = _("、").join(text for text in (version.name, version.kana, version.address) if text)
        items.append(
            {"term": _("%(at)sまで", at=labels.moment(version.ended_at)), "value": was or _("登録なし")}
        )
    ended = [(phone.number, phone.ended_at) for phone in caller.phones if phone.ended_at]
    ended += [(mail.address, mail.ended_at) for mail in caller.mails if mail.ended_at]
    items += [{"term": _("%(at)sまで", at=labels.moment(at)), "value": value} for value, at in ended]
    return {"versions": items or [{"term": _("変更前の内容"), "value": _("登録なし")}]}


def compared(one: Caller, other: Caller) -> list[dict[str, Any]]:
    """Side by side without showing: [{"term", "one", "other", "same"}]; `same` is None where either has nothing."""
    terms = _terms()
    sides = [{item["field"]: item["value"] for item in masked_items(caller)} for caller in (one, other)]
    keys = [_keys(caller) for caller in (one, other)]
    return [
        {
            "term": terms[name],
            "one": sides[0][name] or _("登録なし"),
            "other": sides[1][name] or _("登録なし"),
            "same": bool(keys[0][name] & keys[1][name]) if keys[0][name] and keys[1][name] else None,
        }
        for name in FIELDS
    ]


def _keys(caller: Caller) -> dict[str, set[str]]:
    """What two records have in common when they are of one person, in any spelling."""
    return {
        "name": {fold(caller.name).replace(" ", "")} if caller.name else set(),
        "kana": {fold(caller.kana).replace(" ", "")} if caller.kana else set(),
        "address": {fold(caller.address).replace(" ", "")} if caller.address else set(),
        "phones": {key for phone in caller.current_phones if (key := phones.key(phone.number))},
        "mails": {mail.address.strip().casefold() for mail in caller.current_mails},
    }


def _labelled(phone: CallerPhone, number: str) -> str:
    return f"{PHONE_LABELS[phone.label]} {number}"


def _terms() -> dict[str, str]:
    return {
        "name": _("氏名"),
        "kana": _("フリガナ"),
        "address": _("住所"),
        "phones": _("電話"),
        "mails": _("メール"),
    }

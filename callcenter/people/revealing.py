"""Showing a personal value that is masked: for a reason, to one person, in one answer, written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from flask import jsonify, render_template
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.forms import Form, Line, OneOf
from callcenter.people.protection import NEUTRAL_WORDS
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class RevealReason(StrEnum):
    """Why somebody needs to read the value itself."""

    CALL_BACK = "call_back"
    CORRECTION = "correction"
    POSTING = "posting"
    SCREENING = "screening"
    SAME_PERSON = "same_person"
    COMPLAINT = "complaint"
    OTHER = "other"


REASONS = {
    RevealReason.CALL_BACK: _l("折返し・連絡のため"),
    RevealReason.CORRECTION: _l("登録内容の訂正のため"),
    RevealReason.POSTING: _l("送付・返信のため"),
    RevealReason.SCREENING: _l("申請内容の確認のため"),
    RevealReason.SAME_PERSON: _l("同じ方かどうかの確認のため"),
    RevealReason.COMPLAINT: _l("苦情・事故の対応のため"),
    RevealReason.OTHER: _l("その他（補足に入力）"),
}


class RevealForm(Form):
    """What `reveal.js` sends: a reason of the list, and words, which 「その他」 needs."""

    reason = OneOf(_l("理由"), RevealReason, REASONS)
    reason_text = Line(_l("補足"), limit=200, required=False)

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        if is_valid and self.reason.data is RevealReason.OTHER and not (self.reason_text.data or "").strip():
            self.refuse("reason_text", _("「その他」を選んだときは、補足に理由を入力してください。"))
            return False
        return is_valid

    @property
    def message(self) -> str:
        """The first thing that is wrong, for the dialog."""
        return next((str(message) for messages in self.errors.values() for message in messages), "")


def reasons() -> list[dict[str, Any]]:
    """What `reveal_dialog` takes."""
    return [{"value": reason.value, "label": label} for reason, label in REASONS.items()]


def refused(message: str, status: int = 422) -> tuple[Response, int]:
    """An answer that the dialog says; nothing is shown."""
    return jsonify(message=message), status


def revealed(row: Any, fields: Mapping[str, list[dict[str, Any]]], form: RevealForm, *, by: Any) -> str:
    """The fragment that stands in place of the mask: the items ({"term", "value"}) of each field. Records the look."""
    record(row, sorted(fields), form, by=by)
    items = [item for shown in fields.values() for item in shown]
    return render_template("callers/_revealed.html", items=items)


def record(row: Any, fields: Sequence[str], form: RevealForm, *, by: Any) -> None:
    """Write down who looked at what of a row and why, for answers with a fragment of their own."""
    facts = {"fields": list(fields), "reason": form.reason.data.value}
    words = (form.reason_text.data or "").strip() or None
    audit.record(Action.PERSONAL_REVEALED, by=by, on=row, facts=facts, reason=words, read=True)


def withheld() -> str:
    """The same fragment for what may not be told: neutral words, nothing else."""
    return render_template("callers/_revealed.html", items=[{"term": "", "value": NEUTRAL_WORDS}])

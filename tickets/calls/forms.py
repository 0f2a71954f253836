"""The forms of the call screen, the identity check and the tray."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, StringField

from callcenter import clock
from callcenter.contacts import Channel
from callcenter.forms import Day, Form, Line, Once, Text
from callcenter.people.callers import RELATIONS, Relation
from tickets.records.consultation import Outcome
from tickets.records.drafts import Fields
from tickets.records.state import PRIORITIES, Priority
from tickets.signs import labels
from tickets.signs.fields import Page, Pills, RowField, Soon

NEW = "new"


SUBJECT = 40


class CallForm(Form):
    """What is written of a contact. Anything may be empty while the call lasts; filing needs the consultation."""

    once = Once()
    page = Page()
    number = Line(_l("電話番号"), limit=40, required=False)
    relation = Pills(_l("申請者との関係"), Relation, RELATIONS, default=Relation.UNKNOWN)
    find = Line(_l("申請番号・申請者名"), limit=100, required=False)
    content = Text(_l("相談内容"))
    answer = Text(_l("回答内容"), required=False)
    category = RowField(_l("問合せ区分"))
    outcome = Pills(
        _l("対応結果"),
        Outcome,
        {outcome: labels.OUTCOMES[outcome] for outcome in labels.OFFERED_OUTCOMES},
        default=Outcome.RESOLVED,
    )
    subject = Line(_l("件名"), limit=120, required=False)
    priority = Pills(_l("優先度"), Priority, PRIORITIES, default=Priority.NORMAL)
    follow_up_on = Soon(_l("折返し・次の対応の期限"), required=False)
    follow_up_text = Line(_l("次にすること"), limit=200, required=False)
    ticket = StringField(_l("記録先"), default=NEW)

    KEPT = [
        "number",
        "relation",
        "find",
        "content",
        "answer",
        "category",
        "outcome",
        "subject",
        "priority",
        "follow_up_on",
        "follow_up_text",
        "ticket",
        "application",
        "told_revision",
    ]

    @classmethod
    def of_draft(cls, fields: Fields) -> CallForm:
        """The form as it was left: every kept field, nothing checked."""
        return cls(formdata=MultiDict([(name, text) for name, texts in fields.items() for text in texts]))

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        day = self.follow_up_on.data
        if day and day < clock.today():
            self.refuse("follow_up_on", _("期限は今日以後の日付にしてください。"))
        if (
            day
            and not (self.follow_up_text.data or "").strip()
            and self.outcome.data is not Outcome.CALL_BACK
        ):
            self.refuse("follow_up_text", _("次にすることを入力してください。"))
        if self.outcome.data is Outcome.CALL_BACK and not (day or self.follow_up_on.errors):
            self.refuse("follow_up_on", _("折返しの期限を入力してください。"))
        if (self.follow_up_text.data or "").strip() and not (day or self.follow_up_on.errors):
            self.refuse("follow_up_on", _("期限を入力してください。"))
        return is_valid and not self.errors

    @property
    def subject_or_first_line(self) -> str:
        """The subject, else the first line of the consultation, cut."""
        typed = (self.subject.data or "").strip()
        return typed or first_line(self.content.data or "")


def first_line(text: str) -> str:
    """The first line or sentence of a text, at most forty characters: a subject nobody has to type."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    line = lines[0].split("。")[0] if lines else ""
    return line if len(line) <= SUBJECT else line[: SUBJECT - 1] + "…"


class SaidForm(Form):
    """What a caller said about themselves; compared, and never kept."""

    said_number = Line(_l("申請番号"), limit=60, required=False, guarded=False)
    said_applicant_name = Line(_l("申請者の氏名"), limit=100, required=False, guarded=False)
    said_child_birth_date = Line(_l("児童の生年月日"), limit=40, required=False, guarded=False)
    said_address = Line(_l("住所"), limit=300, required=False, guarded=False)
    called_back = BooleanField(_l("登録されている電話番号に折り返した"))


class NewContactForm(Form):
    """A contact entered by hand: letter, fax, counter, pasted mail, via the ward."""

    once = Once()
    channel = Pills(
        _l("受付方法"),
        Channel,
        {channel: text for channel, text in labels.CHANNELS.items() if channel is not Channel.CHAT},
        default=Channel.LETTER,
    )
    received_on = Day(_l("届いた日"))
    received_time = Line(_l("届いた時刻"), limit=5, required=False)
    from_number = Line(_l("電話番号"), limit=40, required=False)
    from_mail = Line(_l("メールアドレス"), limit=254, required=False)
    subject = Line(_l("件名"), limit=120, required=False)
    body = Text(_l("本文"), limit=20_000, required=False)


class ReasonForm(Form):
    reason = Line(_l("理由"), limit=200)

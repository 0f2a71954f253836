"""The forms of a question to the ward: the 票, and each word of the exchange."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from callcenter.clock import from_japan
from callcenter.forms import Day, Form, Line, OneOf, Text
from tickets.escalation.labels import MATTERS, URGENCIES
from tickets.escalation.urgency import Matter, Urgency
from tickets.signs.fields import Pills, RowField

HOURS = range(8, 19)


class EscalationForm(Form):
    """エスカレーション票. The persons of the ticket are named by the application's number alone."""

    matter = OneOf(_l("用件"), Matter, MATTERS, ask=True)
    urgency = Pills(_l("緊急度"), Urgency, URGENCIES, default=Urgency.NORMAL)
    application = RowField(_l("申請番号"))
    summary = Text(_l("相談の概要"), limit=2_000)
    question = Text(_l("区への質問"), limit=2_000)
    proposal = Text(_l("当方の見解案"), limit=2_000, required=False)
    wanted_on = Day(_l("回答希望日"), required=False)
    wanted_time = Line(_l("回答希望時刻"), limit=5, required=False)
    because = Line(_l("個人情報を書く理由"), limit=200, required=False)

    @property
    def wanted_at(self) -> datetime | None:
        """The wished moment; noon when only a day was given. Adds an error for a time that is none."""
        if self.wanted_on.data is None:
            return None
        hour, _colon, minute = (self.wanted_time.data or "12:00").replace("：", ":").partition(":")
        day = self.wanted_on.data
        try:
            return from_japan(day.year, day.month, day.day, int(hour), int(minute or 0))
        except ValueError:
            self.refuse("wanted_time", _("時刻は 15:30 のように入力してください。"))
            return None


class RingForm(Form):
    spoke_with = Line(_l("電話に出た人"), limit=60)
    said = Text(_l("話した内容"), limit=2_000, required=False)


class WordForm(Form):
    """One word of the exchange: the ward asks back, the office replies, the caller was told."""

    text = Text(_l("内容"), limit=4_000)


class AnswerForm(WordForm):
    is_for_faq = BooleanField(_l("FAQに反映する"))


class PaperForm(AnswerForm):
    ward_name = Line(_l("回答した区の職員"), limit=60)
    paper = Line(_l("紙の番号"), limit=60)


class WithdrawalForm(Form):
    reason = Line(_l("取り下げる理由"), limit=200)


class WardLineForm(Form):
    section = Line(_l("区の係"), limit=60)
    phone = Line(_l("電話番号"), limit=20)
    hours = Line(_l("つながる時間"), limit=80, required=False)


def errors_to(form: Form, fields: dict[str, str], refusal: Any) -> None:
    """Say a refusal at the field that it is about, else at the first field."""
    names = list(form._fields)
    form.refuse(fields.get(refusal.code, names[0]), refusal.message)

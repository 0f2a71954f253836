"""The forms of the ticket page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField

from callcenter.forms import Form, Line, Once, Text
from tickets.records.state import PRIORITIES, Priority
from tickets.signs.fields import Page, Pills, RowField, Soon


class NoteForm(Form):
    once = Once()
    page = Page()
    text = Text(_l("内部メモ"))


class StateForm(Form):
    """Why a ticket waits, is closed or opened again."""

    reason = Line(_l("理由・メモ"), limit=200, required=False)


class AssignmentForm(Form):
    owner = RowField(_l("担当者"))
    team = RowField(_l("班"))
    reason = Line(_l("理由"), limit=200, required=False)


class FollowUpForm(Form):
    due_on = Soon(_l("期限"))
    text = Line(_l("次にすること"), limit=200)
    owner = RowField(_l("担当者"))


class LinkForm(Form):
    number = Line(_l("申請番号"), limit=40)


class CorrectionForm(Form):
    page = Page()
    version = HiddenField()
    content = Text(_l("相談内容"))
    answer = Text(_l("回答内容"), required=False)
    reason = Line(_l("訂正の理由"), limit=200)


class TicketForm(Form):
    """Subject, category and priority of a ticket; `seen` is what they were when the page was made."""

    seen = HiddenField()
    subject = Line(_l("件名"), limit=120)
    category = RowField(_l("問合せ区分"))
    priority = Pills(_l("優先度"), Priority, PRIORITIES)


class AttachmentForm(Form):
    file = FileField(_l("ファイル"))

"""The forms of a complaint: what was said, and each thing that is done about it."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from callcenter.forms import Form, Line, OneOf, Text
from tickets.complaints.complaint import KINDS, ComplaintKind
from tickets.signs.fields import Pills, RowField


class Reached(StrEnum):
    """Whether the supervisor's call reached the caller."""

    YES = "yes"
    NO = "no"


REACHED = {Reached.YES: _l("話せた"), Reached.NO: _l("つながらなかった")}


class ComplaintForm(Form):
    """What was said, in the caller's words, and who owns it."""

    kind = Pills(_l("種類"), ComplaintKind, KINDS, default=ComplaintKind.OFFICE)
    facts = Text(_l("言われたこと"), limit=4_000)
    owner = RowField(_l("担当"))


class CallForm(Form):
    reached = OneOf(_l("結果"), Reached, REACHED, ask=True)
    text = Text(_l("話したこと・様子"), limit=4_000)


class DeedForm(Form):
    """What was done, or what came of it."""

    text = Text(_l("内容"), limit=4_000)


class ApprovalForm(Form):
    text = Text(_l("ひとこと"), limit=1_000, required=False)


class HandForm(Form):
    owner = RowField(_l("新しい担当"))
    reason = Line(_l("理由"), limit=200, required=False)


class ReasonForm(Form):
    reason = Line(_l("理由"), limit=200)

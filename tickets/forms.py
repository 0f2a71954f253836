"""The forms of this room: what is typed while somebody talks, and what is done to a ticket."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import ListWidget, RadioInput

from callcenter import clock
from callcenter.contacts import Channel
from callcenter.db import new_id
from callcenter.forms import Day, Form, Line, Once, OneOf, Options, Text
from callcenter.people.callers import RELATIONS, Relation
from callcenter.people.staff import Staff
from tickets import labels
from tickets.categories import Category, Team, Tree
from tickets.consultations import Outcome
from tickets.drafts import Fields
from tickets.lists import Wanted
from tickets.models import PRIORITIES, STATES, Priority

NEW = "new"
WANTED = {Wanted(state.value): text for state, text in STATES.items()}
SUBJECT = 40


class Pills(OneOf):
    """One word of a StrEnum as radio buttons."""

    widget = ListWidget(prefix_label=False)

    def __init__(self, label: Any, words: Any, choices: dict[Any, Any], **options: Any):
        super().__init__(label, words, choices, required=False, option_widget=RadioInput(), **options)
        self.choices: list[SelectChoice] = [SelectChoice(word.value, text) for word, text in choices.items()]


class Soon(Day):
    """A day not far ahead, as people write it on a slip: 今日, 明日, 明後日, 11/25, 25日, or any written date."""

    NEAR = {"今日": 0, "本日": 0, "明日": 1, "あす": 1, "あした": 1, "明後日": 2, "あさって": 2}
    SHORT = re.compile(r"(?:(\d{1,2})[/月.-])?(\d{1,2})日?")

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        found = self.SHORT.fullmatch(typed)
        if typed in self.NEAR:
            self.typed, self.data = valuelist[0], clock.today() + timedelta(days=self.NEAR[typed])
        elif found and (day := _next(found[1], found[2])):
            self.typed, self.data = valuelist[0], day
        else:
            super().process_formdata(valuelist)


def _next(month: str | None, day: str) -> date | None:
    """The next day with this number (and month) from today on; None when there is none within a year."""
    for ahead in range(366):
        candidate = clock.today() + timedelta(days=ahead)
        if candidate.day == int(day) and (month is None or candidate.month == int(month)):
            return candidate
    return None


class RowField(SelectField):
    """A row chosen by its id, from rows given by `offer`; `data` is the id or None. What was not offered is refused."""

    widget = Options()

    def __init__(self, label: Any, **options: Any):
        super().__init__(
            label, coerce=self._id, choices=[SelectChoice("", "")], validate_choice=False, **options
        )

    @staticmethod
    def _id(value: Any) -> uuid.UUID | None:
        try:
            return value if isinstance(value, uuid.UUID) else uuid.UUID(value) if value else None
        except ValueError:
            return None

    def offer(self, choices: Iterable[SelectChoice]) -> None:
        """The rows to choose from, below the empty choice."""
        self.choices = [SelectChoice("", ""), *choices]

    def pre_validate(self, form: Any) -> None:
        offered = {str(self._id(choice.value) or "") for choice in self.choices}
        if self.raw_data and str(self.data or "") not in offered | {""}:
            raise ValidationError(_("一覧から選んでください。"))
        if self.raw_data and self.raw_data[0] and self.data is None:
            raise ValidationError(_("一覧から選んでください。"))


class Page(HiddenField):
    """A number of the open page itself: the page that saved a draft last may always save it again."""

    def __init__(self, **options: Any):
        super().__init__(default=lambda: new_id().hex, **options)


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


class NoteForm(Form):
    once = Once()
    page = Page()
    text = Text(_l("内部メモ"))


class ReasonForm(Form):
    reason = Line(_l("理由"), limit=200)


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


class FilterForm(Form):
    """What the list of tickets is narrowed to; read from the address, so nothing in it is personal."""

    class Meta:
        csrf = False

    state = OneOf(_l("状態"), Wanted, {Wanted.UNCLOSED: _l("未完了"), **WANTED}, required=False)
    owner = SelectField(_l("担当"), validate_choice=False, widget=Options())
    category = RowField(_l("区分"))
    team = RowField(_l("班"))
    priority = OneOf(_l("優先度"), Priority, PRIORITIES, required=False)
    channel = OneOf(_l("受付方法"), Channel, labels.CHANNELS, required=False)
    opened_from = Day(_l("受付日から"), required=False)
    opened_to = Day(_l("受付日まで"), required=False)


def category_choices(tree: Tree) -> list[SelectChoice]:
    """Categories in use, each below the path of those above it."""
    return [_choice(tree, category) for category in tree.offered()]


def _choice(tree: Tree, category: Category) -> SelectChoice:
    above = " › ".join(c.name for c in tree.lineage(category.parent_id))
    return SelectChoice(category.id, category.name, optgroup=above or None)


def staff_choices(people: Iterable[Staff]) -> list[SelectChoice]:
    """Colleagues, found by name, kana or sign-in name."""
    return [
        SelectChoice(
            person.id, person.display_name, render_kw={"data-words": f"{person.kana} {person.sign_in_name}"}
        )
        for person in people
    ]


def team_choices(teams: Iterable[Team]) -> list[SelectChoice]:
    return [SelectChoice(team.id, team.name) for team in teams]

"""Forms: the base of every form of the house, its fields, and the token that makes a double click one deed."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import escape
from sqlalchemy import ForeignKey, delete, update
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import Field, HiddenField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import get_translations
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import Select

from callcenter.calendar import japanese_date, read_date
from callcenter.clock import now
from callcenter.db import Moment, Row, Why, Words, add_if_new, db, new_id
from callcenter.privacy.secrets_guard import REASON, has_secret_link

REMEMBERED = timedelta(hours=24)
LINE, TEXT = 200, 10_000


class Form(FlaskForm):
    """What every form has: Japanese messages, fields that keep what was typed, and a status for the answer."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Any:
            """WTForms' own messages, read once; by itself Flask-WTF reads their file for every request."""
            return _messages()

    @property
    def status(self) -> int:
        """422 when something typed cannot be used, else 200. For `render_template(…), form.status`."""
        return 422 if self.errors else 200

    def refuse(self, field: str, message: str) -> None:
        """Say at a field why its value cannot be used, after the form's own checks."""
        target = self[field]
        target.errors = [*target.errors, message]


@cache
def _messages() -> Any:
    return get_translations(["ja"])


# --- what a field checks ---------------------------------------------------------------------------------


class Required:
    """Something has to be there; blanks of any width are nothing, and so is a box without its mark."""

    field_flags = {"required": True}

    def __init__(self, message: str | None = None):
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        data = field.data
        if data is None or data is False or data == [] or (isinstance(data, str) and not data.strip()):
            if not field.errors:
                raise StopValidation(self.message or _("入力してください。"))
            raise StopValidation


class AtMost:
    """No more than so many characters (Unicode code points, as the database counts)."""

    def __init__(self, limit: int):
        self.limit = limit

    def __call__(self, form: Any, field: Any) -> None:
        if field.data and len(field.data) > self.limit:
            count = len(field.data)
            raise ValidationError(
                _(
                    "%(limit)d文字以内で入力してください（いま%(count)d文字です）。",
                    limit=self.limit,
                    count=count,
                )
            )


def printable(form: Any, field: Any) -> None:
    """No control characters: they hide text and break letters and log lines. Tabs and line ends pass in long texts."""
    allowed = "\n\t" if isinstance(field, Text) else ""
    for character in field.data or "":
        if character not in allowed and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise ValidationError(_("使えない文字（制御文字や改行）が含まれています。"))


def no_secret_link(form: Any, field: Any) -> None:
    """No answer link of LoGo Form: the field keeps its text and says why."""
    if field.data and has_secret_link(field.data):
        raise ValidationError(_(REASON))


# --- fields ----------------------------------------------------------------------------------------------


def _checks(limit: int, required: bool, guarded: bool, more: Any) -> list[Any]:
    checks: list[Any] = [Required()] if required else []
    checks += [AtMost(limit), printable]
    if guarded:
        checks.append(no_secret_link)
    return [*checks, *(more or [])]


class Line(StringField):
    """One line of text, kept exactly as typed. `limit` in characters; answer links of LoGo Form are refused."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        limit: int = LINE,
        required: bool = True,
        guarded: bool = True,
        **options: Any,
    ):
        self.limit = limit
        super().__init__(label, _checks(limit, required, guarded, validators), **options)


class Text(TextAreaField):
    """Text of several lines, kept as typed; line ends become `\\n`. `limit` in characters."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        limit: int = TEXT,
        required: bool = True,
        guarded: bool = True,
        **options: Any,
    ):
        self.limit = limit
        super().__init__(label, _checks(limit, required, guarded, validators), **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n").replace("\r", "\n")


class Secret(PasswordField):
    """A password or code: never shown again, never shortened, pasted freely."""

    def __init__(self, label: Any = None, validators: Any = None, *, limit: int = 1024, **options: Any):
        super().__init__(label, [Required(), AtMost(limit), *(validators or [])], **options)


class Day(StringField):
    """A day, written 2026-04-01, 2026/4/1, 令和8年4月1日, R8.4.1 …; `data` is a date. Wrong text stays and is said."""

    def __init__(self, label: Any = None, validators: Any = None, *, required: bool = True, **options: Any):
        self.typed: str | None = None
        super().__init__(label, [*([Required()] if required else []), *(validators or [])], **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed, self.data = (valuelist[0] if valuelist else ""), None
        if not self.typed.strip():
            return
        try:
            self.data = read_date(self.typed)
        except ValueError:
            raise ValueError(
                _("日付として読めません。2026-04-01 または 令和8年4月1日 のように入力してください。")
            ) from None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return japanese_date(self.data) if isinstance(self.data, date) else ""


class Options(Select):
    """A select that writes plain options by hand: WTForms' own way costs more than the list they narrow."""

    @classmethod
    def render_option(cls, choice: Any, **attributes: Any) -> str:
        if choice.render_kw or attributes:
            return str(super().render_option(choice, **attributes))
        selected, label = " selected" if choice.selected else "", choice.label or choice.value
        return f'<option{selected} value="{escape(str(choice.value))}">{escape(label)}</option>'


class OneOf(SelectField):
    """One word of a StrEnum; `data` is the member. `labels` gives the words for people, in the order to show. With
    `ask` nothing is chosen beforehand, and something must be."""

    widget = Options()

    def __init__(
        self,
        label: Any,
        words: type[StrEnum],
        labels: dict[Any, Any],
        *,
        required: bool = True,
        ask: bool = False,
        **options: Any,
    ):
        choices = [SelectChoice(member.value, text) for member, text in labels.items()]
        if ask or not required:
            choices.insert(0, SelectChoice("", _l("選んでください") if ask else ""))

        def member(value: Any) -> Any:
            return words(value) if value else None

        checks = [Required(_("選んでください。"))] if required else []
        super().__init__(label, checks, choices=choices, coerce=member, validate_choice=False, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        try:
            self.data = self.coerce(valuelist[0])
        except ValueError:
            self.data = None
            raise ValueError(_("一覧から選んでください。")) from None


class Once(HiddenField):
    """A number made with the form: `data` (UUID) may become the id of the row that the form makes."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any):
        super().__init__(label, validators, default=new_id, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            self.data = uuid.UUID(valuelist[0]) if valuelist else new_id()
        except ValueError:
            self.data = new_id()

    def _value(self) -> str:
        return self.data.hex


# --- once ------------------------------------------------------------------------------------------------


class Submission(Row):
    """A form that was sent and where its sender was led; remembered for 24 hours. `id` is the form's number."""

    __tablename__ = "submission"
    __unaudited__ = True

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    address: Mapped[str] = mapped_column(Words(Why.TECHNICAL), default="")


def once(token: uuid.UUID, staff_id: uuid.UUID, deed: Callable[[], str]) -> str:
    """Do a deed once for a form, and give the address it leads to (`deed` returns it: a path without personal data).

    The same form sent again, even at the same moment from two tabs, gets the first one's address and does nothing.
    A form number that another person used counts as another form."""
    number = uuid.uuid5(staff_id, token.hex)
    if not add_if_new(Submission, id=number, staff_id=staff_id, at=now(), address=""):
        known = db.session.get(Submission, number, populate_existing=True)
        return known.address if known else "/"
    address = deed()
    db.session.execute(update(Submission).where(Submission.id == number).values(address=address))
    db.session.execute(delete(Submission).where(Submission.at < now() - REMEMBERED))
    return address


__all__ = [
    "AtMost",
    "Day",
    "Field",
    "Form",
    "Line",
    "Once",
    "OneOf",
    "Options",
    "Required",
    "Secret",
    "Text",
    "once",
]

"""The forms of the pages about staff. A password is never among them."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from callcenter.db import db
from callcenter.forms import Day, Form, Line, Once, OneOf
from callcenter.people import labels
from callcenter.people.inviting import PAPER
from callcenter.permissions import SIDES, Role, Side
from callcenter.programmes import Programme


class Programmes(SelectMultipleField):
    """Check boxes, one for each programme of the house; `data` is the list of their ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any = None, validators: Any = None, **options: Any):
        super().__init__(label, validators, coerce=_id, **options)
        self.choices = [
            SelectChoice(p.id, p.name) for p in db.session.scalars(select(Programme).order_by(Programme.code))
        ]

    def pre_validate(self, form: Any) -> None:
        known = {choice.value for choice in self.choices}
        if any(programme_id not in known for programme_id in self.data or []):
            raise ValidationError(_("一覧から選んでください。"))


def _id(value: uuid.UUID | str) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def chosen(ids: list[uuid.UUID] | None) -> list[Programme]:
    """The programmes that were ticked."""
    return list(db.session.scalars(select(Programme).where(Programme.id.in_(ids or []))))


class NameForm(Form):
    name = Line(_l("氏名"), limit=60)
    kana = Line(_l("フリガナ"), limit=60)


class RoleForm(Form):
    role = OneOf(_l("役割"), Role, labels.ROLES)

    def offer(self, side: Side) -> None:
        """Leave the roles of one side in the list: nobody changes to the other."""
        self.role.choices = [choice for choice in self.role.choices if SIDES[Role(choice.value)] is side]


class ProgrammeForm(Form):
    programmes = Programmes(_l("担当する事業"))


class DesignationForm(Form):
    designated_on = Day(_l("指定日"))
    released_on = Day(_l("解除日"), required=False)


class ReleaseForm(Form):
    on = Day(_l("最後の日"))


class ReasonForm(Form):
    reason = Line(_l("理由"), limit=200)


class PaperForm(Form):
    """Asked for where an invitation stands on the ward's paper. Source: docs/rules.md#ward-alone."""

    paper = Line(_l("区の指定書の番号"), limit=PAPER, render_kw={"autocomplete": "off"})


class NewStaffForm(NameForm, RoleForm, ProgrammeForm, DesignationForm):
    role = OneOf(_l("役割"), Role, labels.ROLES, ask=True)
    sign_in_name = Line(_l("サインイン名"), limit=40, guarded=False, render_kw={"autocomplete": "off"})
    once = Once()

"""The forms of the list of those who were told an article: what it is narrowed to, and the call-backs that are made."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from callcenter.db import db
from callcenter.forms import Day, Form, Options, Text
from callcenter.people.staff import Staff
from tickets.signs.fields import Soon, staff_choices
from tickets.wrong_answers.recalls import Owner
from tickets.wrong_answers.told import Narrowed

OF_TICKET, ME, NOBODY, ALL = "ticket", "me", "nobody", "all"


class NarrowForm(Form):
    """What the list shows; read from the address."""

    class Meta:
        csrf = False

    older = SelectField(_l("案内した版"), validate_choice=False, widget=Options())
    since = Day(_l("案内した日から"), [Optional()], required=False)
    until = Day(_l("案内した日まで"), [Optional()], required=False)

    def offer(self, numbers: Iterable[int], current: int) -> None:
        """The versions that were told, and the current one, as bounds."""
        self.older.choices = [
            SelectChoice(str(number), _("第%(number)d版より前を案内", number=number))
            for number in sorted({*numbers, current}, reverse=True)
            if number > 1
        ] + [SelectChoice(ALL, _("すべての版"))]
        if self.older.data not in {choice.value for choice in self.older.choices}:
            self.older.data = str(current) if current > 1 else ALL

    def narrowed(self) -> Narrowed:
        """What it says."""
        older = None if self.older.data == ALL else int(self.older.data)
        return Narrowed(older, self.since.data, self.until.data)


class RecallForm(Form):
    """Call-backs for all who are chosen."""

    due_on = Soon(_l("期限"))
    owner = SelectField(_l("担当者"), widget=Options())
    text = Text(_l("次にすること"), limit=2000)

    def offer(self, people: Iterable[Staff]) -> None:
        """Who may call."""
        self.owner.choices = [
            SelectChoice(OF_TICKET, _("それぞれのチケットの担当者")),
            SelectChoice(ME, _("自分")),
            SelectChoice(NOBODY, _("担当なし（だれでも取れる）")),
            *(SelectChoice(str(choice.value), choice.label) for choice in staff_choices(people)),
        ]

    def chosen_owner(self, me: Staff) -> Owner:
        """Who shall call."""
        if self.owner.data == OF_TICKET:
            return Owner(of_ticket=True)
        if self.owner.data == NOBODY:
            return Owner()
        return Owner(staff=me if self.owner.data == ME else db.session.get(Staff, uuid.UUID(self.owner.data)))

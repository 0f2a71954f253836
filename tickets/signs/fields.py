"""Fields that forms of several rooms use, and the rows they offer."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import ListWidget, RadioInput

from callcenter import clock
from callcenter.db import new_id
from callcenter.forms import Day, OneOf, Options
from callcenter.people.staff import Staff
from tickets.records.categories import Category, Team, Tree


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

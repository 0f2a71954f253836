"""The form that narrows the list of tickets."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from callcenter.contacts import Channel
from callcenter.forms import Day, Form, OneOf, Options
from tickets.finding.lists import Wanted
from tickets.records.state import PRIORITIES, STATES, Priority
from tickets.signs import labels
from tickets.signs.fields import RowField

WANTED = {Wanted(state.value): text for state, text in STATES.items()}


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

"""The minimum of personal data: what of the ticket's persons must not stand in a question to the ward.

Source: docs/rules.md#escalation."""

from __future__ import annotations

from flask_babel import gettext as _

from tickets.faq_work.origins import WORDS, personal_values
from tickets.faq_work.personal_values import What, places
from tickets.records.ticket import Ticket


def named_in(ticket: Ticket, **texts: str) -> dict[str, str]:
    """What to say at each text in which a name, number, address or day of birth of the ticket's persons stands. The
    number of an application may stand: by it the ward finds the case."""
    values = [value for value in personal_values(ticket) if value.what is not What.APPLICATION]
    found = {}
    for name, text in texts.items():
        place = next(iter(places(text, values)), None)
        if place is not None:
            found[name] = _(
                "%(what)s「%(text)s」が入っています。申請番号だけで伝えるか、書く理由を下に入力してください。",
                what=WORDS[place.what],
                text=text[place.start : place.end],
            )
    return found

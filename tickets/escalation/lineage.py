"""From the ward's answer to a draft of the FAQ. Source: docs/rules.md#faq-lineage."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import gettext as _

from callcenter.db import db
from callcenter.people.staff import Staff
from callcenter.permissions import Permission
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles import origins
from kb.articles.article import Article
from kb.articles.content import Content, Fault
from kb.articles.origins import Draft
from tickets.escalation.escalation import Escalation
from tickets.faq_work.origins import draft_from, keep_origin, personal_faults


class WardAnswer:
    """The ward's answer that an article is written from (kb.articles.origins.Origin)."""

    def __init__(self, row: Escalation, person: Staff):
        self.row, self.person = row, person

    def draft(self) -> Draft:
        """The question and the ward's answer without the persons in them; a look at the question."""
        facts = {"number": self.row.number}
        audit.record(Action.ESCALATION_VIEWED, by=self.person, on=self.row, facts=facts, read=True)
        answer = self.row.answer
        source = _("区の回答 %(label)s", label=self.row.label)
        if answer is not None and answer.paper:
            source = _("区の回答 %(label)s（%(paper)s）", label=self.row.label, paper=answer.paper)
        text = (answer.text or "") if answer else ""
        return draft_from(self.row.ticket, asked=self.row.question, answered=text, source=source)

    def faults(self, content: Content) -> list[Fault]:
        """What of the ticket's persons stands in the article."""
        return personal_faults(content, self.row.ticket)

    def keep(self, article: Article, *, by: Any) -> None:
        """Keep the lineage."""
        keep_origin(article, self.row.ticket, by=by)


def register() -> None:
    """Let articles be written from the ward's answers; the roof calls this."""
    origins.register("escalation", _found)


def _found(row_id: uuid.UUID, person: Staff) -> WardAnswer | None:
    if not person.may(Permission.ESCALATIONS_READ):
        return None
    row = db.session.scalars(Escalation.visible_to(person).where(Escalation.id == row_id)).first()
    return WardAnswer(row, person) if row is not None and row.answer is not None else None

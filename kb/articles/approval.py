"""Whose word makes an answer valid: the ward's, given signed in or on paper. Rule: docs/rules.md#faq-truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask_babel import gettext as _

from callcenter.errors import Forbidden, Invalid
from callcenter.people.staff import Staff
from callcenter.permissions import Permission, Side

if TYPE_CHECKING:
    from kb.articles.article import Article


LONGEST_PAPER = 60


class OnPaper(NamedTuple):
    """The ward's word came on paper: the paper's number, and who of the office entered it."""

    number: str
    entered_by: Staff

    def facts(self, ward_person: Staff) -> dict[str, str]:
        """For the trail: whose word it is, and on which paper."""
        return {"paper": self.number, "ward_person": ward_person.id.hex}


def sees_drafts(person: Staff) -> bool:
    """Whether a person may see what the ward has not approved."""
    return person.may(Permission.KB_WRITE) or person.may(Permission.KB_APPROVE)


def the_wards_word(article: Article, by: Staff, paper: OnPaper | None) -> None:
    """Raise Forbidden unless this is the word of somebody of the ward who may give it for this article, themselves or
    on a paper that an editor enters; Invalid for a paper without a number."""
    if by.side is not Side.WARD or not by.may(Permission.KB_APPROVE):
        raise Forbidden(_("FAQを承認できるのは区の職員だけです。"), code="ward_approves")
    if paper is None:
        return
    if not paper.entered_by.may(Permission.KB_WRITE) or article.programme_id not in by.programme_ids:
        raise Forbidden(_("この紙の承認を入力することはできません。"), code="paper_not_entered")
    if not paper.number or len(paper.number) > LONGEST_PAPER or not paper.number.isprintable():
        message = _("紙の番号を%(longest)d文字までで入力してください。", longest=LONGEST_PAPER)
        raise Invalid(message, code="paper_number")

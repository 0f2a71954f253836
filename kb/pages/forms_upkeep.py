"""The small forms of an article's page: the ward's word on paper, who looks after it, a remark; and a rule's change."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from callcenter.forms import Day, Form, Line, Required, Text
from callcenter.people.staff import Staff
from kb.articles.approval import LONGEST_PAPER
from kb.articles.article import Article
from kb.upkeep.care import LONGEST_COMMENT
from kb.upkeep.rule_facts import LONGEST_KEY, LONGEST_NAME, LONGEST_SOURCE, LONGEST_VALUE


class PaperForm(Form):
    """The ward's word as it came on paper. `revision` is the version that the paper speaks of."""

    revision = IntegerField(validators=[NumberRange(min=1)])
    ward_person = SelectField(_l("区の担当者"), [Required()])
    paper = Line(_l("紙の番号"), limit=LONGEST_PAPER)

    def offer(self, people: Iterable[Staff]) -> PaperForm:
        """Offer the people of the ward who may give their word."""
        self.ward_person.choices = [SelectChoice("", _l("選んでください")), *_people(people)]
        return self


class CareForm(Form):
    """Who looks after an article, and by when."""

    owner = SelectField(_l("担当"))
    review_on = Day(_l("次に見直す日"), [Optional()], required=False)

    @classmethod
    def of(cls, article: Article, people: Iterable[Staff]) -> CareForm:
        """The form as it stands now, or as it was sent."""
        form = cls(data={"owner": str(article.owner_id or ""), "review_on": article.review_on})
        form.owner.choices = [SelectChoice("", _l("なし")), *_people(people)]
        if article.owner and str(article.owner_id) not in {choice.value for choice in form.owner.choices}:
            form.owner.choices.append(SelectChoice(str(article.owner_id), article.owner.name))
        return form


class CommentForm(Form):
    """A remark on an article."""

    comment = Text(_l("気づいたこと"), limit=LONGEST_COMMENT)


class RuleForm(Form):
    """What a rule says from a day on. `after` is the version that the writer had before them."""

    after = HiddenField()
    key = Line(_l("規則の名前"), limit=LONGEST_KEY)
    name = Line(_l("何の規則か"), limit=LONGEST_NAME)
    value = Line(_l("内容"), limit=LONGEST_VALUE)
    source = Line(_l("根拠"), limit=LONGEST_SOURCE)
    starts_on = Day(_l("いつから"))

    @property
    def after_number(self) -> int | None:
        """The version that the writer had before them; None when the form does not say."""
        text = str(self.after.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _people(people: Iterable[Staff]) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), one.name) for one in people]

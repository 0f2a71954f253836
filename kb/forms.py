"""The forms of the FAQ desk."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from callcenter.forms import Day, Form, Line, Once, Text
from kb.content import LONGEST_ALOUD, LONGEST_ANSWER, LONGEST_QUESTION, LONGEST_SOURCE, Content, category_path
from kb.models import ArticleRevision


class SearchForm(Form):
    """Looking something up; sent by POST, for what a caller said does not belong in an address."""

    text = Line(_l("FAQを探す"), required=False, guarded=False, limit=2000)


class ApprovalForm(Form):
    """The ward's word: which revision it approves."""

    revision = IntegerField(validators=[NumberRange(min=1)])


class ArticleForm(Form):
    """An article, new or revised. `after` is the revision that the writer had before them."""

    once = Once()
    after = HiddenField()
    programme = SelectField(_l("事業"), validate_choice=True)
    question = Line(_l("質問"), limit=LONGEST_QUESTION)
    variants = Text(_l("言い換え"), required=False, limit=LONGEST_QUESTION * 50)
    answer = Text(_l("回答"), limit=LONGEST_ANSWER)
    read_aloud = Line(_l("読み上げる回答"), required=False, limit=LONGEST_ALOUD)
    category = Line(_l("分類"), required=False, limit=130)
    source = Line(_l("根拠"), required=False, limit=LONGEST_SOURCE)
    valid_from = Day(_l("案内を始める日"), [Optional()], required=False)
    valid_to = Day(_l("案内を終える日"), [Optional()], required=False)
    is_public = BooleanField(_l("公開サイトにも載せる"), default=True)
    needs_ward = BooleanField(_l("要区確認"))

    @classmethod
    def of(cls, revision: ArticleRevision) -> ArticleForm:
        """The form filled with a revision."""
        content = revision.content
        values: dict[str, Any] = {
            name: getattr(content, name)
            for name in ("question", "answer", "read_aloud", "source", "valid_from", "valid_to", "is_public")
        }
        values |= {"needs_ward": content.needs_ward, "category": content.category}
        return cls(data={**values, "variants": "\n".join(content.variants), "after": str(revision.number)})

    @property
    def after_number(self) -> int | None:
        """The revision that the writer had before them; None when the form does not say."""
        return (
            int(self.after.data)
            if str(self.after.data or "").isascii() and str(self.after.data).isdigit()
            else None
        )

    def content(self) -> Content:
        """What was typed, as it would be kept."""
        return Content(
            question=self.question.data.strip(),
            answer=self.answer.data.strip(),
            variants=tuple(line.strip() for line in (self.variants.data or "").splitlines() if line.strip()),
            read_aloud=(self.read_aloud.data or "").strip(),
            category=category_path(self.category.data or ""),
            source=(self.source.data or "").strip(),
            is_public=self.is_public.data,
            needs_ward=self.needs_ward.data,
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
        )

    def check(self) -> Content | None:
        """The content when it may be kept; else None, and the fields say why."""
        if not self.validate_on_submit():
            return None
        content = self.content()
        for fault in content.faults():
            if not self[fault.field].errors:
                self.refuse(fault.field, fault.reason)
        return None if self.errors else content

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Offer the writer's programmes; the only one is chosen already."""
        self.programme.choices = choices
        if not self.programme.data and len(choices) == 1:
            self.programme.data = choices[0][0]


def conflict_message(number: int) -> str:
    """What a writer reads when somebody else saved first."""
    return _(
        "入力している間に、ほかの人が第%(number)d版を保存しました。違いを確かめて、もう一度保存してください。",
        number=number,
    )

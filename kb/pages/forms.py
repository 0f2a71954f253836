"""The forms of the FAQ desk."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional

from callcenter.db import new_id
from callcenter.drafts import Fields
from callcenter.forms import Day, Form, Line, Once, Text
from kb.articles import origins
from kb.articles.content import (
    LONGEST_ALOUD,
    LONGEST_ANSWER,
    LONGEST_EASY,
    LONGEST_QUESTION,
    LONGEST_SENTENCE,
    LONGEST_SOURCE,
    Content,
    Fault,
    category_path,
)
from kb.articles.images import unknown_images
from kb.articles.revision import ArticleRevision

LISTS = ("variants", "say", "dont_say", "rule_keys")
"""What is typed a line each."""
PLAIN = tuple(one.name for one in fields(Content) if one.name not in LISTS)


class SearchForm(Form):
    """Looking something up; sent by POST, for what a caller said does not belong in an address."""

    text = Line(_l("FAQを探す"), required=False, guarded=False, limit=2000)
    exactly = BooleanField(_l("入力したとおりに探す"))


class WishForm(Form):
    """Asking for an article that is not there."""

    once = Once()
    note = Line(_l("編集者へのひとこと"), required=False, limit=200)


class ApprovalForm(Form):
    """The ward's word: which revision it approves."""

    revision = IntegerField(validators=[NumberRange(min=1)])


class ExportForm(Form):
    """Which articles are written, and how."""

    programme = SelectField(_l("事業"), validate_choice=True)
    format = SelectField(
        _l("形式"),
        choices=[
            SelectChoice("xlsx", _l("Excel（xlsx）")),
            SelectChoice("csv", _l("CSV（UTF-8）")),
            SelectChoice("cp932", _l("CSV（Shift_JIS）")),
            SelectChoice("jsonl", _l("JSON Lines")),
        ],
    )
    everything = BooleanField(_l("下書きも含める（各記事の最新の版）"))

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Offer the person's programmes; the only one is chosen already."""
        _offer(self.programme, choices)


class UploadForm(Form):
    """A file of articles to bring in."""

    programme = SelectField(_l("事業"), validate_choice=True)
    file = FileField(_l("ファイル"))

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Offer the person's programmes; the only one is chosen already."""
        _offer(self.programme, choices)


def _offer(field: SelectField, choices: list[tuple[str, str]]) -> None:
    field.choices = [SelectChoice(*choice) for choice in choices]
    if not field.data and len(choices) == 1:
        field.data = choices[0][0]


class LinkForm(Form):
    """Which external link a person opened."""

    programme = SelectField(validate_choice=True)
    url = Line(limit=2000)

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Accept the person's programmes."""
        _offer(self.programme, choices)


class ArticleForm(Form):
    """An article, new or revised. `after` is the revision that the writer had before them, `page` the open page,
    `origin` names what it is written from (kb/origins.py)."""

    TYPED = (*PLAIN, *LISTS)
    """What is typed or chosen of the article itself."""
    KEPT = (*TYPED, "programme", "after")
    """What a draft keeps."""

    once = Once()
    page = HiddenField(default=lambda: new_id().hex)
    after = HiddenField()
    origin = HiddenField(_l("記事のもと"))
    programme = SelectField(_l("事業"), validate_choice=True)
    question = Line(_l("質問"), limit=LONGEST_QUESTION)
    variants = Text(_l("言い換え"), required=False, limit=LONGEST_QUESTION * 50)
    answer = Text(_l("回答"), limit=LONGEST_ANSWER)
    read_aloud = Line(_l("読み上げる回答"), required=False, limit=LONGEST_ALOUD)
    easy = Text(_l("やさしい日本語"), required=False, limit=LONGEST_EASY)
    say = Text(_l("言うこと"), required=False, limit=LONGEST_SENTENCE * 10)
    dont_say = Text(_l("言わないこと"), required=False, limit=LONGEST_SENTENCE * 10)
    escalate_when = Line(_l("引き継ぐとき"), required=False, limit=LONGEST_SENTENCE)
    rule_keys = Text(_l("関わる規則"), required=False, limit=2000)
    category = Line(_l("分類"), required=False, limit=130)
    source = Line(_l("根拠"), required=False, limit=LONGEST_SOURCE)
    valid_from = Day(_l("案内を始める日"), [Optional()], required=False)
    valid_to = Day(_l("案内を終える日"), [Optional()], required=False)
    is_public = BooleanField(_l("公開サイトにも載せる"), default=True)
    needs_ward = BooleanField(_l("要区確認"))
    harmless = BooleanField(_l("個人の情報ではないことを確かめた"))

    @classmethod
    def of(cls, revision: ArticleRevision) -> ArticleForm:
        """The form filled with a revision."""
        content = revision.content
        values: dict[str, Any] = {name: getattr(content, name) for name in PLAIN}
        values |= {name: "\n".join(getattr(content, name)) for name in LISTS}
        return cls(data={**values, "after": str(revision.number)})

    @classmethod
    def of_draft(cls, fields: Fields) -> ArticleForm:
        """The form filled with what was typed before."""
        return cls(formdata=MultiDict({name: fields[name] for name in cls.KEPT if name in fields}))

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
            question=(self.question.data or "").strip(),
            answer=(self.answer.data or "").strip(),
            variants=_lines(self.variants),
            read_aloud=(self.read_aloud.data or "").strip(),
            easy=(self.easy.data or "").strip(),
            say=_lines(self.say),
            dont_say=_lines(self.dont_say),
            escalate_when=(self.escalate_when.data or "").strip(),
            rule_keys=_lines(self.rule_keys),
            category=category_path(self.category.data or ""),
            source=(self.source.data or "").strip(),
            is_public=self.is_public.data,
            needs_ward=self.needs_ward.data,
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
        )

    def check(self, refused: Callable[[Content], list[Fault]] | None = None) -> Content | None:
        """The content when it may be kept; else None, and the fields say why. `refused` gives more that may not stand."""
        if not self.validate_on_submit():
            return None
        content = self.content()
        faults = content.faults()
        if not faults and self.programme.data:
            faults = unknown_images(content, uuid.UUID(self.programme.data))
        for fault in [*faults, *(refused(content) if refused else [])]:
            if not self[fault.field].errors:
                self.refuse(fault.field, fault.reason)
        return None if self.errors else content

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Offer the writer's programmes; the only one is chosen already."""
        _offer(self.programme, choices)

    def doubt_harmless(self, content: Content) -> None:
        """What looks personal is to be confirmed by the writer, once."""
        if not self.harmless.data and (pieces := origins.personal_pieces(content)):
            self.refuse(
                "harmless",
                _(
                    "個人の情報のように見えるところがあります: %(pieces)s。そうでなければ、印を付けてもう一度保存してください。",
                    pieces="、".join(f"「{piece}」" for piece in pieces[:5]),
                ),
            )


def _lines(field: Text) -> tuple[str, ...]:
    """What was typed, a line each, without the empty ones."""
    return tuple(line.strip() for line in (field.data or "").splitlines() if line.strip())


def conflict_message(number: int) -> str:
    """What a writer reads when somebody else saved first."""
    return _(
        "入力している間に、ほかの人が第%(number)d版を保存しました。違いを確かめて、もう一度保存してください。",
        number=number,
    )

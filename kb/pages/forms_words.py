"""The forms of the word lists: synonyms, and the office's own words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField

from callcenter.forms import Form, Line, Once, Text
from kb.words.lists import LONGEST_REASON, LONGEST_WORD, MOST_WORDS
from kb.words.office import Word


class KeptForm(Form):
    """A row of a word list. `after` is the version that the editor had before them."""

    once = Once()
    after = HiddenField()
    programme = SelectField(_l("事業"), validate_choice=True)

    @property
    def after_version(self) -> int | None:
        """The version that the editor had before them; None when the form does not say."""
        typed = str(self.after.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None

    def programmes(self, choices: list[tuple[str, str]]) -> None:
        """Offer the editor's programmes; the only one is chosen already."""
        self.programme.choices = choices
        if not self.programme.data and len(choices) == 1:
            self.programme.data = choices[0][0]


class SynonymForm(KeptForm):
    """A group of words that callers use for one thing, a line each."""

    words = Text(_l("同じ意味の語"), limit=(LONGEST_WORD + 1) * MOST_WORDS * 2, id="synonym-words")

    @property
    def typed(self) -> list[str]:
        return [line.strip() for line in (self.words.data or "").splitlines() if line.strip()]


class WordForm(KeptForm):
    """A word that the office writes otherwise."""

    written = Line(_l("使わない語"), limit=LONGEST_WORD)
    instead = Line(_l("代わりに書く語"), limit=LONGEST_WORD)
    reason = Line(_l("理由"), required=False, limit=LONGEST_REASON)

    @property
    def word(self) -> Word:
        """What was typed, as it would be kept."""
        return Word(
            (self.written.data or "").strip(),
            (self.instead.data or "").strip(),
            (self.reason.data or "").strip(),
        )


class TrialForm(Form):
    """A question to try; sent by POST, for what a caller said does not belong in an address."""

    text = Line(_l("相談者の言い方"), required=False, guarded=False, limit=200)

"""The language of the pages: found once for the process, so that each word of a page costs a look into a dictionary.

Japanese is the language that the words are written in; a catalogue for another one would be taken as it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import Flask, has_app_context, request
from flask_babel import Babel, Domain
from markupsafe import Markup


class OneLanguage(Domain):
    """The words of the one language that the house is set to."""

    _found: Any = None

    def get_translations(self) -> Any:
        if self._found is None and has_app_context():
            self._found = super().get_translations()
        return self._found or super().get_translations()


class Speech(Babel):
    """Flask-Babel for a house with one language."""

    @cached_property
    def domain_instance(self) -> OneLanguage:
        return OneLanguage()


def give(app: Flask, locale: str, timezone: str) -> None:
    """Give an app its language. In templates a word without values is made into markup once, and so is a part of the
    page that is the same for everybody: `{{ fixed_part("frames/_words.html") }}`."""
    app.config.update(BABEL_DEFAULT_LOCALE=locale, BABEL_DEFAULT_TIMEZONE=timezone)
    domain, known = Speech(app).domain_instance, dict[str, Markup]()
    in_full = app.jinja_env.globals["gettext"]

    def word(context: Any, text: str, /, **values: Any) -> Any:
        if values or "%" in text:
            return in_full(context, text, **values)  # type: ignore[operator]
        if text not in known:
            known[text] = Markup(domain.get_translations().ugettext(text))  # noqa: S704 (our own words)
        return known[text]

    word.jinja_pass_arg = in_full.jinja_pass_arg  # type: ignore[attr-defined]
    app.jinja_env.globals["gettext"] = app.jinja_env.globals["_"] = word
    app.jinja_env.globals["fixed_part"] = _fixed_part(app)


def _fixed_part(app: Flask) -> Callable[[str], Markup]:
    made: dict[tuple[str, str], Markup] = {}

    def fixed_part(name: str) -> Markup:
        key = request.root_path, name
        if key not in made:
            made[key] = Markup(app.jinja_env.get_template(name).render())  # noqa: S704 (our own template)
        return made[key]

    return fixed_part

"""What a visitor's form says, what is wrong with it, and its way into the inbox."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from callcenter.config import Face
from callcenter.privacy.lens.folding import fold
from kb.articles.personal import PersonalKind, personal_data_in
from kb.public import inbox, limits
from kb.public.reading import Page

log = logging.getLogger("callcenter.face")
LONGEST_TEXT = 500
BAIT = "website"
"""A field that people do not see; whoever fills it in is a machine."""

KINDS = {
    PersonalKind.PHONE: _l("電話番号"),
    PersonalKind.MAIL: _l("メールアドレス"),
    PersonalKind.ADDRESS: _l("住所や郵便番号"),
    PersonalKind.BIRTH_DATE: _l("生年月日"),
    PersonalKind.ACCOUNT: _l("口座番号"),
    PersonalKind.NUMBER: _l("申請番号などの番号"),
    PersonalKind.NAME: _l("お名前"),
}


@dataclass(frozen=True)
class Sent:
    """What was sent: the answer (None: none yet), the text, and what is wrong, each with the piece it is about."""

    is_solved: bool | None = None
    text: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    is_machine: bool = False


def read_form() -> Sent:
    """The form of this request; 400 when it did not come from a page of ours."""
    if not _is_ours():
        abort(400)
    solved = {"yes": True, "no": False}.get(request.form.get("solved", ""))
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    return Sent(solved, text, tuple(_faults(solved, text)), bool(request.form.get(BAIT)))


def send(sent: Sent, page: Page) -> None:
    """Seal it and put it into the inbox; the same again from the same visitor is taken once. 503 when the day is
    full; a machine is thanked and nothing is taken."""
    day: inbox.Day = current_app.extensions["day"]
    marks = g.visitor, page.revision_id, sent.is_solved, sent.text
    is_new = None if sent.is_machine else day.is_new(g.programme.code, inbox.FEEDBACK, *marks)
    if sent.is_machine or is_new is False:
        return
    if is_new is None:
        abort(503)
    try:
        values = {"revision": str(page.revision_id), "solved": sent.is_solved, "text": sent.text}
        inbox.put(current_app.extensions["store"], g.programme, inbox.FEEDBACK, values)
    except SQLAlchemyError:
        day.forget(g.programme.code, inbox.FEEDBACK, *marks)
        raise


def note_search(words: str) -> None:
    """Let the office know which words found nothing: once a day each, and never what looks personal."""
    day: inbox.Day = current_app.extensions["day"]
    if g.programme.public_key is None or personal_data_in(words):
        return
    if request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none"):
        return  # another site made the visitor's browser ask
    counts: limits.Counts = current_app.extensions["counts"]
    if counts.seconds_to_wait(limits.NOTING_A_DAY, g.visitor):
        return
    if not day.is_new(g.programme.code, inbox.SEARCH, fold(words)):
        return
    try:
        inbox.put(current_app.extensions["store"], g.programme, inbox.SEARCH, {"words": words})
    except SQLAlchemyError as problem:  # the visitor's page is worth more than our list
        log.error("a search was not kept: %s", type(problem).__name__)


def origin() -> str:
    """The site's own address as visitors type it: from the settings, else the one that was asked."""
    face: Face = current_app.extensions["face"]
    return face.url or request.host_url.rstrip("/")


def _is_ours() -> bool:
    """Whether the form stood on a page of this site (Fetch Metadata, else Origin). Nobody is signed in here, so this
    only keeps other sites from sending in a visitor's name."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    told = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(told).netloc in (request.host, urlsplit(origin()).netloc)


def _faults(solved: bool | None, text: str) -> Any:
    if solved is None:
        yield _("「はい」か「いいえ」を選んでください。"), ""
    if len(text) > LONGEST_TEXT:
        yield (
            _("%(longest)d文字までです（いま%(count)d文字です）。", longest=LONGEST_TEXT, count=len(text)),
            "",
        )
        return
    if any(not (letter.isprintable() or letter in "\n\t\u3000") for letter in text):
        yield _("使えない文字が含まれています。"), ""
    for kind, start, end in personal_data_in(text):
        yield (
            _("%(kind)sのように見えるところがあります。消してから送ってください。", kind=KINDS[kind]),
            text[start:end],
        )

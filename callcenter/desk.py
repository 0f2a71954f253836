"""What the frame of every desk page shows: who is working, where one can go, how long the page stays open.

Rooms are named by endpoint; a place stands in the menu when its room is there and the person may go. Everything is
looked up when the frame asks for it, so that a page of refusal, which has no such frame, needs no person."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext as _l

from callcenter.live import pages as live
from callcenter.people import labels, sessions
from callcenter.people.session_record import IDLE
from callcenter.people.staff import Staff
from callcenter.permissions import Permission


class Place(NamedTuple):
    """An entry of the menu."""

    endpoint: str
    label: Any
    icon: str
    key: str | None
    words: str
    tally: str | None = None


PLACES = (
    Place("tickets.calls", _l("受電"), "phone", "g c", "じゅでん juden call でんわ"),
    Place("tickets.tickets", _l("チケット"), "ticket", "g t", "ちけっと ticket 一覧", "mine"),
    Place("tickets.callbacks", _l("折返し"), "callback", "g r", "おりかえし orikaeshi callback", "promises"),
    Place("tickets.tray", _l("未整理"), "inbox", "g i", "みせいり miseiri inbox", "waiting"),
    Place(
        "tickets.escalations",
        _l("照会"),
        "ward",
        "g e",
        "くへしょうかい shoukai escalation えすかれーしょん",
    ),
    Place("tickets.complaints", _l("苦情"), "note", "g q", "くじょう kujou complaint ようぼう 要望"),
    Place("callers.caller_list", _l("相談者"), "people", "g p", "そうだんしゃ soudansha caller 電話番号"),
    Place("applications.applications", _l("申請"), "application", "g a", "しんせい shinsei application"),
    Place("kb.articles", _l("FAQ"), "book", "g f", "よくある質問 faq knowledge"),
    Place("oversight.ledger", _l("監査"), "shield", "g k", "かんさ kansa audit"),
    Place("people.staff_list", _l("職員"), "people", "g s", "しょくいん shokuin staff 利用者 取扱者"),
)
MENU = (
    Place("people.account", _l("アカウント"), "settings", None, ""),
    Place("people.clauses", _l("秘密保持の条項"), "lock", None, ""),
    Place("oversight.items", _l("情報項目一覧"), "shield", None, ""),
    Place("people.clauses_versions", _l("条項の改訂"), "edit", None, ""),
)


class Desk:
    """The values of `frames/desk.html`, each made when it is asked for."""

    home_url = "/"
    idle_seconds = int(IDLE.total_seconds())
    search_method = "post"
    new_call_method = "post"
    search_words = ""

    @cached_property
    def _staff(self) -> Staff:
        return sessions.current()

    @cached_property
    def person(self) -> dict[str, str]:
        return {
            "id": self._staff.id.hex,
            "name": self._staff.name,
            "role": str(labels.ROLES[self._staff.role]),
        }

    @cached_property
    def demo(self) -> bool:
        return self._staff.sign_in is not None and self._staff.sign_in.is_demo

    @property
    def search_url(self) -> str | None:
        return address_for(self._staff, "tickets.search")

    @property
    def new_call_url(self) -> str | None:
        return address_for(self._staff, "tickets.new_call")

    @property
    def commands_url(self) -> str | None:
        return address_for(self._staff, "tickets.commands")

    @property
    def menu(self) -> list[dict[str, Any]]:
        found = ((address_for(self._staff, place.endpoint), place.label) for place in MENU)
        return [{"url": url, "label": label} for url, label in found if url]

    @property
    def sign_out_url(self) -> str:
        return url_for("people.sign_out")

    @property
    def live_url(self) -> str:
        return live.stream_url()

    @property
    def session_url(self) -> str:
        return url_for("people.session_state")


class Navigation:
    """The places in the menu, for `frames/desk.html`."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        staff = sessions.current()
        counts = live.counts_of(staff)
        for place in PLACES:
            url = address_for(staff, place.endpoint)
            if url:
                inside = request.path.startswith(f"{url}/")
                current = "page" if request.endpoint == place.endpoint else "section" if inside else False
                yield {
                    **place._asdict(),
                    "url": url,
                    "current": current,
                    "count": counts.get(place.tally or ""),
                }


def address_for(staff: Staff, endpoint: str) -> str | None:
    """The address of a page, or None when its room is not there or the person may not go."""
    view = current_app.view_functions.get(endpoint)
    needed: Permission | None = getattr(view, "permission", None)
    return url_for(endpoint) if needed is not None and staff.may(needed) else None


def furnish(app: Flask) -> None:
    """Give every template `desk` and `navigation`."""
    live.furnish(app)
    app.context_processor(lambda: {"desk": Desk(), "navigation": Navigation()})

"""What a colleague does appears on a page that is open, without a touch and without rows that jump."""

import re

from playwright.sync_api import expect

from callcenter.contacts import Contact
from callcenter.db import db, writing
from callcenter.people import sessions
from tickets.records.ticket import Ticket


def test_a_list_offers_what_came_and_marks_what_moved(desk, make, world):
    first = make.ticket("ueda", subject="一件目")
    sato = desk("sato")
    sato.open("/tickets?state=unclosed")
    listening(sato)
    make.ticket("aoki", subject="二件目")
    make.ticket("aoki", subject="三件目")
    offer = sato.page.get_by_role("link", name="新しい 2件を表示")
    expect(offer).to_be_visible(timeout=8000)
    expect(sato.page.locator("tbody tr")).to_have_count(1)
    with writing():
        db.session.get(Ticket, first).assign(by=world.ueda, owner=world.sato)
    db.session.rollback()
    expect(sato.page.locator(".live-moved")).to_have_count(1, timeout=8000)
    expect(sato.page.get_by_text("表示中の1件に動きがあります")).to_be_visible()
    expect(badge(sato, "チケット")).to_have_text(re.compile("^1"))
    sato.photograph("journey-live-list")
    sato.press("u")
    sato.arrive("**/tickets?state=unclosed")
    expect(sato.page.locator("tbody tr")).to_have_count(3)
    expect(sato.page.locator(".live-moved")).to_have_count(0)


def test_a_call_of_a_colleague_is_counted_and_stands_in_the_tray(desk, make, world):
    ueda = desk("ueda")
    ueda.open("/contacts")
    listening(ueda)
    expect(badge(ueda, "未整理")).to_be_hidden()
    call = make.call("aoki")
    expect(badge(ueda, "未整理")).to_have_text(re.compile("^1"), timeout=8000)
    expect(ueda.page.locator("tbody tr")).to_have_count(1, timeout=8000)
    with writing():
        make.get(Contact, call).close("silent", by=world.aoki)
    db.session.rollback()
    expect(badge(ueda, "未整理")).to_be_hidden(timeout=8000)
    expect(ueda.page.get_by_text("未整理の受付はありません")).to_be_visible(timeout=8000)


def test_the_start_page_shows_what_was_given_to_a_person(desk, make, world):
    ticket = make.ticket("ueda", subject="渡された件")
    aoki = desk("aoki")
    listening(aoki)
    with writing():
        db.session.get(Ticket, ticket).assign(by=world.sato, owner=world.aoki)
    db.session.rollback()
    expect(aoki.page.get_by_role("link", name="渡された件")).to_be_visible(timeout=8000)


def test_a_page_whose_session_was_ended_covers_itself(desk, world):
    aoki = desk("aoki")
    aoki.open("/account")
    listening(aoki)
    with writing():
        sessions.end_all_of(world.aoki, by=world.sato)
    db.session.rollback()
    world.app.extensions["live"].look_at_sessions_soon()
    expect(aoki.page.locator("#cover")).to_be_visible(timeout=8000)


def test_a_page_that_hears_nothing_says_so(desk):
    aoki = desk("aoki")
    listening(aoki)
    aoki.page.route("**/live?*", lambda route: route.abort())
    aoki.page.clock.install()
    aoki.page.reload()
    away = aoki.page.get_by_text("更新が止まっています")
    pass_until(aoki.page, 4_000, away.is_visible)
    aoki.photograph("journey-live-away")
    aoki.page.unroute("**/live?*")
    pass_until(aoki.page, 30_000, away.is_hidden)


def pass_until(page, milliseconds, is_so):
    """Let time pass by pieces until something is so."""
    for _ in range(40):
        if is_so():
            return
        page.clock.fast_forward(milliseconds)
        page.wait_for_timeout(150)
    raise AssertionError("it never came to that")


def listening(hands):
    """Until the page has its stream."""
    hands.see("html[data-live=open]", state="attached")


def badge(hands, place):
    return (
        hands.page.get_by_role("navigation", name="メインメニュー")
        .get_by_role("link", name=place)
        .locator(".rail__count")
    )

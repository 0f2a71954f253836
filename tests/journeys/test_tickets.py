"""Two people on one ticket, a note that calls a colleague, a list walked by keys: in real browsers."""

from sqlalchemy import select

from callcenter.db import db, writing
from tickets.records.notes import Mention
from tickets.records.ticket import Ticket


def test_two_people_see_each_other_and_the_second_save_shows_the_difference(desk, make):
    number = make.number(make.ticket())
    aoki, ueda = desk("aoki"), desk("ueda")
    aoki.open(f"/tickets/{number}")
    ueda.open(f"/tickets/{number}")
    assert "青木 晴" in ueda.see(".presence__person").inner_text()
    for hands, subject in ((aoki, "青木の件名"), (ueda, "上田の件名")):
        hands.press("e")
        hands.page.fill("#subject", subject)
    aoki.page.locator("#subject").press("Enter")
    aoki.arrive(f"**/tickets/{number}")
    ueda.page.locator("#subject").press("Enter")
    ueda.see(".diff")
    ueda.ready()
    assert ueda.value("subject") == "上田の件名"
    assert "青木" in ueda.page.inner_text(".diff")
    ueda.photograph("journey-conflict")
    ueda.page.fill("#subject", "青木と上田の件名")
    ueda.press("Control+Enter")
    ueda.arrive(f"**/tickets/{number}")
    db.session.rollback()
    assert db.session.scalars(select(Ticket)).one().subject == "青木と上田の件名"


def test_a_note_calls_a_colleague_with_a_few_letters(desk, make, world):
    number = make.number(make.ticket())
    aoki = desk("aoki")
    aoki.open(f"/tickets/{number}")
    aoki.press("m")
    aoki.page.keyboard.type("@uedaうえだ"[:5])
    aoki.see(".mention__name[aria-selected=true]")
    aoki.photograph("journey-mention")
    aoki.press("Enter")
    aoki.type("見てください")
    aoki.saved()
    aoki.press("Control+Enter")
    aoki.arrive("**#note-*")
    db.session.rollback()
    assert db.session.scalars(select(Mention)).one().staff.sign_in_name == "ueda"
    ueda = desk("ueda")
    assert "見てください" in ueda.page.inner_text("#mentions")


def test_the_list_is_walked_and_opened_by_keys(desk, make):
    for subject in ("一件目", "二件目", "三件目"):
        make.ticket(subject=subject)
    aoki = desk("aoki")
    aoki.press("g", "t")
    aoki.arrive("**/tickets")
    assert aoki.see(".rows-foot p:has-text('該当 3件')")
    aoki.press("j", "j", "Enter")
    aoki.arrive("**/tickets/2")
    assert "二件目" in aoki.page.inner_text("h1")
    aoki.press("c")
    aoki.see("text=完了にしました")


def test_the_reason_is_asked_before_a_name_is_shown(desk, make, world):
    caller = make.caller()
    ticket = make.ticket()
    with writing():
        db.session.get(Ticket, ticket).caller_id = caller
        db.session.get(Ticket, ticket).assign(by=world.aoki, owner=world.aoki)
    number = make.number(ticket)
    aoki = desk("aoki")
    aoki.open(f"/tickets/{number}")
    assert "山田" not in aoki.page.content()
    aoki.page.locator("[data-reveal]").first.press("Enter")
    aoki.see("dialog#reveal[open]")
    aoki.press("Space", "Enter")
    assert "山田 花子" in aoki.see("[data-remask-seconds]").inner_text()
    aoki.photograph("journey-revealed")

"""Calls from the first key to the last, in a real browser, without a mouse."""

import pytest
from sqlalchemy import select

from callcenter.contacts import ClosedAs, ContactClosure
from callcenter.db import db
from tickets.records.consultation import Consultation
from tickets.records.state import TicketState

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def office(world, make):
    """A caller with an application, and an answer in the FAQ."""
    caller = make.caller()
    make.application(applicant=caller)
    make.article("領収書の宛名は夫の名前でもよいですか")
    make.findable()


def only(model):
    db.session.rollback()
    return db.session.scalars(select(model)).one()


def test_a_call_is_taken_identified_answered_linked_and_closed_by_keys(desk, office, make):
    category = make.category("申請", "必要書類", "領収書")
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    assert aoki.focus == "content"
    aoki.type("領収書の宛名が夫の名前でもよいか。申請が届いたかも知りたい。")
    aoki.see(".suggestion")

    aoki.press("Alt+s")
    aoki.type("090-0000-1234")
    aoki.press("Enter")
    aoki.see(".candidate__text--button:focus")
    aoki.press("Enter")
    aoki.see(".chosen")
    assert aoki.focus == "content"

    aoki.press("Alt+p", "ArrowRight")
    assert aoki.page.is_checked("input[name=relation][value=applicant]")
    aoki.press("Alt+a")
    aoki.type("R8の1")
    aoki.press("Enter")
    aoki.see("#identity-title")
    assert "山田" not in aoki.page.content()
    aoki.press("Alt+k", "Enter")
    aoki.see(".told-facts")
    assert "残り時間" in aoki.page.inner_text("#who")

    aoki.press("Alt+1")
    aoki.see("[data-told-revision]")
    assert "どちらでもかまいません" in aoki.value("answer")
    aoki.press("Alt+b")
    aoki.type("領収書")
    aoki.see("[role=option][aria-selected=true]")
    aoki.press("Enter")
    aoki.saved()
    aoki.photograph("journey-call")
    aoki.press("Control+Enter")
    aoki.arrive("**/tickets/1*")
    aoki.photograph("journey-ticket")

    row = only(Consultation)
    assert (row.identity_level, row.relation.value, len(row.told)) == (1, "applicant", 1)
    assert (row.ticket.state, row.ticket.category_id) == (TicketState.CLOSED, category)
    assert [a.number for a in row.ticket.applications] == ["R8-00001"]
    assert row.caller.name == "山田 花子"


def test_an_anonymous_question_takes_under_ten_keys_besides_its_text(desk, office):
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.type("領収書の宛名は夫の名前でもよいか。")
    aoki.see(".suggestion")
    aoki.press("Alt+1")
    aoki.press("Alt+g")
    aoki.arrive("**/tickets/1*")
    assert aoki.pressed < 10
    row = only(Consultation)
    assert (row.caller_id, row.ticket.state, len(row.told)) == (None, TicketState.CLOSED, 1)


@pytest.mark.parametrize(
    ("key", "reason"),
    [("Alt+m", ClosedAs.SILENT), ("Alt+w", ClosedAs.WRONG_NUMBER), ("Alt+t", ClosedAs.OTHER_PROGRAMME)],
)
def test_a_call_without_a_question_ends_with_one_key_and_comes_back_with_another(desk, world, key, reason):
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.press(key)
    aoki.arrive("**/?closed=*")
    assert only(ContactClosure).reason is reason
    aoki.press("z")
    aoki.arrive("**/calls/*")
    assert aoki.page.locator("text=未整理に戻しました").count() == 1


def test_a_draft_survives_a_killed_page_and_is_there_on_a_second_device(desk, office):
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.type("電話の途中で書いた相談内容")
    aoki.press("Alt+r")
    aoki.type("途中の回答")
    aoki.saved()
    address = aoki.page.url
    aoki.page.context.close()

    again = desk("aoki", view=PHONE)
    assert again.page.locator(".line__main").first.get_attribute("href") in address
    again.page.locator(".line__main").first.press("Enter")
    again.arrive("**/calls/*")
    assert (again.value("content"), again.value("answer")) == ("電話の途中で書いた相談内容", "途中の回答")
    again.photograph("journey-draft-phone")


def test_two_devices_of_one_person_see_the_difference_and_lose_nothing(desk, office):
    one = desk("aoki")
    one.press("n")
    one.arrive("**/calls/*")
    address = one.page.url
    one.type("机で書いた")
    one.saved()
    other = desk("aoki")
    other.page.goto(address)
    other.ready()
    other.press("Alt+c", "End")
    other.type("続きを別の席で書いた")
    other.saved()
    one.press("Alt+c", "End")
    one.type("、机でも続けた")
    dialog = one.see("dialog#differs[open]")
    assert "続きを別の席で書いた" in dialog.inner_text()
    assert "、机でも続けた" in dialog.inner_text()
    one.photograph("journey-differs")
    one.press("Tab")
    one.page.locator("dialog#differs .button--primary").focus()
    one.press("Enter")
    one.saved()
    assert "机でも続けた" in one.value("content")
    assert "別の席" in one.value("content")


def test_enter_in_a_line_never_files_the_call(desk, office):
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.type("まだ話している")
    for key in ("Alt+j", "Alt+y"):
        aoki.press(key)
        aoki.type("明日" if key == "Alt+y" else "件名")
        aoki.press("Enter")
    aoki.saved()
    assert "/calls/" in aoki.page.url
    assert db.session.scalars(select(Consultation)).all() == []


def test_what_is_missing_is_said_and_the_cursor_goes_there(desk, office):
    aoki = desk("aoki")
    aoki.press("n")
    aoki.arrive("**/calls/*")
    aoki.type("折り返してほしい")
    aoki.press("Alt+o", "ArrowRight")
    aoki.press("Control+Enter")
    aoki.see(".form-errors")
    aoki.ready()
    assert aoki.value("content") == "折り返してほしい"
    assert "折返しの期限を入力してください" in aoki.page.inner_text(".form-errors")
    aoki.photograph("journey-errors")
    aoki.press("Alt+y")
    aoki.type("明日")
    aoki.press("Control+Enter")
    aoki.arrive("**/tickets/1*")
    assert only(Consultation).ticket.follow_ups[0].text == "折返し電話"


def test_a_call_is_taken_without_scripts_too(desk, office):
    aoki = desk("aoki", scripts=False)
    page = aoki.page
    page.get_by_role("button", name="新規受電").click()
    page.fill("#content", "領収書の宛名は夫の名前でもよいか")
    page.fill("#number", "090-0000-1234")
    page.click("#find-caller")
    page.click("#candidate-1")
    assert page.input_value("#content") == "領収書の宛名は夫の名前でもよいか"
    page.fill("#find", "R8-00001")
    page.click("#find-application")
    page.check("input[name=relation][value=applicant]", force=True)
    page.fill("[name=said_number]", "R8-00001")
    page.click("#check-identity")
    assert "一致" in page.inner_text("#who")
    page.get_by_role("button", name="記録して終了").click()
    assert "/tickets/1" in page.url
    row = only(Consultation)
    assert (row.identity_level, row.caller.name) == (1, "山田 花子")


def test_the_call_screen_fits_a_phone(desk, office):
    aoki = desk("aoki", view=PHONE)
    aoki.press("n")
    aoki.arrive("**/calls/*")
    width = aoki.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]

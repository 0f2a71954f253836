"""The call screen: taking a call, saying who it is, filing it, closing it by one key."""

from datetime import date

import pytest
from sqlalchemy import select

from callcenter.contacts import Channel, ClosedAs, Contact, ContactClosure, tray_size
from callcenter.db import db, writing
from callcenter.people import protection
from callcenter.people.callers import Caller, PhoneLabel, Relation
from callcenter.people.protection import Mark
from callcenter.privacy import approvals
from callcenter.privacy.actions import Action
from callcenter.privacy.items import Extra
from callcenter.programmes import open_period
from tickets.records.consultation import Consultation, Outcome
from tickets.records.drafts import Draft, DraftKind, draft_of
from tickets.records.follow_up import FollowUp
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket

CONTENT = "領収書の宛名が夫の名前でもよいですか。\n昨年度も同じでした。"


def said(**changes):
    """What the call screen sends."""
    return {
        "content": CONTENT,
        "answer": "保護者であればどちらでもよいと案内した。",
        "closing": "close",
    } | changes


def filed(contact_id):
    return db.session.scalars(select(Consultation).where(Consultation.contact_id == contact_id)).one()


def test_a_call_is_kept_before_anything_is_typed(world):
    answer = world.client("aoki").post("/calls")
    assert answer.status_code == 303
    contact = db.session.scalars(select(Contact)).one()
    assert answer.headers["Location"] == f"/calls/{contact.id}"
    assert (contact.channel, contact.handler.sign_in_name, contact.is_settled) == (
        Channel.PHONE,
        "aoki",
        False,
    )
    assert world.entries(Action.CONTACT_RECEIVED)


def test_the_same_press_takes_one_call(world):
    client, form = world.client("aoki"), {"once": "0" * 32}
    first, second = (client.post("/calls", data=form).headers["Location"] for _press in range(2))
    assert first == second
    assert tray_size(world.aoki) == 1


def test_the_screen_shows_an_unsettled_call_and_says_so_in_the_trail(world, make):
    call = make.call()
    page = world.client("aoki").get(f"/calls/{call}")
    assert page.status_code == 200
    assert "相談内容" in page.text
    assert world.entries(Action.CONTACT_VIEWED)[-1].object_id == call.hex


def test_filing_opens_a_ticket_and_closes_it(world, make):
    call = make.call()
    answer = world.client("aoki").post(f"/contacts/{call}/consultations", data=said())
    assert answer.status_code == 303
    row = filed(call)
    assert row.content == CONTENT
    assert (row.outcome, row.identity_level, row.relation) == (Outcome.RESOLVED, 0, Relation.UNKNOWN)
    assert (row.ticket.state, row.ticket.owner.sign_in_name) == (TicketState.CLOSED, "aoki")
    assert row.ticket.subject == "領収書の宛名が夫の名前でもよいですか"
    assert f"/tickets/{row.ticket.number}#consultation-{row.id.hex}" == answer.headers["Location"]
    assert [
        world.entries(action)[-1].object_id for action in (Action.TICKET_CREATED, Action.CONSULTATION_FILED)
    ]


def test_a_filed_call_leads_to_its_ticket(world, make):
    call, client = make.call(), world.client("aoki")
    client.post(f"/contacts/{call}/consultations", data=said())
    assert "/tickets/1#consultation-" in client.get(f"/calls/{call}").headers["Location"]


def test_saving_to_go_on_leaves_the_ticket_open(world, make):
    call = make.call()
    world.client("aoki").post(f"/contacts/{call}/consultations", data=said(closing="keep"))
    assert filed(call).ticket.state is TicketState.OPEN


def test_a_promised_call_back_keeps_the_ticket_open_and_stands_as_follow_up(world, make):
    call = make.call()
    form = said(outcome="call_back", follow_up_on="明日")
    answer = world.client("aoki").post(f"/contacts/{call}/consultations", data=form, follow_redirects=True)
    assert "約束が残っているため" in answer.text
    assert filed(call).ticket.state is TicketState.OPEN
    assert db.session.scalars(select(FollowUp)).one().text == "折返し電話"


def test_a_call_back_without_a_day_is_asked_for_at_the_field(world, make):
    call = make.call()
    answer = world.client("aoki").post(f"/contacts/{call}/consultations", data=said(outcome="call_back"))
    assert answer.status_code == 422
    assert "折返しの期限を入力してください" in answer.text
    assert "昨年度も同じでした" in answer.text


def test_a_question_for_the_ward_waits(world, make):
    call = make.call()
    world.client("aoki").post(f"/contacts/{call}/consultations", data=said(outcome="to_ward"))
    assert filed(call).ticket.state is TicketState.WAITING


def test_nothing_typed_is_asked_for_and_nothing_is_filed(world, make):
    call = make.call()
    answer = world.client("aoki").post(
        f"/contacts/{call}/consultations", data=said(content=" ", subject="件名だけ")
    )
    assert answer.status_code == 422
    assert "件名だけ" in answer.text
    assert make.get(Contact, call).is_settled is False


def test_an_answer_link_is_refused_with_the_reason(world, make):
    call = make.call()
    form = said(answer="https://logoform.jp/f/abc?key=0123456789abcdef を案内")
    answer = world.client("aoki").post(f"/contacts/{call}/consultations", data=form)
    assert answer.status_code == 422
    assert "回答用リンク" in answer.text
    assert db.session.scalars(select(Ticket)).all() == []


def test_a_double_press_files_once(world, make):
    call, client = make.call(), world.client("aoki")
    form = said(once="1" * 32)
    places = {
        client.post(f"/contacts/{call}/consultations", data=form).headers["Location"] for _press in range(2)
    }
    assert len(places) == 1
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_who_comes_second_keeps_the_text(world, make):
    call = make.call(channel=Channel.LETTER, body="領収書をなくしました。")
    world.client("aoki").post(f"/contacts/{call}/consultations", data=said())
    answer = world.client("ueda").post(
        f"/contacts/{call}/consultations", data=said(content="二人目が書いた内容")
    )
    assert answer.status_code == 409
    assert "二人目が書いた内容" in answer.text
    assert "/tickets/1" in answer.text


def test_a_call_is_filed_to_an_open_ticket_and_its_applications_linked(world, make):
    ticket, application, call = make.ticket(), make.application(), make.call()
    form = said(ticket=str(ticket), application=[str(application)], closing="keep")
    world.client("ueda").post(f"/contacts/{call}/consultations", data=form)
    row = make.get(Ticket, ticket)
    assert filed(call).ticket_id == ticket
    assert [a.id for a in row.applications] == [application]
    assert row.owner.sign_in_name == "aoki"


def test_a_ticket_closed_meanwhile_is_said_at_the_field(world, make):
    ticket, call = make.ticket(keep=False), make.call()
    answer = world.client("ueda").post(f"/contacts/{call}/consultations", data=said(ticket=str(ticket)))
    assert answer.status_code == 409
    assert "このチケットは完了しています" in answer.text
    assert "昨年度も同じでした" in answer.text


def test_the_category_comes_from_the_list_alone(world, make):
    category, call = make.category("申請", "必要書類", "領収書"), make.call()
    client = world.client("aoki")
    wrong = said(category="0" * 32)
    assert client.post(f"/contacts/{call}/consultations", data=wrong).status_code == 422
    client.post(f"/contacts/{call}/consultations", data=said(category=str(category)))
    assert filed(call).ticket.category.path == "申請 › 必要書類 › 領収書"


def test_a_general_question_keeps_nobody(world, make):
    caller, call = make.caller(), make.call(from_number="090-0000-1234")
    client = world.client("aoki")
    client.post(f"/contacts/{call}/callers", data={"caller": str(caller)}, headers={"HX-Request": "true"})
    client.post(f"/contacts/{call}/consultations", data=said(closing="general"))
    contact, row = make.get(Contact, call), filed(call)
    assert (contact.caller_id, contact.from_number, row.caller_id, row.ticket.caller_id) == (
        None,
        None,
        None,
        None,
    )
    assert row.ticket.state is TicketState.CLOSED


@pytest.mark.parametrize("reason", list(ClosedAs))
def test_one_key_closes_without_a_ticket(world, make, reason):
    call = make.call()
    answer = world.client("aoki").post(f"/contacts/{call}/closures", data={"reason": reason.value})
    assert answer.headers["Location"] == f"/?closed={call}"
    assert make.get(Contact, call).closure.reason is reason
    assert world.entries(Action.CONTACT_CLOSED)[-1].object_id == call.hex


def test_the_next_page_takes_the_closure_back(world, make):
    call, client = make.call(), world.client("aoki")
    home = client.post(f"/contacts/{call}/closures", data={"reason": "silent"}, follow_redirects=True)
    assert f"/contacts/{call}/reopenings" in home.text
    answer = client.post(f"/contacts/{call}/reopenings")
    assert answer.headers["Location"] == f"/calls/{call}"
    assert db.session.scalars(select(ContactClosure)).all() == []
    assert make.get(Contact, call).is_settled is False


def test_a_closed_call_says_why_and_offers_the_way_back(world, make):
    call, client = make.call(), world.client("aoki")
    client.post(f"/contacts/{call}/closures", data={"reason": "wrong_number"})
    page = client.get(f"/calls/{call}")
    assert "間違い電話" in page.text
    assert "元に戻す" in page.text


def test_an_unknown_reason_closes_nothing(world, make):
    call = make.call()
    assert (
        world.client("aoki").post(f"/contacts/{call}/closures", data={"reason": "tired"}).status_code == 422
    )
    assert make.get(Contact, call).is_settled is False


PATHS = ("numbers", "callers", "applications", "identity-checks", "consultations", "closures", "reopenings")


@pytest.mark.parametrize("path", [*PATHS, "revelations"])
def test_a_call_of_another_programme_is_not_there(world, make, path):
    call = make.call()
    assert world.client("yoso").post(f"/contacts/{call}/{path}", data=said()).status_code == 404
    assert world.client("yoso").get(f"/calls/{call}").status_code == 404
    assert world.entries(Action.REQUEST_REFUSED)


@pytest.mark.parametrize("path", PATHS)
def test_who_does_not_answer_calls_is_refused(world, make, path):
    call = make.call()
    assert world.client("honda").post(f"/contacts/{call}/{path}", data=said()).status_code == 403
    assert make.get(Contact, call).is_settled is False


def test_a_number_is_written_down_as_said_and_finds_its_callers(world, make, follow):
    caller, call = make.caller(), make.call()
    follow()
    page = world.client("aoki").post(
        f"/contacts/{call}/numbers",
        data={"number": "０９０（００００）１２３４"},
        headers={"HX-Request": "true"},
    )
    assert make.get(Contact, call).from_number == "０９０（００００）１２３４"
    assert str(caller) in page.text
    assert "山●●●" in page.text
    assert "山田" not in page.text


def test_without_scripts_the_text_is_kept_and_the_page_comes_again(world, make, follow):
    make.caller()
    call, client = make.call(), world.client("aoki")
    follow()
    answer = client.post(
        f"/contacts/{call}/numbers", data={"number": "090-0000-1234", "content": "途中の文章"}
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    assert "途中の文章" in page.text
    assert "山●●●" in page.text


def test_a_candidate_is_chosen_and_taken_back(world, make):
    caller, call, client = make.caller(), make.call(), world.client("aoki")
    client.post(f"/contacts/{call}/callers", data={"caller": str(caller)}, headers={"HX-Request": "true"})
    assert make.get(Contact, call).caller_id == caller
    client.post(f"/contacts/{call}/callers", data={"caller": ""}, headers={"HX-Request": "true"})
    assert make.get(Contact, call).caller_id is None


def last_year(world, name="佐々木 湊", marked=False):
    """A caller of the contract year before this one."""
    with writing():
        period = open_period(world.programme, world.period.fiscal_year - 1)
        phones = [(PhoneLabel.MOBILE, "080-0000-2222")]
        row = Caller.create(period, by=world.aoki, name=name, phones=phones)
        db.session.flush()
        if marked:
            approvals.approve(
                world.programme.id, Extra.PROTECTION_FLAG, number="付議1", on=date(2026, 4, 1), by=world.kato
            )
            protection.set_mark(row, Mark.SET, by=world.kato, reason="申出")
        return row.id


def choose(world, call, caller):
    form = {"caller": str(caller)}
    return world.client("aoki").post(f"/contacts/{call}/callers", data=form, headers={"HX-Request": "true"})


def test_a_caller_of_last_year_is_copied_once_and_to_be_confirmed(world, make):
    old, first, second = last_year(world), make.call(), make.call()
    page = choose(world, first, old)
    assert page.status_code == 200
    assert "前の年度の相談者を写しました" in page.text
    copy = make.get(Contact, first).caller
    assert (copy.id != old, copy.period_id, copy.name) == (True, world.period.id, "佐々木 湊")
    assert copy.phones[0].number == "080-0000-2222"
    choose(world, second, old)
    assert make.get(Contact, second).caller_id == make.get(Contact, first).caller_id


def test_protection_comes_along_into_the_new_year(world, make):
    old, call = last_year(world, marked=True), make.call()
    choose(world, call, old)
    assert protection.is_protected(make.get(Contact, call).caller)


def test_the_history_comes_with_the_caller(world, make):
    caller, call = make.caller(), make.call()
    with writing():
        Ticket.open(world.period, by=world.aoki, subject="前回の相談", caller_id=caller)
    page = world.client("aoki").post(
        f"/contacts/{call}/callers", data={"caller": str(caller)}, headers={"HX-Request": "true"}
    )
    assert 'id="history" hx-swap-oob' in page.text
    assert page.text.count("前回の相談") == 2


def test_somebody_new_is_registered_on_the_spot(world, make):
    call = make.call(from_number="080-0000-5678")
    form = {"caller": "new", "new_name": "﨑山 凛", "new_kana": "サキヤマ リン"}
    world.client("aoki").post(f"/contacts/{call}/callers", data=form, headers={"HX-Request": "true"})
    caller = make.get(Contact, call).caller
    assert (caller.name, caller.phones[0].number) == ("﨑山 凛", "080-0000-5678")


def test_a_caller_without_anything_is_refused_with_the_reason(world, make):
    call = make.call()
    answer = world.client("aoki").post(
        f"/contacts/{call}/callers", data={"caller": "new"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert "どれか一つは入力してください" in answer.text


def test_a_caller_of_another_programme_cannot_be_chosen(world, make):
    call, caller = make.call(), make.caller()
    with writing():
        make.get(Contact, call)
    assert (
        world.client("yoso").post(f"/contacts/{call}/callers", data={"caller": str(caller)}).status_code
        == 404
    )


@pytest.mark.parametrize("spelt", ["R8-00001", "ｒ８－１", "r8の1", "8-1"])
def test_an_application_is_found_by_its_number_as_said(world, make, spelt):
    application, call = make.application(), make.call()
    page = world.client("aoki").post(
        f"/contacts/{call}/applications", data={"find": spelt}, headers={"HX-Request": "true"}
    )
    assert page.status_code == 200
    assert f'value="{application}"' in page.text
    assert "checked" in page.text
    assert "山田" not in page.text


def test_an_application_of_another_programme_is_not_found(world, make):
    make.application()
    with writing():
        contact = Contact.receive(world.other_period, Channel.PHONE, by=world.yoso, handler=world.yoso)
        call = contact.id
    page = world.client("yoso").post(
        f"/contacts/{call}/applications", data={"find": "R8-1"}, headers={"HX-Request": "true"}
    )
    assert "当てはまる申請はありません" in page.text


def test_the_number_of_a_call_is_shown_for_a_reason_alone(world, make):
    call, client = make.call(from_number="090-0000-7777"), world.client("ueda")
    assert "090-0000-7777" not in client.get(f"/calls/{call}").text
    assert client.post(f"/contacts/{call}/revelations").status_code == 422
    page = client.post(f"/contacts/{call}/revelations", data={"reason": "call_back"})
    assert "090-0000-7777" in page.text
    assert world.entries(Action.PERSONAL_REVEALED)[-1].object_id == call.hex


def test_filing_forgets_the_draft(world, make):
    call, client = make.call(), world.client("aoki")
    client.post(f"/drafts/call/{call}", data={"content": "途中"})
    assert draft_of(world.aoki, DraftKind.CALL, call)
    client.post(f"/contacts/{call}/consultations", data=said())
    assert db.session.scalars(select(Draft)).all() == []


def test_the_version_told_is_kept_with_the_consultation(world, make, article):
    call, revision = make.call(), article()
    world.client("aoki").post(
        f"/contacts/{call}/consultations", data=said(told_revision=[str(revision), "0" * 32])
    )
    assert [told.revision_id for told in filed(call).told] == [revision]

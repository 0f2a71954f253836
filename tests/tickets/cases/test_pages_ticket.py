"""A ticket's page and what is done on it: states, hands, notes, links, promises, corrections of its head."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter import clock
from callcenter.db import db, writing
from callcenter.people.callers import Caller
from callcenter.privacy.actions import Action
from tickets.records.changes import Reassignment
from tickets.records.drafts import DraftKind, draft_of
from tickets.records.follow_up import FollowUp
from tickets.records.identity import DisclosureLock
from tickets.records.notes import Mention, Note
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket


@pytest.fixture
def case(world, make):
    """An open ticket of Aoki; `case.post(who, path, …)` acts on it, `case.row` is how it stands now."""

    class Case:
        id = make.ticket()
        number = make.number(id)

        @property
        def row(self):
            return make.get(Ticket, self.id)

        def get(self, who="aoki"):
            return world.client(who).get(f"/tickets/{self.number}")

        def deeds(self, who="aoki", part=""):
            return world.client(who).get(f"/tickets/{self.number}/deeds", query_string={"part": part})

        def post(self, who, path, **form):
            return world.client(who).post(f"/tickets/{self.number}/{path}", data=form)

    return Case()


def test_the_page_tells_the_story_and_the_look_is_written_down(world, case):
    page = case.get("ueda")
    assert page.status_code == 200
    assert "領収書の宛名が夫の名前でもよいですか" in page.text
    assert world.entries(Action.TICKET_VIEWED)[-1].object_id == case.id.hex


def test_a_ticket_that_is_not_there_and_one_of_strangers_look_alike(world, case):
    pages = [world.client("yoso").get(f"/tickets/{case.number}"), world.client("aoki").get("/tickets/99999")]
    assert [page.status_code for page in pages] == [404, 404]
    assert "このチケットは見つかりません" in pages[0].text
    assert world.entries(Action.REQUEST_REFUSED)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("closures", TicketState.OPEN, TicketState.CLOSED),
        ("waits", TicketState.OPEN, TicketState.WAITING),
        ("reopenings", TicketState.CLOSED, TicketState.OPEN),
        ("reopenings", TicketState.WAITING, TicketState.OPEN),
    ],
)
def test_a_state_changes_with_who_when_and_why(world, case, path, before, after):
    if before is not TicketState.OPEN:
        with writing():
            db.session.get(Ticket, case.id).change_state(before, by=world.aoki)
    answer = case.post("ueda", path, reason="区から回答あり")
    assert answer.status_code == 303
    assert case.row.state is after
    entry = world.entries(Action.TICKET_STATE_CHANGED)[-1]
    assert entry.object_id == case.id.hex
    assert "区から回答あり" in case.get().text


def test_an_impossible_step_says_what_is_possible(case):
    answer = case.post("aoki", "reopenings")
    assert answer.status_code == 409
    assert "今できるのは" in answer.text


WRITES = (
    "closures", "reopenings", "waits", "assignments", "takings", "notes", "links", "unlinkings", "follow-ups",
    "edits", "attachments", "revelations",
)  # fmt: skip


@pytest.mark.parametrize("path", WRITES)
def test_strangers_find_no_ticket_to_act_on(case, path):
    assert case.post("yoso", path, reason="x", text="x").status_code == 404


@pytest.mark.parametrize("path", [path for path in WRITES if path != "revelations"])
def test_who_only_reads_changes_nothing(world, case, path):
    before = case.row.version
    assert case.post("kato", path, reason="x", text="x").status_code == 403
    assert case.row.version == before


@pytest.mark.parametrize("path", WRITES)
def test_a_look_changes_nothing(world, case, path):
    assert world.client("sato").get(f"/tickets/{case.number}/{path}").status_code == 405


def test_a_supervisor_gives_it_to_somebody(world, case):
    case.post("sato", "assignments", owner=str(world.ueda.id), reason="休みのため")
    assert case.row.owner.sign_in_name == "ueda"
    row = db.session.scalars(select(Reassignment)).one()
    assert (row.before.sign_in_name, row.after.sign_in_name, row.reason) == ("aoki", "ueda", "休みのため")


def test_a_supervisor_gives_it_back_to_nobody(case):
    case.post("sato", "assignments", owner="")
    assert case.row.owner is None


@pytest.mark.parametrize("who", ["yoso", "nobody"])
def test_it_is_given_only_to_colleagues(world, case, who):
    owner = str(world.yoso.id) if who == "yoso" else "0" * 32
    answer = case.post("sato", "assignments", owner=owner)
    assert answer.status_code == 422
    assert "一覧から選んでください" in answer.text


def test_an_agent_takes_it_on(case):
    case.post("ueda", "takings")
    assert case.row.owner.sign_in_name == "ueda"


def test_an_agent_does_not_give_it_to_others(world, case):
    assert case.post("aoki", "assignments", owner=str(world.ueda.id)).status_code == 403


def test_a_note_calls_colleagues_by_name(world, case):
    case.post("aoki", "notes", text="@上田奏 見てください。@sato も。@だれか は呼べません。")
    note = db.session.scalars(select(Note)).one()
    assert {mention.staff.sign_in_name for mention in note.mentions} == {"ueda", "sato"}
    assert world.entries(Action.NOTE_ADDED)[-1].object_id == case.id.hex
    assert "見てください" in world.client("ueda").get("/").text


def test_a_call_by_name_is_gone_once_the_ticket_was_seen(world, case):
    case.post("aoki", "notes", text="@上田 見てください。")
    case.post("ueda", "presence", typing="0")
    assert "見てください" not in world.client("ueda").get("/").text
    assert db.session.scalars(select(Mention)).one().seen_at


def test_a_call_by_name_may_be_ticked_off_on_the_start_page(world, case):
    case.post("aoki", "notes", text="@上田 見てください。")
    mention = db.session.scalars(select(Mention.id)).one()
    assert world.client("sato").post(f"/mentions/{mention}/sightings").status_code == 404
    world.client("ueda").post(f"/mentions/{mention}/sightings")
    assert "見てください" not in world.client("ueda").get("/").text


def test_an_empty_note_is_asked_for_at_the_field(case):
    answer = case.post("aoki", "notes", text="  ")
    assert answer.status_code == 422
    assert "入力してください" in answer.text


def test_a_note_forgets_its_draft_and_a_double_press_writes_one(world, case):
    client = world.client("aoki")
    client.post(f"/drafts/note/{case.id}", data={"text": "途中"})
    for _press in range(2):
        client.post(f"/tickets/{case.number}/notes", data={"text": "確認済み", "once": "2" * 32})
    assert len(db.session.scalars(select(Note)).all()) == 1
    assert draft_of(world.aoki, DraftKind.NOTE, case.id) is None


def test_an_application_is_linked_by_its_number_and_taken_off(world, case, make):
    application = make.application()
    case.post("aoki", "links", number="r8の1")
    assert [a.id for a in case.row.applications] == [application]
    assert world.entries(Action.TICKET_LINKED)
    case.post("aoki", "unlinkings", application=str(application))
    assert case.row.applications == []
    assert "結び付けを外しました" in case.get().text


def test_an_unknown_number_is_said_at_the_field(case, make):
    answer = case.post("aoki", "links", number="R8-99999")
    assert answer.status_code == 422
    assert "この番号の申請は見つかりません" in answer.text
    assert 'value="R8-99999"' in answer.text


def test_a_promise_is_made_and_kept(world, case):
    day = clock.today() + timedelta(days=3)
    case.post("aoki", "follow-ups", due_on=day.isoformat(), text="区へ催促", owner=str(world.ueda.id))
    promise = db.session.scalars(select(FollowUp)).one()
    assert (promise.text, promise.owner.sign_in_name, promise.due_on) == ("区へ催促", "ueda", day)
    assert "区へ催促" in world.client("ueda").get("/follow-ups").text
    case.post("ueda", f"follow-ups/{promise.id}/completions")
    assert "区へ催促" not in world.client("ueda").get("/follow-ups").text
    assert world.entries(Action.FOLLOW_UP_DONE)
    assert case.post("ueda", f"follow-ups/{promise.id}/completions").status_code == 409


@pytest.mark.parametrize(
    ("due_on", "text", "words"),
    [
        ("2020-01-01", "昔", "今日以後の日付"),
        ("いつか", "催促", "日付として読めません"),
        ("明日", " ", "入力してください"),
    ],
)
def test_a_promise_that_cannot_be_is_said_at_the_field(case, due_on, text, words):
    answer = case.post("aoki", "follow-ups", due_on=due_on, text=text)
    assert answer.status_code == 422
    assert words in answer.text


def edit(value_of, case, who="aoki", **form):
    page = case.deeds(who, "edit").text
    return {"seen": value_of(page, "seen"), "subject": "件名", "priority": "normal"} | form


def test_subject_category_and_priority_are_corrected(world, case, make, value_of):
    category = make.category("申請", "必要書類")
    form = edit(value_of, case, subject="領収書の宛名（夫）", category=str(category), priority="high")
    assert case.post("aoki", "edits", **form).status_code == 303
    row = case.row
    assert (row.subject, row.category.path, row.priority) == (
        "領収書の宛名（夫）",
        "申請 › 必要書類",
        Priority.HIGH,
    )
    assert '"fields": ["subject", "category", "priority"]' in world.entries(Action.TICKET_UPDATED)[-1].facts


def test_the_second_save_shows_the_difference_and_loses_nothing(case, value_of):
    first = edit(value_of, case, subject="青木の件名")
    second = edit(value_of, case, who="ueda", subject="上田の件名")
    case.post("aoki", "edits", **first)
    answer = case.post("ueda", "edits", **second)
    assert answer.status_code == 409
    assert "<del>青木</del>" in answer.text
    assert "<ins>上田</ins>" in answer.text
    assert 'value="上田の件名"' in answer.text
    assert case.row.subject == "青木の件名"
    again = second | {"seen": value_of(answer.text, "seen"), "subject": "青木と上田の件名"}
    assert case.post("ueda", "edits", **again).status_code == 303
    assert case.row.subject == "青木と上田の件名"


def test_a_note_in_between_is_no_conflict(case, value_of):
    form = edit(value_of, case, subject="新しい件名")
    case.post("ueda", "notes", text="別のこと")
    assert case.post("aoki", "edits", **form).status_code == 303


def test_an_empty_subject_is_asked_for_and_the_rest_stays(case, value_of):
    answer = case.post("aoki", "edits", **edit(value_of, case, subject="", priority="urgent"))
    assert answer.status_code == 422
    assert case.row.subject == "領収書の宛名"


@pytest.fixture
def called(world, make):
    """A ticket whose caller is known."""
    caller = make.caller()
    ticket = make.ticket()
    with writing():
        db.session.get(Ticket, ticket).caller_id = caller
        db.session.get(Ticket, ticket).assign(by=world.aoki, owner=world.aoki)
    return make.number(ticket)


def test_the_caller_is_masked_and_shown_for_a_reason(world, called):
    client = world.client("aoki")
    page = client.get(f"/tickets/{called}")
    assert "山●●●" in page.text
    assert "山田" not in page.text
    url = f"/tickets/{called}/revelations?fields=name,kana"
    assert client.post(url).status_code == 422
    assert "山田 花子" in client.post(url, data={"reason": "call_back"}).text
    assert "name" in world.entries(Action.PERSONAL_REVEALED)[-1].facts


def test_a_field_that_is_not_there_is_not_shown(world, called):
    answer = world.client("aoki").post(
        f"/tickets/{called}/revelations?fields=account", data={"reason": "call_back"}
    )
    assert answer.status_code == 404


def test_nothing_is_shown_while_an_application_is_locked(world, make, called):
    application, call = make.application(), make.call()
    with writing():
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == called)).one()
        from callcenter.applications.models import Application

        row = db.session.get(Application, application)
        ticket.link(row, by=world.aoki)
        lock = DisclosureLock(
            group=row.group, application=row, contact_id=call, day=clock.today(), locked_at=clock.now()
        )
        db.session.add(lock)
    answer = world.client("aoki").post(
        f"/tickets/{called}/revelations?fields=name", data={"reason": "call_back"}
    )
    assert answer.status_code == 423
    assert "開示を止めています" in answer.json["message"]
    assert db.session.scalars(select(Caller)).one().name == "山田 花子"


def test_the_same_number_in_two_programmes_is_told_apart(world, make, case):
    from callcenter.programmes import Programme

    with writing():
        mine = Ticket.open(world.other_period, by=world.yoso, subject="隣の区の件")
        assert mine.number == case.number
        world.sato.assign(by=world.honda, programmes=db.session.scalars(select(Programme)).all())
    client = world.client("sato")
    assert client.get(f"/tickets/{case.number}").status_code == 409
    assert "領収書の宛名" in client.get(f"/tickets/babysitter-{case.number}").text
    assert "隣の区の件" in client.get(f"/tickets/neighbour-{case.number}").text
    assert f"/tickets/neighbour-{case.number}" in client.get("/tickets").text
    assert (
        client.post(f"/tickets/neighbour-{case.number}/takings")
        .headers["Location"]
        .endswith(f"/tickets/neighbour-{case.number}")
    )


@pytest.mark.parametrize("part", ["edit", "assignment", "follow_up"])
def test_a_form_with_a_long_list_comes_when_it_is_opened(case, part):
    page = case.deeds("sato", part)
    assert page.status_code == 200
    assert "<html" not in page.text
    assert "<form" in page.text


def test_without_scripts_all_forms_stand_on_one_page(case):
    page = case.deeds("aoki", "anything else")
    assert "<html" in page.text
    assert page.text.count('class="form"') == 2


def test_forms_are_for_those_who_write_in_the_programme(case):
    assert case.deeds("kato").status_code == 403
    assert case.deeds("yoso").status_code == 404


def test_colleagues_are_offered_to_those_who_write(world):
    page = world.client("aoki").get("/colleagues").text
    assert 'data-name="上田奏"' in page
    assert "余所" not in page
    assert world.client("kato").get("/colleagues").status_code == 403

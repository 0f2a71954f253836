"""What is counted beside places of the desk, and how many tickets came above a list that is open."""

from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict

from callcenter import clock
from callcenter.clock import today
from callcenter.contacts import ClosedAs, Contact
from callcenter.db import db, writing
from callcenter.live.hub import Listener, Viewer
from callcenter.people import sessions
from tickets.finding import lists, pages_lists
from tickets.finding.lists import Filter, Wanted
from tickets.records.notes import Note
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket
from tickets.records.ticket_import import TicketImport


@pytest.fixture
def counts(world, app):
    """counts("aoki"): what stands beside the places of a person."""

    def of(name):
        person = getattr(world, name)
        viewer = Viewer.of(person.id, person.id, person.role, person.period_ids)
        db.session.rollback()
        return app.extensions["live"].counts(viewer)

    return of


def change(ticket_id, deed):
    with writing():
        deed(db.session.get(Ticket, ticket_id))


def test_an_open_ticket_is_its_owners_until_it_is_closed(world, counts):
    ticket = opened(world, "件名", 1)
    assert (counts("aoki")["mine"], counts("aoki")["unassigned"]) == (0, 1)
    change(ticket, lambda row: row.assign(by=world.sato, owner=world.aoki))
    assert (counts("aoki")["mine"], counts("aoki")["unassigned"], counts("ueda")["mine"]) == (1, 0, 0)
    change(ticket, lambda row: row.change_state(TicketState.CLOSED, by=world.aoki))
    assert counts("aoki")["mine"] == 0


def test_tickets_of_an_unfinished_import_are_not_counted(world, counts):
    ticket = opened(world, "件名", 1)
    assert counts("aoki")["unassigned"] == 1
    with writing():
        unfinished = TicketImport(programme_id=world.programme.id, started_at=clock.now(), started_by="")
        db.session.add(unfinished)
        db.session.flush()
        row = db.session.get(Ticket, ticket)
        row.import_id = unfinished.id
        row.revise(by=world.ueda, subject="ほかの件名", category=None, priority=row.priority)
    assert counts("aoki")["unassigned"] == 0


def test_the_tray_is_counted_for_all_and_for_who_took_it(world, make, counts):
    call = make.call("aoki")
    assert (counts("aoki")["waiting"], counts("aoki")["calls"]) == (1, 1)
    assert (counts("ueda")["waiting"], counts("ueda")["calls"]) == (1, 0)
    with writing():
        make.get(Contact, call).close(ClosedAs.SILENT, by=world.aoki)
    assert (counts("aoki")["waiting"], counts("aoki")["calls"]) == (0, 0)


@pytest.mark.parametrize(("days", "number"), [(0, 1), (1, 0)], ids=["today", "tomorrow"])
def test_promises_are_counted_from_their_day_on(world, make, counts, days, number):
    ticket = make.ticket("ueda")
    change(ticket, lambda row: row.follow_up(today() + timedelta(days=days), "折返し", by=world.aoki))
    assert counts("aoki")["promises"] == number
    assert counts("ueda")["promises"] == 0


def test_a_note_calls_whom_it_names(world, make, counts):
    ticket = make.ticket("ueda")
    with writing():
        Note.write(db.session.get(Ticket, ticket), by=world.ueda, text="見てください", mentioned=[world.aoki])
    assert (counts("aoki")["called"], counts("ueda")["called"]) == (1, 0)


def test_nobody_is_told_counts_of_another_programme(make, counts):
    make.ticket("ueda")
    make.call("aoki")
    assert set(counts("yoso").values()) == {0}


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("aoki", {"mine", "unassigned", "waiting", "calls", "promises", "called"}),
        ("endo", {"mine", "unassigned", "promises", "called"}),
        ("okada", set()),
        ("ono", set()),
    ],
)
def test_counts_follow_permissions(counts, who, names):
    assert set(counts(who)) == names


def test_the_page_shows_what_was_just_done(world, make):
    client = world.client("aoki")
    page = client.get("/").text
    assert 'data-count="waiting" hidden' in page
    client.post("/calls")
    assert '<span class="rail__count" data-count="waiting"><span data-number>1</span>' in client.get("/").text


# --- what came above an open list


def opened(world, subject, minutes, **values):
    with writing():
        at = clock.now() - timedelta(days=1) + timedelta(minutes=minutes)
        return Ticket.open(world.period, by=world.aoki, subject=subject, opened_at=at, **values).id


def mark_of(world, ticket_id):
    row = db.session.get(Ticket, ticket_id)
    return lists.mark_of(lists.Place(row.opened_at, row.id).mark)


def test_rows_above_a_mark_are_those_that_came_later(world):
    first = opened(world, "一件目", 1)
    periods, mark = world.aoki.period_ids, mark_of(world, first)
    assert lists.above(Filter(), periods, mark) == []
    later = [opened(world, "二件目", 2), opened(world, "三件目", 3)]
    assert [row for _at, row in lists.above(Filter(), periods, mark)] == later[::-1]
    assert len(lists.above(Filter(owner=world.aoki.id), periods, mark)) == 0
    assert len(lists.above(Filter(), world.yoso.period_ids, mark)) == 0
    assert len(lists.above(Filter(), (), mark)) == 0


def test_an_empty_list_begins_below_everything(world):
    opened(world, "一件目", 1)
    assert len(lists.above(Filter(), world.aoki.period_ids, lists.mark_of(""))) == 1


def signed_in(world):
    """Aoki before a page that is open."""
    world.client("aoki")
    person = world.aoki
    return Viewer.of(sessions.live_of(person)[0].id, person.id, person.role, person.period_ids)


def test_two_pages_with_the_same_list_are_asked_once_and_counted_apart(world, app):
    feed = app.extensions["live"]
    feed.look_seconds = 3600
    marks = [mark_of(world, opened(world, f"{n}件目", n)) for n in (1, 2)]
    db.session.rollback()
    pages, viewer = [], signed_in(world)
    for mark in marks:
        address = MultiDict({"state": "unclosed"})
        shown = pages_lists.shown(address, world.aoki)
        page = Listener(viewer, type(shown)(shown.key, mark, shown.topics, shown.above))
        feed.open(page, None)
        pages.append(page)
    assert [page.take(0).counts["new"] for page in pages] == [1, 0]
    opened(world, "三件目", 3)
    feed.step()
    assert [page.take(0).counts["new"] for page in pages] == [2, 1]
    for page in pages:
        feed.leave(page)


def test_a_list_is_read_from_its_address_as_the_page_reads_it(world):
    shown = pages_lists.shown(MultiDict({"state": "unclosed", "owner": "me", "newest": "x"}), world.aoki)
    assert shown.key == Filter(state=Wanted.UNCLOSED, owner=world.aoki.id)
    assert pages_lists.shown(MultiDict(), world.okada) is None


@pytest.mark.parametrize(
    "address",
    [
        "tickets?state=lost&newest=%00",
        "tickets?opened_from=9999-12-31",
        "tickets?endpoint=x",
        "lost?",
        "?",
        "x" * 3000,
    ],
)
def test_an_odd_list_makes_no_odd_stream(world, address):
    answer = world.client("aoki").get(
        "/live", query_string={"list": address}, headers={"Accept": "text/event-stream"}
    )
    assert answer.status_code == 200
    answer.close()

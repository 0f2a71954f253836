"""The list of tickets: its order, its filters, its pages, its exact total, and what a look at it leaves behind."""

from datetime import timedelta

import pytest

from callcenter import clock
from callcenter.contacts import Channel, Contact
from callcenter.db import db, writing
from callcenter.people.callers import Caller
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.calls.filing import Filing, file
from tickets.finding import lists
from tickets.finding.lists import Filter, Place, Wanted
from tickets.records.categories import Category, Team
from tickets.records.state import Priority, TicketState
from tickets.records.ticket import Ticket


@pytest.fixture
def some(world, make):
    """some(count): so many tickets, a minute apart, 件名1 the oldest."""

    def open_some(count, **values):
        with writing():
            at = clock.now() - timedelta(days=1)
            for number in range(1, count + 1):
                Ticket.open(
                    world.period,
                    by=world.aoki,
                    subject=f"件名{number}",
                    opened_at=at + timedelta(minutes=number),
                    **values,
                )

    return open_some


@pytest.fixture(autouse=True)
def request_of(app):
    """Addresses are made within a request."""
    with app.test_request_context():
        yield


def subjects(page):
    return [row.subject for row in page.rows]


def test_the_newest_ticket_stands_first(world, some):
    some(3)
    page = world.client("aoki").get("/tickets").text
    assert page.index("件名3") < page.index("件名2") < page.index("件名1")


def test_the_pages_follow_each_other_without_gaps_both_ways(world, some):
    some(120)
    first = lists.page(world.aoki, Filter())
    second = lists.page(world.aoki, Filter(), before=first.older)
    third = lists.page(world.aoki, Filter(), before=second.older)
    shown = subjects(first) + subjects(second) + subjects(third)
    assert shown == [f"件名{number}" for number in range(120, 0, -1)]
    assert (first.newer, third.older) == (None, None)
    back = lists.page(world.aoki, Filter(), after=third.newer)
    assert subjects(back) == subjects(second)
    assert subjects(lists.page(world.aoki, Filter(), after=back.newer)) == subjects(first)


def test_tickets_of_one_moment_are_neither_lost_nor_doubled(world, make):
    with writing():
        at = clock.now()
        for number in range(70):
            Ticket.open(world.period, by=world.aoki, subject=f"件名{number}", opened_at=at)
    first = lists.page(world.aoki, Filter())
    second = lists.page(world.aoki, Filter(), before=first.older)
    assert len({*subjects(first), *subjects(second)}) == 70


@pytest.mark.parametrize("mark", ["", "x", "zz-1", "1-", "-", "1" * 400, "1-" + "g" * 32])
def test_a_mark_that_is_none_begins_at_the_newest(world, some, mark):
    some(2)
    assert world.client("aoki").get("/tickets", query_string={"before": mark}).status_code == 200
    assert Place.read(mark) is None


def test_a_place_reads_back_as_it_was_written(world):
    place = Place(clock.now(), world.aoki.id)
    assert Place.read(place.mark) == place


def test_the_list_is_narrowed_by_everything_it_offers(world, make, some):
    category, other = make.category("申請", "領収書"), make.category("制度")
    with writing():
        team = Team(programme_id=world.programme.id, name="受電班")
        db.session.add(team)
        audit.record(Action.CATEGORY_CHANGED, by=audit.CONSOLE)
        here, there = db.session.get(Category, category), db.session.get(Category, other)
        old = clock.now() - timedelta(days=40)
        one = Ticket.open(
            world.period,
            by=world.aoki,
            subject="一",
            category=here,
            owner=world.aoki,
            priority=Priority.URGENT,
        )
        Ticket.open(world.period, by=world.aoki, subject="二", category=there, team=team, opened_at=old)
        closed = Ticket.open(world.period, by=world.aoki, subject="三", owner=world.ueda)
        db.session.flush()
        closed.change_state(TicketState.CLOSED, by=world.aoki)
        letter = Contact.receive(world.period, Channel.LETTER, by=world.aoki, handler=world.aoki)
        file(letter, Filing(content="手紙", subject="四"), by=world.ueda)
        top, one_id, team_id = here.parent_id, one.id, team.id
    me, today = world.aoki, clock.today()

    def found(**values):
        return set(subjects(lists.page(me, Filter(**values))))

    assert found(state=Wanted.UNCLOSED) == {"一", "二"}
    assert found(state=Wanted.CLOSED) == {"三", "四"}
    assert found(owner=me.id) == {"一"}
    assert found(owner="none") == {"二"}
    assert found(category=lists.below(top, me)) == {"一"}
    assert found(team=team_id) == {"二"}
    assert found(priority=Priority.URGENT) == {"一"}
    assert found(channel=Channel.LETTER) == {"四"}
    assert found(opened_to=today - timedelta(days=39)) == {"二"}
    assert found(opened_from=today, owner=world.ueda.id) == {"三", "四"}
    client = world.client("aoki")
    page = client.get(f"/tickets?owner=me&state=unclosed&priority=urgent&category={category}").text
    assert "該当" in client.get("/tickets/total?owner=me").text
    assert ">一<" in page
    assert ">二<" not in page
    assert make.get(Ticket, one_id)


@pytest.mark.parametrize(
    "query", ["state=open&owner=none", "state=closed", "priority=high", "channel=phone", ""]
)
def test_the_total_is_that_of_the_list(world, some, query):
    some(53)
    client = world.client("aoki")
    shown = client.get(f"/tickets?{query}").text.count("data-row>")
    assert client.get(f"/tickets/total?{query}").text == f"該当 {53 if shown else 0}件"


@pytest.mark.parametrize(
    "query", ["state=lost", "opened_from=いつか", "channel=pigeon", "category=0", "priority=x"]
)
def test_a_filter_that_cannot_be_is_said_at_the_field(world, query):
    page = world.client("aoki").get(f"/tickets?{query}")
    assert page.status_code == 422
    assert "入力内容を確かめてください" in page.text


def test_names_of_callers_are_masked(world, make):
    caller = make.caller()
    with writing():
        Ticket.open(world.period, by=world.aoki, subject="件名", caller_id=caller)
    page = world.client("aoki").get("/tickets").text
    assert "山●●●" in page
    assert db.session.get(Caller, caller).name not in page


def test_a_look_at_the_list_is_one_row_of_the_trail(world, some):
    some(5)
    client = world.client("aoki")
    before = len(world.entries())
    client.get("/tickets")
    entries = world.entries()[before:]
    assert [entry.action for entry in entries] == [Action.LIST_VIEWED.value]
    assert '"count": 5' in entries[0].facts
    assert "digest" in entries[0].facts


def test_strangers_see_none_of_it(world, some):
    some(3)
    client = world.client("yoso")
    assert "当てはまるチケットはありません" in client.get("/tickets").text
    assert client.get("/tickets/total").text == "該当 0件"


@pytest.mark.parametrize("path", ["/tickets", "/tickets/total", "/follow-ups"])
def test_who_has_no_tickets_is_refused(world, path):
    assert world.client("honda").get(path).status_code == 403


def test_promises_of_everybody_are_shown_on_demand(world, make):
    day = (clock.today() + timedelta(days=1)).isoformat()
    number = make.number(make.ticket())
    world.client("aoki").post(f"/tickets/{number}/follow-ups", data={"due_on": day, "text": "折返し"})
    assert "折返しの約束はありません" in world.client("ueda").get("/follow-ups").text
    page = world.client("ueda").get("/follow-ups?whose=all").text
    assert "明日" in page
    assert "青木 晴" in page


def test_the_filter_form_comes_when_it_is_opened(world, make):
    make.category("申請", "領収書")
    page = world.client("aoki").get("/tickets/filters?state=unclosed").text
    assert "<html" not in page
    assert "領収書" in page
    assert "上田 奏" in page
    assert world.client("honda").get("/tickets/filters").status_code == 403

"""The open pages of a process: what each is told, who gives way, who is let go."""

import threading
import time
import uuid

import pytest

from callcenter.live.hub import MOST_OF_A_SESSION, MOST_TICKETS, Hub, Listener, News, Viewer, Why
from callcenter.live.topics import EVERYTHING
from callcenter.permissions import Role

PERIOD = uuid.uuid4()


def viewer(session=None, role=Role.PHONE_AGENT, periods=(PERIOD,)):
    return Viewer.of(session or uuid.uuid4(), uuid.uuid4(), role, periods)


def news(seq, *topics, **more):
    return News(seq, frozenset(topics), **more)


def test_what_waits_is_one_piece_of_news():
    page = Listener(viewer())
    page.put(news(3, "tray", counts={"waiting": 2}))
    page.put(news(5, "tickets", tickets=frozenset({"a"}), counts={"waiting": 1}))
    assert page.take(0) == News(5, frozenset({"tray", "tickets"}), frozenset({"a"}), {"waiting": 1})
    assert page.take(0) is None


def test_a_mailbox_never_grows():
    page = Listener(viewer())
    for number in range(10 * MOST_TICKETS):
        page.put(news(number, "tickets", tickets=frozenset({str(number)})))
    found = page.take(0)
    assert found.topics == {EVERYTHING}
    assert len(found.tickets) <= MOST_TICKETS


def test_news_of_nothing_wakes_nobody():
    page = Listener(viewer())
    page.put(News(9))
    assert page.take(0) is None


def test_a_page_that_waits_is_woken_at_once():
    page, woken = Listener(viewer()), []

    def wait():
        woken.append((page.take(10), time.monotonic()))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    told_at = time.monotonic()
    page.put(news(1, "tray"))
    thread.join(5)
    assert woken[0][0].topics == {"tray"}
    assert woken[0][1] - told_at < 1


def test_a_page_that_does_not_listen_is_let_go():
    moment = [0.0]
    page = Listener(viewer(), clock=lambda: moment[0])
    page.put(news(1, "tray"))
    moment[0] = 31.0
    page.put(news(2, "tray"))
    assert page.take(0) is Why.SLOW


def test_an_ended_page_hears_why_and_nothing_else():
    page = Listener(viewer())
    page.end(Why.SESSION)
    page.end(Why.CLOSING)
    page.put(news(1, "tray"))
    assert page.take(0) is Why.SESSION


def test_the_oldest_page_of_a_session_gives_way():
    hub, session = Hub(100), uuid.uuid4()
    other = Listener(viewer())
    hub.join(other)
    mine = [Listener(viewer(session)) for _ in range(MOST_OF_A_SESSION + 1)]
    for page in mine:
        hub.join(page)
    assert mine[0].take(0) is Why.TOO_MANY
    assert all(page.take(0) is None for page in [other, *mine[1:]])


def test_a_full_hub_says_so_until_somebody_leaves():
    hub = Hub(2)
    pages = [Listener(viewer()) for _ in range(2)]
    for page in pages:
        hub.join(page)
    assert hub.is_full
    hub.leave(pages[0])
    hub.leave(pages[0])
    assert not hub.is_full


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        (lambda found: None, Why.SESSION),
        (lambda found: found, None),
        (lambda found: Viewer.of(found.session_id, found.staff_id, Role.SUPERVISOR, (PERIOD,)), EVERYTHING),
        (lambda found: Viewer.of(found.session_id, found.staff_id, found.role, ()), EVERYTHING),
    ],
    ids=["session over", "nothing new", "another role", "another programme"],
)
def test_sessions_are_looked_at_again(change, heard):
    hub, page = Hub(9), Listener(viewer())
    hub.join(page)
    standing = change(page.viewer)
    hub.look_again({standing.session_id: standing} if standing else {})
    found = page.take(0)
    assert (heard in found.topics) if isinstance(found, News) else found is heard
    assert page.viewer == (standing or page.viewer)


def test_closing_ends_every_page():
    hub, pages = Hub(9), [Listener(viewer()) for _ in range(3)]
    for page in pages:
        hub.join(page)
    hub.close()
    assert [page.take(0) for page in pages] == [Why.CLOSING] * 3

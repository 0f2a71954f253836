"""What open pages are told, by the order of commits: everything once, to those whom it concerns, and no value ever."""

import threading
import time

import pytest
from sqlalchemy import event, select, text

from callcenter import clock
from callcenter.db import db, writing
from callcenter.live.hub import Listener, Why
from callcenter.live.pages import viewer_of
from callcenter.people import sessions
from callcenter.people.session_record import IDLE
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.privacy.audit import AuditEntry
from callcenter.programmes import Period
from tickets.records.ticket import Ticket


def hear(page):
    """News past the beats."""
    for _ in range(100):
        found = page.hear()
        if found is not None:
            return found
    raise AssertionError("nothing was told")


def silent(page):
    return all(page.hear() is None for _ in range(5))


def head():
    db.session.rollback()
    return db.session.query(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1).scalar()


def test_a_page_is_told_what_it_missed_and_its_counts(world, make, stream):
    since = head()
    make.call("ueda")
    name, number, said = hear(stream("aoki", since=since))
    assert (name, int(number)) == ("news", head())
    assert said["topics"] == ["tray"]
    assert (said["counts"]["waiting"], said["counts"]["calls"], said["counts"]["mine"]) == (1, 0, 0)


def test_a_page_that_knows_nothing_asks_everything_again(stream):
    assert hear(stream("aoki"))[2]["topics"] == ["*"]


@pytest.mark.parametrize("since", [10**9, "x", "9" * 40])
def test_an_odd_position_asks_everything_again(stream, since):
    assert hear(stream("aoki", since=since))[2]["topics"] == ["*"]


def test_the_browsers_own_position_counts_before_the_pages(make, stream):
    since = head()
    make.call("ueda")
    assert hear(stream("aoki", since=since, last=head()))[2]["topics"] == []


def test_a_change_is_told_once_with_the_ticket(make, feed, stream):
    page = stream("aoki", since=head())
    hear(page)
    ticket = make.ticket("ueda")
    feed.step()
    name, number, said = hear(page)
    assert (name, int(number)) == ("news", head())
    assert set(said["topics"]) >= {"tickets", "tray"}
    assert said["tickets"] == [ticket.hex]
    feed.step()
    assert silent(page)


def test_looks_are_not_told(world, feed, stream):
    page = stream("aoki", since=head())
    hear(page)
    world.client("ueda").get("/tickets")
    feed.step()
    assert silent(page)


def test_the_other_programme_hears_nothing(make, feed, stream):
    theirs, ours = stream("yoso", since=head()), stream("aoki", since=head())
    hear(theirs), hear(ours)
    make.ticket("aoki")
    feed.step()
    assert "tickets" in hear(ours)[2]["topics"]
    assert silent(theirs)


def test_the_wire_holds_no_value(make, feed, stream):
    page = stream("aoki", since=head())
    make.caller(name="山田 花子")
    make.ticket("ueda", content="領収書の宛名", subject="領収書")
    feed.step()
    text = "".join(str(page.hear()) for _ in range(6))
    assert "tickets" in text
    assert not any(word in text for word in ("山田", "花子", "領収", "090"))


def test_counts_come_to_those_whose_they_are(world, make, feed, stream):
    ticket = make.ticket("sato")
    aoki, ueda = stream("aoki", since=head()), stream("ueda", since=head())
    assert hear(aoki)[2]["counts"]["mine"] == hear(ueda)[2]["counts"]["mine"] == 0
    with writing():
        row = db.session.get(Ticket, ticket)
        row.assign(by=world.sato, owner=world.aoki)
    feed.step()
    heard = hear(aoki)[2]
    assert heard["counts"] == {"mine": 1}
    assert "mine" in heard["topics"]
    assert "mine" not in hear(ueda)[2]["topics"]


def test_counts_are_asked_once_for_all_who_see_the_same(world, make, feed, stream):
    pages = [stream(name, since=head()) for name in ("aoki", "ueda", "ito", "sato")]
    for page in pages:
        hear(page)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    with writing():
        Ticket.open(world.period, by=audit.SYSTEM, subject="件名")
    asked.clear()
    feed.step()
    assert sum("ticket.owner_id, count(" in question for question in asked) == 1
    assert {hear(page)[2]["counts"]["unassigned"] for page in pages} == {1}


def test_a_ward_person_is_told_no_count_of_the_tray(stream):
    counts = hear(stream("kato"))[2]["counts"]
    assert "mine" in counts
    assert "waiting" not in counts


def test_the_administrator_is_told_no_counts_at_all(stream):
    assert hear(stream("honda"))[2]["counts"] == {}


def test_a_session_that_ends_ends_its_pages(world, feed, stream):
    page, other = stream("aoki"), stream("ueda")
    hear(page), hear(other)
    with writing():
        sessions.end_all_of(world.aoki, by=world.sato)
    feed.step()
    assert hear(page) == ("end", None, Why.SESSION)
    assert silent(other)


@pytest.mark.parametrize(
    "shut",
    [
        lambda world: world.aoki.disable(by=world.honda, reason="試験"),
        lambda world: world.aoki.change_role(by=world.honda, role=Role.MAIL_AGENT),
        lambda world: world.aoki.forget_password(by=world.honda),
    ],
    ids=["disabled", "another role", "no password"],
)
def test_who_is_shut_out_hears_nothing_more(world, feed, stream, shut):
    page = stream("aoki")
    hear(page)
    with writing():
        shut(world)
    feed.step()
    assert hear(page) == ("end", None, Why.SESSION)


def test_who_leaves_a_programme_hears_of_it_no_more(world, make, feed, stream):
    page = stream("aoki")
    hear(page)
    with writing():
        world.aoki.assign(by=world.honda, programmes=[])
    feed.step()
    assert hear(page)[2]["topics"] == ["*"]
    make.ticket("ueda")
    feed.step()
    assert silent(page)


def test_listening_keeps_no_session_alive(world, feed, stream):
    client = world.client("aoki")
    page = stream(client)
    hear(page)
    row = db.session.scalars(
        select(sessions.SignInSession).order_by(sessions.SignInSession.id.desc())
    ).first()
    with writing():
        long_ago = clock.now() - sessions.TOUCH_EVERY * 4
        sessions.change_live(sessions.SignInSession.id == row.id, last_seen_at=long_ago)
    stream(client)
    world.client("ueda").get("/")
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get(sessions.SignInSession, row.id).last_seen_at == long_ago


def test_an_idle_session_ends_its_pages(world, feed, stream):
    client = world.client("aoki")
    page = stream(client)
    hear(page)
    with writing():
        sessions.change_live(
            sessions.SignInSession.staff_id == world.aoki.id, last_seen_at=clock.now() - IDLE
        )
    feed.step()
    assert hear(page) == ("end", None, Why.SESSION)


def test_a_stream_holds_no_connection(app, feed, stream):
    pages = [stream(name) for name in ("aoki", "ueda", "sato")]
    for page in pages:
        hear(page)
    feed.step()
    db.session.rollback()
    assert db.engine.pool.checkedout() == 0


def test_who_asks_for_no_stream_gets_none(world):
    assert world.client("aoki").get("/live").status_code == 406
    assert world.client().get("/live", headers={"Accept": "text/event-stream"}).status_code in (303, 401)


def test_a_full_house_says_so(world, feed, stream):
    feed.hub.most = 1
    first = stream("aoki")
    hear(first)
    assert stream("ueda").status_code == 503
    first.leave()
    hear(stream("ueda"))


def rename(before, after):
    with writing():
        db.session.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_pages_come_back_after_the_database_was_away(world, make, feed, stream):
    page = stream("aoki")
    hear(page)
    since = head()
    rename("audit_entry", "audit_away")
    feed.step()
    assert hear(page) == ("end", None, Why.CLOSING)
    rename("audit_away", "audit_entry")
    make.call("ueda")
    assert "tray" in hear(stream("aoki", since=since))[2]["topics"]


def test_nothing_is_skipped_that_commits_late(world, make, app, feed):
    """Writers commit at the same time, some after a pause; every ticket's row is told of."""
    make.ticket()
    listener = Listener(viewer(world))
    feed.open(listener, None)
    listener.take(0)
    made, period = [], world.period.id
    db.session.rollback()

    def write(number):
        with app.app_context():
            with writing():
                row = Ticket.open(db.session.get(Period, period), by=audit.SYSTEM, subject=f"件{number}")
                made.append(row.id.hex)
                time.sleep(0.01 * (number % 3))
            db.session.remove()

    heard, done = set(), threading.Event()

    def listen():
        is_last = False
        while not is_last:
            is_last = done.is_set()
            feed.step()
            found = listener.take(0)
            heard.update(found.tickets if found else ())

    ear = threading.Thread(target=listen)
    ear.start()
    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    ear.join()
    feed.leave(listener)
    assert heard == set(made)


def viewer(world):
    world.client("sato")
    person = world.sato
    row = sessions.live_of(person)[0]
    person.sign_in = sessions.SignIn(row.id, "", row.created_at, row.last_seen_at, row.factor, None)
    return viewer_of(person)


def test_the_thread_tells_within_a_second(world, make, app):
    live = app.extensions["live"]
    listener = Listener(viewer(world))
    live.open(listener, None)
    listener.take(0)
    began = time.monotonic()
    make.call("aoki")
    found = listener.take(5)
    assert "tray" in found.topics
    assert time.monotonic() - began < 2
    live.leave(listener)
    live.pause()

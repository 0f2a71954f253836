"""Bringing tickets in from a file: counts, faults by line and column, and nothing seen before it is valid."""

import json

import pytest

from callcenter.db import db, writing
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.exchange.importing import Importer, clear_unfinished
from tickets.records.consultation import Consultation, consultations_of
from tickets.records.notes import Note, Reply
from tickets.records.state import TicketState
from tickets.records.ticket import Ticket
from tickets.records.ticket_import import TicketImport

CALLER = {
    "name": "髙橋 陽子",
    "kana": "タカハシ ヨウコ",
    "phone": "090-0000-1234",
    "email": "yoko@example.jp",
}


def a_line(number, **changes):
    line = {
        "external_id": f"old-{number}",
        "opened_at": "2026-05-11T10:15:00",
        "channel": "phone",
        "category": "必要書類",
        "state": "closed",
        "subject": f"領収書について {number}",
        "caller": CALLER,
        "messages": [
            {
                "at": "2026-05-11T10:15:00",
                "author": "caller",
                "kind": "consultation",
                "body": "領収書の宛名が夫の名前です。",
            },
            {
                "at": "2026-05-11T10:20:00",
                "author": "agent",
                "kind": "reply",
                "body": "区に確認して折り返します。",
            },
            {"at": "2026-05-11T10:25:00", "author": "agent", "kind": "note", "body": "夕方に折返し"},
        ],
    }
    return line | changes


@pytest.fixture
def bring(world, tmp_path):
    """Write lines (dicts or raw bytes) to a file and bring it in."""

    def run(*lines):
        file = tmp_path / "tickets.jsonl"
        raw = [
            line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()
            for line in lines
        ]
        file.write_bytes(b"\n".join(raw))
        db.session.rollback()
        return Importer(world.programme, by=audit.CONSOLE).run(file)

    return run


def test_new_tickets_come_in_whole(world, bring):
    report = bring(a_line(1), a_line(2))
    assert (report.new, report.changed, report.unchanged, report.rejected) == (2, 0, 0, [])
    ticket = db.session.query(Ticket).filter_by(external_id="old-1").one()
    assert ticket.subject == "領収書について 1"
    assert ticket.state is TicketState.CLOSED
    assert ticket.category.path == "未整理 › 必要書類"
    assert ticket.caller.name == "髙橋 陽子"
    assert [c.content for c in consultations_of(ticket)] == ["領収書の宛名が夫の名前です。"]
    assert db.session.query(Reply).filter_by(ticket_id=ticket.id).one().text == "区に確認して折り返します。"
    assert db.session.query(Note).filter_by(ticket_id=ticket.id).one().text == "夕方に折返し"


def test_a_time_without_a_zone_is_japans(world, bring):
    bring(a_line(1))
    assert db.session.query(Ticket).one().opened_at.isoformat() == "2026-05-11T01:15:00+00:00"


def test_one_person_on_many_lines_is_one_caller(world, bring):
    bring(a_line(1), a_line(2, caller=CALLER | {"phone": "０９０００００１２３４"}))
    assert len({t.caller_id for t in db.session.query(Ticket)}) == 1


def test_running_a_file_again_changes_nothing(world, bring):
    bring(a_line(1), a_line(2))
    report = bring(a_line(1), a_line(2))
    assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert db.session.query(Consultation).count() == 2


def test_changed_content_updates_the_ticket(world, bring):
    bring(a_line(1))
    changed = a_line(1, subject="領収書の再発行", state="open")
    changed["messages"][0]["body"] = "領収書をなくしました。"
    report = bring(changed)
    assert (report.new, report.changed) == (0, 1)
    ticket = db.session.query(Ticket).one()
    assert (ticket.subject, ticket.state) == ("領収書の再発行", TicketState.OPEN)
    assert [c.content for c in consultations_of(ticket)] == ["領収書をなくしました。"]
    assert db.session.query(Reply).count() == 1


def test_a_note_of_our_own_survives_an_update(world, bring):
    bring(a_line(1))
    with writing():
        Note.write(db.session.query(Ticket).one(), by=world.aoki, text="本人に確認済み")
    bring(a_line(1, subject="変更"))
    assert "本人に確認済み" in [n.text for n in db.session.query(Note)]


FAULTS = [
    pytest.param(b"{", "line", id="broken JSON"),
    pytest.param('{"external_id": "あ"}'.encode("cp932"), "line", id="not UTF-8"),
    pytest.param(b"[1]", "line", id="not an object"),
    pytest.param(a_line(1, external_id=""), "external_id", id="no number"),
    pytest.param(a_line(1, opened_at="先週"), "opened_at", id="no date"),
    pytest.param(a_line(1, channel="pigeon"), "channel", id="unknown channel"),
    pytest.param(a_line(1, state="done"), "state", id="unknown state"),
    pytest.param(a_line(1, subject=["x"]), "subject", id="subject no text"),
    pytest.param(a_line(1, subject="", messages=[]), "subject", id="nothing said"),
    pytest.param(a_line(1, caller="山田"), "caller", id="caller no object"),
    pytest.param(a_line(1, messages=[{"kind": "song", "body": "x"}]), "messages[0].kind", id="unknown kind"),
    pytest.param(a_line(1, messages=[{"kind": "note", "body": " "}]), "messages[0].body", id="empty body"),
    pytest.param(
        a_line(1, messages=[{"kind": "note", "body": "https://logoform.jp/f/abc/1?key=" + "a" * 64}]),
        "messages[0].body",
        id="secret link",
    ),
]


@pytest.mark.parametrize(("bad", "column"), FAULTS)
def test_a_bad_line_is_named_and_stored_nowhere(world, bring, bad, column):
    report = bring(a_line(7), bad, a_line(8))
    assert report.new == 2
    assert [(fault["line"], fault["column"]) for fault in report.rejected] == [(2, column)]
    assert db.session.query(Ticket).count() == 2


def test_a_later_line_of_the_same_file_updates_an_earlier(world, bring):
    report = bring(a_line(1), a_line(1, subject="新しい件名"))
    assert (report.new, report.changed) == (1, 1)
    assert db.session.query(Ticket).one().subject == "新しい件名"


def test_nobody_sees_an_import_that_is_not_valid_yet(world, bring):
    bring(a_line(1))
    with writing():
        db.session.query(TicketImport).update({"valid_at": None})
    assert db.session.scalars(Ticket.visible_to(world.aoki)).all() == []


def test_what_a_killed_import_left_is_cleared(world, bring):
    bring(a_line(1))
    with writing():
        db.session.query(TicketImport).update({"valid_at": None})
    clear_unfinished(world.programme.id)
    assert db.session.query(Ticket).count() == 0
    assert bring(a_line(1)).new == 1


def test_an_import_is_one_entry_of_the_audit_trail(world, bring):
    bring(a_line(1), b"{")
    entry = world.entries(Action.TICKETS_IMPORTED)[-1]
    assert json.loads(entry.facts) == {"changed": 0, "new": 1, "rejected": 1, "unchanged": 0}


def test_a_year_that_was_not_open_is_opened(world, bring):
    bring(a_line(1, opened_at="2019-03-31T23:59:00+09:00"))
    assert db.session.query(Ticket).one().period.fiscal_year == 2018

"""The commands that others rely on: what they print, and how they end."""

import json

import pytest

from callcenter.db import db
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from tickets.records.ticket import Ticket

LINE = {
    "external_id": "A-1",
    "opened_at": "2026-05-11T10:15:00",
    "channel": "phone",
    "category": "書類",
    "state": "open",
    "subject": "領収書の紛失",
    "caller": {"name": "髙橋 陽子", "phone": "090-0000-1234"},
    "messages": [
        {"at": "2026-05-11T10:15:00", "author": "caller", "kind": "consultation", "body": "領収書をなくした"}
    ],
}


@pytest.fixture
def run(world):
    """run("tickets", …): a command of the house; its result."""
    db.session.rollback()
    return lambda *arguments: world.app.test_cli_runner().invoke(args=[str(a) for a in arguments])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(
        json.dumps(LINE, ensure_ascii=False)
        + "\n{broken\n"
        + json.dumps(LINE | {"external_id": "A-2"})
        + "\n"
    )
    return path


def test_an_import_answers_in_json_alone(run, file):
    result = run("tickets", "import", file, "--programme", "babysitter", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "rejected": [{"line": 2, "column": "line", "reason": "JSON として読めません（2文字目）。"}],
    }


def test_rejected_lines_are_kept_to_mend_for_their_owner_alone(run, file):
    run("tickets", "import", file, "--programme", "babysitter")
    rejected = file.with_name("in.jsonl.rejected.jsonl")
    assert rejected.read_text() == "{broken\n"
    assert rejected.stat().st_mode & 0o777 == 0o600


def test_mended_lines_come_in_on_a_second_run(run, file):
    run("tickets", "import", file, "--programme", "babysitter", "--json")
    rejected = file.with_name("in.jsonl.rejected.jsonl")
    rejected.write_text(json.dumps(LINE | {"external_id": "A-3"}))
    result = run("tickets", "import", rejected, "--programme", "babysitter", "--json")
    assert json.loads(result.stdout)["new"] == 1


def test_what_was_imported_is_found_at_once(run, file):
    run("tickets", "import", file, "--programme", "babysitter")
    result = run("tickets", "search", "領収", "--limit", 1, "--programme", "babysitter", "--json")
    answer = json.loads(result.stdout)
    assert answer["total"] == 2
    assert answer["tickets"] in (
        [
            {
                "number": f"T-00000{number}",
                "external_id": f"A-{number}",
                "subject": "領収書の紛失",
                "opened_at": "2026-05-11T10:15:00+09:00",
            }
        ]
        for number in (1, 2)  # opened in the same second: either may stand first
    )


def test_a_search_from_the_console_is_written_down(run, file, world):
    run("tickets", "search", "髙橋", "--programme", "babysitter", "--json")
    entry = world.entries(Action.SEARCHED)[-1]
    assert (entry.actor, entry.role) == ("console", "console")


def test_a_search_that_means_nothing_is_a_wrong_call(run):
    result = run("tickets", "search", "-", "--programme", "babysitter")
    assert result.exit_code == 2
    assert "「-」" in result.stderr


def test_one_of_several_programmes_has_to_be_named(run, file):
    result = run("tickets", "import", file)
    assert result.exit_code == 3
    assert "babysitter" in result.stderr
    assert db.session.query(Ticket).count() == 0


def test_a_missing_file_is_a_wrong_call(run, tmp_path):
    assert run("tickets", "import", tmp_path / "none.jsonl", "--programme", "babysitter").exit_code == 2


def test_words_that_are_no_text_find_nothing_and_are_written_down(run, world):
    result = run("tickets", "search", "領収書\udcff", "--programme", "babysitter", "--json")
    assert (result.exit_code, json.loads(result.stdout)["total"]) == (0, 0)
    assert audit.open_reason(world.entries(Action.SEARCHED)[-1]) == "領収書\ufffd"

"""`staff list`, `staff invite`, `staff release` on the console."""

import json
from datetime import date

import pytest

from callcenter.people import codes, totp
from callcenter.people.codes import Purpose
from callcenter.people.commands import staff
from callcenter.privacy.actions import Action


def _run(world, *arguments):
    return world.app.test_cli_runner().invoke(staff, list(arguments))


def test_list_gives_json_alone(world):
    result = _run(world, "list", "--json")
    people = {row["sign_in_name"]: row for row in json.loads(result.output)["staff"]}
    assert result.exit_code == 0
    assert people["kato"] == {
        "sign_in_name": "kato",
        "name": "加藤 遥",
        "role": "ward_staff",
        "side": "ward",
        "state": "active",
        "designated_on": "2020-04-01",
        "released_on": None,
    }


def test_list_gives_a_line_a_person(world):
    assert "aoki\t青木 晴\tphone_agent" in _run(world, "list").output


def test_invite_prints_a_code_and_is_audited_as_the_console(world):
    result = _run(world, "invite", "AOKI")
    assert result.exit_code == 0
    assert codes.valid(Purpose.INVITATION, result.output.strip()) is not None
    assert world.entries(Action.STAFF_INVITED)[-1].actor == "console"


def test_a_ward_person_is_invited_on_a_paper_of_the_ward(world):
    result = _run(world, "invite", "kato", "--paper", "8新福子第123号")
    assert result.exit_code == 0
    assert codes.valid(Purpose.INVITATION, result.output.strip()) is not None
    entry = world.entries(Action.STAFF_INVITED)[-1]
    assert (entry.actor, "8新福子第123号" in entry.facts) == ("console", True)


@pytest.mark.parametrize("paper", [(), ("--paper", ""), ("--paper", " ")])
def test_without_a_paper_a_ward_person_needs_somebodys_word(world, paper):
    result = _run(world, "invite", "kato", *paper)
    assert result.exit_code == 3
    assert "--paper" in result.output
    assert world.entries(Action.STAFF_INVITED) == []


def test_a_paper_number_that_is_too_long_fails(world):
    assert _run(world, "invite", "kato", "--paper", "9" * 41).exit_code == 1


@pytest.mark.parametrize(
    "words",
    [("invite", "青\udcff木"), ("release", "青\udcff木"), ("invite", "kato", "--paper", "第\udcff号")],
)
def test_what_is_no_text_is_a_wrong_call(world, words):
    result = _run(world, *words)
    assert result.exit_code == 2
    assert "文字として読めません" in result.output
    assert world.entries(Action.STAFF_INVITED) == []


def test_a_lost_device_is_forgotten_on_the_console(door):
    door.enrol("kato")
    assert _run(door.world, "invite", "kato", "--paper", "第1号").exit_code == 0
    assert totp.of(door.world.kato) is not None
    assert _run(door.world, "invite", "kato", "--paper", "第1号", "--lost-device").exit_code == 0
    assert totp.of(door.world.kato) is None


def test_release_takes_a_japanese_date(world):
    result = _run(world, "release", "aoki", "--on", "令和8年6月30日")
    assert result.exit_code == 0
    assert world.aoki.released_on == date(2026, 6, 30)


def test_a_wrong_date_is_a_wrong_call(world):
    assert _run(world, "release", "aoki", "--on", "soon").exit_code == 2


def test_an_unknown_name_fails_in_one_line(world):
    result = _run(world, "invite", "nobody")
    assert (result.exit_code, result.output) == (1, "Error: no such sign-in name: nobody\n")


def test_what_the_house_refuses_fails_in_one_line(world):
    result = _run(world, "release", "aoki", "--on", "2019-01-01")
    assert result.exit_code == 1
    assert "解除日は指定日以後" in result.output

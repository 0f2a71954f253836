"""A line of a ticket file that was made to hurt: named by its column, never a fault of ours."""

import json
from contextlib import suppress

import pytest

from callcenter.lines import LineFault
from tickets.exchange.line import read

GOOD = {"external_id": "A-1", "opened_at": "2026-04-01T09:30:00", "channel": "phone", "subject": "領収書"}


def line(**more):
    return json.dumps({**GOOD, **more}).encode()


def raw(text):
    return json.dumps(GOOD)[:-1].encode() + b", " + text + b"}"


@pytest.mark.parametrize(
    ("given", "column"),
    [
        pytest.param(raw(b'"extra": "\\ud800"'), "line", id="half a character in a column nobody reads"),
        pytest.param(raw(b'"\\ud800": 1'), "line", id="half a character in a name"),
        pytest.param(raw(b'"subject": "\\ud800"'), "subject", id="half a character"),
        pytest.param(raw(b'"extra": ' + b"9" * 5000), "line", id="a number of 5,000 digits"),
        pytest.param(raw(b'"extra": ' + b"[" * 100_000 + b"]" * 100_000), "line", id="100,000 levels"),
        pytest.param(line(category="申請\x00"), "category", id="NUL in a category"),
        pytest.param(line(category="申請\n書類"), "category", id="a line end in a category"),
        pytest.param(line(external_id="A\x00"), "external_id", id="NUL in a number"),
        pytest.param(line(messages=[{"body": "x" * 200_001}]), "messages[0].body", id="a long body"),
    ],
)
def test_a_hostile_line_is_a_fault_of_its_column(given, column):
    with pytest.raises(LineFault) as fault:
        read(given)
    assert fault.value.column == column


@pytest.mark.parametrize("depth", [100, 300, 450, 600, 900, 1200])
def test_no_depth_falls_between_reading_and_writing(depth):
    with suppress(LineFault):
        assert read(raw(b'"extra": ' + b"[" * depth + b"]" * depth)).external_id


def test_of_a_name_given_twice_the_last_counts():
    assert read(raw(b'"subject": "one", "subject": "two"')).subject == "two"

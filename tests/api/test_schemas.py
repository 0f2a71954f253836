"""Shapes check what is sent, and say in our own words what is wrong."""

import pytest
from flask_babel import force_locale

from callcenter.api.schemas import (
    Checker,
    flag,
    formatted,
    moment,
    one_of,
    or_nothing,
    record,
    said_moment,
    several,
    text,
    whole,
)

SHAPE = record(
    {
        "name": text(5, shortest=1),
        "lines": text(20, lines=True),
        "age": whole(0, 120),
        "tags": several(text(3), 2),
        "side": one_of(["ward", "contractor"]),
        "on": or_nothing(formatted("date")),
        "at": formatted("date-time"),
        "id": formatted("uuid"),
        "open": flag(),
        "inner": record({"a/b": whole(1, 2)}),
    },
    optional=None,
)
CASES = [
    ({}, []),
    ({"on": None, "tags": [], "open": False}, []),
    ({"name": "😀" * 5, "lines": "a\nb\tc"}, []),
    ({"name": ""}, [("#/name", "too_short")]),
    ({"name": "あ" * 6}, [("#/name", "too_long")]),
    ({"name": "a\nb"}, [("#/name", "characters")]),
    ({"name": "a\x00"}, [("#/name", "characters")]),
    ({"name": 1}, [("#/name", "type")]),
    ({"age": True}, [("#/age", "type")]),
    ({"age": 1.5}, [("#/age", "type")]),
    ({"age": -1}, [("#/age", "too_small")]),
    ({"age": 10**30}, [("#/age", "too_large")]),
    ({"tags": ["a", "b", "c"]}, [("#/tags", "too_many")]),
    ({"tags": ["a", "four"]}, [("#/tags/1", "too_long")]),
    ({"side": "other"}, [("#/side", "enum")]),
    ({"on": "2026-2-1"}, [("#/on", "format")]),
    ({"on": "2026-02-30"}, [("#/on", "format")]),
    ({"at": "2026-04-01T09:00:00"}, [("#/at", "format")]),
    ({"at": "0001-01-01T00:00:00+09:00"}, [("#/at", "format")]),
    ({"id": "123"}, [("#/id", "format")]),
    ({"open": "true"}, [("#/open", "type")]),
    ({"inner": {}}, [("#/inner/a~1b", "required")]),
    ({"inner": {"a/b": 1, "c": 2}}, [("#/inner/c", "unknown")]),
    ({"extra": 1, "more": 2}, [("#/extra", "unknown"), ("#/more", "unknown")]),
    ([], [("#", "type")]),
    (None, [("#", "type")]),
]


@pytest.fixture(autouse=True)
def speaking(bare_app):
    with bare_app.test_request_context(), force_locale("ja"):
        yield


@pytest.mark.parametrize(("value", "wrong"), CASES, ids=[str(case[0])[:40] for case in CASES])
def test_what_is_wrong_is_named_by_its_place(value, wrong):
    assert [(fault.place, fault.code) for fault in Checker(SHAPE).faults(value)] == wrong


def test_a_fault_repeats_nothing_of_the_value():
    value = {"name": "山田花子さんです", "side": "山田", "tags": ["山田花子"], "inner": "山田"}
    faults = Checker(SHAPE).faults(value)
    assert len(faults) == 4
    assert "山田" not in repr(faults)


def test_no_more_than_fifty_faults_are_said():
    assert len(Checker(several(whole(0, 1))).faults(["x"] * 1000)) == 50


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026-04-01T09:00:00+09:00", "2026-04-01T00:00:00.000000Z"),
        ("2026-04-01t00:00:00.5z", "2026-04-01T00:00:00.500000Z"),
        ("2026-03-31T23:59:59.123456789-01:00", "2026-04-01T00:59:59.123456Z"),
    ],
)
def test_a_moment_is_read_with_its_zone_and_said_in_utc(written, said):
    assert said_moment(moment(written)) == said


@pytest.mark.parametrize(
    "written", ["2026-04-01", "2026-04-01 09:00:00Z", "2026-W14-3T00:00:00Z", "9999-12-31T23:59:59-01:00", ""]
)
def test_what_is_no_moment_is_refused(written):
    with pytest.raises(ValueError):
        moment(written)

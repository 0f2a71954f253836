"""Small pure rules of the room: who is called by @name, what differs between two texts, what a subject begins as."""

from dataclasses import dataclass
from datetime import date, datetime

import pytest
import time_machine

from callcenter import clock
from tickets.calls.forms import first_line
from tickets.cases.forms import FollowUpForm
from tickets.records.drafts import device
from tickets.signs import labels
from tickets.signs.difference import difference
from tickets.signs.mentions import mentioned


@dataclass(frozen=True)
class Somebody:
    sign_in_name: str
    display_name: str


RITSU, MINAMI, HARU = Somebody("sato", "佐藤 律"), Somebody("minami", "佐藤 南"), Somebody("aoki", "青木 晴")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@青木 見てください", [HARU]),
        ("@青木晴さんへ", [HARU]),
        ("@青木 晴さんへ", [HARU]),
        ("＠ａｏｋｉ お願いします", [HARU]),
        ("@AOKI", [HARU]),
        ("@佐藤律 @青木", [RITSU, HARU]),
        ("@佐藤 だけでは分からない", []),
        ("@satou は別人", []),
        ("@sato。", [RITSU]),
        ("aoki@example.jp", []),
        ("@青木 @青木", [HARU]),
        ("呼んでいない", []),
    ],
)
def test_who_is_called_by_name(text, people):
    assert mentioned(text, [RITSU, MINAMI, HARU]) == people


def test_a_difference_marks_what_went_and_what_came():
    before, after = difference("領収書は夫の名前", "領収書は妻の名前")
    assert [part["text"] for part in before if part["kind"] == "gone"] == ["夫"]
    assert [part["text"] for part in after if part["kind"] == "come"] == ["妻"]
    assert "".join(part["text"] for part in after) == "領収書は妻の名前"


def test_long_texts_differ_by_clause():
    same = "".join(f"文{number}。" for number in range(800))
    old, new = same + "前。", same + "後。"
    before, after = difference(old, new)
    assert [part["text"] for part in before if part["kind"] == "gone"] == ["前。"]
    assert "".join(part["text"] for part in after) == new


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("領収書の宛名。夫でもよいか。", "領収書の宛名"),
        ("\n\n  一行目\n二行目", "一行目"),
        ("あ" * 60, "あ" * 39 + "…"),
        ("", ""),
    ],
)
def test_a_subject_begins_as_the_first_line(text, line):
    assert first_line(text) == line


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
            "Windows Chrome",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "iPhone Safari"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_named_by_its_kind_alone(agent, name):
    assert device(agent) == name


@time_machine.travel(datetime(2026, 11, 23, 1, 0, tzinfo=clock.JST), tick=False)
@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("今日", date(2026, 11, 23)),
        ("明日", date(2026, 11, 24)),
        ("あさって", date(2026, 11, 25)),
        ("11/25", date(2026, 11, 25)),
        ("１１月２５日", date(2026, 11, 25)),
        ("25", date(2026, 11, 25)),
        ("22日", date(2026, 12, 22)),
        ("1/5", date(2027, 1, 5)),
        ("令和8年12月1日", date(2026, 12, 1)),
        ("2026-12-01", date(2026, 12, 1)),
        ("2/30", None),
        ("そのうち", None),
    ],
)
def test_a_day_is_read_as_people_write_it_on_a_slip(app, typed, day):
    with app.test_request_context(method="POST", data={"due_on": typed}):
        assert FollowUpForm().due_on.data == day


@time_machine.travel(datetime(2026, 11, 23, 1, 0, tzinfo=clock.JST), tick=False)
def test_days_and_moments_are_said_as_near_as_needed(app):
    with app.test_request_context():
        assert labels.due(date(2026, 11, 20)) == "3日超過"
        assert labels.due(date(2026, 11, 24)) == "明日"
        assert labels.due(date(2027, 1, 5)) == "2027年1月5日（火）"
        assert labels.when(datetime(2026, 11, 22, 23, 50, tzinfo=clock.JST)).text == "昨日 23:50"
        assert labels.length(222) == "3分42秒"

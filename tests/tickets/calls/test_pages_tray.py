"""未整理, and what is entered by hand: kept as it came, late entries with both times."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter import clock
from callcenter.contacts import Channel, Contact
from callcenter.db import db
from callcenter.privacy.actions import Action


def letter(**changes):
    return {
        "channel": "letter",
        "received_on": clock.today().isoformat(),
        "from_number": "03-0000-4321",
        "subject": "領収書をなくした",
        "body": "事業者に再発行を断られました。",
    } | changes


def test_the_tray_lists_the_oldest_first(world, make):
    make.call(received_at=clock.now() - timedelta(minutes=1))
    make.call(received_at=clock.now() - timedelta(hours=2))
    page = world.client("aoki").get("/contacts").text
    assert page.index("C-000002") < page.index("C-000001")
    assert world.entries(Action.LIST_VIEWED)[-1].facts


def test_a_letter_is_kept_as_it_came_and_opens_the_call_screen(world):
    client = world.client("ito")
    answer = client.post("/contacts", data=letter())
    row = db.session.scalars(select(Contact)).one()
    assert answer.headers["Location"] == f"/calls/{row.id}"
    assert (row.channel, row.subject, row.from_number) == (Channel.LETTER, "領収書をなくした", "03-0000-4321")
    page = client.get(answer.headers["Location"]).text
    assert "事業者に再発行を断られました" in page
    assert "通話中" not in page
    assert "03-0000-4321" not in page


def test_a_late_entry_keeps_both_times(world):
    day = clock.today() - timedelta(days=3)
    form = letter(received_on=day.isoformat(), received_time="9:05")
    world.client("ito").post("/contacts", data=form)
    row = db.session.scalars(select(Contact)).one()
    assert row.received_at == clock.from_japan(day.year, day.month, day.day, 9, 5)
    assert row.is_late_entry


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"received_on": "2099-01-01"}, "未来"),
        ({"received_on": "1999-01-01"}, "まだ開かれていません"),
        ({"received_on": "きのう"}, "日付として読めません"),
        ({"received_time": "25:99"}, "時刻として読めません"),
        ({"received_on": ""}, "入力してください"),
        ({"channel": "pigeon"}, "一覧から選んでください"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_the_text_stays(world, changes, words):
    answer = world.client("ito").post("/contacts", data=letter(**changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "事業者に再発行を断られました" in answer.text
    assert db.session.scalars(select(Contact)).all() == []


@pytest.mark.parametrize("channel", ["letter", "fax", "counter", "ward", "mail", "form"])
def test_every_channel_entered_by_hand_has_its_form(world, channel):
    page = world.client("ito").get(f"/contacts/new?channel={channel}")
    assert page.status_code == 200
    chosen = re.findall(r"<input[^>]*checked[^>]*>", page.text)
    assert [f'value="{channel}"' in box for box in chosen] == [True]


def test_a_double_press_enters_one_letter(world):
    client = world.client("ito")
    for _press in range(2):
        client.post("/contacts", data=letter(once="3" * 32))
    assert len(db.session.scalars(select(Contact)).all()) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/contacts"),
        ("get", "/contacts/new"),
        ("post", "/contacts"),
        ("post", "/calls"),
        ("get", "/calls"),
    ],
)
def test_who_takes_no_contacts_is_refused(world, method, path):
    assert getattr(world.client("kato"), method)(path).status_code == 403


def test_strangers_see_an_empty_tray(world, make):
    make.call()
    assert "未整理の受付はありません" in world.client("yoso").get("/contacts").text

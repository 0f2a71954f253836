"""The fields of every form, and the token that makes two clicks one deed."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from enum import StrEnum

import pytest
import time_machine
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from callcenter.clock import now
from callcenter.db import db, new_id, writing
from callcenter.forms import Day, Form, Line, Once, OneOf, Secret, Submission, Text, once
from callcenter.privacy import audit
from callcenter.privacy.actions import Action


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Specimen(Form):
    line = Line("line", limit=10)
    text = Text("text", limit=20, required=False)
    day = Day("day", required=False)
    colour = OneOf("colour", Colour, {Colour.RED: "赤", Colour.BLUE: "青"}, required=False)
    once = Once()


class Closed(Form):
    secret = Secret("secret")


@pytest.fixture
def sent():
    """Fill a form as a browser would."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False, BABEL_DEFAULT_LOCALE="ja")
    Babel(app)
    with app.test_request_context(method="POST"):
        yield lambda form=Specimen, **fields: form(MultiDict(fields))


def test_a_line_stays_exactly_as_typed(sent):
    form = sent(line="  𠮷野 家 ")
    assert form.validate()
    assert form.line.data == "  𠮷野 家 "
    assert form.status == 200


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("", "入力してください。", id="nothing"),
        pytest.param("　 ", "入力してください。", id="wide blanks"),
        pytest.param("あ" * 11, "10文字以内で入力してください（いま11文字です）。", id="too long"),
        pytest.param("a\nb", "使えない文字", id="line end"),
        pytest.param("a\x00b", "使えない文字", id="null"),
        pytest.param("a\u2028b", "使えない文字", id="line separator"),
        pytest.param("\x1b[2J", "使えない文字", id="terminal escape"),
    ],
)
def test_a_wrong_line_keeps_its_text_and_says_why(sent, line, said):
    form = sent(line=line)
    assert not form.validate()
    assert said in form.line.errors[0]
    assert form.line.data == line
    assert form.status == 422


def test_characters_outside_the_plane_count_as_one(sent):
    assert sent(line="𠮷" * 10).validate()
    assert not sent(line="𠮷" * 11).validate()


def test_a_text_takes_line_ends_and_makes_them_one_kind(sent):
    form = sent(line="x", text="一\r\n二\r三\n四\t五")
    assert form.validate()
    assert form.text.data == "一\n二\n三\n四\t五"


def test_answer_links_are_refused_in_lines_and_texts(sent):
    link = "https://logoform.jp/f/ab12?key=0123456789abcdef0123456789abcdef"
    form = sent(line="x", text=link[:20] + link[20:])
    form.text.validators = [v for v in form.text.validators if type(v).__name__ != "AtMost"]
    assert not form.validate()
    assert "LoGoフォームの回答用リンク" in form.text.errors[0]


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026/4/1", date(2026, 4, 1)),
        ("20260401", date(2026, 4, 1)),
        ("2026年4月1日", date(2026, 4, 1)),
        ("令和8年4月1日", date(2026, 4, 1)),
        ("R8.4.1", date(2026, 4, 1)),
        ("ｒ８．４．１", date(2026, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("平成31年6月1日", date(2019, 6, 1)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("", None),
        ("　", None),
    ],
)
def test_a_day_is_read_as_people_write_it(sent, typed, day):
    form = sent(line="x", day=typed)
    assert form.validate(), form.errors
    assert form.day.data == day


@pytest.mark.parametrize(
    "typed", ["4/1", "2026-02-30", "R1.4.1", "26-4-1", "あした", "令和0年4月1日", "2026-4", "9" * 500]
)
def test_what_is_no_day_stays_and_is_said(sent, typed):
    form = sent(line="x", day=typed)
    assert not form.validate()
    assert "日付として読めません" in form.day.errors[0]
    assert typed in str(form.day())


def test_a_day_is_shown_in_the_japanese_calendar(sent):
    form = Specimen(formdata=None, day=date(2026, 4, 1))
    assert 'value="令和8年4月1日"' in str(form.day())


def test_a_choice_is_a_member_of_its_words(sent):
    assert sent(line="x", colour="blue").colour.data is Colour.BLUE
    assert sent(line="x", colour="").colour.data is None
    form = sent(line="x", colour="green")
    assert not form.validate()
    assert form.colour.errors[0] == "一覧から選んでください。"


def test_a_secret_is_never_shown_again(sent):
    form = sent(Closed, secret="a-secret-phrase")
    assert form.validate()
    assert "a-secret-phrase" not in str(form.secret())


def test_every_form_has_a_number_of_its_own(sent):
    first, second = Specimen(formdata=None), Specimen(formdata=None)
    assert isinstance(first.once.data, uuid.UUID)
    assert first.once.data != second.once.data
    again = sent(line="x", once=first.once.data.hex)
    assert again.once.data == first.once.data
    assert isinstance(sent(line="x", once="garbage").once.data, uuid.UUID)


# --- once


def _send(token, person, deeds, address="/made"):
    def deed():
        deeds.append(token)
        audit.record(Action.STAFF_CHANGED, by=audit.CONSOLE)
        return address

    with writing():
        return once(token, person.id, deed)


def test_the_same_form_twice_is_one_deed(world):
    deeds, token = [], new_id()
    assert _send(token, world.aoki, deeds) == "/made"
    assert _send(token, world.aoki, deeds, "/other") == "/made"
    assert deeds == [token]


def test_the_same_form_at_the_same_moment_is_one_deed(world):
    deeds, token, app = [], new_id(), world.app
    person = world.aoki
    person_id = person.id
    db.session.rollback()

    def send(_number):
        with app.app_context(), writing():

            def deed():
                deeds.append(1)
                audit.record(Action.STAFF_CHANGED, by=audit.CONSOLE)
                return "/made"

            return once(token, person_id, deed)

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, range(12))) == {"/made"}
    assert deeds == [1]


def test_a_refused_deed_may_be_sent_again(world):
    token, deeds = new_id(), []

    def refused():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), writing():
        once(token, world.aoki.id, refused)
    assert _send(token, world.aoki, deeds) == "/made"
    assert deeds == [token]


def test_a_number_of_another_person_is_another_form(world):
    deeds, token = [], new_id()
    _send(token, world.aoki, deeds)
    _send(token, world.ueda, deeds, "/theirs")
    assert deeds == [token, token]


def test_what_was_sent_is_forgotten_after_a_day(world):
    deeds = []
    _send(new_id(), world.aoki, deeds)
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        _send(new_id(), world.aoki, deeds)
        assert db.session.query(Submission).count() == 1

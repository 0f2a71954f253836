"""Signing in and out, from outside: what works, what is refused, and what is never given away."""

import re
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pyotp
import pytest
import time_machine
from argon2 import PasswordHasher
from sqlalchemy import select

from callcenter.clock import from_japan, now
from callcenter.db import db, writing
from callcenter.people import passwords, sessions, totp
from callcenter.people.attempts import AttemptCount
from callcenter.people.landing import own_path
from callcenter.people.session_record import SignInSession, digest
from callcenter.privacy.actions import Action

WRONG = "サインイン名かパスワードが違います。"


def said(answer):
    return re.findall(r'class="field__error".*?<span>(.*?)</span>', answer.text)


def token_of(client):
    with client.session_transaction() as cookie:
        return cookie.get("_user_id")


def test_name_and_password_lead_to_the_second_factor(door):
    client, answer = door.enter("aoki")
    assert (answer.status_code, answer.location) == (303, "/sign-in/code")
    assert client.get("/account").location == "/sign-in/code"


def test_a_demo_asks_no_second_factor_and_says_so(door):
    door.make_demo()
    client, answer = door.enter("aoki")
    assert (answer.status_code, answer.location) == (303, "/")
    page = client.get("/account")
    assert page.status_code == 200
    assert "デモの事務局です" in page.text
    assert "二つ目の認証なし" in door.world.client().get("/sign-in").text


def test_a_demo_asks_for_the_code_of_who_enrolled(door):
    door.make_demo()
    door.enrol("aoki")
    client, answer = door.enter("aoki")
    assert answer.location == "/sign-in/code"
    assert client.get("/account").status_code == 303


def test_a_real_house_enrols_before_anything_else(door):
    client, _answer = door.enter("aoki")
    assert client.get("/sign-in/code").location == "/account/factor"
    page = client.get("/account/factor")
    secret = re.search(r'<code class="code">(.*?)</code>', page.text)[1].replace(" ", "")
    picture = client.get("/account/factor.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    before = token_of(client)
    answer = client.post("/account/factor", data={"code": pyotp.TOTP(secret).at(now())})
    codes = re.findall(r"<code class=\"code\">([A-Z0-9-]{17})</code>", answer.text)
    assert len(codes) == 10
    assert token_of(client) != before
    assert client.get("/account").status_code == 200
    assert client.get("/account/factor.svg").status_code == 404
    assert client.get("/account/factor").location == "/account"


def test_a_wrong_first_code_keeps_the_enrolment_open(door):
    with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC), tick=False):
        client, _answer = door.enter("aoki")
        for code in ("", "000000", "abc"):
            answer = client.post("/account/factor", data={"code": code})
            assert answer.status_code == 422
            assert said(answer)
    assert totp.of(door.world.aoki) is None


def test_the_code_opens_the_desk_under_a_new_token(door):
    codes = door.enrol("aoki")
    client, _answer = door.enter("aoki")
    before = token_of(client)
    answer = client.post("/sign-in/code", data={"code": codes.at(now())})
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/account").status_code == 200
    assert token_of(client) != before
    assert sessions.load(before) is None


def test_a_recovery_code_opens_the_desk_once(door):
    door.enrol("aoki")
    shown, kept = totp.make_recovery_codes()
    with writing():
        totp.keep_recovery_codes(door.world.aoki, kept)
    client, _answer = door.enter("aoki")
    assert client.post("/sign-in/code", data={"code": shown[0]}).status_code == 303
    assert "残り9個" in client.get("/account").text
    client, _answer = door.enter("aoki")
    assert client.post("/sign-in/code", data={"code": shown[0]}).status_code == 422


def test_a_used_code_is_refused_in_another_browser(door):
    codes = door.enrol("aoki")
    code = codes.at(now())
    first, _answer = door.enter("aoki")
    second, _answer = door.enter("aoki")
    assert first.post("/sign-in/code", data={"code": code}).status_code == 303
    assert second.post("/sign-in/code", data={"code": code}).status_code == 422


def test_guessing_codes_is_slowed(door):
    door.enrol("aoki")
    client, _answer = door.enter("aoki")
    answers = [client.post("/sign-in/code", data={"code": f"{n:06}"}) for n in range(8)]
    assert ["約1分後" in a.text for a in answers] == [False] * 5 + [True] * 3
    assert door.world.entries(Action.SIGN_IN_LOCKED)


def test_half_signed_in_reaches_no_page(door):
    door.enrol("honda")
    client, _answer = door.enter("honda")
    for path in ("/account", "/staff", "/clauses", "/session", "/step-up", "/staff/new", "/clauses/versions"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/sign-in/code")


def test_half_signed_in_cannot_exchange_the_authenticator(door):
    door.enrol("aoki")
    client, _answer = door.enter("aoki")
    assert client.post("/account/factors").location == "/sign-in/code"
    assert totp.of(door.world.aoki) is not None
    assert client.get("/account/factor.svg").status_code == 404


# --- what is refused, and how it is said


FAILURES = {
    "wrong password": ("aoki", "wrong-password-here"),
    "no such person": ("nobody", "wrong-password-here"),
    "person without a usable hash": ("ito", "wrong-password-here"),
    "injection": ("' OR 1=1 --", "another-wrong-one"),
    "cyrillic": ("аoki", "四つの-言葉を-つなげた-合言葉"),
}


def test_every_failure_looks_the_same(door):
    for case, (name, password) in FAILURES.items():
        client, answer = door.enter(name, password)
        assert (answer.status_code, said(answer)) == (422, [WRONG]), case
        assert password not in answer.text, case
        assert token_of(client) is None, case


def test_a_name_with_invisible_characters_is_refused(door):
    _client, answer = door.enter("aoki\u200b")
    assert answer.status_code == 422


def test_a_disabled_person_fails_like_anybody(door):
    with writing():
        door.world.aoki.disable(by=door.world.honda, reason="退職")
    _client, answer = door.enter("aoki")
    assert (answer.status_code, said(answer)) == (422, [WRONG])


def test_failures_are_in_the_trail_without_name_or_password(door):
    door.enter("my-secret-typed-as-name", "wrong-password-here")
    entry = door.world.entries(Action.SIGN_IN_FAILED)[-1]
    assert entry.actor == "anonymous"
    assert "my-secret" not in entry.facts
    assert "wrong-password" not in entry.facts
    assert entry.address == "127.0.0.1"


def test_a_sign_in_is_in_the_trail_with_its_address(door):
    door.enter("aoki", address="192.0.2.44")
    entry = door.world.entries(Action.SIGNED_IN)[-1]
    assert (entry.actor, entry.address) == (door.world.aoki.id.hex, "192.0.2.44")


def test_missing_fields_are_said_at_the_field(door):
    for form in ({}, {"sign_in_name": "aoki"}, {"password": "x"}, {"sign_in_name": " ", "password": "x"}):
        answer = door.world.client().post("/sign-in", data=form)
        assert answer.status_code == 422
        assert "入力してください。" in said(answer)


def test_what_was_typed_as_name_stays_but_never_the_password(door):
    _client, answer = door.enter("aoki", "a-wrong-pass-phrase")
    assert 'value="aoki"' in answer.text
    assert "a-wrong-pass-phrase" not in answer.text


def test_a_locked_account_says_the_same_whether_it_exists(door):
    texts = []
    for name in ("aoki", "nobody"):
        for number in range(5):
            door.enter(name, "wrong-password-here", address=f"192.0.2.{number}")
        _client, answer = door.enter(name, address="198.51.100.9")
        texts.append((answer.status_code, said(answer)))
    assert texts[0] == texts[1]
    assert "約1分後" in texts[0][1][0]


def test_a_locked_account_opens_after_the_wait(door):
    with time_machine.travel(datetime(2026, 6, 1, 1, tzinfo=UTC), tick=False) as clock:
        for _time in range(5):
            door.enter("aoki", "wrong-password-here")
        assert door.enter("aoki")[1].status_code == 422
        clock.shift(61)
        assert door.enter("aoki")[1].status_code == 303


def test_unknown_names_cost_one_hash_as_known_ones_do(door, monkeypatch):
    verify, asked = passwords._verify, []
    monkeypatch.setattr(passwords, "_verify", lambda *given: asked.append(len(given[2])) or verify(*given))
    for name in ("ueda", "nobody"):
        assert door.enter(name, "wrong-password-here")[1].status_code == 422
    assert asked == [len("wrong-password-here")] * 2


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(from_japan(2026, 6, 9, 12), "指定日（令和8年6月10日）より前", id="the day before"),
        pytest.param(from_japan(2026, 6, 10, 0, 1), None, id="the first day"),
        pytest.param(from_japan(2026, 6, 20, 23, 58), None, id="the last day"),
        pytest.param(from_japan(2026, 6, 21, 0, 1), "令和8年6月20日で解除", id="the day after"),
    ],
)
def test_a_handler_enters_between_designation_and_release(door, moment, text):
    honda, aoki = door.world.honda, door.world.aoki
    with writing():
        aoki.release(by=honda, on=date(2020, 4, 2))
        aoki.designate(by=honda, on=date(2026, 6, 10), until=date(2026, 6, 20))
    with time_machine.travel(moment, tick=False):
        _client, answer = door.enter("aoki")
    assert answer.status_code == (422 if text else 303)
    assert text is None or text in said(answer)[0]


def test_the_reason_is_told_only_to_who_knows_the_password(door):
    with writing():
        door.world.aoki.release(by=door.world.honda, on=date(2020, 4, 2))
    _client, answer = door.enter("aoki", "wrong-password-here")
    assert said(answer) == [WRONG]


# --- fixation, cookies, landing


def test_a_planted_session_is_dead_after_signing_in(door):
    door.make_demo()
    planted, _answer = door.enter("ueda")
    token = token_of(planted)
    victim, _answer = door.enter("aoki", client=planted)
    assert token_of(victim) not in (None, token)
    assert sessions.load(token) is None
    assert sessions.load(token_of(victim)).sign_in_name == "aoki"


def test_a_planted_token_is_never_taken_over(door):
    door.make_demo()
    client = door.world.client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "planted"
        cookie["csrf_token"] = "planted"
    door.enter("aoki", client=client)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "planted"
        assert cookie.get("csrf_token") != "planted"


def test_the_cookie_is_strict_and_closed_to_scripts(door):
    _client, answer = door.enter("aoki")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "/%2f/evil.example",
        "/%5cevil.example",
        "/%09/evil.example",
        "/\tevil",
        "/\r\nSet-Cookie:x=1",
        "/%0d%0aSet-Cookie:x=1",
        " /account",
        "account",
        "evil.example",
        "@evil.example",
        "/\u200b/evil",
        "/%252f%252fevil.example",
        "//127.0.0.1@evil.example",
        "",
        "/" + "a" * 2000,
    ],
)
def test_a_foreign_address_is_no_path_of_ours(target):
    assert own_path(target) is None


@pytest.mark.parametrize("target", ["/account", "/staff?page=2&sort=name", "/faq/new", "/a?next=//b"])
def test_a_plain_path_is_ours(target):
    assert own_path(target) == target


def test_a_foreign_address_is_never_followed(door):
    door.make_demo()
    for target in ("//evil.example", "/%0d%0aSet-Cookie:x=1", "https://evil.example/"):
        form = {"sign_in_name": "aoki", "password": door.password}
        answer = door.world.client().post("/sign-in", query_string={"next": target}, data=form)
        assert (answer.status_code, answer.location) == (303, "/")


def test_the_page_asked_for_follows_the_sign_in(door):
    door.make_demo()
    _client, answer = door.enter("aoki", after="?next=/staff%3Fpage%3D2")
    assert answer.location == "/staff?page=2"


def test_the_page_asked_for_survives_the_second_factor(door):
    codes = door.enrol("aoki")
    client, _answer = door.enter("aoki", after="?next=/account")
    assert client.post("/sign-in/code", data={"code": codes.at(now())}).location == "/account"


def test_a_stranger_is_led_to_the_sign_in_and_back(door):
    assert door.world.client().get("/account").location == "/sign-in?next=/account"


# --- out


def test_signing_out_kills_the_session_on_the_server(door):
    client = door.world.client("aoki")
    token = token_of(client)
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert "cache" in answer.headers["Clear-Site-Data"]
    assert sessions.load(token) is None
    assert "サインアウトしました" in client.get("/sign-in").text
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/account").status_code == 303
    assert door.world.entries(Action.SIGNED_OUT)


def test_signing_out_needs_a_post(door):
    assert door.world.client("aoki").get("/sign-out").status_code == 405


def test_who_is_signed_in_is_led_on_from_the_sign_in(door):
    assert door.world.client("aoki").get("/sign-in").location == "/"


def test_the_session_page_answers_and_never_redirects_a_script(door):
    client = door.world.client("aoki")
    state = client.get("/session").get_json()
    assert state["person"] == door.world.aoki.id.hex
    assert state["csrf_token"]
    stranger = door.world.client().get("/session", headers={"Sec-Fetch-Mode": "cors"})
    assert stranger.status_code == 401


def test_a_better_hash_is_made_at_the_next_sign_in(door):
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(door.password)
    with writing():
        door.world.aoki.keep_password(older, by=door.world.aoki)
    assert door.enter("aoki")[1].status_code == 303
    assert door.world.aoki.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=2$")


def test_no_session_row_is_left_by_failed_attempts(door):
    for _time in range(3):
        door.enter("aoki", "wrong-password-here")
    assert db.session.scalars(select(SignInSession)).all() == []


def test_the_csrf_token_is_asked_for_on_the_sign_in(door):
    door.world.app.config["WTF_CSRF_ENABLED"] = True
    client, answer = door.enter("aoki")
    assert answer.status_code == 400
    assert token_of(client) is None


def test_a_sign_in_waiting_for_its_hash_holds_no_lock(door):
    """All turns to hash are taken, so the sign-in stands in the middle; a save goes through all the same."""
    app, answers = door.world.app, []

    def enter():
        with app.app_context():
            answers.append(door.enter("aoki", "wrong-password-here")[1].status_code)

    thread = threading.Thread(target=enter)
    db.session.rollback()
    for _turn in range(passwords.AT_ONCE):
        passwords._room.acquire()
    try:
        thread.start()
        while not db.session.scalars(select(AttemptCount)).first():
            db.session.rollback()
            time.sleep(0.01)
        db.session.rollback()
        with writing():
            door.world.aoki.rename(by=door.world.honda, name="青木 晴", kana="アオキ ハル")
        assert thread.is_alive()
        assert answers == []
    finally:
        for _turn in range(passwords.AT_ONCE):
            passwords._room.release()
        thread.join()
    assert answers == [422]


def test_old_tokens_are_no_keys_of_the_session_table(door):
    client = door.world.client("aoki")
    token = token_of(client)
    kept = db.session.scalars(select(SignInSession.token_digest)).all()
    assert token not in kept
    assert digest(token) in kept
    assert (
        timedelta(0)
        <= now() - db.session.scalars(select(SignInSession.created_at)).one()
        < timedelta(minutes=1)
    )

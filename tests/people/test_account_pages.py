"""One's own account: password, authenticator, sessions."""

from sqlalchemy import select

from callcenter.clock import now
from callcenter.db import db, writing
from callcenter.people import sessions, totp
from callcenter.people.session_record import SignInSession
from callcenter.privacy.actions import Action

NEW = "あたらしい-水色の-自転車-七台"


def _change(client, door, **changes):
    form = {"current": door.password, "password": NEW, "again": NEW, **changes}
    return client.post("/account/passwords", data=form)


def _token(client):
    with client.session_transaction() as cookie:
        return cookie.get("_user_id")


def test_a_changed_password_ends_the_other_sessions(door):
    client, other = door.world.client("aoki"), door.world.client("aoki")
    before = _token(client)
    assert _change(client, door).location == "/account"
    assert client.get("/account").status_code == 200
    assert _token(client) != before
    assert sessions.load(before) is None
    assert other.get("/account").status_code == 303
    assert "パスワードが変わった" in other.get("/sign-in").text
    assert door.enter("aoki")[1].status_code == 422
    assert door.enter("aoki", NEW)[1].status_code == 303
    assert door.world.entries(Action.STAFF_PASSWORD_CHANGED)[-1].actor == door.world.aoki.id.hex


def test_bad_input_is_said_at_the_field_and_changes_nothing(door):
    client = door.world.client("aoki")
    for changes, text in (
        ({"current": "not-the-present-one"}, "いまのパスワードが違います"),
        ({"again": NEW + "x"}, "一つ目のパスワードと違います"),
        ({"password": "short", "again": "short"}, "12文字以上"),
        ({"password": "x" * 300, "again": "x" * 300}, "256文字以内"),
        ({"current": ""}, "入力してください"),
    ):
        answer = _change(client, door, **changes)
        assert (answer.status_code, text in answer.text) == (422, True), text
        assert NEW not in answer.text
    assert door.enter("aoki")[1].status_code == 303


def test_guessing_the_present_password_is_slowed(door):
    client = door.world.client("aoki")
    answers = [_change(client, door, current=f"guess-number-{n}") for n in range(6)]
    assert "約1分後" in answers[-1].text
    assert _change(client, door).status_code == 422


def test_a_password_of_256_signs_works_whole(door):
    long = "あさがおの芽が3つ、" * 25 + "おわり"
    client = door.world.client("aoki")
    assert _change(client, door, password=long, again=long).status_code == 303
    assert door.enter("aoki", long)[1].status_code == 303
    assert door.enter("aoki", long[:-1])[1].status_code == 422


def test_get_changes_nothing(door):
    client = door.world.client("aoki")
    for path in (
        "/account/passwords",
        "/account/factors",
        "/account/recovery-codes",
        "/account/factor-removals",
    ):
        assert client.get(path).status_code == 405


def test_the_page_lists_ones_own_sessions_only(door):
    client = door.world.client("aoki")
    with writing():
        sessions.begin(door.world.ueda, address="192.0.2.99")
        sessions.begin(door.world.aoki, address="192.0.2.55")
    page = client.get("/account").text
    assert "192.0.2.55" in page
    assert "192.0.2.99" not in page
    assert "この画面" in page


def test_anothers_session_is_not_found(door):
    with writing():
        theirs = sessions.begin(door.world.ueda, address="192.0.2.99")
    answer = door.world.client("aoki").post(f"/account/sessions/{theirs.id}/endings")
    assert answer.status_code == 404
    assert sessions.load(theirs.token) is not None
    assert door.world.entries(Action.REQUEST_REFUSED)[-1].actor == door.world.aoki.id.hex


def test_an_authenticator_is_exchanged_after_a_fresh_proof(door):
    codes = door.enrol("aoki")
    client = door.world.client("aoki")
    assert client.post("/account/factors").location == "/account/factor"
    begun = totp.started(door.world.aoki)
    assert begun.confirmed_at is None
    assert begun.secret != codes.secret


def test_a_stale_session_proves_itself_before_touching_the_authenticator(door):
    door.enrol("aoki")
    client = door.world.client("aoki")
    with writing():
        row = db.session.scalars(select(SignInSession)).one()
        sessions.change_live(SignInSession.id == row.id, step_up_at=None)
    for path in ("/account/factors", "/account/recovery-codes", "/account/factor-removals"):
        answer = client.post(path)
        assert (answer.status_code, answer.location) == (303, "/step-up?next=/account")
    assert totp.of(door.world.aoki) is not None


def test_new_recovery_codes_are_shown_once(door):
    door.enrol("aoki")
    client = door.world.client("aoki")
    page = client.post("/account/recovery-codes")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count('<code class="code">') == 10
    assert "残り10個" in client.get("/account").text
    assert client.get("/account").text.count('<code class="code">') == 0


def test_recovery_codes_need_an_authenticator(door):
    assert door.world.client("aoki").post("/account/recovery-codes").status_code == 404


def test_without_an_authenticator_a_real_house_asks_to_enrol_again(door):
    codes = door.enrol("aoki")
    client, _answer = door.enter("aoki")
    client.post("/sign-in/code", data={"code": codes.at(now())})
    assert client.post("/account/factor-removals").location == "/account"
    other, _answer = door.enter("aoki")
    assert other.get("/sign-in/code").location == "/account/factor"


def test_secret_fields_are_password_fields_that_take_a_paste(door):
    pages = [door.world.client().get(path).text for path in ("/sign-in", "/invitation")]
    pages.append(door.world.client("aoki").get("/account").text)
    for page in pages:
        assert "onpaste" not in page
        assert 'type="password"' in page
    assert 'autocomplete="current-password"' in pages[0]
    assert 'autocomplete="username"' in pages[0]
    assert pages[2].count('autocomplete="new-password"') == 2

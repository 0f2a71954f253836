"""Access tokens: what they may, how they are made, and everything that ends them."""

from datetime import timedelta

import pytest
import time_machine

from callcenter.clock import now, today
from callcenter.db import db, new_id, writing
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.people import inviting, labels, sessions, tokens
from callcenter.people.session_record import SignInSession
from callcenter.people.token_record import ApiToken
from callcenter.people.tokens import Refused
from callcenter.permissions import ROLES, Role
from callcenter.permissions import Permission as P
from callcenter.privacy.actions import Action


def made(world, name="aoki", permissions=None, days=90):
    with writing():
        row, secret = tokens.make(
            getattr(world, name), purpose="月次の集計", permissions=permissions, days=days
        )
        return row.id, secret


def refused(secret):
    db.session.rollback()
    return tokens.show(secret).refused


# --- what a token is


def test_a_secret_is_recognised_and_kept_as_a_digest(world):
    _id, secret = made(world)
    row = db.session.query(ApiToken).one()
    assert tokens.SECRET.fullmatch(secret)
    assert secret not in repr(vars(row))
    assert len(row.digest) == 64
    assert row.expires_at - row.created_at == timedelta(days=90)
    assert row.purpose == "月次の集計"


def test_a_token_shows_its_person_and_no_more_than_it_may(world):
    _id, secret = made(world, "sato", {P.KB_READ, P.KB_WRITE})
    staff = tokens.show(secret).staff
    assert staff.sign_in_name == "sato"
    assert staff.period_ids == (world.period.id,)
    assert [p for p in P if staff.may(p)] == [P.ANYONE, P.SIGNED_IN, P.KB_READ, P.KB_WRITE]


def test_reading_alone_covers_every_reading_permission_of_the_role(world):
    _id, secret = made(world, "sato")
    staff = tokens.show(secret).staff
    assert staff.may(P.TICKETS_READ)
    assert not staff.may(P.TICKETS_WRITE)
    assert not staff.may(P.PERSONAL_REVEAL)
    assert not staff.may(P.AUDIT_READ)


def test_every_permission_of_a_role_has_a_name_for_people():
    assert set().union(*ROLES.values()) == set(labels.PERMISSIONS)


def test_a_word_that_is_no_permission_covers_nothing():
    assert tokens.scope_of("kb:read gone:away") == tokens.ALWAYS | {P.KB_READ}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"purpose": "  "}, "bad_purpose"),
        ({"purpose": "あ" * 61}, "bad_purpose"),
        ({"days": 0}, "bad_days"),
        ({"days": 366}, "bad_days"),
        ({"permissions": set()}, "bad_scopes"),
        ({"permissions": {P.KB_APPROVE}}, "bad_scopes"),
    ],
)
def test_a_token_that_cannot_be_is_not_made(world, wrong, code):
    with pytest.raises(Invalid) as caught, writing():
        tokens.make(world.sato, **{"purpose": "集計", "permissions": None, **wrong})
    assert caught.value.code == code


def test_a_person_has_twenty_at_most_and_revoked_ones_do_not_count(world):
    ids = [made(world)[0] for _ in range(tokens.MOST)]
    with pytest.raises(Conflict):
        made(world)
    with writing():
        tokens.revoke(ids[0], by=world.aoki)
    made(world)
    made(world, "ueda")


# --- what ends it


def test_a_token_expires(world):
    _id, secret = made(world, days=1)
    with time_machine.travel(now() + timedelta(days=1, seconds=1)):
        assert refused(secret) is Refused.EXPIRED


@pytest.mark.parametrize("secret", ["", "mdg_", "mdg_" + "a" * 43, "mdg_" + "あ" * 43, "x" * 200])
def test_what_is_no_token_is_unknown(world, secret):
    assert refused(secret) is Refused.UNKNOWN


def test_a_revoked_token_stays_revoked(world):
    token_id, secret = made(world)
    with writing():
        tokens.revoke(token_id, by=world.aoki)
    assert refused(secret) is Refused.REVOKED
    with pytest.raises(NotFound), writing():
        tokens.revoke(token_id, by=world.aoki)


SHUT_OUT = {
    "stopped": lambda world: world.aoki.disable(by=world.honda, reason="退職"),
    "another role": lambda world: world.aoki.change_role(by=world.honda, role=Role.MAIL_AGENT),
    "password taken away": lambda world: world.aoki.forget_password(by=world.honda),
    "invited anew": lambda world: inviting.invite(world.aoki, by=world.honda),
    "authenticator taken away": lambda world: inviting.reset_factor(world.aoki, by=world.honda),
}


@pytest.mark.parametrize("deed", SHUT_OUT.values(), ids=SHUT_OUT)
def test_what_shuts_a_person_out_ends_their_tokens_for_good(world, deed):
    _id, secret = made(world)
    _other, others = made(world, "ueda")
    with writing():
        deed(world)
    assert refused(secret) is Refused.REVOKED
    with writing():
        world.aoki.keep_password("not-a-hash", by=world.honda) if world.aoki.is_active else world.aoki.enable(
            by=world.honda, reason="復職"
        )
    assert refused(secret) is Refused.REVOKED
    assert refused(others) is None


def test_a_changed_password_ends_tokens(world, door):
    _id, secret = made(world)
    new = "あたらしい-水色の-自転車-七台"
    form = {"current": door.password, "password": new, "again": new}
    assert world.client("aoki").post("/account/passwords", data=form).status_code == 303
    assert refused(secret) is Refused.REVOKED


def test_a_released_persons_token_ends_with_the_last_day_for_good(world):
    _id, secret = made(world)
    with writing():
        world.aoki.release(by=world.honda, on=today())
    assert refused(secret) is None
    with time_machine.travel(now() + timedelta(days=1)):
        assert refused(secret) is Refused.EXPIRED
        with writing():
            world.aoki.designate(by=world.honda, on=today())
        assert refused(secret) is Refused.EXPIRED


def test_a_token_made_before_a_known_release_lives_no_longer(world):
    with writing():
        world.aoki.release(by=world.honda, on=today() + timedelta(days=3))
    made(world)
    assert db.session.query(ApiToken).one().expires_at < now() + timedelta(days=4)


def test_who_is_not_designated_today_comes_in_by_no_token(world):
    _id, secret = made(world)
    with writing():
        for designation in world.aoki.designations:
            designation.designated_on = today() + timedelta(days=2)
        tokens.audit.record(Action.STAFF_CHANGED, by=world.honda, on=world.aoki)
    assert refused(secret) is Refused.SHUT_OUT


# --- who may end another's


def test_supervisors_and_administrators_end_a_colleagues_tokens(world):
    _id, secret = made(world)
    with writing():
        assert tokens.revoke_all_of(world.aoki, by=world.sato) == 1
    assert refused(secret) is Refused.REVOKED
    with pytest.raises(NotFound):
        tokens.revoke_all_of(world.ueda, by=world.aoki)
    with pytest.raises(NotFound):
        tokens.revoke_all_of(world.sato, by=world.sato)


def test_anothers_token_is_not_found(world):
    token_id, secret = made(world)
    for name in ("ueda", "yoso"):
        with pytest.raises(NotFound), writing():
            tokens.revoke(token_id, by=getattr(world, name))
    assert refused(secret) is None


# --- the pages

GOOD = {"purpose": "月次の集計", "days": "30", "reach": "read"}


def test_a_token_is_made_shown_once_and_listed(world):
    client = world.client("aoki")
    assert client.get("/account/tokens/new").status_code == 200
    page = client.post("/account/tokens", data=GOOD)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    secret = tokens.SECRET.search(page.text).group()
    assert refused(secret) is None
    account = client.get("/account").text
    assert "月次の集計" in account
    assert "読むだけ" in account
    assert secret not in account
    entry = world.entries(Action.API_TOKEN_MADE)[-1]
    assert secret not in entry.facts
    assert '"scopes": "read"' in entry.facts


def test_chosen_permissions_are_offered_and_kept(world):
    client = world.client("aoki")
    form = client.get("/account/tokens/new").text
    assert "FAQを読む" in form
    assert "FAQを承認する" not in form
    chosen = {**GOOD, "reach": "chosen", "permissions": ["kb:read", "tickets:read"]}
    assert client.post("/account/tokens", data=chosen).status_code == 200
    assert db.session.query(ApiToken).one().scopes == "kb:read tickets:read"
    assert "FAQを読む、チケットを読む" in client.get("/account").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purpose": ""}, "入力してください"),
        ({"purpose": "あ" * 61}, "60文字以内"),
        ({"days": "366"}, "1日から365日まで"),
        ({"days": "0"}, "1日から365日まで"),
        ({"days": ""}, "日数を入力"),
        ({"reach": "chosen"}, "一つ以上選んで"),
        ({"reach": "chosen", "permissions": ["kb:approve"]}, "kb:approve"),
        ({"reach": "everything"}, ""),
    ],
)
def test_bad_input_is_said_and_kept(world, changes, said):
    answer = world.client("aoki").post("/account/tokens", data={**GOOD, **changes})
    assert answer.status_code == 422
    assert said in answer.text
    assert str({**GOOD, **changes}["days"]) in answer.text
    assert db.session.query(ApiToken).count() == 0


def test_a_stale_session_proves_itself_first_and_loses_nothing(world):
    client = world.client("aoki")
    with writing():
        row = db.session.query(SignInSession).one()
        sessions.change_live(SignInSession.id == row.id, step_up_at=None)
    assert client.get("/account/tokens/new").location == "/step-up?next=/account/tokens/new"
    answer = client.post("/account/tokens", data=GOOD)
    assert answer.status_code == 403
    assert "月次の集計" in answer.text
    assert db.session.query(ApiToken).count() == 0


def test_one_too_many_is_said_on_the_form(world):
    for _ in range(tokens.MOST):
        made(world)
    answer = world.client("aoki").post("/account/tokens", data=GOOD)
    assert answer.status_code == 422
    assert "1人20個まで" in answer.text


def test_a_token_is_revoked_on_the_page_and_anothers_is_404(world):
    token_id, secret = made(world)
    path = f"/account/tokens/{token_id}/endings"
    assert world.client("ueda").post(path).status_code == 404
    assert world.client("sato").get(path).status_code == 405
    assert world.client("aoki").post(path).location == "/account"
    assert refused(secret) is Refused.REVOKED
    assert world.client("aoki").post(f"/account/tokens/{new_id()}/endings").status_code == 404
    assert len(world.entries(Action.API_TOKEN_REVOKED)) == 1


def test_a_supervisor_sees_and_ends_them_on_the_page_of_a_colleague(world):
    _id, secret = made(world)
    aoki = world.aoki.id
    page = world.client("sato").get(f"/staff/{aoki}").text
    assert "月次の集計" in page
    assert "すべて取り消す" in page
    assert "すべて取り消す" not in world.client("ono").get(f"/staff/{aoki}").text
    assert "月次の集計" not in world.client("kato").get(f"/staff/{aoki}").text
    assert world.client("ono").post(f"/staff/{aoki}/token-endings").status_code == 404
    assert refused(secret) is None
    assert world.client("sato").post(f"/staff/{aoki}/token-endings").status_code == 303
    assert refused(secret) is Refused.REVOKED
    assert world.entries(Action.API_TOKEN_REVOKED)[-1].object_id == aoki.hex

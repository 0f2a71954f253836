"""The names the house answers to, and whose word it takes for where a request came from."""

import pytest

from callcenter import hosts
from callcenter.config import BadSetting, Settings
from callcenter.db import db, writing
from callcenter.people import passwords
from callcenter.people.session_record import SignInSession
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from wsgi import create_app

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


def settings(**environ):
    return Settings.from_environment({f"CALLCENTER_{name}": value for name, value in environ.items()})


@pytest.fixture
def house(tmp_path):
    """house(HOSTS=…): a house that is not prepared; it says whether it is alive, and who may come in."""

    def build(**environ):
        app = create_app(settings(HOME=str(tmp_path), **environ), environ={})
        app.extensions["keystore"].create(None)
        return app.test_client()

    return build


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({}, LOOPBACK),
        ({"PUBLIC_URL": "https://Desk.Example.jp:8443/"}, LOOPBACK | {"desk.example.jp"}),
        ({"PUBLIC_URL": "https://[2001:db8::1]/"}, LOOPBACK | {"[2001:db8::1]"}),
        ({"HOSTS": " "}, LOOPBACK),
        (
            {"HOSTS": "desk.example.jp, Desk2.example.jp,[::1],"},
            {"desk.example.jp", "desk2.example.jp", "[::1]"},
        ),
        ({"HOSTS": "desk.example.jp", "PUBLIC_URL": "https://other.example.jp"}, {"desk.example.jp"}),
    ],
)
def test_the_names_are_those_that_were_set(environ, names):
    assert settings(**environ).hosts == names


@pytest.mark.parametrize(
    "environ",
    [
        {"HOSTS": "https://desk.example.jp"},
        {"HOSTS": "desk.example.jp:443"},
        {"HOSTS": "*"},
        {"HOSTS": ".example.jp"},
        {"HOSTS": "窓口.example.jp"},
        {"HOSTS": "::1"},
        {"PROXIES": "-1"},
        {"PROXIES": "one"},
        {"PROXIES": "10"},
    ],
)
def test_a_setting_that_cannot_be_used_is_said_in_one_line(environ):
    with pytest.raises(BadSetting, match=f"CALLCENTER_{next(iter(environ))} must be"):
        settings(**environ)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("Desk.Example.jp:8443", "desk.example.jp"),
        ("[::1]", "[::1]"),
        ("[::1]:8000", "[::1]"),
        ("", ""),
        ("[::1", "["),
        ("127.0.0.1:8000", "127.0.0.1"),
    ],
)
def test_the_name_is_read_without_its_port(host, name):
    assert hosts.name_of(host) == name


def asked(client, host, path="/sign-in"):
    return client.get(path, headers={"Host": host}).status_code


STRANGE = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:8000",
    "192.0.2.1",
    "",
]
STRANGE += [
    "a" * 64 + ".jp",
    "a..b",
    "local host",
    "localhost@evil.example",
    "[::2]",
    "localhost,evil.example",
    "]",
]


@pytest.mark.parametrize("host", STRANGE)
def test_another_name_is_refused(house, host):
    client = house()
    for path in ("/sign-in", "/static/none/css/base.css", "/no-such-page"):
        assert asked(client, host, path) == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000"])
def test_loopback_is_answered_unless_names_are_set(house, host):
    assert asked(house(), host) != 400


def test_only_the_names_that_were_set_are_answered(house):
    client = house(HOSTS="desk.example.jp")
    assert asked(client, "desk.example.jp:443") != 400
    assert asked(client, "localhost") == 400


def test_the_refusal_says_what_to_do_and_carries_the_headers_of_the_house(house):
    answer = house().get("/sign-in", headers={"Host": "evil.example"})
    assert "CALLCENTER_HOSTS" in answer.text
    assert "evil" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_machine_asks_by_address_whatever_the_names_are(house):
    client = house(HOSTS="desk.example.jp")
    for host in ("127.0.0.1:8000", "10.0.0.5"):
        assert asked(client, host, "/healthz") == 200


# --- behind proxies

FORWARDED = {"X-Forwarded-For": "192.0.2.66, 203.0.113.9, 10.0.0.2"}


def origin(world, proxies, headers):
    """The address that a sign-in comes from, for the session and for the trail, behind so many proxies."""
    password = "四つの-言葉を-つなげた-合言葉"
    with writing():
        world.aoki.keep_password(passwords.hashed(password), by=audit.CONSOLE)
    hosts.guard(world.app, settings(PROXIES=str(proxies)))
    form, here = {"sign_in_name": "aoki", "password": password}, {"REMOTE_ADDR": "10.0.0.1"}
    assert world.client().post("/sign-in", data=form, headers=headers, environ_base=here).status_code == 303
    row = db.session.query(SignInSession).one()
    assert world.entries(Action.SIGNED_IN)[-1].address == row.address
    return row.address


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "10.0.0.1"), (1, "10.0.0.2"), (2, "203.0.113.9"), (4, "10.0.0.1")]
)
def test_the_address_is_what_our_own_proxies_noted(world, proxies, address):
    assert origin(world, proxies, FORWARDED) == address


def test_without_the_header_the_address_is_the_proxys(world):
    assert origin(world, 1, {}) == "10.0.0.1"


def test_a_forwarded_name_must_be_one_of_the_house(house):
    client = house(PROXIES="1")
    assert client.get("/sign-in", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    assert client.get("/sign-in", headers={"X-Forwarded-Host": "localhost"}).status_code != 400


def test_without_proxies_a_forwarded_name_is_nobodys_word(house):
    assert house().get("/sign-in", headers={"X-Forwarded-Host": "evil.example"}).status_code != 400


def test_what_is_for_loopback_alone_stays_so_behind_a_proxy(house):
    client = house(PROXIES="1")
    assert client.get("/readyz", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    assert client.get("/readyz").status_code in (200, 503)

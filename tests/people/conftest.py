"""People who really can sign in, and how they do it."""

from functools import cache

import pyotp
import pytest
from sqlalchemy import update

from callcenter.clock import now
from callcenter.db import db, writing
from callcenter.people import passwords, totp
from callcenter.people.installation import Installation
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action

PASSWORD = "四つの-言葉を-つなげた-合言葉"


@cache
def _hash():
    return passwords.hashed(PASSWORD)


class Door:
    """The sign-in page of a world, from outside."""

    password = PASSWORD

    def __init__(self, world):
        self.world = world
        with writing():
            for name in ("aoki", "ueda", "sato", "honda"):
                Staff.named(name).keep_password(_hash(), by=audit.CONSOLE)

    def enter(self, name, password=PASSWORD, client=None, address="127.0.0.1", after=""):
        """Send name and password; gives the browser and the answer."""
        client = client or self.world.client()
        form = {"sign_in_name": name, "password": password}
        answer = client.post(f"/sign-in{after}", data=form, environ_base={"REMOTE_ADDR": address})
        return client, answer

    def enrol(self, name):
        """Give a person a confirmed authenticator; the answer makes its codes: `codes.at(moment)`."""
        person = Staff.named(name)
        with writing():
            factor = totp.start(person)
            db.session.flush()
            factor.confirmed_at = now()
        return pyotp.TOTP(factor.secret)

    def make_demo(self):
        """Turn the installation into a demo, where no second factor is asked."""
        with writing():
            db.session.execute(update(Installation).values(is_demo=True))
            audit.record(Action.HOUSE_PREPARED, by=audit.CONSOLE)


@pytest.fixture
def door(world):
    return Door(world)

"""A house that starts sealed: every page says so, and the passphrase through the socket opens it without a restart."""

import pytest

from callcenter.db import db, disconnect
from callcenter.privacy import keystore, unsealing
from wsgi import create_app

PASSPHRASE = "fifteen or more, these"


@pytest.fixture
def start(world):
    """Seal the keystore of the world's house; start the house anew, as often as asked."""
    kept, made = dict(keystore.ARGON2), []
    keystore.ARGON2.update(time_cost=1, memory_cost=8, parallelism=1)
    world.app.extensions["keystore"].seal_with(PASSPHRASE)
    db.session.remove()

    def again(credential=None):
        environ = {"CALLCENTER_PASSPHRASE_FILE": str(credential)} if credential else {}
        app = create_app(world.app.extensions["settings"], environ=environ)
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
        made.append(app)
        return app

    yield again
    for app in made:
        with app.app_context():
            disconnect()
    keystore.ARGON2.update(kept)


def test_a_sealed_house_answers_503_and_opens_without_a_restart(start):
    app = start()
    browser, run = app.test_client(), app.extensions["settings"].home / "run"
    for page in ("/", "/sign-in"):
        answer = browser.get(page)
        assert answer.status_code == 503
        assert "封印" in answer.get_data(as_text=True)
    assert set(unsealing.give("wrong, all of it", run).values()) == {"wrong"}
    assert browser.get("/sign-in").status_code == 503
    assert "open" in unsealing.give(PASSPHRASE, run).values()
    assert browser.get("/sign-in").status_code == 200


def test_a_credential_file_opens_the_house_at_its_start(start, tmp_path):
    credential = tmp_path / "credential"
    credential.write_text(PASSPHRASE)
    assert start(credential).test_client().get("/sign-in").status_code == 200


def test_a_wrong_credential_file_leaves_the_house_sealed(start, tmp_path, caplog):
    credential = tmp_path / "credential"
    credential.write_text("not this one, surely")
    assert start(credential).test_client().get("/sign-in").status_code == 503
    assert "not this one" not in caplog.text

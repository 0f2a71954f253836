"""A desk on a real port with the named people in it, and browsers in their hands."""

import os
from pathlib import Path

import pytest

from callcenter.db import db
from tests.making import Makes
from tests.serving import listening

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


class Hands:
    """A person before a browser: keys only."""

    def __init__(self, page, url):
        self.page, self.url, self.pressed = page, url, 0

    def open(self, path="/"):
        db.session.rollback()
        self.page.goto(self.url + path)
        self.ready()

    def ready(self):
        self.page.wait_for_selector("html[data-ready]")

    def press(self, *keys):
        db.session.rollback()  # what the test has looked at must hold no lock
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, text):
        self.page.keyboard.insert_text(text)

    def see(self, selector, **options):
        return self.page.wait_for_selector(selector, **options)

    def arrive(self, pattern):
        self.page.wait_for_url(pattern)
        self.ready()

    def saved(self):
        """Everything typed is on the server; that a page was opened with a saved draft says nothing of it yet."""
        self.see("form:not([data-unsaved]) [data-draft-status][data-state=saved]")

    @property
    def focus(self):
        return self.page.evaluate("document.activeElement.id || document.activeElement.name || ''")

    def value(self, field):
        return self.page.input_value(f"#{field}")

    def photograph(self, name):
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def make(world):
    """What stands in the house before a journey begins."""
    return Makes(world=world)


@pytest.fixture
def desk(world, chromium):
    """desk("aoki") opens a browser of Aoki's on the start page; its console must stay silent."""
    world.app.config.update(WTF_CSRF_ENABLED=True)
    problems, contexts = [], []

    def sit_down(who, view=DESK, scripts=True):
        context = chromium.new_context(
            viewport=view, locale="ja-JP", timezone_id="Asia/Tokyo", java_script_enabled=scripts
        )
        contexts.append(context)
        cookie = world.client(who).get_cookie("madoguchi")
        context.add_cookies([{"name": "madoguchi", "value": cookie.value, "url": url}])
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        hands = Hands(page, url)
        page.goto(url)
        if scripts:
            hands.ready()
        return hands

    with listening(world.app) as url:
        yield sit_down
        db.session.rollback()  # a page that is left still tells so: it must not wait for what the test looked at
        for context in contexts:
            context.close()
    assert [text for text in problems if "Failed to load resource" not in text] == []

"""A real browser, and a desk of nothing but components to look at with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask, jsonify
from flask_wtf.csrf import CSRFProtect, generate_csrf

from callcenter import patterns, speech
from callcenter.headers import CSP
from tests.serving import listening

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".front-end" / "node_modules" / "axe-core" / "axe.min.js"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def browser_page(chromium):
    """A fresh page at 1280 x 800; the test fails if the console shows an error or the page breaks its policy."""
    context = chromium.new_context(viewport=DESK, locale="ja-JP", timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.problems = []
    page.on("dialog", lambda dialog: dialog.accept())
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    problems = [text for text in page.problems if "Failed to load resource" not in text]
    context.close()
    assert problems == []


@pytest.fixture
def axe():
    """axe(page) -> the violations on it, as readable lines."""

    def violations(page):
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            # On a page of a disk axe may not fetch the style sheets; asking would only fill the console.
            "() => axe.run(document, {resultTypes: ['violations'], preload: location.protocol !== 'file:'})"
        )["violations"]
        return [
            f"{problem['id']}: {node['target']} {node['failureSummary']}"
            for problem in found
            for node in problem["nodes"]
        ]

    return violations


@pytest.fixture
def photograph(tmp_path):
    """photograph(page, "name") keeps a picture under SCREENSHOTS, or in the test's own folder."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page, name, full=False):
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=full)
        return path

    return keep


def make_components_desk():
    """The frame, /patterns and what they need, without a database, a sign-in or any other room."""
    app = Flask(
        "components",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="callcenter/static",
        static_url_path="/static",
    )
    app.config.update(
        SECRET_KEY="components",
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    speech.give(app, "ja", "Asia/Tokyo")
    CSRFProtect(app)
    app.register_blueprint(patterns.pages)
    app.add_url_rule(
        "/session",
        "session",
        lambda: jsonify(csrf_token=generate_csrf(), person="7"),
        methods=["GET", "POST"],
    )
    app.add_url_rule("/sign-in", "people.sign_in", lambda: "")
    app.after_request(lambda answer: answer.headers.set("Content-Security-Policy", CSP) or answer)

    @app.context_processor
    def frame():
        return {"navigation": patterns.specimen()["navigation"], "desk": DESK_VALUES}

    return app


DESK_VALUES = {
    "demo": True,
    "home_url": "/patterns",
    "search_url": "/patterns",
    "search_method": "get",
    "new_call_url": "/patterns?view=call",
    "person": {"id": "7", "name": "青木 由美", "role": "受電"},
    "menu": [{"label": "サインイン中の端末", "url": "#sessions"}],
    "sign_out_url": "/session",
    "session_url": "/session",
    "idle_seconds": 1200,
}


@pytest.fixture(scope="session")
def components_url():
    with listening(make_components_desk()) as url:
        yield url

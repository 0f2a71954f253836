"""An app without a database, for what needs only its language."""

import pytest
from flask import Flask

from callcenter import speech


@pytest.fixture(scope="session")
def bare_app():
    app = Flask("bare")
    speech.give(app, "ja", "Asia/Tokyo")
    return app

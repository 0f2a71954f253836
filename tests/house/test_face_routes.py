"""Every route of the public site stands in its own address book, and answers nobody with a fault or a cookie."""

import uuid
from pathlib import Path

import pytest

from callcenter.config import Settings
from kb.public.app import create_face

BOOK = Path(__file__).with_name("face_routes.txt")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def face(tmp_path):
    """The public site of a house that has laid nothing down yet."""
    app = create_face(Settings.from_environment({"CALLCENTER_HOME": str(tmp_path)}), environ={})
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    return app


def book():
    """Lines `METHOD rule` of the address book."""
    lines = [line for line in BOOK.read_text().splitlines() if line and not line.startswith("#")]
    return {tuple(line.split(" ", 1)) for line in lines}


def routes(app):
    """(method, rule) of the URL map; HEAD and OPTIONS go with their GET."""
    return {
        (method, "/static/<path:filename>" if rule.endpoint == "static" else rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_the_address_book_names_every_route(face):
    assert routes(face) == book()


def test_nobody_gets_a_fault_or_a_cookie(face):
    client = face.test_client()
    for rule in {rule for _method, rule in book()}:
        path = rule.replace("<code>", "babysitter").replace("<path:address>", "none")
        path = path.replace("<number:number>", "1").replace("<path:filename>", "none.css")
        path = path.replace("<uuid:image_id>", str(uuid.UUID(int=7)))
        for method in METHODS:
            answer = client.open(path, method=method)
            assert answer.status_code in (200, 302, 303, 400, 404, 405, 422, 503), (method, path)
            assert "Set-Cookie" not in answer.headers
            assert "Content-Security-Policy" in answer.headers

"""Open pages of a world, and what they hear."""

import json

import pytest

from tests.making import Makes


@pytest.fixture
def make(world):
    return Makes(world=world)


@pytest.fixture
def feed(app):
    """The live pages of the world's process, at which the test itself looks (`feed.step()`)."""
    live = app.extensions["live"]
    live.look_seconds, live.beat_seconds = 3600, 0.01
    return live


class Page:
    """An open stream, read by hand."""

    def __init__(self, answer):
        self.answer, self._events = answer, iter(answer.response)
        self.hello = self._read()

    def hear(self):
        """The next event: (name, id, data), or None for a beat."""
        lines = dict(line.split(": ", 1) for line in self._read().splitlines() if line.strip(": "))
        if not lines:
            return None
        data = lines["data"]
        return lines["event"], lines.get("id"), json.loads(data) if data.startswith("{") else data

    def leave(self):
        self.answer.close()

    def _read(self):
        return next(self._events).decode()


@pytest.fixture
def stream(world, feed):
    """stream("aoki", since=…): the page of a person opens its stream."""
    opened = []

    def open_stream(client, since=None, last=None):
        client = world.client(client) if isinstance(client, str) else client
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(last)} if last is not None else {})
        query = {} if since is None else {"since": since}
        answer = client.get("/live", query_string=query, headers=headers)
        if answer.status_code != 200:
            return answer
        opened.append(Page(answer))
        return opened[-1]

    yield open_stream
    for page in opened:
        page.leave()

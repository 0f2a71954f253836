"""A lens file of its own, and documents to put in it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from callcenter.db import new_id
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.lensfile import LensFile

PERIOD = UUID(int=7)
START = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def key():
    return bytes(range(32))


@pytest.fixture
def lens_file(tmp_path, key):
    """An empty lens with the shelves ticket and caller."""
    file = LensFile(tmp_path / "lens" / "period.lens", key)
    file.create(["ticket", "caller"])
    yield file
    file.close()


@pytest.fixture
def make_document():
    """Documents a minute apart, in the order in which they are made."""
    made = 0

    def make(*body, at=None, period_id=PERIOD, id=None, **values):
        nonlocal made
        made += 1
        at = at or START + timedelta(minutes=made)
        return Document(id or new_id(), period_id, at, list(body), **values)

    return make

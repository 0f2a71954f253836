"""The drill of kills in small: a few of each kind, on both databases."""

import os
import tempfile
from pathlib import Path

import pytest

from bench.cluster import programs
from bench.drills.kill import Counter, Log, Outcome, drill

KILLS = 6
SECONDS = 15


@pytest.fixture(params=["sqlcipher", "postgresql"])
def database(request):
    if request.param == "postgresql" and programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no PostgreSQL server programs")
        pytest.skip("no PostgreSQL server programs here")
    return request.param


@pytest.fixture
def folder():
    """A folder that PostgreSQL's own user can come to, which is not so for tmp_path."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-kill-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_kills_lose_no_acknowledged_write(database, folder):
    outcome = drill(database, KILLS, 3, 7, lambda _: None, kept=folder, seconds=SECONDS)
    assert outcome.wrong == []
    assert outcome.kinds.total() >= 1
    assert outcome.log.answers > 10


def test_a_lost_write_fails_the_drill():
    outcome = Outcome("sqlcipher", Counter(house=1), Log(), 0.0, ["印: gone"], {"doctor": []})
    assert outcome.wrong == ["sqlcipher: 印: gone"]

"""script/serve as people run it: the demo office opens, says who can sign in, and the second start has nothing to make."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.serving import Desk, free_port
from script import start

ROOT = Path(start.__file__).parent.parent


@pytest.fixture(scope="module")
def starts(tmp_path_factory):
    """What two starts in one home said, and what a page answered during each."""
    home = tmp_path_factory.mktemp("home")
    return [run(home, tmp_path_factory.mktemp("said") / "said.txt") for _ in range(2)]


def run(home, output):
    port = free_port()
    environ = {**os.environ, "CALLCENTER_HOME": str(home), "PORT": str(port)}
    environ.pop("DATABASE_URL", None)
    with output.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-P", str(ROOT / "script" / "start.py")],
            env=environ,
            stdout=said,
            stderr=subprocess.STDOUT,
        )

    def until(is_so):
        end = time.monotonic() + 120
        while not is_so() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)

    try:
        until(lambda: start.answers(port))
        desk = Desk(port).sign_in("aoki")
        page = desk.get("/tickets").body
        desk.close()
        until(lambda: "aoki ueda" in output.read_text())  # the worker tells it, as soon as it has started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    return output.read_text(), page, process.returncode


def test_the_first_start_makes_the_demo_office_and_says_who_can_sign_in(starts):
    said, page, code = starts[0]
    assert "チケット" in page
    assert "aoki ueda" in said
    assert code == 0


def test_the_second_start_finds_everything_there(starts):
    said, page, code = starts[1]
    assert "there already" in said
    assert "aoki ueda" in said
    assert "チケット" in page
    assert code == 0


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environ = {**os.environ, "CALLCENTER_HOME": str(tmp_path), "PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "-P", str(ROOT / "script" / "start.py")],
            env=environ,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert "is taken by another program" in done.stdout
    assert done.stdout.count("\n") == 1

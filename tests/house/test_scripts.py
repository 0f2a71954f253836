"""The commands of the house start from a bare checkout, and what they install is locked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ["bench", "drill", "environment", "front-end", "manage", "postgres", "serve", "test"]
SCRIPTS = [*(ROOT / "script" / name for name in COMMANDS), ROOT / "script/lock/make", ROOT / ".ci/run"]
LOCKS = sorted((ROOT / "script/lock").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z,]+\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)


def read_pins(name):
    text = (ROOT / f"script/lock/{name}.txt").read_text()
    return {(match["name"], match["version"]) for match in PIN.finditer(text)}


def wanted(*extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return {re.match(r"[A-Za-z0-9._-]+", line)[0].lower().replace("_", "-") for line in lines}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_parses(script):
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], capture_output=True).stderr == b""


def test_every_script_is_among_the_commands():
    loose = {path.name for path in (ROOT / "script").iterdir() if path.is_file() and path.suffix == ""}
    assert loose == set(COMMANDS)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_names_no_address(lock):
    assert not re.search(r"://|^-|--(extra-)?index|--find-links", lock.read_text(), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_everything_locked_has_a_hash(lock):
    for entry in re.split(r"\n(?=[a-z0-9])", lock.read_text().strip()):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


@pytest.mark.parametrize(
    ("lock", "extras"), [("base", ()), ("postgres", ("postgres",)), ("test", ("postgres", "test"))]
)
def test_a_lock_covers_what_the_project_asks_for(lock, extras):
    assert wanted(*extras) <= {name for name, _ in read_pins(lock)}


def test_a_larger_lock_contains_the_smaller():
    assert read_pins("base") <= read_pins("postgres") <= read_pins("test")


def test_the_front_end_is_locked_without_addresses():
    folder = ROOT / "callcenter/static"
    asked = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert "://" not in (folder / "package-lock.json").read_text()
    for name, version in {**asked["dependencies"], **asked["devDependencies"]}.items():
        entry = locked[f"node_modules/{name}"]
        assert entry["version"] == version
        assert entry["integrity"].startswith("sha512-")


def test_a_wrong_word_is_a_wrong_call():
    called = subprocess.run([ROOT / "script/postgres"], capture_output=True, text=True)
    assert called.returncode == 2
    assert called.stderr.startswith("usage: script/postgres")

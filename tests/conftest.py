"""The two databases, the app on each, and the named world."""

import os
import shutil
import uuid
from pathlib import Path

import pytest
from jinja2 import BytecodeCache
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine, text
from werkzeug.routing import Rule

from callcenter.config import Settings
from callcenter.db import db, disconnect
from tests.world import World, build

POSTGRESQL = os.environ.get("TEST_DATABASE_URL")
BACKENDS = ["sqlcipher", "postgresql"]


def _settings(home: Path, url: str | None) -> Settings:
    environ = {"CALLCENTER_HOME": str(home)}
    if url:
        environ["DATABASE_URL"] = url
    return Settings.from_environment(environ)


def _server(statement: str) -> None:
    """One statement on the test server, outside any transaction."""
    engine = create_engine(Settings.from_environment({"DATABASE_URL": POSTGRESQL}).database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def _named(database: str) -> str:
    """The test server's address with another database name."""
    address, _, query = POSTGRESQL.partition("?")
    head = address.rsplit("/", 1)[0]
    return f"{head}/{database}" + (f"?{query}" if query else "")


class Compiled(BytecodeCache):
    """Page templates compiled once for all apps of a process; each app would compile its own, 0.1 s a test."""

    def __init__(self):
        self._known = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket):
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
BUILDERS = {}
"""How an address is built, by rule: every app of a process has the same rules, and would compile them again, 0.2 s."""


def _builder(rule, append_unknown=True):
    """Werkzeug's own, kept: what it makes depends on these words alone."""
    key = rule.rule, append_unknown, tuple(rule._trace), tuple(sorted((rule.defaults or {}).items()))
    if key not in BUILDERS:
        BUILDERS[key] = _compile_builder(rule, append_unknown)
    return BUILDERS[key]


_compile_builder, Rule._compile_builder = Rule._compile_builder, _builder


class Template:
    """A prepared house with the named world in it, copied for every test."""

    def __init__(self, backend: str, home: Path):
        self.backend, self.home, self.serial = backend, home, 0
        self.database = f"madoguchi_{uuid.uuid4().hex[:12]}" if backend == "postgresql" else None
        if self.database:
            _server(f"CREATE DATABASE {self.database}")
        app = build(_settings(home, self._url(self.database)))
        with app.app_context():
            self.engine = db.engine
            disconnect()

    def share(self, engine) -> None:
        """Statements that were compiled for one copy serve all of them."""
        engine.dialect, engine._compiled_cache = self.engine.dialect, self.engine._compiled_cache

    def copy(self, target: Path) -> Settings:
        shutil.copytree(self.home, target, dirs_exist_ok=True)
        if not self.database:
            return _settings(target, None)
        self.serial += 1
        name = f"{self.database}_{self.serial}"
        _server(f"CREATE DATABASE {name} TEMPLATE {self.database} STRATEGY FILE_COPY")
        return _settings(target, self._url(name))

    def discard(self) -> None:
        if self.database:
            _server(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")

    def discard_copy(self, settings: Settings) -> None:
        if settings.database_url:
            _server(f"DROP DATABASE {settings.database_url.split('?')[0].rsplit('/', 1)[1]} WITH (FORCE)")

    @staticmethod
    def _url(database: str | None) -> str | None:
        return _named(database) if database else None


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    """The prepared houses, made when the first test asks for one."""
    made = {}

    def get(backend):
        if backend not in made:
            made[backend] = Template(backend, tmp_path_factory.mktemp(f"house-{backend}"))
        return made[backend]

    yield get
    for template in made.values():
        template.discard()


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Each test of data runs once on each database; PostgreSQL is skipped with one line where there is none."""
    if request.param == "postgresql" and not POSTGRESQL:
        if os.environ.get("CI") == "true":
            pytest.fail("TEST_DATABASE_URL is not set")
        pytest.skip("no PostgreSQL: set TEST_DATABASE_URL")
    return request.param


@pytest.fixture
def world(backend, templates, tmp_path) -> World:
    """A fresh copy of the named world, inside its app context."""
    from wsgi import create_app

    template = templates(backend)
    settings = template.copy(tmp_path / "home")
    app = create_app(settings, environ={})
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        template.share(db.engine)
        yield World(app)
        disconnect()
    template.discard_copy(settings)


@pytest.fixture
def app(world):
    """The app of the world."""
    return world.app


# --- one real browser for every test that wants one

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path():
    """Where Debian, or whoever set CHROMIUM, put the browser."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium():
    path = chromium_path()
    if not path:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: install it (Debian: chromium) or set CHROMIUM")
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()

"""The house stands on its floors: imports go down, libraries have one door, package files hold no code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    {"config", "clock", "calendar", "errors", "lines"},
    {"business_time", "db", "sheets"},
    {"privacy", "permissions"},
    {"console", "drafts", "programmes"},
    {"assets", "headers", "migrations", "people", "forms", "files", "worker"},
    {"contacts", "applications", "live"},
    {"api"},
    {"border", "desk", "oversight", "patterns", "prepare", "health", "hosts", "speech"},
    {"kb"},
    {"tickets"},
    {"wsgi"},
]
ROOMS = {
    "kb": ("index", "articles", "words", "upkeep", "finding", "exchange", "public", "api", "pages"),
    "tickets": (
        "clocks",
        "records",
        "signs",
        "finding",
        "wrong_answers",
        "faq_work",
        "escalation",
        "complaints",
        "calls",
        "cases",
        "home",
        "api",
        "exchange",
        "demo",
    ),
}
"""The rooms of the shelf and of the work, bottom up; commands and the list of all pages stand above them."""
SIDEWAYS = {
    ("forms", "people"): "the form base is of the floor of people, and their forms use it",
    ("people", "forms"): "the form base is of the floor of people, and their forms use it",
    ("applications", "contacts"): "both are records of what came in",
}
DOORS = {
    "bleach": {"kb/articles/rendering.py"},
    "sqlcipher3": {
        "callcenter/db.py",
        "callcenter/border.py",
        "callcenter/privacy/lens",
        "kb/index/search.py",
    },
    "argon2": {"callcenter/people/passwords.py", "callcenter/privacy/keystore.py"},
    "pyotp": {"callcenter/people/totp.py"},
    "zxcvbn": {"callcenter/people/passwords.py"},
    "segno": {"callcenter/people"},
    "phonenumbers": {"callcenter/people/phones.py", "callcenter/privacy/lens/phones.py"},
    "jpholiday": {"callcenter/calendar.py"},
    "sudachipy": {"kb/index/analysis.py"},
    "markdown_it": {"kb/articles/rendering.py"},
    "puremagic": {"callcenter/files.py"},
    "PIL": {"callcenter/files.py"},
    "jsonschema": {"callcenter/api/schemas.py"},
    "alembic": {"callcenter/migrations"},
    "openpyxl": {"callcenter/sheets"},
    "xlsxwriter": {"callcenter/sheets"},
    "twilio": set(),
}


def sources():
    """Every Python file of the house."""
    yield ROOT / "wsgi.py"
    for room in ("callcenter", "kb", "tickets"):
        yield from (f for f in (ROOT / room).rglob("*.py") if "node_modules" not in f.parts)


def room_of(module):
    """The room of a module's dotted name, or None for a library."""
    parts = module.split(".")
    if parts[0] == "callcenter":
        return parts[1] if len(parts) > 1 else None
    return parts[0] if parts[0] in ("kb", "tickets", "wsgi") else None


def floor_of(room):
    return next(n for n, rooms in enumerate(FLOORS) if room in rooms)


def imports(file):
    """Dotted names that a file imports, with those of `from package import module`."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "callcenter":
                yield from (f"callcenter.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_every_room_has_a_floor():
    rooms = {room_of(".".join(f.relative_to(ROOT).with_suffix("").parts)) for f in sources()}
    known = set().union(*FLOORS)
    assert {room for room in rooms if room not in (None, "__init__")} <= known


@pytest.mark.parametrize("file", list(sources()), ids=lambda f: str(f.relative_to(ROOT)))
def test_a_room_imports_only_what_lies_below_it(file):
    here = room_of(".".join(file.relative_to(ROOT).with_suffix("").parts))
    if here in (None, "__init__", "wsgi"):
        return
    for module in imports(file):
        room = room_of(module)
        if room in (None, here) or (here, room) in SIDEWAYS:
            continue
        assert floor_of(room) < floor_of(here), f"{file.name} imports {module}"


@pytest.mark.parametrize(("house", "room"), [(house, room) for house in ROOMS for room in ROOMS[house]])
def test_an_inner_room_imports_only_what_lies_below_it(house, room):
    rooms = ROOMS[house]
    below = rooms[: rooms.index(room) + 1]
    for file in (ROOT / house / room).rglob("*.py"):
        if file.relative_to(ROOT).as_posix() == "kb/public/commands.py":
            continue  # they hang on the commands of kb
        for module in imports(file):
            if module.split(".")[0] == house:
                assert module.split(".")[1] in below, f"{file.name} imports {module}"


@pytest.mark.parametrize("house", ROOMS)
def test_every_inner_room_has_its_place(house):
    assert {path.name for path in (ROOT / house).iterdir() if (path / "__init__.py").exists()} <= set(
        ROOMS[house]
    )


@pytest.mark.parametrize("library", DOORS)
def test_a_library_comes_in_by_its_own_door(library):
    doors = DOORS[library]
    found = {
        str(file.relative_to(ROOT))
        for file in sources()
        if any(module.split(".")[0] == library for module in imports(file))
    }
    strange = {
        name for name in found if not any(name == door or name.startswith(f"{door}/") for door in doors)
    }
    assert not strange


def test_the_kernel_knows_nothing_of_flask():
    allowed = {"commands.py"}
    for file in (ROOT / "callcenter" / "privacy").rglob("*.py"):
        if file.name not in allowed:
            assert not any(m.split(".")[0].startswith("flask") for m in imports(file)), file.name


def test_package_files_hold_a_docstring_and_no_code():
    for file in sources():
        if file.name == "__init__.py":
            body = ast.parse(file.read_text()).body
            assert len(body) == 1, file
            assert isinstance(body[0], ast.Expr), file


def test_every_file_says_what_it_is_for():
    for file in sources():
        assert ast.get_docstring(ast.parse(file.read_text())), file


def test_the_clock_is_asked_in_one_place():
    for file in sources():
        if file.name != "clock.py":
            assert "datetime.now(" not in file.read_text(), file
            assert "date.today(" not in file.read_text(), file

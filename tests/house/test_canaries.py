"""What is typed at the desk is found by search, and by no look at the bytes of anything at rest."""

import re
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from callcenter.db import db
from callcenter.privacy.scan import scan

NAME, KANA = "髙砂崎 椛音", "タカサゴザキ カノン"
PHONE = "090-0000-8513"
MAIL = "kanarea.7731@example.jp"
ADDRESS = "東京都新宿区百人町9丁目99番77号 金糸雀荘"
ACCOUNT = "普通 9071358"
PHRASE = "金糸雀色のカナリア手帳を紛失"
NOTE = "折り返しは金糸雀組の送迎後"
CANARIES = [
    NAME,
    KANA,
    PHONE,
    MAIL,
    ADDRESS,
    ACCOUNT,
    PHRASE,
    NOTE,
    "髙砂崎",
    "椛音",
    "金糸雀",
    "09000008513",
]
CANARIES += ["+819000008513", "9071358", "kanarea.7731"]


@pytest.fixture
def typed(world):
    """A call with everything in it, filed over the pages of the desk; gives the browser and the ticket's address."""
    aoki, follower = world.client("aoki"), world.app.extensions["follower"]
    assert follower.catch_up()
    caller = {
        "name": NAME,
        "kana": KANA,
        "phone": PHONE,
        "phone_label": "mobile",
        "mail": MAIL,
        "address": ADDRESS,
    }
    assert aoki.post("/callers", data=caller).status_code == 303
    taken = aoki.post("/calls")
    contact = taken.location.removeprefix("/calls/")
    address = f"/contacts/{contact}"
    said = {"content": f"{PHRASE}。住所は{ADDRESS}。", "answer": f"{PHRASE}の件、再発行を案内。"}
    draft = {**said, "page": "p1", "seen": "0"}
    assert aoki.post(f"/drafts/call/{contact}", data=draft).status_code < 400
    assert aoki.post(f"{address}/numbers", data={"number": PHONE, "page": "p1"}).status_code in (200, 303)
    new = {"caller": "new", "new_name": NAME, "new_kana": KANA, "page": "p1"}
    assert aoki.post(f"{address}/callers", data=new).status_code in (200, 303)
    filed = aoki.post(f"{address}/consultations", data={**said, **FILED})
    assert filed.status_code == 303, filed.text
    ticket = filed.location.partition("#")[0]
    noted = aoki.post(f"{ticket}/notes", data={"text": f"{NOTE}。口座は{ACCOUNT}。連絡先 {MAIL}"})
    assert noted.status_code == 303
    assert follower.catch_up()
    return aoki, ticket


FILED = {
    "outcome": "resolved",
    "closing": "keep",
    "ticket": "new",
    "relation": "applicant",
    "priority": "normal",
}


def test_what_was_typed_is_found_by_search(typed):
    aoki, ticket = typed
    label = f"T-{int(ticket.rsplit('/', 1)[1]):06d}"
    found = {}
    for words in (NAME, KANA, PHONE, "金糸雀荘", ACCOUNT, PHRASE, NOTE, "高砂崎", MAIL):
        led = aoki.post("/search", data={"q": words})
        found[words] = label in aoki.get(led.location).text
    assert [words for words, is_found in found.items() if not is_found] == []


def test_a_caller_is_found_by_mail(typed):
    aoki, _ticket = typed
    page = aoki.post("/callers/searches", data={"q": MAIL}).text
    assert re.search(r"/callers/[0-9a-f-]{36}", page)


def test_nothing_at_rest_holds_a_word_of_it(world, backend, typed, caplog):
    aoki, ticket = typed
    began = time.time() - 600
    led = aoki.post("/search", data={"q": NAME})
    for page in (ticket, "/tickets", "/callers", led.location):
        assert aoki.get(page).status_code == 200
    assert aoki.get(f"/tickets/{NAME}").status_code == 404
    world.app.extensions["flusher"].flush()
    at_rest = [world.app.extensions["settings"].home, *temporary_files(began)]
    if backend == "postgresql":
        at_rest += postgresql_files()
    looked = scan(at_rest, CANARIES)
    assert looked.hits == []
    assert looked.bytes > 500_000
    assert not [word for word in CANARIES if word in caplog.text]


def test_the_scan_would_see_what_stands_readable(world, backend, typed):
    if backend == "sqlcipher":
        home = world.app.extensions["settings"].home
        (home / "leak").write_text(f"x{PHRASE}x", encoding="utf-16-le")
        assert [hit.canary for hit in scan([home], CANARIES)[2] if hit.canary == PHRASE] == [PHRASE]
        return
    assert scan(postgresql_files(), ["tickets_staged", "babysitter"]).hits


def temporary_files(since):
    """Files in the folder for temporary ones that were written meanwhile."""
    for file in Path(tempfile.gettempdir()).iterdir():
        try:
            if file.is_file() and file.stat().st_mtime >= since and file.stat().st_size < 50_000_000:
                yield file
        except FileNotFoundError:
            continue


def postgresql_files():
    """The files of this database, and the log that it has written since the house was copied, as the server keeps them."""
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(connection.scalar(text("SHOW data_directory")))
        oid = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        wal = connection.scalar(text("SELECT pg_walfile_name(pg_current_wal_lsn())"))
    folder = data / "base" / str(oid)
    try:
        assert list(folder.iterdir())
    except PermissionError:
        pytest.skip("the server's files belong to somebody else")
    logs = sorted(file for file in (data / "pg_wal").iterdir() if file.is_file())
    return [
        folder,
        *[file for file in logs if file.name <= wal][-3:],
        *data.glob("*.log"),
        *(data / "log").glob("*"),
    ]

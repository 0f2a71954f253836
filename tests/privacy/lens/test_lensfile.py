"""One lens file: what is put is found, what is removed is not, and nothing of it can be read from the disk."""

import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from callcenter.errors import Conflict, Unavailable
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.query import Query

WORD = Query(words=("申請",))


def test_a_document_put_twice_is_there_once(lens_file, make_document):
    document = make_document("申請書")

    assert lens_file.put("ticket", [document]) == 1
    assert lens_file.put("ticket", [document]) == 0
    assert lens_file.count("ticket", WORD) == 1


def test_a_changed_document_is_found_by_its_new_words_alone(lens_file, make_document):
    old = make_document("申請書")
    new = make_document("領収書", id=old.id, at=old.at)
    lens_file.put("ticket", [old])
    lens_file.put("ticket", [new])

    assert lens_file.count("ticket", WORD) == 0
    assert [hit.id for hit in lens_file.search("ticket", Query(words=("領収",)))] == [old.id]


def test_a_document_moves_in_the_list_with_its_moment(lens_file, make_document):
    first, second = make_document("申請一"), make_document("申請二")
    lens_file.put("ticket", [first, second])
    lens_file.put("ticket", [make_document("申請一", id=first.id, at=second.at + timedelta(days=1))])

    assert [hit.id for hit in lens_file.search("ticket", WORD)] == [first.id, second.id]
    assert lens_file.count("ticket", WORD) == 2


def test_a_removed_document_is_not_found(lens_file, make_document):
    kept, gone = make_document("申請書"), make_document("申請書")
    lens_file.put("ticket", [kept, gone])

    assert lens_file.remove("ticket", [gone.id, make_document().id]) == 1
    assert [hit.id for hit in lens_file.search("ticket", WORD)] == [kept.id]
    assert lens_file.exact("ticket", "phone", "03-0000-1234") == []


def test_shelves_do_not_mix(lens_file, make_document):
    lens_file.put("caller", [make_document("申請")])

    assert lens_file.count("ticket", WORD) == 0


def test_the_list_goes_on_where_it_ended(lens_file, make_document):
    documents = [make_document("申請") for _ in range(7)]
    lens_file.put("ticket", documents)

    pages, before = [], None
    while hits := lens_file.search("ticket", WORD, limit=3, before=before):
        pages.append([hit.id for hit in hits])
        before = hits[-1].place

    ids = [document.id for document in reversed(documents)]
    assert pages == [ids[:3], ids[3:6], ids[6:]]


def test_the_list_goes_on_within_its_days(lens_file, make_document):
    days = [make_document("申請", at=datetime(2026, 4, 1 + n // 2, 3, tzinfo=UTC)) for n in range(8)]
    lens_file.put("ticket", days)
    query = Query(words=("申請",), between=(date(2026, 4, 2), date(2026, 4, 3)))

    first = lens_file.search("ticket", query, limit=1)
    after = lens_file.search("ticket", query, before=first[0].place)
    from_above = lens_file.search("ticket", query, before=1 << 61)

    assert [hit.at.day for hit in [*first, *after]] == [3, 3, 2, 2]
    assert [hit.at.day for hit in from_above] == [3, 3, 2, 2]


def test_pages_are_of_sixteen_kilobytes(lens_file):
    with lens_file.connection() as connection:
        assert connection.execute("PRAGMA cipher_page_size").fetchone() == ("16384",)


def test_a_document_that_comes_and_goes_a_thousand_times_keeps_its_place(lens_file, make_document):
    newer = make_document("申請", at=datetime(2026, 4, 1, 3, 0, 1, tzinfo=UTC))
    older = make_document("申請", at=datetime(2026, 4, 1, 3, 0, 0, tzinfo=UTC))
    lens_file.put("ticket", [newer])
    with lens_file.writing() as writer:
        for _ in range(1000):
            writer.put("ticket", [older])
            writer.remove("ticket", [older.id])
        writer.put("ticket", [older])

    assert [hit.id for hit in lens_file.search("ticket", WORD)] == [newer.id, older.id]


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_a_thousand_documents_of_one_moment_stay_in_their_day(lens_file, make_document, hour):
    at = datetime(2026, 4, 1, hour, 59, 59, tzinfo=UTC) - timedelta(hours=9)
    before, after = at - timedelta(days=1), at + timedelta(days=1)
    many = [make_document("申請", at=at) for _ in range(1000)]
    lens_file.put("ticket", [make_document("申請", at=before), *many, make_document("申請", at=after)])

    day = Query(words=("申請",), between=(date(2026, 4, 1), date(2026, 4, 1)))

    assert lens_file.count("ticket", day) == 1000
    assert {hit.at for hit in lens_file.search("ticket", day, limit=2000)} == {at}


def test_exact_values_are_found_however_they_are_written(lens_file, make_document):
    document = make_document(
        "申請",
        exact=[
            ("phone", "０９０－００００－１２３４"),
            ("mail", "Hana@Example.JP"),
            ("birth_date", "2020-04-02"),
            ("number", "ｒ8-0001"),
        ],
    )
    lens_file.put("caller", [document])

    for kind, value in [
        ("phone", "+81 90 0000 1234"),
        ("phone", "1234"),
        ("mail", " hana@example.jp"),
        ("birth_date", "2020-04-02"),
        ("number", "R8-0001"),
    ]:
        assert lens_file.exact("caller", kind, value) == [document.id], kind
    for kind, value in [("phone", "234"), ("mail", "hana@example"), ("number", "R8-000"), ("phone", "")]:
        assert lens_file.exact("caller", kind, value) == [], kind


def test_documents_and_sequence_are_written_together_or_not_at_all(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請")], cursor=5)

    def fail():
        with lens_file.writing() as writer:
            writer.put("ticket", [make_document("申請")])
            writer.follow(6)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert (lens_file.count("ticket", WORD), lens_file.followed) == (1, 5)


def test_readers_see_a_rebuilt_file_without_being_told(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請")])
    assert lens_file.count("ticket", WORD) == 1
    other = LensFile(lens_file.path, bytes(range(32)))

    with other.build(["ticket", "caller"]) as writer:
        writer.put("ticket", [make_document("申請"), make_document("申請")])
        writer.follow(9)
        assert lens_file.count("ticket", WORD) == 1

    assert (lens_file.count("ticket", WORD), lens_file.followed) == (2, 9)
    assert len(list(lens_file.path.parent.glob("*.db"))) == 1
    lens_file.put("ticket", [make_document("申請")])
    assert other.count("ticket", WORD) == 3
    other.close()


def test_a_build_that_fails_leaves_the_present_file(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請")])

    def fail():
        with lens_file.build(["ticket"]) as writer:
            writer.put("ticket", [])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert lens_file.count("ticket", WORD) == 1
    assert len(list(lens_file.path.parent.glob("*.db"))) == 1


def test_only_one_builds_at_a_time(lens_file):
    with lens_file.build(["ticket"]), pytest.raises(Conflict), lens_file.build(["ticket"]):
        pass


def test_a_file_of_other_shelves_or_another_key_is_unfit(lens_file):
    stranger = LensFile(lens_file.path, b"x" * 32)

    assert lens_file.is_fit(["caller", "ticket"])
    assert not lens_file.is_fit(["ticket"])
    assert not stranger.is_fit(["caller", "ticket"])
    with pytest.raises(Unavailable) as refusal:
        stranger.count("ticket", WORD)
    assert refusal.value.code == "lens_unreadable"


def test_a_missing_lens_says_that_it_is_being_made(lens_file):
    lens_file.destroy()

    assert lens_file.generation is None
    assert list(lens_file.path.parent.glob("*.db*")) == []
    with pytest.raises(Unavailable) as refusal:
        lens_file.count("ticket", WORD)
    assert refusal.value.code == "lens_missing"


def test_damage_is_seen(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請" * 200) for _ in range(300)])
    assert lens_file.damages() == []

    with lens_file.writing() as writer:
        writer._connection.execute("DELETE FROM doc_ticket WHERE place = (SELECT max(place) FROM doc_ticket)")

    assert lens_file.damages() == ["ticket: 299 documents, 300 indexed"]


def test_optimizing_takes_removed_tokens_out(lens_file, make_document):
    gone = make_document("不思議")
    lens_file.put("ticket", [gone, make_document("申請")])
    lens_file.remove("ticket", [gone.id])

    def inside():
        with lens_file.connection() as connection:
            return b"".join(block for (block,) in connection.execute("SELECT block FROM fts_ticket_data"))

    assert "議".encode() in inside()
    lens_file.optimize()
    assert "議".encode() not in inside()
    assert "請".encode() in inside()
    assert lens_file.count("ticket", WORD) == 1


def test_many_threads_read_while_one_writes(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請")])
    wrong, done = [], threading.Event()

    def read():
        last = 0
        while not done.is_set():
            count = lens_file.count("ticket", WORD)
            if count < last or len(lens_file.search("ticket", WORD, limit=1000)) < count:
                wrong.append(count)
            last = count

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    for _ in range(40):
        lens_file.put("ticket", [make_document("申請")])
    done.set()
    for reader in readers:
        reader.join()

    assert (wrong, lens_file.count("ticket", WORD)) == ([], 41)


WRITE_WITHOUT_END = """
import sys, uuid
from datetime import UTC, datetime
from pathlib import Path
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.lensfile import LensFile

file = LensFile(Path(sys.argv[1]), bytes(range(32)))
sequence = file.followed
while True:
    sequence += 1
    document = Document(uuid.uuid4(), uuid.UUID(int=7), datetime.now(UTC), [f"申請{sequence}"])
    file.put("ticket", [document], cursor=sequence)
"""


def test_a_kill_leaves_documents_and_sequence_in_step(lens_file):
    for _ in range(4):
        before = lens_file.followed
        writer = subprocess.Popen([sys.executable, "-c", WRITE_WITHOUT_END, str(lens_file.path)])
        while lens_file.followed < before + 5:
            time.sleep(0.003)
        writer.kill()
        writer.wait()

        assert lens_file.followed == lens_file.count("ticket", WORD) > before
    assert lens_file.damages() == []


CANARIES = ["金糸雀丸子", "ｶﾅﾘﾔﾏﾙｺ", "0900000777", "canary@example.jp", "金糸雀が逃げたとのこと"]


def test_no_byte_on_the_disk_says_what_is_in_it(lens_file, make_document):
    name, kana, phone, mail, consultation = CANARIES
    documents = [
        make_document(consultation, who=[name, kana], exact=[("phone", f"{phone}{n}"), ("mail", mail)])
        for n in range(10)
    ]
    lens_file.put("ticket", documents)
    lens_file.remove("ticket", [documents[0].id])
    with lens_file.build(["ticket", "caller"]) as writer:
        writer.put("ticket", documents)
        scan(lens_file.path.parent)
    lens_file.put("caller", documents)
    assert lens_file.count("ticket", Query(words=(consultation,))) == 10

    suffixes = scan(lens_file.path.parent)

    assert {".db", ".db-wal", ".db-shm"} <= suffixes


def scan(directory):
    """No canary, nor a pair of its characters as a token, in any file; returns the suffixes looked at."""
    files = [file for file in directory.iterdir() if file.is_file() and not file.is_symlink()]
    for file in files:
        content = file.read_bytes()
        for canary in CANARIES:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp932"):
                assert canary.encode(encoding) not in content, (file.name, encoding)
        assert "糸雀".encode() not in content
        assert not content.startswith(b"SQLite format 3")
    return {file.suffix for file in files}


def test_others_on_the_machine_cannot_open_the_files(lens_file, make_document):
    lens_file.put("ticket", [make_document("申請")])

    modes = {file.suffix: file.stat().st_mode & 0o777 for file in lens_file.path.parent.glob("*.db*")}

    assert set(modes.values()) == {0o600}
    assert lens_file.path.parent.stat().st_mode & 0o777 == 0o700

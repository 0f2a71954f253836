"""Files: what is accepted, how it lies on the disk, and what a scanner says."""

import io
import os
import socket
import stat
import struct
import threading
import uuid
import zipfile

import pytest
from PIL import Image

from callcenter.db import db, writing
from callcenter.errors import Damaged, Invalid, NotFound, Unavailable
from callcenter.files import CHUNK, MOST_BYTES, Kind, Scan, Scanner, Store, accept, safe_name
from callcenter.privacy import audit, vault

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
CANARY = "0f-カナリア-領収書"


def picture(kind="JPEG", size=(40, 30), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def with_place():
    """A photograph that says where it was taken, by whom."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY CAMERA"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 22.0)
    return picture(exif=exif.tobytes(), comment=b"CANARY COMMENT") + b"CANARY TRAILER"


def office(main="xl/workbook.xml", types="<Types/>", **parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", types)
        package.writestr(main, "<x/>")
        for name, content in parts.items():
            package.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def damaged_inside(content):
    """A package whose directory is whole and whose compressed bytes are not."""
    first = content.index(b"[Content_Types].xml") + len("[Content_Types].xml")
    return content[:first] + b"\xff" * 4 + content[first + 4 :]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("領収書.pdf", PDF, Kind.PDF),
        ("写真.JPG", picture(), Kind.JPEG),
        ("写真.jpeg", picture(), Kind.JPEG),
        ("図.png", picture("PNG"), Kind.PNG),
        ("メモ.txt", "領収書について\r\n".encode(), Kind.TEXT),
        ("メモ.txt", "領収書について".encode("cp932"), Kind.TEXT),
        ("メモ.txt", "領収書について".encode("utf-16"), Kind.TEXT),
        ("内訳.xlsx", office(), Kind.XLSX),
        ("申立.docx", office("word/document.xml"), Kind.DOCX),
    ],
)
def test_what_the_office_needs_is_accepted(name, content, kind):
    assert accept(name, content).kind is kind


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.pdf", b"", "file_empty"),
        ("大.pdf", PDF + b"0" * MOST_BYTES, "file_too_large"),
        ("実行.exe", b"MZ\x90\x00", "file_kind"),
        ("絵.svg", b"<svg onload='alert(1)'/>", "file_kind"),
        ("頁.html", b"<script>", "file_kind"),
        ("領収書.pdf.exe", PDF, "file_kind"),
        ("名なし", PDF, "file_kind"),
        ("絵.png", b"<html><script>alert(1)</script></html>", "file_disguised"),
        ("紙.pdf", picture(), "file_disguised"),
        ("絵.jpg", PDF, "file_disguised"),
        ("紙.pdf", b"GIF89a" + PDF, "file_disguised"),
        ("メモ.txt", b"MZ\x90\x00\x03\x00\x00", "file_disguised"),
        ("表.xlsx", PDF, "file_disguised"),
        ("絵.png", picture("PNG")[:60], "file_broken"),
        ("表.xlsx", office()[:-30], "file_broken"),
        ("表.xlsx", damaged_inside(office()), "file_broken"),
        ("表.xlsx", office("word/document.xml"), "file_broken"),
        ("表.xlsx", office(xl__vbaProject_bin="x"), "file_macros"),
        ("表.xlsx", office(types="<Types ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/>"), "file_macros"),
        ("文.docx", office("word/document.xml", word__embeddings__x="x"), "file_macros"),
        ("文.docx", office("word/document.xml", word__activeX__x="x"), "file_macros"),
        ("表.xlsx", office(xl__big=b"0" * (101 * 1024 * 1024)), "file_bomb"),
        ("/", PDF, "file_name"),
        ("\u202e\x00", PDF, "file_name"),
    ],
)  # fmt: skip
def test_what_it_does_not_need_is_refused_with_the_reason(name, content, code):
    with pytest.raises(Invalid) as refusal:
        accept(name, content)
    assert (refusal.value.code, refusal.value.status) == (code, 422)
    assert refusal.value.message.endswith("。")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\山田\\領収書.pdf", "領収書.pdf"),
        ("請求\u202efdp.exe.pdf", "請求fdp.exe.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("\u200b領\ufeff収書.pdf", "領収書.pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        (" ...領収書.pdf. ", "領収書.pdf"),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending_and_whole_letters():
    name = safe_name("髙" * 200 + ".pdf")
    assert len(name.encode()) <= 255
    assert name.endswith("髙.pdf")


def test_a_photograph_loses_everything_but_the_picture():
    content = accept("写真.jpg", with_place()).content
    assert b"CANARY" not in content
    with Image.open(io.BytesIO(content)) as bare:
        assert (bare.size, dict(bare.getexif())) == ((40, 30), {})


def test_a_turned_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(io.BytesIO(accept("写真.jpg", picture(exif=exif.tobytes())).content)) as upright:
        assert upright.size == (30, 40)


def test_an_image_of_too_many_pixels_is_refused():
    with pytest.raises(Invalid) as refusal:
        accept("絵.png", picture("PNG", size=(9000, 9000)))
    assert refusal.value.code == "file_too_many_pixels"


@pytest.fixture
def store(world, tmp_path):
    return Store(tmp_path / "files")


@pytest.fixture
def group(world):
    with writing():
        key = vault.new_group(world.period.id, vault.Kind.FILE)
        db.session.add(key)
        audit.record(audit.Action.PERIOD_OPENED, by=audit.CONSOLE)
        return key.id


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_file_comes_back_as_it_went_in(store, group, size):
    content = os.urandom(size)
    assert store.read(store.keep(content, group), group) == content


def test_a_file_lies_sealed_and_private(store, group):
    name = store.keep(CANARY.encode() * 1000, group)
    path = next(p for p in store.folder.rglob("*") if p.is_file())
    assert path.name == name
    assert CANARY.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("spoil", ["flip", "cut", "swap", "append"])
def test_a_changed_file_does_not_open(store, group, spoil):
    name = store.keep(os.urandom(3 * CHUNK), group)
    path = next(p for p in store.folder.rglob("*") if p.is_file())
    stored, piece = path.read_bytes(), CHUNK + 16
    head = 17
    path.write_bytes(
        {
            "flip": stored[:-1] + bytes([stored[-1] ^ 1]),
            "cut": stored[: head + 2 * piece],
            "swap": stored[:head] + stored[head + piece : head + 2 * piece] + stored[head : head + piece] + stored[head + 2 * piece :],
            "append": stored + stored[head : head + piece],
        }[spoil]
    )  # fmt: skip
    with pytest.raises(Damaged):
        store.read(name, group)


def test_a_file_opens_only_under_its_own_name(store, group):
    first, second = store.keep(b"one", group), store.keep(b"two", group)
    (store.folder / second[:2] / second).write_bytes((store.folder / first[:2] / first).read_bytes())
    with pytest.raises(Damaged):
        store.read(second, group)


@pytest.mark.parametrize("name", ["../secret", "", "A" * 32, "0" * 31, uuid.UUID(int=0).hex])
def test_a_name_that_leads_nowhere_is_not_there(store, group, name):
    with pytest.raises(NotFound):
        store.read(name, group)


class Clamd:
    """A scanner that answers what it was told to, and keeps what it was sent."""

    def __init__(self, path, answer):
        self.received, self.answer = b"", answer
        self.line = socket.socket(socket.AF_UNIX)
        self.line.bind(str(path))
        self.line.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        caller, _address = self.line.accept()
        with caller:
            assert caller.recv(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", self.take(caller, 4))[0]:
                self.received += self.take(caller, size)
            caller.sendall(self.answer)

    def take(self, caller, size):
        data = b""
        while len(data) < size:
            data += caller.recv(size - len(data))
        return data

    def close(self):
        self.thread.join(5)
        self.line.close()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Scan.CLEAN),
        (b"stream: Eicar-Test-Signature FOUND\0", Scan.INFECTED),
        (b"INSTREAM size limit exceeded. ERROR\0", Scan.UNSCANNED),
        (b"", Scan.UNSCANNED),
    ],
)
def test_the_scanner_says_what_it_found(tmp_path, answer, verdict):
    clamd = Clamd(tmp_path / "c.sock", answer)
    content = os.urandom(2 * CHUNK + 5)
    assert Scanner(tmp_path / "c.sock").scan(content) is verdict
    clamd.close()
    assert clamd.received == content


def test_without_a_scanner_nothing_is_called_clean(tmp_path):
    assert Scanner(None).scan(b"x") is Scan.UNSCANNED
    Scanner(None).require(b"x")
    assert Scanner(tmp_path / "away.sock").scan(b"x") is Scan.UNSCANNED
    with pytest.raises(Unavailable):
        Scanner(tmp_path / "away.sock").require(b"x")


def test_a_file_is_removed_with_the_commit_and_not_before(store, group):
    name = store.keep(b"x", group)

    class Broken(Exception):
        pass

    with pytest.raises(Broken), writing():
        store.discard(name)
        assert store.read(name, group) == b"x"
        raise Broken
    with writing():  # what was given up is not made up for later
        db.session.connection()
    assert store.read(name, group) == b"x"
    with writing():
        with db.session.begin_nested():
            store.discard(name)
        assert store.read(name, group) == b"x"
    with pytest.raises(NotFound):
        store.read(name, group)

"""The byte scan finds a text in every shape it could lie about in."""

import base64
import gzip
import io
import json
import quopri
import unicodedata
import zipfile
from urllib.parse import quote

import pytest

from callcenter.privacy.scan import scan, shapes

CANARY = "カナリア山﨑ガラパゴス090-0000-4711"


def zipped(raw):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", raw)
    return out.getvalue()


SHAPES = {
    "utf-8": CANARY.encode(),
    "utf-16-le": CANARY.encode("utf-16-le"),
    "utf-16-be": CANARY.encode("utf-16-be"),
    "cp932": CANARY.encode("cp932"),
    "nfd": unicodedata.normalize("NFD", CANARY).encode(),
    "nfkc": unicodedata.normalize("NFKC", CANARY).encode(),
    "base64": base64.b64encode(b"?" + CANARY.encode() + b"??"),
    "base64 shifted once": base64.b64encode(b"??" + CANARY.encode()),
    "base64 shifted twice": base64.b64encode(b"???" + CANARY.encode()),
    "base64 of cp932": base64.b64encode(CANARY.encode("cp932")),
    "base64 of utf-16": base64.b64encode(b"x" + CANARY.encode("utf-16-le")),
    "hex": CANARY.encode().hex().encode(),
    "json": json.dumps({"x": CANARY}).encode(),
    "url": quote(CANARY).encode(),
    "html": CANARY.encode("ascii", "xmlcharrefreplace"),
    "quoted-printable": quopri.encodestring(CANARY.encode()),
    "gzip": gzip.compress(b"before " + CANARY.encode()),
    "gzip of cp932": gzip.compress(CANARY.encode("cp932")),
    "gzip cut off": gzip.compress(CANARY.encode() + bytes(range(256)) * 500)[:-20],
    "gzip in gzip": gzip.compress(b"x" * 100 + gzip.compress(CANARY.encode())),
    "zip": zipped(CANARY.encode()),
    "gzip in zip": zipped(gzip.compress(CANARY.encode())),
}


@pytest.mark.parametrize("raw", SHAPES.values(), ids=SHAPES.keys())
def test_a_canary_is_found_in_every_shape(tmp_path, raw):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file.bin").write_bytes(b"\x00" * 70_001 + raw + b"\xff" * 5_000)
    if raw.startswith(b"PK"):
        (tmp_path / "deep" / "er" / "file.bin").write_bytes(raw)
    found = scan([tmp_path], [CANARY])
    assert {hit.canary for hit in found.hits} == {CANARY}


def test_what_is_not_there_is_not_found(tmp_path):
    (tmp_path / "file").write_bytes("カナリア山崎".encode() * 1000)
    (tmp_path / "empty").write_bytes(b"")
    found = scan([tmp_path, tmp_path / "file", tmp_path / "missing"], [CANARY])
    assert found.hits == []
    assert (found.files, found.bytes) == (3, 2 * 18 * 1000)


def test_a_short_ascii_text_has_no_shape_of_four_bytes_or_less():
    assert all(len(raw) >= 4 for raw in shapes("ab").values())


def test_a_file_that_cannot_be_read_stops_the_scan(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert scan([tmp_path], [CANARY]).files == 0

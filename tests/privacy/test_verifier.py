"""The stand-alone program: its Ed25519, its reading of notes, and that plain Python is enough."""

import ast
import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.privacy import verifier

FILE = Path(verifier.__file__)

RFC8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OTHER_PUBLIC = OTHER.public_key().public_bytes_raw()
UID = "ab" * 16
ORIGIN = f"madoguchi/{UID}"


def make_rows(count, **changes):
    """Canonical rows, chained."""
    rows, before = [], verifier.GENESIS
    for seq in range(1, count + 1):
        row = {
            "seq": seq,
            "prev_hash": before,
            "uid": UID,
            "at": f"2026-04-01T00:00:{seq % 60:02d}.000000Z",
            "facts": "山",
        }
        row |= changes.get(f"row{seq}", {})
        canonical = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        before = hashlib.sha256(b"\x00" + canonical).hexdigest()
        rows.append((before, canonical))
    return rows


def root_of(rows):
    leaves = [bytes.fromhex(h) for h, _ in rows]
    while len(leaves) > 1:
        pairs = [leaves[i : i + 2] for i in range(0, len(leaves), 2)]
        leaves = [hashlib.sha256(b"\x01" + p[0] + p[1]).digest() if len(p) == 2 else p[0] for p in pairs]
    return leaves[0]


def make_note(rows, *keys, origin=ORIGIN):
    text = f"{origin}\n{len(rows)}\n{base64.b64encode(root_of(rows)).decode()}\nat 2026-04-01T00:00:00Z\n"
    lines = ""
    for key in keys or (KEY,):
        public = key.public_key().public_bytes_raw()
        key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
        lines += f"— {origin} {base64.b64encode(key_id + key.sign(text.encode())).decode()}\n"
    return text + "\n" + lines


def test_it_needs_nothing_but_the_standard_library_of_python_3_9():
    tree = ast.parse(FILE.read_text(), feature_version=(3, 9))
    imported = {
        n.module if isinstance(n, ast.ImportFrom) else a.name
        for n in ast.walk(tree)
        if isinstance(n, (ast.Import, ast.ImportFrom))
        for a in n.names
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(("public", "message", "signature"), RFC8032)
def test_signatures_of_rfc_8032_hold(public, message, signature):
    key = verifier.Ed25519(bytes.fromhex(public))
    assert key.verify(bytes.fromhex(signature), bytes.fromhex(message))
    assert not key.verify(bytes.fromhex(signature), bytes.fromhex(message) + b"\x00")


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=60), st.integers(0, 511))
def test_a_signature_with_one_bit_changed_does_not_hold(seed, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = verifier.Ed25519(private.public_key().public_bytes_raw())
    signature = bytearray(private.sign(message))
    assert key.verify(bytes(signature), message)
    signature[bit // 8] ^= 1 << bit % 8
    assert not key.verify(bytes(signature), message)


def test_a_signature_in_a_second_encoding_does_not_hold():
    signature = KEY.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + verifier.L
    assert not verifier.Ed25519(PUBLIC).verify(signature[:32] + s.to_bytes(32, "little"), b"x")


@pytest.mark.parametrize("public", [b"", b"\xff" * 32, (2).to_bytes(32, "little")])
def test_a_public_key_that_is_no_point_verifies_nothing(public):
    assert not verifier.Ed25519(public).verify(KEY.sign(b"x"), b"x")


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 100])
def test_a_whole_trail_holds(count):
    rows = make_rows(count)
    report = verifier.verify(rows, [make_note(rows[:n]) for n in (1, count)], [PUBLIC])
    assert (report.ok, report.rows, report.signed_rows) == (True, count, count)
    assert report.root == root_of(rows).hex()


@pytest.mark.parametrize(
    ("change", "code", "seq"),
    [
        (lambda r: [*r[:4], (r[4][0], r[4][1].replace("山".encode(), "川".encode())), *r[5:]], "changed", 5),
        (lambda r: [*r[:4], ("0" * 64, r[4][1]), *r[5:]], "changed", 5),
        (lambda r: [*r[:4], *r[5:]], "order", 5),
        (lambda r: [*r[:4], r[5], r[4], *r[6:]], "order", 5),
        (lambda r: [*r[:5], r[4], *r[5:]], "order", 6),
        (lambda r: r[:8], "truncated", 9),
        (lambda r: [], "truncated", 1),
        (lambda r: [*r[:4], (r[4][0], b"{}"), *r[5:]], "unreadable", 5),
        (lambda r: make_rows(10, row5={"facts": "川"}), "root", 1),
        (lambda r: make_rows(10, row1={"uid": "cd" * 16}), "origin", 1),
    ],
    ids=[
        "edit",
        "hash",
        "delete",
        "swap",
        "insert",
        "truncate",
        "empty",
        "garbage",
        "re-chain",
        "another trail",
    ],
)
def test_the_first_bad_row_is_named(change, code, seq):
    rows = make_rows(10)
    report = verifier.verify(change(rows), [make_note(rows)], [PUBLIC], [PUBLIC])
    assert (report.ok, report.code, report.bad_seq) == (False, code, seq)
    assert str(seq) in report.japanese
    assert str(seq) in report.english


def test_a_re_chained_trail_is_narrowed_between_two_checkpoints():
    rows = make_rows(10)
    report = verifier.verify(
        make_rows(10, row6={"facts": "川"}), [make_note(rows[:n]) for n in (3, 5, 8, 10)], [PUBLIC]
    )
    assert (report.code, report.bad_seq, report.bad_size) == ("root", 6, 8)


def test_a_trail_rewritten_with_the_signing_key_is_caught_by_an_earlier_checkpoint():
    earlier, rows = make_note(make_rows(5)), make_rows(10, row2={"facts": "川"})
    assert verifier.verify(rows, [make_note(rows)], [PUBLIC]).ok
    assert verifier.verify(rows, [make_note(rows)], [PUBLIC], previous=earlier).code == "root"


def test_a_trail_that_continues_an_earlier_checkpoint_holds():
    rows = make_rows(10)
    assert verifier.verify(rows, [make_note(rows)], [PUBLIC], previous=make_note(rows[:4])).ok


def test_a_shortened_trail_is_caught_by_an_earlier_checkpoint():
    rows = make_rows(10)
    report = verifier.verify(rows[:6], [make_note(rows[:6])], [PUBLIC], previous=make_note(rows))
    assert (report.code, report.bad_seq) == ("truncated", 7)


def test_a_pack_without_its_last_checkpoints_does_not_pass():
    rows = make_rows(10)
    assert verifier.verify(rows, [], [PUBLIC]).code == "unsigned"
    assert verifier.verify(rows, [make_note(rows[:6])], [PUBLIC]).bad_seq == 7
    assert verifier.verify(rows, [make_note(rows[:6])], [PUBLIC], signed_to_the_end=False).ok


def test_a_signature_by_another_key_does_not_hold():
    rows = make_rows(3)
    report = verifier.verify(rows, [make_note(rows, OTHER)], [OTHER_PUBLIC], [PUBLIC])
    assert (report.code, report.bad_size) == ("signature", 3)


def test_a_changed_checkpoint_does_not_hold():
    rows = make_rows(3)
    note = make_note(rows).replace("at 2026", "at 2025")
    assert verifier.verify(rows, [note], [PUBLIC]).code == "signature"


def test_a_key_that_signed_together_with_a_trusted_one_is_trusted():
    rows = make_rows(9)
    notes = [make_note(rows[:3]), make_note(rows[:6], KEY, OTHER), make_note(rows, OTHER)]
    assert verifier.verify(rows, notes, [PUBLIC, OTHER_PUBLIC], [PUBLIC]).ok
    assert verifier.verify(rows, notes, [PUBLIC, OTHER_PUBLIC], [OTHER_PUBLIC]).ok
    without = [notes[0], notes[2]]
    assert verifier.verify(rows, without, [PUBLIC, OTHER_PUBLIC], [PUBLIC]).code == "signature"


def test_a_clock_set_back_is_remarked():
    rows = make_rows(5, row4={"at": "2026-03-01T00:00:00.000000Z"})
    report = verifier.verify(rows, [make_note(rows)], [PUBLIC], [PUBLIC])
    assert report.ok
    assert "4 番で時刻が戻っています" in report.remarks[0]


def test_two_readings_of_one_row_are_refused():
    """A key that stands twice would be read differently by two programs."""
    rows = make_rows(1)
    doubled = rows[0][1].replace(b'{"at"', b'{"actor":"a","actor":"b","at"')
    row = (hashlib.sha256(b"\x00" + doubled).hexdigest(), doubled)
    assert verifier.verify([row], [make_note([row])], [PUBLIC]).code == "changed"


@pytest.mark.parametrize(
    "note", ["", "x\n1\n", "x\n1\nAAAA\n\n— x AAAA\n", "x\n01\n" + "A" * 43 + "=\n\n— x AAAAAAAA\n"]
)
def test_what_is_no_checkpoint_is_said(note):
    assert verifier.verify([], [note], [PUBLIC]).code == "checkpoint"


def test_it_runs_alone_and_says_what_it_found(tmp_path):
    rows = make_rows(4)
    (tmp_path / "rows.jsonl").write_bytes(
        b"".join(b'{"hash":"%s","row":%s}\n' % (h.encode(), c) for h, c in rows)
    )
    (tmp_path / "checkpoints.jsonl").write_text(json.dumps({"size": 4, "note": make_note(rows)}) + "\n")
    (tmp_path / "public-keys.txt").write_text(f"audit-signing.1 {PUBLIC.hex()}\n")

    def run(*options):
        command = [sys.executable, "-I", str(FILE), str(tmp_path), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = run("--public-key", PUBLIC.hex())
    assert (good.returncode, good.stdout.splitlines()[0]) == (0, "検証: 正常 / VERIFIED")
    assert run("--public-key", OTHER_PUBLIC.hex()).returncode == 1
    assert json.loads(run("--json").stdout)["ok"] is True
    (tmp_path / "rows.jsonl").write_bytes(b"")
    bad = run()
    assert (bad.returncode, "NOT VERIFIED" in bad.stdout) == (1, True)

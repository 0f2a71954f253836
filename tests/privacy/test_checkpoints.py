"""Checkpoints on the living trail, and every way of tampering with it on a copy without triggers."""

import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from callcenter.db import db, writing
from callcenter.privacy import audit, checkpoints, merkle, packs, triggers, verifier
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import AuditEntry


def make_entries(count):
    with writing():
        for n in range(count):
            audit.record(Action.SIGNED_IN, by=audit.CONSOLE, facts={"n": n})


def leaves():
    return [bytes.fromhex(h) for h in db.session.scalars(select(AuditEntry.hash).order_by(AuditEntry.seq))]


def naive_root(hashes):
    tree = merkle.CompactRange()
    for leaf in hashes:
        tree.append(leaf)
    return tree.root()


def test_a_checkpoint_is_due_after_a_thousand_rows_or_ten_minutes(world):
    checkpoints.sign()
    assert checkpoints.sign_due() is None
    make_entries(998)
    assert checkpoints.sign_due() is None
    make_entries(2)
    assert checkpoints.sign_due().size == len(leaves())
    make_entries(1)
    assert checkpoints.sign_due() is None
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert checkpoints.sign_due().size == len(leaves())
        assert checkpoints.sign_due() is None


def test_a_checkpoint_is_a_signed_note_of_the_trees_root(world):
    make_entries(5)
    signed = checkpoints.sign()
    note = verifier.parse_note(signed.note)
    assert note.root == naive_root(leaves()) == bytes.fromhex(signed.root)
    assert note.size == len(leaves())
    assert note.origin == "madoguchi/" + world.entries()[0].uid.hex
    (public,) = checkpoints.public_keys(world.app.extensions["keystore"]).values()
    ((name, key_id, signature),) = note.signatures
    assert key_id == hashlib.sha256(name.encode() + b"\n\x01" + bytes.fromhex(public)).digest()[:4]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, note.text.encode())


def test_the_next_checkpoint_reads_the_new_rows_only(world):
    make_entries(300)
    first = checkpoints.sign()
    make_entries(5)
    read = []
    db.event.listen(
        db.engine, "before_cursor_execute", lambda c, k, sql, values, *rest: read.append((sql, values))
    )
    second = checkpoints.sign()
    assert second.size == first.size + 5
    starts = [values for sql, values in read if "FROM audit_entry" in sql and "audit_entry.facts" in sql]
    assert all(first.size in tuple(v.values() if isinstance(v, dict) else v) for v in starts[:1])
    assert second.root == naive_root(leaves()).hex()


def test_every_signed_row_can_be_proven_from_kept_nodes(world):
    make_entries(600)
    size = checkpoints.sign().size
    root, hashes = naive_root(leaves()), leaves()
    assert db.session.query(checkpoints.AuditNode).count() == size // 256
    for seq in (1, 2, 256, 257, 511, 512, size - 1, size):
        proof = checkpoints.inclusion(seq, size)
        assert merkle.verify_inclusion(seq - 1, size, hashes[seq - 1], proof, root)
    for old in (1, 255, 256, 300, 512, size):
        proof = checkpoints.consistency(old, size)
        assert merkle.verify_consistency(old, size, naive_root(hashes[:old]), root, proof)


def test_two_signers_at_once_sign_once(world):
    make_entries(3)
    first = checkpoints.sign()
    assert checkpoints.sign() is None
    assert checkpoints.last().size == first.size


def test_a_trail_that_lost_its_signed_tail_is_not_signed_again(world):
    make_entries(5)
    checkpoints.sign()
    with db.engine.begin() as connection:
        triggers.drop(connection)
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE seq > 3")
    db.session.rollback()
    make_entries(2)
    with pytest.raises(checkpoints.Broken):
        checkpoints.sign()


# --- tampering -------------------------------------------------------------------------------------------


def edit(run, _last):
    run("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 5")
    return "changed", 5


def edit_hash_too(run, _last):
    run("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 5")
    rehash(run, 5, 5)
    return "chain", 6


def remove(run, _last):
    run("DELETE FROM audit_entry WHERE seq = 5")
    return "order", 5


def remove_and_renumber(run, last):
    run("DELETE FROM audit_entry WHERE seq = 5")
    for seq in range(6, last + 1):
        run(f"UPDATE audit_entry SET seq = {seq - 1} WHERE seq = {seq}")
    return "changed", 5


def insert(run, last):
    for seq in range(last, 4, -1):
        run(f"UPDATE audit_entry SET seq = {seq + 1} WHERE seq = {seq}")
    columns = [c.name for c in AuditEntry.__table__.columns]
    new = {"seq": "5", "uid": "'" + "0" * 32 + "'", "hash": "'" + "0" * 64 + "'"}
    taken = ", ".join(new.get(c, c) for c in columns)
    run(f"INSERT INTO audit_entry ({', '.join(columns)}) SELECT {taken} FROM audit_entry WHERE seq = 4")
    return "changed", 5


def swap(run, _last):
    run("UPDATE audit_entry SET seq = -1 WHERE seq = 5")
    run("UPDATE audit_entry SET seq = 5 WHERE seq = 6")
    run("UPDATE audit_entry SET seq = 6 WHERE seq = -1")
    return "changed", 5


def truncate(run, last):
    run(f"DELETE FROM audit_entry WHERE seq > {last - 2}")
    return "truncated", last - 1


def set_clock_back(run, _last):
    run("UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE seq = 5")
    return "changed", 5


def re_chain(run, last):
    run("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 5")
    rehash(run, 5, last)
    return "root", 1


def rehash(_run, first, last):
    """What somebody with the database and this source can do: make the chain fit again."""
    before = ""
    for seq in range(first, last + 1):
        row = dict(
            db.session.execute(select(AuditEntry.__table__).where(AuditEntry.seq == seq)).mappings().one()
        )
        if seq > first:
            row["prev_hash"] = before
        before = audit.leaf_hash(row)
        db.session.execute(
            AuditEntry.__table__.update()
            .where(AuditEntry.__table__.c.seq == seq)
            .values(prev_hash=row["prev_hash"], hash=before)
        )


@pytest.mark.parametrize(
    "tamper",
    [edit, edit_hash_too, remove, remove_and_renumber, insert, swap, truncate, set_clock_back, re_chain],
    ids=lambda f: f.__name__,
)
def test_tampering_is_found_and_the_first_bad_row_named(world, tmp_path, tamper):
    make_entries(20)
    size = checkpoints.sign().size
    assert packs.verify_database().ok
    with db.engine.begin() as connection:
        triggers.drop(connection)
    code, seq = tamper(lambda sql: db.session.connection().exec_driver_sql(sql), size)
    db.session.connection().info.pop("changed", None)
    db.session.commit()
    report = packs.verify_database()
    assert (report.code, report.bad_seq) == (code, seq)
    packs.export(tmp_path / "pack", by=audit.CONSOLE)
    run = [sys.executable, "-I", str(tmp_path / "pack" / "verifier.py"), str(tmp_path / "pack"), "--json"]
    outside = subprocess.run(run, capture_output=True, text=True, check=False)
    assert outside.returncode == 1
    assert json.loads(outside.stdout)["ok"] is False


def test_rows_and_checkpoints_cut_off_together_are_found_by_the_wards_copy(world):
    make_entries(10)
    checkpoints.sign()
    make_entries(10)
    kept_by_the_ward = checkpoints.sign().note
    size = checkpoints.last().size
    db.session.rollback()
    with db.engine.begin() as connection:
        triggers.drop(connection)
        connection.exec_driver_sql(f"DELETE FROM audit_entry WHERE seq > {size - 10}")
        connection.exec_driver_sql(f"DELETE FROM audit_checkpoint WHERE size = {size}")
    assert packs.verify_database().ok
    report = packs.verify_database(kept_by_the_ward)
    assert (report.code, report.bad_seq) == ("truncated", size - 9)


def test_a_pack_verifies_from_folder_and_zip_and_holds_its_own_export(world, tmp_path):
    make_entries(30)
    earlier = checkpoints.sign().note
    (tmp_path / "earlier.txt").write_text(earlier)
    for name in ("pack", "pack.zip"):
        last = packs.export(tmp_path / name, by=audit.CONSOLE)
        (public,) = checkpoints.all_public_keys().values()
        program = tmp_path / "verifier.py"
        program.write_bytes(_read(tmp_path / name, "verifier.py"))
        command = [sys.executable, "-I", str(program), str(tmp_path / name), "--json"]
        command += ["--public-key", public, "--previous", str(tmp_path / "earlier.txt")]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert (found["ok"], found["rows"]) == (True, last.size)
        assert world.entries(Action.AUDIT_EXPORTED)[-1].seq <= last.size
        assert "検証" in _read(tmp_path / name, "README.txt").decode()


def _read(pack, name):
    return zipfile.ZipFile(pack).read(name) if pack.suffix == ".zip" else (pack / name).read_bytes()


def test_a_pack_is_written_once_and_for_its_owner_only(world, tmp_path):
    packs.export(tmp_path / "pack", by=audit.CONSOLE)
    assert {f.stat().st_mode & 0o077 for f in (tmp_path / "pack").iterdir()} == {0}
    with pytest.raises(packs.Conflict):
        packs.export(tmp_path / "pack", by=audit.CONSOLE)


def test_a_sealed_reason_leaves_the_house_as_ciphertext_only(world, tmp_path):
    with writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE, reason="髙橋さんの件")
    packs.export(tmp_path / "pack", by=audit.CONSOLE)
    rows = (tmp_path / "pack" / "rows.jsonl").read_bytes()
    assert "髙橋".encode() not in rows
    assert base64.b64encode("髙橋さんの件".encode()) not in rows

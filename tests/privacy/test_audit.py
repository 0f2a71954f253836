"""The trail: one order, chained, append-only, and no change without an entry."""

import uuid

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError

from callcenter.db import db, writing
from callcenter.privacy import audit, triggers, vault
from callcenter.privacy.actions import Action
from callcenter.programmes import Ward


def make_entry(action=Action.SIGNED_IN, **options):
    with writing():
        audit.record(action, by=audit.CONSOLE, **options)


def head():
    return db.session.query(audit.AuditEntry).order_by(audit.AuditEntry.seq.desc()).first()


def test_each_entry_holds_the_hash_of_the_one_before(world):
    for _ in range(3):
        make_entry()
    before = audit.GENESIS
    for entry in world.entries():
        row = {name: getattr(entry, name) for name in audit.HASHED}
        assert entry.prev_hash == before
        assert entry.hash == audit.leaf_hash(row)
        before = entry.hash


def test_entries_stand_in_the_order_of_commits_without_gaps(world):
    make_entry()
    with writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
        audit.record(Action.SIGNED_OUT, by=audit.CONSOLE)
    assert [e.seq for e in world.entries()] == list(range(1, len(world.entries()) + 1))
    assert [e.action for e in world.entries()][-2:] == ["signed.in", "signed.out"]


def test_a_change_by_the_unit_of_work_needs_an_entry(world):
    with pytest.raises(RuntimeError, match="without an audit entry"), writing():
        db.session.add(Ward(code="13999", name="無記録区"))
    assert db.session.query(Ward).filter_by(code="13999").count() == 0


@pytest.mark.parametrize("statement", ["core", "text", "bulk"])
def test_a_change_by_a_bare_statement_needs_an_entry(world, statement):
    values = {"id": uuid.uuid4(), "code": "13998", "name": "無記録区"}
    with pytest.raises(RuntimeError, match="without an audit entry"), writing():
        if statement == "core":
            db.session.execute(insert(Ward.__table__), [values])
        elif statement == "text":
            db.session.execute(text("UPDATE ward SET name = 'x'"))
        else:
            db.session.execute(update(Ward).values(name="x"))
    assert db.session.query(Ward).filter_by(name="x").count() == 0


def test_a_change_inside_a_rolled_back_savepoint_still_needs_an_entry_for_the_rest(world):
    with pytest.raises(RuntimeError, match="without an audit entry"), writing():
        db.session.add(Ward(code="13997", name="無記録区"))
        db.session.flush()
        savepoint = db.session.begin_nested()
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
        savepoint.rollback()


def test_what_was_said_in_a_rolled_back_savepoint_is_not_written(world):
    with writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
        savepoint = db.session.begin_nested()
        audit.record(Action.SIGNED_OUT, by=audit.CONSOLE)
        savepoint.rollback()
    assert head().action == "signed.in"


def test_a_released_savepoint_writes_its_entries_once_at_the_commit(world):
    before = len(world.entries())
    with writing():
        with db.session.begin_nested():
            audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
        assert len(world.entries()) == before
        audit.record(Action.SIGNED_OUT, by=audit.CONSOLE)
    assert [e.action for e in world.entries()[before:]] == ["signed.in", "signed.out"]


def test_an_entry_of_a_refused_deed_does_not_slip_into_the_next(world):
    before = head().seq
    with pytest.raises(ZeroDivisionError), writing():
        audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
        raise ZeroDivisionError
    make_entry(Action.SIGNED_OUT)
    assert (head().seq, head().action) == (before + 1, "signed.out")


def test_an_entry_left_in_a_closed_session_does_not_slip_into_the_next(world):
    before = head().seq
    audit.record(Action.SIGNED_IN, by=audit.CONSOLE)
    db.session.close()
    make_entry(Action.SIGNED_OUT)
    assert (head().seq, head().action) == (before + 1, "signed.out")


def test_a_strange_identifier_cannot_stop_the_entry(world):
    make_entry(
        Action.TICKET_VIEWED, on=("ticket", "x\x00\ud800" + "9" * 300), facts={"path": "a\x00\udfff　b"}
    )
    assert head().object_id == "x\ufffd\ufffd" + "9" * 37
    assert "　b" in head().facts


def test_a_missing_fact_is_refused_at_once(world):
    with pytest.raises(ValueError, match="count"):
        audit.record(Action.LIST_VIEWED, by=audit.CONSOLE, facts={"list": "open"})


def test_search_words_end_with_a_period_and_never_stay_with_the_house(world):
    facts = {"shelf": "ticket", "digest": "0", "count": 1}
    with pytest.raises(ValueError, match="period"):
        audit.record(Action.SEARCHED, by=audit.CONSOLE, facts=facts, reason="山﨑", read=True)
    make_entry(Action.SEARCHED, facts=facts, reason="山﨑", read=True, period_id=world.period.id)
    assert head().reason_group == vault.period_group(world.period.id, vault.Kind.AUDIT)


def test_a_reason_that_is_no_text_is_kept_cleaned(world):
    make_entry(reason="山﨑\udcff\x00さん\n照会", period_id=world.period.id)
    assert audit.open_reason(head()) == "山﨑\ufffd\ufffdさん\n照会"


def test_a_reason_is_sealed_and_opens_again(world):
    make_entry(reason="山﨑さんの件で照会", period_id=world.period.id)
    entry = head()
    assert "山﨑".encode() not in entry.reason
    assert audit.open_reason(entry) == "山﨑さんの件で照会"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'someone' WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 1",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET actor = 'x'",
        "UPDATE audit_checkpoint SET root = ''",
        "DELETE FROM audit_checkpoint",
    ],
)
def test_the_database_refuses_to_change_the_trail(world, backend, statement):
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_checkpoint (size, root, at, origin, signers, note, frontier) "
            "VALUES (0, '', '2026-04-01 00:00:00', '', '', '', '')"
        )
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql(statement)
    unknown = {"postgresql": "OR REPLACE", "sqlcipher": "TRUNCATE"}[backend]
    if unknown in statement:
        assert "syntax" in str(refused.value)
    else:
        assert "append-only" in str(refused.value)


def test_a_row_cannot_be_replaced_through_another_unique_column(world, backend):
    if backend == "postgresql":
        pytest.skip("PostgreSQL has no REPLACE")
    columns = [c.name for c in audit.AuditEntry.__table__.columns]
    taken = ", ".join("seq + 1000000" if c == "seq" else c for c in columns)
    with db.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(
            f"INSERT OR REPLACE INTO audit_entry ({', '.join(columns)}) SELECT {taken} FROM audit_entry WHERE seq = 1"
        )


def test_the_triggers_can_be_made_twice_dropped_and_missed(world):
    with db.engine.begin() as connection:
        triggers.create(connection)
        assert triggers.missing(connection) == []
        triggers.drop(connection)
        assert "data_key_closed_insert" in triggers.missing(connection)

"""The lens follows what is committed, loses nothing, and heals."""

import json
import threading

import pytest
from sqlalchemy import select

from callcenter.clock import now
from callcenter.db import db, new_id, writing
from callcenter.privacy import audit, vault
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.documents import Document, store
from callcenter.privacy.lens.follower import DOCUMENTS_A_ROUND, NOTED_EVERY, Follower
from callcenter.privacy.lens.query import Query
from callcenter.privacy.lens.rebuilding import rebuild
from callcenter.privacy.lens.shelves import Shelf, Shelves
from callcenter.privacy.lens.verifying import verify
from callcenter.programmes import living_periods

WORD = Query(words=("申請",))


class Office:
    """A lens, its follower, and records that the tests keep in a dict in place of a room's tables."""

    def __init__(self, directory, period_id):
        self.records, self.asked, self.imports, self.broken = {}, [], {}, set()
        self.period_id = period_id
        self.shelves = Shelves()
        self.shelves.register(Shelf("ticket", self.documents, self.all_ids))
        self.shelves.expand(
            "ticket-import", lambda _session, id: [("ticket", each) for each in self.imports[id]]
        )
        self.directory = directory
        self.lens, self.follower = self.start()

    def start(self):
        """As after a restart: nothing remembered."""
        lens = Lens(self.directory, lambda period_id: vault.period_key(period_id, vault.Kind.LENS))
        return lens, Follower(lens, self.shelves, living_periods)

    def documents(self, session, ids):
        assert session is db.session()
        self.asked.append(list(ids))
        if self.broken & set(ids):
            raise ValueError("damaged")
        return [self.records[id] for id in ids if id in self.records]

    def all_ids(self, _session, period_id):
        return iter([id for id, record in self.records.items() if record.period_id == period_id])

    def record(self, *body, id=None, period_id=None, **values):
        id = id or new_id()
        self.records[id] = Document(id, period_id or self.period_id, now(), list(body), **values)
        return id

    def save(self, *ids, shelf="ticket"):
        with writing():
            audit.record(audit.Action.CALLER_UPDATED, by=audit.CONSOLE, on=("caller", new_id()))
            for id in ids:
                audit.touch(shelf, id)

    def look(self, times=1):
        for _ in range(times):
            with writing():
                audit.record(audit.Action.CALLER_VIEWED, by=audit.CONSOLE, on=("caller", new_id()), read=True)

    def found(self, query=WORD, period_id=None):
        return [hit.id for hit in self.lens.search("ticket", query, periods=[period_id or self.period_id])]


@pytest.fixture
def office(world, tmp_path):
    office = Office(tmp_path / "own-lens", world.period.id)
    yield office
    office.lens.close()


def head():
    return db.session.scalar(select(audit.AuditEntry.seq).order_by(audit.AuditEntry.seq.desc()).limit(1))


def test_what_is_saved_is_found_after_one_step(office):
    office.follower.step()
    id = office.record("申請書")
    office.save(id)

    assert office.found() == []
    assert office.follower.step() == 1
    assert office.found() == [id]
    assert office.lens.file(office.period_id).followed == head()


def test_what_is_gone_from_the_database_is_gone_from_the_lens(office):
    id = office.record("申請書")
    office.save(id)
    office.follower.step()
    del office.records[id]
    office.save(id)

    office.follower.step()

    assert office.found() == []


def test_a_record_carried_into_another_period_is_found_there_alone(office, world):
    other = world.other_period.id
    id = office.record("申請書")
    office.save(id)
    office.follower.step()
    office.record("申請書", id=id, period_id=other)
    office.save(id)

    office.follower.step()

    assert (office.found(), office.found(period_id=other)) == ([], [id])


def test_a_follower_that_died_goes_on_where_the_lens_stands(office):
    ids = [office.record(f"申請{n}") for n in range(3)]
    for id in ids:
        office.save(id)
    office.follower.step()
    stood = office.lens.file(office.period_id).followed
    late = office.record("申請 後から")
    office.save(late)
    office.lens.close()

    office.lens, follower = office.start()
    office.asked.clear()
    follower.step()

    assert office.lens.file(office.period_id).followed == head() > stood
    assert office.asked == [[late]]
    assert len(office.found()) == 4


def test_a_lens_that_somebody_else_makes_keeps_none_waiting(office, world):
    here, there = office.record("申請"), office.record("申請", period_id=world.other_period.id)
    office.follower.step()
    office.save(here, there)
    with office.lens.file(world.other_period.id)._only_builder():
        office.lens.file(world.other_period.id).path.unlink()
        office.follower.step()
    assert office.found() == [here]

    office.follower.step()

    assert office.found() == [here]
    assert office.found(period_id=world.other_period.id) == [there]


def test_a_deleted_lens_is_made_anew(office):
    id = office.record("申請書")
    office.save(id)
    office.follower.step()
    for file in office.directory.iterdir():
        file.unlink()

    office.follower.step()

    assert office.found() == [id]


def test_a_damaged_lens_is_made_anew(office):
    ids = [office.record("申請書" * 50) for _ in range(300)]
    office.save(*ids)
    office.follower.step()
    file = office.lens.file(office.period_id)
    with file.connection() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    path = file.path.resolve()
    content = bytearray(path.read_bytes())
    for place in range(16384 + 100, len(content), 16384):
        content[place] ^= 0xFF
    path.write_bytes(content)

    office.save(office.record("申請書"))
    office.follower.catch_up(timeout=5)

    assert office.lens.count("ticket", WORD, periods=[office.period_id]) == 301
    assert file.damages() == []


def test_a_lens_of_other_shelves_is_made_anew(office):
    id = office.record("申請書")
    office.save(id)
    office.follower.step()
    office.shelves.register(Shelf("caller", lambda _session, _ids: [], lambda _session, _period: iter(())))
    _, follower = office.start()

    follower.step()

    assert office.lens.count("caller", None, periods=[office.period_id]) == 0
    assert office.found() == [id]


def test_a_record_that_cannot_be_opened_does_not_stop_the_others(office):
    good, bad = office.record("申請"), office.record("申請")
    office.broken = {bad}
    office.follower.step()
    office.save(good, bad)

    office.follower.step()
    assert (office.found(), office.follower.set_aside) == ([good], {("ticket", bad)})
    finding = verify(office.lens.file(office.period_id), office.shelves, office.period_id).findings[0]
    assert (finding.damaged, finding.missing) == ([bad.hex], [])

    office.broken = set()
    office.save(bad)
    office.follower.step()
    assert (set(office.found()), office.follower.set_aside) == ({good, bad}, set())


def test_a_save_does_not_wait_for_an_import_before_it(office):
    office.follower.step()
    batch = new_id()
    office.imports[batch] = [office.record(f"取込{n}") for n in range(2 * DOCUMENTS_A_ROUND + 5)]
    office.save(batch, shelf="ticket-import")
    id = office.record("申請")
    office.save(id)
    office.asked.clear()

    assert office.follower.catch_up(timeout=20)

    assert office.asked[0] == [id]
    assert [len(ids) for ids in office.asked[1:]] == [DOCUMENTS_A_ROUND, DOCUMENTS_A_ROUND, 5]
    assert office.lens.count("ticket", None, periods=[office.period_id]) == 2 * DOCUMENTS_A_ROUND + 6
    assert office.lens.file(office.period_id).followed == head()


def test_an_import_cut_off_half_way_is_done_again(office):
    office.follower.step()
    batch = new_id()
    office.imports[batch] = [office.record(f"取込{n}") for n in range(DOCUMENTS_A_ROUND + 5)]
    office.save(batch, shelf="ticket-import")
    before = head() - 1

    office.follower._round()
    assert office.lens.file(office.period_id).followed == office.follower.followed == before

    office.lens, follower = office.start()
    assert follower.catch_up(timeout=20)
    assert office.lens.count("ticket", None, periods=[office.period_id]) == DOCUMENTS_A_ROUND + 5


def test_two_followers_do_no_harm(office):
    _, second = office.start()
    ids = []
    for n in range(6):
        ids.append(office.record(f"申請{n}"))
        office.save(ids[-1])
        (office.follower, second)[n % 2].step()

    assert set(office.found()) == set(ids)
    with second._alone():
        office.save(office.record("申請 七"))
        assert office.follower.step() == 0
        assert not office.follower.catch_up(timeout=0.05)
    assert office.follower.catch_up(timeout=5)
    assert len(office.found()) == 7


def test_a_lens_rebuilt_elsewhere_is_followed_from_where_it_was_begun(office):
    first = office.record("申請 一")
    office.save(first)
    office.follower.step()
    lens, _ = office.start()
    file = lens.file(office.period_id)
    with file.build(office.shelves.names) as writer:
        writer.put("ticket", [office.records[first]])
        writer.follow(head())
        second = office.record("申請 二")
        office.save(second)
        office.follower.step()
        assert len(office.found()) == 2

    office.follower.step()

    assert set(office.found()) == {first, second}


def test_reading_alone_is_noted_now_and_then(office):
    office.follower.step()
    stood = office.lens.file(office.period_id).followed
    office.look(3)
    office.follower.step()
    assert (office.lens.file(office.period_id).followed, office.follower.followed) == (stood, head())

    office.follower._noted = dict.fromkeys(office.follower._noted, head() - NOTED_EVERY)
    office.follower.step()
    assert office.lens.file(office.period_id).followed == head()


def test_following_never_throws_changes_away(office):
    office.follower.step()
    audit.record(audit.Action.CALLER_UPDATED, by=audit.CONSOLE, on=("caller", new_id()))
    db.session.add(vault.new_group(office.period_id, vault.Kind.TICKET))

    with pytest.raises(RuntimeError, match="commit before"):
        office.follower.step()
    db.session.rollback()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_rebuild_has_what_the_database_has(office, processes):
    gone = office.record("申請")
    office.save(gone)
    office.follower.step()
    del office.records[gone]
    ids = [office.record(f"申請{n}") for n in range(30 if processes == 1 else 11_000)]

    file = office.lens.file(office.period_id)
    apart = processes == 2 and threading.active_count() == 1
    told = []
    office.asked.clear()
    made = rebuild(
        file,
        office.shelves,
        office.period_id,
        processes=processes,
        progress=lambda *so_far: told.append(so_far),
    )

    assert (made, told[-1]) == (len(ids), ("ticket", len(ids), len(ids)))
    assert file.count("ticket", WORD) == len(ids)
    assert file.followed == head()
    assert bool(office.asked) == (not apart)
    assert verify(file, office.shelves, office.period_id).is_clean


def test_what_is_saved_during_a_rebuild_is_followed_after_it(office):
    first, late = office.record("申請 一"), office.record("申請 後から")
    everything = office.all_ids
    late_record = office.records.pop(late)

    def save_meanwhile(session, period_id):
        ids = everything(session, period_id)
        session.rollback()
        office.records[late] = late_record
        office.save(late)
        return ids

    before = head()
    office.shelves = Shelves()
    office.shelves.register(Shelf("ticket", office.documents, save_meanwhile))
    rebuild(office.lens.file(office.period_id), office.shelves, office.period_id)
    assert (office.found(), office.lens.file(office.period_id).followed) == ([first], before)

    office.lens, follower = office.start()
    follower.step()
    assert set(office.found()) == {first, late}


def test_verify_names_what_lacks_what_is_too_much_and_what_differs(office):
    kept, lacking, other = office.record("申請"), office.record("申請"), office.record("申請")
    office.save(kept, lacking, other)
    office.follower.step()
    file = office.lens.file(office.period_id)
    assert verify(file, office.shelves, office.period_id).is_clean

    extra = Document(new_id(), office.period_id, office.records[kept].at, ["申請"])
    changed = Document(other, office.period_id, office.records[other].at, ["領収"])
    with file.writing() as writer:
        writer.remove("ticket", [lacking])
        writer.put("ticket", [extra, changed])
    finding = verify(file, office.shelves, office.period_id, words=0).findings[0]

    assert finding.missing == [lacking.hex]
    assert finding.extra == [extra.id.hex]
    assert finding.different == [other.hex]


def test_verify_sees_tokens_that_do_not_match_their_digest(office):
    ids = [office.record("申請書の書き方") for _ in range(5)]
    office.save(*ids)
    office.follower.step()
    file = office.lens.file(office.period_id)
    right, wrong = (
        store(office.records[ids[0]]),
        store(Document(ids[0], office.period_id, office.records[ids[0]].at)),
    )
    with file.writing() as writer:
        writer.remove("ticket", ids[:1])
        writer.put_stored("ticket", [wrong._replace(digest=right.digest)])

    finding = verify(file, office.shelves, office.period_id, words=50).findings[0]

    assert (finding.missing, finding.different) == ([], [])
    assert finding.wrong_words > 0


def test_the_commands_say_where_the_lens_stands_and_mend_it(office, world):
    id = office.record("申請書")
    office.save(id)
    world.app.extensions["follower"] = office.follower
    runner = world.app.test_cli_runner()

    def run(*args):
        result = runner.invoke(args=["lens", *args, "--json"])
        return result.exit_code, json.loads(result.stdout)

    code, status = run("status")
    assert (code, status["periods"][0]["fit"]) == (1, False)

    code, rebuilt = run("rebuild")
    assert (code, sum(period["documents"] for period in rebuilt["rebuilt"])) == (0, 1)

    code, status = run("status")
    assert (code, {period["behind"] for period in status["periods"]}) == (0, {0})

    code, verified = run("verify", "--words", "5")
    assert (code, all(period["clean"] for period in verified["periods"])) == (0, True)

    office.lens.file(office.period_id).remove("ticket", [id])
    code, verified = run("verify", "--period", str(office.period_id))
    assert (code, verified["periods"][0]["findings"][0]["missing"]) == (1, [id.hex])

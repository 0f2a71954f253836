"""Keeps the lens within a second of the database, by following the house's sequence.

Each audit row names the documents that its transaction touched. They are made anew from the sealed rows and written
together with the sequence, in one transaction of the lens: after a kill the follower goes on where the lens stands,
and what it does twice changes nothing. A lens that is missing, unreadable or of an older layout is made anew.

A touch that stands for many documents (an import) is worked off in parts between newer touches, so that a save made
meanwhile does not wait for it; until it is done, the lens stands before it."""

import fcntl
import json
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from callcenter.db import Intent, db, intent
from callcenter.errors import Conflict, Unavailable
from callcenter.privacy.audit import AuditEntry
from callcenter.privacy.lens.connections import is_damage
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.rebuilding import head, rebuild, unpack
from callcenter.privacy.lens.shelves import Shelves
from callcenter.privacy.lens.writer import Writer

log = logging.getLogger(__name__)

STEP_SECONDS = 1.0
ROWS_A_ROUND = 500
DOCUMENTS_A_ROUND = 400
NOTED_EVERY = 1_000
"""A lens that nothing touched notes the sequence at least this often, so that a restart need not read far back."""


@dataclass
class _Many:
    """The rest of a touch that stands for many documents; 16 bytes an id, for there may be a million."""

    seq: int
    ids: dict[str, bytearray] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return not any(self.ids.values())

    def take(self, count: int) -> dict[str, list[UUID]]:
        """The last `count` ids of a shelf, newest first in most cases."""
        for shelf, packed in self.ids.items():
            if packed:
                part = unpack(bytes(packed[-16 * count :]))
                del packed[-16 * count :]
                return {shelf: part}
        return {}


class Follower:
    """Follows for all periods. One for each worker; more do no harm. Needs an app context and a session that is
    not in the middle of something: it ends the session's transaction.

    `periods` gives the ids of the periods that have a lens (those not erased)."""

    def __init__(self, lens: Lens, shelves: Shelves, periods: Callable[[], Iterable[UUID]]):
        self.lens, self.shelves = lens, shelves
        self.periods = periods
        self._known: dict[UUID, str] = {}
        self._noted: dict[UUID, int] = {}
        self._waiting: dict[UUID, str] = {}
        self._seen: int | None = None
        self._many: deque[_Many] = deque()
        self.set_aside: set[tuple[str, UUID]] = set()
        """Touched records that could not be opened (damaged); `verify` names all there are."""

    @property
    def followed(self) -> int:
        """The sequence up to which every lens holds everything."""
        seen = self._seen or 0
        return min(seen, self._many[0].seq - 1) if self._many else seen

    def step(self) -> int:
        """Follow until nothing is new, for a second at most. How many touched documents it looked at.

        Does nothing while another follower of this host is at it. Raises Unavailable or a database error when the
        database, keys or disk are away: try again later."""
        looked_at, until = 0, time.monotonic() + STEP_SECONDS
        with intent(Intent.READ), self._alone() as alone:
            while alone:
                part = self._round()
                looked_at += part
                if not part or time.monotonic() > until:
                    break
        return looked_at

    def catch_up(self, timeout: float = 10.0) -> bool:
        """Follow up to the sequence of this moment; False when that takes more than `timeout` seconds."""
        _fresh_view()
        wanted, until = head(), time.monotonic() + timeout
        while True:
            self.step()
            if self._seen is not None and self.followed >= wanted:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.01)

    # --- private

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else follows here now. Two at once could write an older version over a newer one."""
        self.lens.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.lens.directory / "follower.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(handle)

    def _round(self) -> int:
        """New touches, then a part of a large one."""
        _fresh_view()
        try:
            return self._follow()
        except BaseException as problem:
            self._seen = None  # the lenses say where they stand
            self._known.clear()
            self._many.clear()
            if isinstance(problem, Unavailable) and is_damage(problem):
                return 1  # the broken file is gone; the next round makes it anew
            raise
        finally:
            db.session.rollback()

    def _follow(self) -> int:
        periods = self._mend()
        if self._seen is None:
            return 0
        looked_at = self._bring(self._read_new(), periods)
        if self._many:
            looked_at += self._bring(self._many[0].take(DOCUMENTS_A_ROUND), periods)
            if self._many[0].is_done:
                self._many.popleft()
                self._note(periods)
        self._note(p for p in periods if self.followed - self._noted[p] >= NOTED_EVERY)
        return looked_at

    def _mend(self) -> list[UUID]:
        """The periods whose lens can be written; makes what is missing or unfit."""
        ready = []
        for period_id in self.periods():
            try:
                file = self.lens.file(period_id)
                if file.generation is None or self._known.get(period_id) != file.generation:
                    self._learn(period_id)
                ready.append(period_id)
                self._waiting.pop(period_id, None)
            except (Unavailable, Conflict) as refusal:
                self._known.pop(period_id, None)
                if self._waiting.get(period_id) != refusal.code:
                    log.warning("the lens of period %s waits: %s", period_id.hex, refusal.code)
                self._waiting[period_id] = refusal.code
        return ready

    def _learn(self, period_id: UUID) -> None:
        file = self.lens.file(period_id)
        if not file.is_fit(self.shelves.names):
            log.info("making the lens of period %s", period_id.hex)
            rebuild(file, self.shelves, period_id)
        generation, stands = file.generation, file.followed
        if generation:
            self._known[period_id], self._noted[period_id] = generation, stands
        if self._seen is None or stands < self._seen:
            self._seen = stands
            self._many.clear()

    def _read_new(self) -> dict[str, list[UUID]]:
        """New touches by shelf; large ones are queued."""
        seen = self._seen or 0
        last = head()
        if last == seen:
            return {}
        query = select(AuditEntry.seq, AuditEntry.touches).where(
            AuditEntry.seq > seen, AuditEntry.seq <= last, AuditEntry.touches != "[]"
        )
        rows = db.session.execute(query.order_by(AuditEntry.seq).limit(ROWS_A_ROUND)).all()
        touched: dict[str, dict[UUID, None]] = {}
        for seq, touches in rows:
            for kind, id_hex in json.loads(touches):
                pairs = self.shelves.expanded(db.session(), kind, UUID(id_hex))
                if self.shelves.stands_for_many(kind):
                    self._queue(seq, pairs)
                else:
                    for shelf, id in pairs:
                        touched.setdefault(shelf, {})[id] = None
        self._seen = rows[-1].seq if len(rows) == ROWS_A_ROUND else last
        return {shelf: list(ids) for shelf, ids in touched.items()}

    def _queue(self, seq: int, pairs: Iterable[tuple[str, UUID]]) -> None:
        many = _Many(seq)
        for shelf, id in pairs:
            many.ids.setdefault(shelf, bytearray()).extend(id.bytes)
        self._many.append(many)

    def _bring(self, touched: dict[str, list[UUID]], periods: Sequence[UUID]) -> int:
        """Make these documents anew; write each to the lens of its period and take it out of every other."""
        if not touched:
            return 0
        made = {shelf: self._documents(shelf, ids) for shelf, ids in touched.items()}
        for period_id in periods:
            with self._writing(period_id) as writer:
                for shelf, ids in touched.items():
                    here = [document for document in made[shelf] if document.period_id == period_id]
                    writer.put(shelf, here)
                    present = {document.id for document in here}
                    writer.remove(shelf, [id for id in ids if id not in present])
        return sum(map(len, touched.values()))

    @contextmanager
    def _writing(self, period_id: UUID) -> Iterator[Writer]:
        """One transaction of a lens, with the sequence. A damaged file is removed, so that it is made anew."""
        file, stands = self.lens.file(period_id), self.followed
        try:
            with file.writing() as writer:
                yield writer
                writer.follow(stands)
        except Unavailable as refusal:
            if is_damage(refusal):
                log.error("the lens of period %s is damaged; it is made anew", period_id.hex)
                file.destroy()
            raise
        self._noted[period_id] = stands

    def _documents(self, shelf: str, ids: list[UUID]) -> list[Document]:
        everything: list[Document] = []
        for start in range(0, len(ids), DOCUMENTS_A_ROUND):
            part = ids[start : start + DOCUMENTS_A_ROUND]
            made, damaged = self.shelves[shelf].open(db.session(), part)
            everything += made
            self.set_aside.difference_update((shelf, id) for id in part)
            self.set_aside.update((shelf, id) for id in damaged)
        return everything

    def _note(self, periods: Iterable[UUID]) -> None:
        """Write down how far was followed, where nothing else was written."""
        for period_id in periods:
            with self._writing(period_id):
                pass


def _fresh_view() -> None:
    """Begin a new view of the database. Raises RuntimeError where that would throw changes away."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("commit before the lens follows")
    session.rollback()

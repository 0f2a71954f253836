"""Making a period's lens anew from the sealed rows: some processes open and pair, one writes, which is little."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from callcenter.db import Intent, db, intent
from callcenter.privacy.audit import AuditEntry
from callcenter.privacy.lens.documents import Stored, store
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.shelves import Shelf, Shelves

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 500
AHEAD = 6
WORTH_A_PROCESS = 20 * CHUNK
"""Fewer documents than this are made sooner than a second process is ready."""


def rebuild(
    file: LensFile,
    shelves: Shelves,
    period_id: UUID,
    *,
    processes: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> int:
    """Make the lens of a period anew beside the present one, then put it in its place; how many documents it has.

    It stands at the sequence at which it was begun: what changed since is followed as usual. `progress` hears
    (shelf, done, total). With several `processes` so many open rows and make pairs beside this one, which writes;
    a process with several threads does all itself. Ends the session's transaction. Raises Conflict while somebody else builds this lens."""
    written = 0
    with intent(Intent.READ), file.build(shelves.names) as writer:
        db.session.rollback()
        begun = head()
        for shelf in shelves:
            ids = pack(shelf.all_ids(db.session(), period_id))
            db.session.rollback()
            total, done = len(ids) // 16, 0
            for rows, size in _made(shelf, period_id, ids, processes):
                written += writer.put_stored(shelf.name, rows)
                done += size
                if progress:
                    progress(shelf.name, done, total)
        writer.follow(begun)
    return written


def head() -> int:
    """The last sequence of the house."""
    return db.session.scalar(select(func.max(AuditEntry.seq))) or 0


def pack(ids: Iterable[UUID]) -> bytes:
    """Ids as 16 bytes each: a million are 16 MB."""
    packed = bytearray()
    for id in ids:
        packed += id.bytes
    return bytes(packed)


def unpack(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[start : start + 16]) for start in range(0, len(packed), 16)]


def chunks(packed: bytes) -> Iterator[bytes]:
    """The ids in parts of at most CHUNK."""
    for start in range(0, len(packed), 16 * CHUNK):
        yield packed[start : start + 16 * CHUNK]


def _made(shelf: Shelf, period_id: UUID, ids: bytes, processes: int) -> Iterator[tuple[list[Stored], int]]:
    """The stored form of all documents, in order, with the number of ids that each part came from."""
    if processes < 2 or len(ids) < 16 * WORTH_A_PROCESS or threading.active_count() > 1:
        for chunk in chunks(ids):
            yield _make(shelf, period_id, chunk), len(chunk) // 16
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    db.session.remove()  # the other process shall not share a connection
    maker = ProcessPoolExecutor(processes, get_context("fork"), _begin_making, (shelf, period_id))
    with maker:
        waiting: deque[tuple[Future[list[Stored]], int]] = deque()
        for chunk in chunks(ids):
            waiting.append((maker.submit(_make_apart, chunk), len(chunk) // 16))
            if len(waiting) > AHEAD:
                future, size = waiting.popleft()
                yield future.result(), size
        for future, size in waiting:
            yield future.result(), size


def _make(shelf: Shelf, period_id: UUID, packed: bytes) -> list[Stored]:
    documents, _damaged = shelf.open(db.session(), unpack(packed))
    made = [store(document) for document in documents if document.period_id == period_id]
    db.session.rollback()
    return made


# --- the other processes ---------------------------------------------------------------------------------

_apart: dict[str, tuple[Shelf, UUID]] = {}


def _begin_making(shelf: Shelf, period_id: UUID) -> None:
    db.engine.dispose(close=False)
    _apart["work"] = (shelf, period_id)


def _make_apart(packed: bytes) -> list[Stored]:
    with intent(Intent.READ):
        return _make(*_apart["work"], packed)

"""The lens over several periods: one question, one list, newest first, one total."""

import heapq
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from callcenter.errors import Invalid
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.matching import Within
from callcenter.privacy.lens.query import Query


class Found(NamedTuple):
    """A document that was found. `mark` names its place in the list: hand it back as `before` for the next page."""

    id: UUID
    at: datetime
    period_id: UUID
    mark: str


class Lens:
    """All lens files of this host. Safe for threads; one for each process.

    `key_for_period` gives the 32 bytes for a period, or raises Unavailable."""

    def __init__(self, directory: Path, key_for_period: Callable[[UUID], bytes]):
        self.directory = directory
        self._key_for_period = key_for_period
        self._files: dict[UUID, LensFile] = {}
        self._lock = threading.Lock()

    def file(self, period_id: UUID) -> LensFile:
        """The lens of one period. Raises Unavailable without its key."""
        with self._lock:
            file = self._files.get(period_id)
            if file is None:
                key = self._key_for_period(period_id)
                file = self._files[period_id] = LensFile(self.directory / f"{period_id.hex}.lens", key)
            return file

    def search(
        self,
        shelf: str,
        query: Query | None,
        tags: Sequence[Sequence[str]] = (),
        *,
        periods: Sequence[UUID],
        limit: int = 20,
        before: str | None = None,
        within: Within = Within.ALL,
    ) -> list[Found]:
        """The newest hits in these periods, at most `limit`; with `before` (the mark of a hit) the next ones.

        `tags` are groups: of each group a document has one tag. Raises Unavailable while a lens is made,
        Invalid (bad_mark) for a mark that is none."""
        last = _read_mark(before) if before else None
        pages = []
        for period_id in periods:
            hits = self.file(period_id).search(shelf, query, tags, limit, _end(period_id, last), within)
            pages.append([(hit.place, period_id.hex, hit) for hit in hits])
        newest = heapq.merge(*pages, key=lambda page: page[:2], reverse=True)
        return [
            Found(hit.id, hit.at, UUID(period), f"{place:x}-{period}")
            for place, period, hit in [page for page, _ in zip(newest, range(limit), strict=False)]
        ]

    def count(
        self,
        shelf: str,
        query: Query | None,
        tags: Sequence[Sequence[str]] = (),
        *,
        periods: Sequence[UUID],
        within: Within = Within.ALL,
    ) -> int:
        """The exact total of what `search` finds in these periods. Raises Unavailable while a lens is made."""
        return sum(self.file(period_id).count(shelf, query, tags, within) for period_id in periods)

    def exact(self, shelf: str, kind: str, value: str, *, periods: Sequence[UUID]) -> list[UUID]:
        """Ids of the documents with this phone, mail, birth_date, number …; newest first within each period.

        A phone number may be written in any way; four digits find the numbers that end with them."""
        return [id for period_id in periods for id in self.file(period_id).exact(shelf, kind, value)]

    def destroy(self, period_id: UUID) -> None:
        """Remove a period's lens and forget its key. It needs no key itself, which may be gone already."""
        with self._lock:
            file = self._files.pop(period_id, None)
        (file or LensFile(self.directory / f"{period_id.hex}.lens", b"")).destroy()

    def close(self) -> None:
        """Close idle connections; they open again when needed."""
        with self._lock:
            files = list(self._files.values())
        for file in files:
            file.close()


def _end(period_id: UUID, last: tuple[int, str] | None) -> int | None:
    """Up to which place a period's hits come after the last one shown; equal places go by period, the greater first."""
    if last is None:
        return None
    place, period = last
    return place + 1 if period_id.hex < period else place


def _read_mark(mark: str) -> tuple[int, str]:
    place, _, period = mark.partition("-")
    try:
        return int(place, 16) & (1 << 62) - 1, UUID(period).hex
    except ValueError:
        raise Invalid("続きの位置が読み取れません。もう一度検索してください。", code="bad_mark") from None

"""The register of shelves: what kinds of record the lens holds, and how each is made into documents.

Rooms above register theirs when they are imported; the lens knows none of them by name."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from callcenter.errors import Unavailable
from callcenter.privacy.lens.documents import Document

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf:
    """A kind of record.

    `documents(session, ids)` gives the documents of those ids that should be found now, in any order; an id that it
    leaves out is taken out of the lens. `all_ids(session, period_id)` gives all ids of a period, in the ascending order
    of the documents' `at` (any order is right, this one is fast)."""

    name: str
    documents: Callable[[Session, Sequence[UUID]], Iterable[Document]]
    all_ids: Callable[[Session, UUID], Iterator[UUID]]

    def open(self, session: Session, ids: Sequence[UUID]) -> tuple[list[Document], list[UUID]]:
        """The documents of these ids, and the ids of records that cannot be opened (damaged), which are logged.

        Raises Unavailable or a database error when keys or database are away: that is no fault of a record."""
        try:
            return list(self.documents(session, ids)), []
        except (Unavailable, SQLAlchemyError):
            raise
        except Exception as problem:  # the door: one damaged row must not keep all others out of the lens
            if len(ids) > 1:
                parts = [self.open(session, [id]) for id in ids]
                return [d for made, _ in parts for d in made], [id for _, damaged in parts for id in damaged]
            log.error("%s %s cannot be indexed: %s", self.name, ids[0].hex, type(problem).__name__)
            return [], list(ids)


class Shelves:
    """All shelves, and the expansions of touches that stand for many documents (an import)."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._expansions: dict[str, Callable[[Session, UUID], Iterable[tuple[str, UUID]]]] = {}
        self._unknown: set[str] = set()

    @property
    def names(self) -> list[str]:
        return sorted(self._shelves)

    def __iter__(self) -> Iterator[Shelf]:
        return iter([self._shelves[name] for name in self.names])

    def __getitem__(self, name: str) -> Shelf:
        return self._shelves[name]

    def register(self, shelf: Shelf) -> None:
        """Raises ValueError for a name that cannot be one or is taken by another shelf."""
        if (
            not (shelf.name.isidentifier() and shelf.name.isascii())
            or self._shelves.get(shelf.name, shelf) != shelf
        ):
            raise ValueError(f"{shelf.name!r} cannot name this shelf")
        self._shelves[shelf.name] = shelf

    def expand(self, kind: str, expansion: Callable[[Session, UUID], Iterable[tuple[str, UUID]]]) -> None:
        """A touch of this kind stands for the (shelf, id) pairs that `expansion(session, id)` gives."""
        self._expansions[kind] = expansion

    def stands_for_many(self, kind: str) -> bool:
        return kind in self._expansions

    def expanded(self, session: Session, kind: str, id: UUID) -> Iterable[tuple[str, UUID]]:
        """The documents that a touch names: itself, or those of its expansion. A kind that nobody registered is
        passed over and logged once."""
        if kind in self._shelves:
            return [(kind, id)]
        if kind in self._expansions:
            return self._expansions[kind](session, id)
        if kind not in self._unknown:
            self._unknown.add(kind)
            log.warning("no shelf is called %s; its changes are not indexed", kind)
        return []


SHELVES = Shelves()
"""The shelves of the house."""

"""Writing from a page that begins by reading, so that slow proofs never hold the write lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from callcenter.db import db, writing


@contextmanager
def written() -> Iterator[None]:
    """End what was read so far, then one write transaction with its own commit. For views with `reads_first`.

    Rows loaded before are read anew when next touched, so what is decided inside is decided on the present state."""
    db.session.rollback()
    with writing():
        yield

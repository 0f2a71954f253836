"""What visitors send: sealed on the spot to the public key of the year, and put where the house fetches it."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import date
from typing import Any

from sqlalchemy import insert

from callcenter.clock import now, today
from callcenter.privacy import sealbox
from kb.public.store import INBOX, Store

FEEDBACK, SEARCH = "feedback", "search"
MOST_A_DAY = {FEEDBACK: 2_000, SEARCH: 1_000}
"""Of a programme, from all visitors together; of one visitor see `limits`."""


class Day:
    """What was taken today, in memory alone: of each programme and kind how many, and a digest of each, so that nothing
    is taken twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: date | None = None
        self._seen: dict[tuple[str, str], set[int]] = {}

    def is_new(self, programme: str, kind: str, *marks: object) -> bool | None:
        """True for the first of its kind today, False for one that came before, None when the day is full."""
        with self._lock:
            if self._day != today():
                self._day, self._seen = today(), {}
            seen = self._seen.setdefault((programme, kind), set())
            mark = hash(marks)
            if mark in seen:
                return False
            if len(seen) >= MOST_A_DAY[kind]:
                return None
            seen.add(mark)
            return True

    def forget(self, programme: str, kind: str, *marks: object) -> None:
        """It was not taken after all."""
        with self._lock:
            self._seen.get((programme, kind), set()).discard(hash(marks))


def place(row_id: uuid.UUID, programme: str, kind: str) -> str:
    """Where a message stands: bound into it, so that it opens nowhere else."""
    return f"face_inbox|{row_id.hex}|{programme}|{kind}"


def put(store: Store, programme: Any, kind: str, values: dict[str, Any]) -> None:
    """Seal `values` to the programme's public key and put them into the inbox."""
    row_id, moment = uuid.uuid4(), now().isoformat(timespec="seconds")
    clear = json.dumps({**values, "at": moment}, ensure_ascii=False).encode("utf-8", "replace")
    row = {
        "id": row_id,
        "programme": programme.code,
        "kind": kind,
        "key_id": programme.key_id,
        "sealed": sealbox.seal(programme.public_key, clear, place(row_id, programme.code, kind)),
        "received_at": moment,
    }
    with store.writing() as connection:
        connection.execute(insert(INBOX), [row])

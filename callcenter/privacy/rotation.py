"""Rotation: a new wrapping key at once for new groups, the old data keys re-wrapped in batches, the old key destroyed.

Where a run was killed, the next one goes on from there: what is left to do is read from the data keys themselves.
Both keys can be read meanwhile. Nothing is ever wrapped under the old key after it is closed (a trigger refuses)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, text, update

from callcenter.clock import now
from callcenter.db import db, writing
from callcenter.errors import Conflict
from callcenter.privacy import audit, checkpoints
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import KeyState, Keystore
from callcenter.privacy.vault import ERASED, ClosedKey, DataKey, current_vault, purpose_of

BATCH = 500
GRACE_SECONDS = 30.0
"""How long the old key stays after the last data key left it, for requests that read the old row just before."""


@dataclass(frozen=True)
class Rotated:
    """What a run did: the key in use now, the ones destroyed, and how many data keys this run re-wrapped."""

    purpose: str
    current: str
    destroyed: tuple[str, ...]
    rewrapped: int


def rotate(
    period_id: uuid.UUID | None,
    *,
    by: audit.Actor,
    grace_seconds: float = GRACE_SECONDS,
    progress: Callable[[int, int], None] = lambda done, left: None,
) -> Rotated:
    """Replace the wrapping key of a period, or (None) of the house. Goes on with a run that was broken off instead of
    making yet another key. Raises Unavailable when the period has no key any more, or the keystore is away."""
    keystore, purpose = current_vault().keystore, purpose_of(period_id)
    current = keystore.current(purpose)
    old = _left_over(keystore, purpose)
    if not old:
        with writing():
            audit.record(
                Action.KEYS_ROTATED, by=by, facts={"purpose": purpose, "step": "begun", "old": current}
            )
        current = keystore.make(purpose)
        old = _left_over(keystore, purpose)
    for name in old:
        if keystore.entry(name).state is KeyState.ACTIVE:  # type: ignore[union-attr]
            keystore.retire(name)
    done = 0
    for name in old:
        while count := _rewrap_batch(name, current, by):
            done += count
            progress(done, _count(name))
        _close(name, purpose, current, by)
    if old:
        time.sleep(grace_seconds)
    for name in old:
        keystore.destroy(name)
    return Rotated(purpose, current, tuple(old), done)


def rotate_signing(*, by: audit.Actor) -> Rotated:
    """Replace the key that signs checkpoints. The first checkpoint after it carries both signatures, so that whoever
    trusts the old public key can trust the new one; then the old key is destroyed."""
    keystore, purpose = current_vault().keystore, checkpoints.PURPOSE
    old = _left_over(keystore, purpose) or [keystore.current(purpose)]
    current = keystore.current(purpose)
    if current in old:
        current = keystore.make(purpose)
    with writing():
        facts = {"purpose": purpose, "step": "done", "old": ",".join(old), "new": current}
        audit.record(Action.KEYS_ROTATED, by=by, facts=facts)
    checkpoints.sign()
    for name in old:
        keystore.destroy(name)
    return Rotated(purpose, current, tuple(old), 0)


def rotate_cookies(*, by: audit.Actor) -> Rotated:
    """Replace the key of the session cookies: everybody signs in anew."""
    keystore = current_vault().keystore
    old = [e.name for e in keystore.versions("cookies") if e.state is not KeyState.DESTROYED]
    with writing():
        audit.record(
            Action.KEYS_ROTATED, by=by, facts={"purpose": "cookies", "step": "done", "old": ",".join(old)}
        )
    current = keystore.make("cookies")
    for name in old:
        keystore.destroy(name)
    return Rotated("cookies", current, tuple(old), 0)


def _left_over(keystore: Keystore, purpose: str) -> list[str]:
    """Keys below the current one that still stand: a rotation has begun and has not ended."""
    current = keystore.current(purpose)
    standing = [e.name for e in keystore.versions(purpose) if e.state is not KeyState.DESTROYED]
    return [name for name in standing if name != current]


def _rewrap_batch(old: str, new: str, by: audit.Actor) -> int:
    """Re-wrap some data keys in one transaction; 0 when none is left. Two runs at once share the work."""
    vault = current_vault()
    query = select(DataKey.id, DataKey.wrapped).where(DataKey.kek == old).limit(BATCH)
    with writing():
        rows = db.session.execute(query.with_for_update(skip_locked=True)).all()
        if not rows and _count(old):  # all that is left is in another run's hands
            raise Conflict("鍵の交換が別の場所で進行中です。", code="rotation_running")
        changed = []
        for group_id, wrapped in rows:
            key = ERASED if wrapped == ERASED else vault.rewrap(group_id, old, new, wrapped)
            changed.append({"id": group_id, "kek": new, "wrapped": key})
        if changed:
            db.session.execute(update(DataKey), changed)
            facts = {
                "purpose": new.rpartition(".")[0],
                "step": "rewrapped",
                "old": old,
                "new": new,
                "count": len(rows),
            }
            audit.record(Action.KEYS_ROTATED, by=by, facts=facts)
    return len(rows)


def _close(old: str, purpose: str, current: str, by: audit.Actor) -> None:
    """From here on no data key can be written under the old key. Waits for transactions that are writing one."""
    while True:
        with writing():
            if db.session.get(ClosedKey, old) is not None:
                return
            if db.session.get_bind().dialect.name == "postgresql":
                db.session.execute(text("LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE"))
            if not _count(old):
                db.session.add(ClosedKey(name=old, at=now()))
                facts = {"purpose": purpose, "step": "done", "old": old, "new": current}
                audit.record(Action.KEYS_ROTATED, by=by, facts=facts)
                return
        while _rewrap_batch(old, current, by):
            pass


def _count(kek: str) -> int:
    return db.session.scalar(select(func.count()).select_from(DataKey).where(DataKey.kek == kek)) or 0

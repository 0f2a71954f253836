"""Copies of the keystore on a medium of its own: made, entered into the register of copies, brought back."""

from __future__ import annotations

import os
from pathlib import Path

from callcenter.db import writing
from callcenter.errors import Conflict
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.keystore import Copy, KeyState, Keystore


def back_up(keystore: Keystore, target: Path, *, medium: str, by: audit.Actor) -> Copy:
    """Copy register and key files, as they are (sealed ones stay sealed), into a new folder, and enter the copy.

    `medium` is what the office calls it (USB-03), as it will stand in the erasure certificate. Raises Conflict where
    the folder is not empty, or lies in the keystore."""
    target = target.resolve()
    if target == keystore.directory or keystore.directory in target.parents:
        raise Conflict("鍵の置き場所の中には控えを作れません。", code="copy_inside")
    if target.exists() and any(target.iterdir()):
        raise Conflict(
            f"{target.name} は空ではありません。空のフォルダを指定してください。", code="target_exists"
        )
    names = [e.name for e in keystore.entries() if e.state is not KeyState.DESTROYED]
    with writing():
        audit.record(Action.KEYS_COPIED, by=by, facts={"medium": medium, "keys": names})
    copy = keystore.note_copy(medium, names)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.chmod(0o700)
    for file in ("register.json", "root.json", *(f"{name}.key" for name in names)):
        if (keystore.directory / file).exists():
            _copy(keystore.directory / file, target / file)
    return copy


def _copy(source: Path, target: Path) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(source.read_bytes())
        out.flush()
        os.fsync(out.fileno())

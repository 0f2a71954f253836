"""Unsealing: how the passphrase of the keystore reaches each process of the house, without being kept anywhere.

Each process listens on a Unix socket of its own, `<home>/run/<pid>.keys`, 0600, and answers only to its own user.
`keys unseal` asks for the passphrase once and gives it to all of them. A file named by CALLCENTER_PASSPHRASE_FILE
(a systemd credential) unseals at the start, for fail-over without a person: whoever holds that file holds the key."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from callcenter.errors import Invalid, Refusal
from callcenter.privacy.keystore import Keystore

log = logging.getLogger("callcenter.keys")
LONGEST = 1024
WRONG_PAUSE_SECONDS = 1.0
ANSWER_SECONDS = 30.0


def from_environment(keystore: Keystore, environ: Mapping[str, str]) -> bool:
    """Unseal from CALLCENTER_PASSPHRASE_FILE, where it is set and the keystore is sealed. True when it opened; a file
    that does not open it is logged, and the house starts sealed."""
    file = environ.get("CALLCENTER_PASSPHRASE_FILE")
    if not file or not keystore.is_sealed:
        return False
    try:
        keystore.unseal(Path(file).read_text().rstrip("\r\n"))
    except (Refusal, OSError, ValueError) as problem:
        log.error("CALLCENTER_PASSPHRASE_FILE does not open the keystore: %s", type(problem).__name__)
        return False
    return True


def listen(keystore: Keystore, run: Path) -> Listener:
    """Start this process's thread; it waits for the passphrase until the process ends."""
    listener = Listener(keystore, run)
    listener.start()
    return listener


class Listener(threading.Thread):
    """Takes the passphrase from `keys unseal`. Answers `open`, `wrong` or a refusal's code."""

    def __init__(self, keystore: Keystore, run: Path):
        super().__init__(name="unsealing", daemon=True)
        self.keystore = keystore
        self.path = run / f"{os.getpid()}.keys"
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        _bind(self._socket, self.path)
        self._socket.listen(4)

    def run(self) -> None:
        while True:
            try:
                asking, _address = self._socket.accept()
            except OSError:  # closed
                return
            with asking:
                asking.settimeout(ANSWER_SECONDS)
                with contextlib.suppress(OSError):
                    asking.sendall(self._answer(asking).encode())

    def close(self) -> None:
        """Stop listening and take the socket away."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def _answer(self, asking: socket.socket) -> str:
        if _user(asking) not in (os.getuid(), 0):
            return "stranger"
        passphrase = _receive(asking)
        try:
            self.keystore.unseal(passphrase.decode("utf-8", "replace"))
        except Invalid:
            time.sleep(WRONG_PAUSE_SECONDS)
            return "wrong"
        except Refusal as refusal:
            return refusal.code
        return "open"


def give(passphrase: str, run: Path) -> dict[int, str]:
    """Give the passphrase to every running process of the house: process id → its answer. Sockets of processes that
    are gone are taken away."""
    answers = {}
    for path in sorted(run.glob("*.keys")):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
                asking.settimeout(ANSWER_SECONDS)
                asking.connect(_short(path))
                asking.sendall(passphrase.encode()[:LONGEST])
                asking.shutdown(socket.SHUT_WR)
                answers[int(path.stem)] = asking.recv(64).decode()
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
        except OSError:
            answers[int(path.stem)] = "no answer"
    return answers


def _receive(asking: socket.socket) -> bytes:
    found = b""
    while len(found) <= LONGEST and (part := asking.recv(LONGEST)):
        found += part
    return found


def _user(asking: socket.socket) -> int:
    """User id of whoever is at the other end."""
    if hasattr(socket, "SO_PEERCRED"):
        size = struct.calcsize("3i")
        _pid, uid, _gid = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        return int(uid)
    return os.getuid()  # macOS: the socket's mode 0600 in a folder of mode 0700 has to do


def _bind(listening: socket.socket, path: Path) -> None:
    """A socket that is 0600 from its first moment."""
    listening.bind(_short(path))
    path.chmod(0o600)


def _short(path: Path) -> str:
    """A Unix socket's address holds about 100 bytes; go through the working directory where a path is longer."""
    text = str(path)
    return text if len(text.encode()) < 100 else os.path.relpath(path)

"""A PostgreSQL server of one's own in a folder, kept as safe as for work, that may be killed and started again.

As root everything runs as the user postgres, since the server refuses to run as root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import create_engine, text

from callcenter.config import Settings

PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "150",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "logging_collector": "off",
}


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest there is; None when this machine has none that may be run."""
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _has_postgres_user()):
        return None
    found = sorted(p for place in PLACES for p in Path("/").glob(f"{place[1:]}/initdb"))
    if found:
        return found[-1].parent
    known = shutil.which("initdb")
    return Path(known).parent if known else None


def database_url(server: str, database: str) -> str:
    """The address of another database of the same server."""
    address, _, query = server.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{database}" + (f"?{query}" if query else "")


def fresh_database(server: str, database: str) -> str:
    """Make a database anew on a server; returns its address."""
    on_server(server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    on_server(server, f"CREATE DATABASE {database}")
    return database_url(server, database)


def on_server(server: str, statement: str) -> None:
    """Run one statement outside any transaction."""
    engine = create_engine(Settings.from_environment({"DATABASE_URL": server}).database_url or "")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


class Cluster:
    """A server with its data under `place`. `with Cluster(place) as cluster:` starts and ends it."""

    def __init__(self, place: Path):
        self.place, self.data = place, place / "data"
        self._sockets = Path(tempfile.mkdtemp(prefix="madoguchi-pg-", dir="/tmp"))
        found = programs()
        if found is None:
            raise SystemExit("No PostgreSQL server programs here that may be run (install postgresql).")
        self._programs = found

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"postgresql://postgres@/postgres?host={self._sockets}"

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def start(self) -> None:
        """Make the data when there is none, and start; returns when it answers."""
        if not (self.data / "PG_VERSION").exists():
            self.place.mkdir(parents=True, exist_ok=True)
            self._own(self.place)
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        self._own(self._sockets)
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "120", "-l", self.place / "server.log",
                  "-o", f"-k {self._sockets} {options}", "start")  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """End it; what runs on it is broken off."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """kill -9 for the server and every process of it at once, as when the machine loses them all."""
        while processes := [pid for pid in self._processes() if _is_alive(pid)]:
            for pid in processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        # A dead server that nobody has buried yet would still count as running.
        for lock in (self.data / "postmaster.pid", *self._sockets.glob(".s.*.lock")):
            lock.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def backends(self) -> list[int]:
        """The processes of the server, those that serve connections and those that help."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def _processes(self) -> list[int]:
        """Every process that works in the data, also one whose server is gone."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdecimal() and (entry / "cwd").readlink() == self.data:
                    found.append(int(entry.name))
        return found

    def _own(self, folder: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        log = subprocess.DEVNULL
        subprocess.run(command, cwd="/", stdin=log, stdout=log, stderr=log, check=True)


def _has_postgres_user() -> bool:
    return subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"

"""Settings: read once from the environment, never changed after."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parent.parent
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
MOST_PROXIES = 9
STREAMS, MOST_STREAMS = 200, 1000


class BadSetting(SystemExit):
    """A setting is wrong or contradicts another; the message is one line that says what to do."""


@dataclass(frozen=True)
class Face:
    """The public face (公開サイト): its port (none: off), its address as visitors type it, its database with a role of
    its own (none: a file of its own), and where to ask when the FAQ does not help (left out when not said)."""

    port: int | None = None
    url: str | None = None
    database_url: str | None = None
    phone: str = ""
    hours: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Face:
        """Read CALLCENTER_FACE_PORT, CALLCENTER_FACE_URL, CALLCENTER_FACE_DATABASE_URL, CALLCENTER_FACE_PHONE and
        CALLCENTER_FACE_HOURS. Raises BadSetting."""
        port, url = environ.get("CALLCENTER_FACE_PORT"), environ.get("CALLCENTER_FACE_URL")
        if url:
            _check_public_url(url, "CALLCENTER_FACE_URL")
        return cls(
            _port(port, "CALLCENTER_FACE_PORT") if port else None,
            url.rstrip("/") if url else None,
            _database_url(environ.get("CALLCENTER_FACE_DATABASE_URL"), "CALLCENTER_FACE_DATABASE_URL"),
            _line(environ.get("CALLCENTER_FACE_PHONE"), "CALLCENTER_FACE_PHONE"),
            _line(environ.get("CALLCENTER_FACE_HOURS"), "CALLCENTER_FACE_HOURS"),
        )

    @property
    def hosts(self) -> frozenset[str]:
        """The names that it answers to."""
        return LOOPBACK_NAMES | ({_host_of(self.url)} if self.url else set())


@dataclass(frozen=True)
class Settings:
    """Where the house keeps its things and where it answers. Paths are absolute."""

    home: Path
    keys: Path
    database_url: str | None
    public_url: str
    port: int
    clamd: Path | None = None
    proxies: int = 0
    hosts: frozenset[str] = LOOPBACK_NAMES
    face: Face = Face()
    streams: int = STREAMS

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read CALLCENTER_HOME, CALLCENTER_KEYS, DATABASE_URL, CALLCENTER_PUBLIC_URL, PORT, CALLCENTER_CLAMD (the
        unix socket of the virus scanner, if there is one), CALLCENTER_PROXIES (how many proxies of ours stand in
        front), CALLCENTER_HOSTS (the names the house answers to, without port; loopback and the public address
        unless said) and CALLCENTER_STREAMS (open pages that one web process tells what changes); for the public face
        see `Face`.

        Raises BadSetting with one clear line for a value that cannot be used."""
        home = Path(environ.get("CALLCENTER_HOME") or CHECKOUT / "var").expanduser().resolve()
        keys = Path(environ.get("CALLCENTER_KEYS") or home / "keys").expanduser().resolve()
        port = _port(environ.get("PORT") or "8000")
        public_url = (environ.get("CALLCENTER_PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/")
        _check_public_url(public_url)
        clamd = Path(environ["CALLCENTER_CLAMD"]) if environ.get("CALLCENTER_CLAMD") else None
        database_url = _database_url(environ.get("DATABASE_URL"))
        proxies = _proxies(environ.get("CALLCENTER_PROXIES") or "0")
        hosts = _hosts(environ.get("CALLCENTER_HOSTS") or "") or LOOPBACK_NAMES | {_host_of(public_url)}
        face = Face.from_environment(environ)
        streams = _streams(environ.get("CALLCENTER_STREAMS") or str(STREAMS))
        return cls(home, keys, database_url, public_url, port, clamd, proxies, hosts, face, streams)

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def database_file(self) -> Path:
        return self.data / "house.db"

    @property
    def lens(self) -> Path:
        return self.home / "lens"

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def face_file(self) -> Path:
        """What the public face reads on the embedded default: no sealed column and no key of ours."""
        return self.home / "face" / "face.db"


def _port(text: str, name: str = "PORT") -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise BadSetting(f"{name} must be a number from 1 to 65535, not {text!r}")


def _line(text: str | None, name: str) -> str:
    """A short line that visitors read."""
    line = (text or "").strip()
    if len(line) > 100 or not line.isprintable():
        raise BadSetting(f"{name} must be one line of at most 100 characters")
    return line


def _proxies(text: str) -> int:
    if text.isdecimal() and int(text) <= MOST_PROXIES:
        return int(text)
    raise BadSetting(f"CALLCENTER_PROXIES must be a number from 0 to {MOST_PROXIES}, not {text!r}")


def _streams(text: str) -> int:
    if text.isdecimal() and int(text) <= MOST_STREAMS:
        return int(text)
    raise BadSetting(f"CALLCENTER_STREAMS must be a number from 0 to {MOST_STREAMS}, not {text!r}")


def _hosts(text: str) -> frozenset[str]:
    """Names separated by commas, as a browser sends them: in lower case, an IPv6 address in brackets."""
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if not HOST.fullmatch(name):
            raise BadSetting(
                f"CALLCENTER_HOSTS must be host names separated by commas, without scheme or port, not {name!r}"
            )
    return frozenset(names)


def _host_of(url: str) -> str:
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def _database_url(url: str | None, name: str = "DATABASE_URL") -> str | None:
    if not url:
        return None
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url[len(scheme) :]
    raise BadSetting(f"{name} must begin with postgresql:// (leave it out for the embedded database)")


def _check_public_url(url: str, name: str = "CALLCENTER_PUBLIC_URL") -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(f"{name} must be an http or https address")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise BadSetting(f"{name}: plain http is served on loopback only; use https")

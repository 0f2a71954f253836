"""What the doctor asks of the house above the kernel: whether the database has the newest form."""

from __future__ import annotations

from collections.abc import Iterator

from callcenter.db import db
from callcenter.migrations import upgrade
from callcenter.privacy import doctor
from callcenter.privacy.doctor import Examination, Finding


def schema(_x: Examination) -> Iterator[Finding]:
    """The database stands at the newest revision."""
    head, current = upgrade.head(), upgrade.current(db.session.connection())
    if head != current:
        sentence = "データベースの形が古いままです。script/manage house prepare を実行してください。"
        yield Finding("schema_old", sentence, f"{current} → {head}")


doctor.register("schema", schema)

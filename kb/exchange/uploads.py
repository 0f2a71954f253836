"""Files that were handed in to be brought in: kept sealed between the look at what they would do and the word to do it,
for a day at the longest."""

from __future__ import annotations

import io
import uuid
from datetime import datetime, timedelta
from pathlib import PurePath

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, db, writing
from callcenter.errors import Invalid
from callcenter.files import MOST_BYTES, Scan, accept, scanner, store
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Grouped
from callcenter.programmes import Programme, house_keys
from kb.exchange.reading import Format

KEPT = timedelta(hours=24)


class Upload(Grouped, Row):
    """A file of articles that waits for a word. Its bytes lie sealed; what it was called is not kept."""

    __tablename__ = "faq_upload"
    __unaudited__ = True  # taking and discarding are recorded, and so is what the import did

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"))
    format: Mapped[Format] = mapped_column(Choice(Format))
    size: Mapped[int]
    file: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 32), unique=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    done_at: Mapped[datetime | None] = mapped_column(Moment)

    programme: Mapped[Programme] = relationship(Programme)

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Upload]:
        """What a person handed in themselves, for a programme that is still theirs."""
        return select(cls).where(cls.by_id == person.id, cls.programme_id.in_(person.programme_ids))

    @classmethod
    def keep(cls, programme_id: uuid.UUID, form: Format, content: bytes, *, by: Staff) -> Upload:
        """Seal a file that was checked by `checked`."""
        keys = house_keys()
        row = cls(
            group=keys,
            programme_id=programme_id,
            format=form,
            size=len(content),
            file=store().keep(content, keys.id),
            by_id=by.id,
            at=clock.now(),
        )
        db.session.add(row)
        facts = {"upload": row.id.hex, "format": form.value, "size": row.size}
        audit.record(Action.ARTICLES_UPLOADED, by=by, on=("programme", programme_id), facts=facts)
        return row

    def open(self) -> io.BytesIO:
        """Its bytes. Raises NotFound when the file is gone, Damaged when it was changed."""
        return io.BytesIO(store().read(self.file, self.group_id))

    def discard(self, *, by: audit.Actor) -> None:
        """Forget it, file and row."""
        facts = {"upload": self.id.hex}
        audit.record(
            Action.ARTICLES_UPLOAD_DISCARDED, by=by, on=("programme", self.programme_id), facts=facts
        )
        db.session.delete(self)
        store().discard(self.file)


def checked(name: str, content: bytes) -> Format:
    """The format of a file that was handed in. Raises Invalid (`file_…`) for one that may not be kept."""
    if not content:
        raise Invalid(_("空のファイルです。"), code="file_empty")
    if len(content) > MOST_BYTES:
        raise Invalid(_("ファイルは10MBまでです。"), code="file_too_large")
    ending = PurePath(name).suffix.lower().lstrip(".")
    if ending not in list(Format):
        raise Invalid(_("jsonl・csv・xlsx のどれかのファイルを選んでください。"), code="file_kind")
    form = Format(ending)
    if form is Format.XLSX:
        accept(name, content)
    if scanner().scan(content) is Scan.INFECTED:
        raise Invalid(_("ウイルスが見つかったため、取り込めません。"), code="file_infected")
    return form


def forget_old() -> int:
    """Discard what nobody said a word about for a day; returns how many. For the worker."""
    old = select(Upload.id).where(Upload.at < clock.now() - KEPT)
    found = list(db.session.scalars(old))
    db.session.rollback()
    for upload_id in found:
        with writing():
            row = db.session.get(Upload, upload_id)
            if row is not None:
                row.discard(by=audit.SYSTEM)
    return len(found)

"""Pictures in articles: kept sealed, named in the markdown by `![what it shows](image:ID)`, served by an address of ours.

A picture is drawn anew when it comes in: without what cameras add, and at most 1,600 pixels wide or high."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Select, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import clock
from callcenter.db import Choice, Moment, Row, Why, Words, db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.files import CONTENT_TYPES, Drawn, Kind, Scan, store
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.vault import Grouped
from callcenter.programmes import house_keys
from kb.articles.content import Content, Fault
from kb.articles.rendering import SCHEME, image_id_of, targets

MOST_OF_A_PROGRAMME = 2000


class ArticleImage(Grouped, Row):
    """A picture that articles of a programme may show. Its bytes lie sealed under the house's key: articles have no
    period."""

    __tablename__ = "article_image"

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    kind: Mapped[Kind] = mapped_column(Choice(Kind))
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    file: Mapped[str] = mapped_column(Words(Why.TECHNICAL, 32), unique=True)
    scan: Mapped[Scan] = mapped_column(Choice(Scan))
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    added_at: Mapped[datetime] = mapped_column(Moment)

    @classmethod
    def visible_to(cls, person: Staff) -> Select[ArticleImage]:
        """Pictures of a person's programmes."""
        return select(cls).where(cls.programme_id.in_(person.programme_ids))

    @classmethod
    def add(cls, programme_id: uuid.UUID, picture: Drawn, verdict: Scan, *, by: Staff) -> ArticleImage:
        """Keep a picture. Raises Invalid for an infected one, and when the programme has two thousand."""
        if verdict is Scan.INFECTED:
            raise Invalid(_("ウイルスが見つかったため、使えません。"), code="file_infected")
        known = select(cls.id).where(cls.programme_id == programme_id)
        if len(db.session.scalars(known).all()) >= MOST_OF_A_PROGRAMME:
            raise Invalid(_("画像が多すぎます。使っていない画像を消してください。"), code="file_too_many")
        keys = house_keys()
        row = cls(
            group=keys,
            programme_id=programme_id,
            kind=picture.kind,
            size=len(picture.content),
            width=picture.width,
            height=picture.height,
            file=store().keep(picture.content, keys.id),
            scan=verdict,
            by_id=by.id,
            added_at=clock.now(),
        )
        db.session.add(row)
        facts = {"kind": row.kind, "size": row.size, "scan": verdict}
        audit.record(Action.ARTICLE_IMAGE_ADDED, by=by, on=row, facts=facts)
        return row

    @property
    def markdown(self) -> str:
        """How an article names it; what it shows has to be written between the brackets."""
        return f"![]({SCHEME}{self.id})"

    def delete(self, *, by: Staff) -> None:
        """Forget it, file and row. Raises Conflict while a version of an article shows it."""
        if used(self.programme_id).get(self.id):
            raise Conflict(
                _("この画像は記事（過去の版を含む）で使われているため、消せません。"), code="image_used"
            )
        audit.record(Action.ARTICLE_IMAGE_DELETED, by=by, on=self)
        db.session.delete(self)
        store().discard(self.file)


class Bytes(NamedTuple):
    """A picture as it is sent: its bytes and content type."""

    content: bytes
    content_type: str


def images_in(markdown: str) -> list[uuid.UUID]:
    """The pictures that a text shows, in their order, each once."""
    found = (image_id_of(one.address) for one in targets(markdown) if one.is_image)
    return list(dict.fromkeys(image_id for image_id in found if image_id))


def bytes_of(image_id: uuid.UUID) -> Bytes:
    """The picture itself. Raises NotFound when there is none, Damaged when its file was changed.

    Whether somebody may see it is asked before: by programme on the desk, by a public article on the public site."""
    row = db.session.get(ArticleImage, image_id)
    if row is None:
        raise NotFound(_("この画像はありません。"), code="no_image")
    return Bytes(store().read(row.file, row.group_id), CONTENT_TYPES[row.kind])


def sizes_of(image_ids: Iterable[uuid.UUID], programme_id: uuid.UUID) -> dict[uuid.UUID, tuple[int, int]]:
    """Width and height of those of these pictures that a programme has."""
    wanted = list(image_ids)
    if not wanted:
        return {}
    query = select(ArticleImage.id, ArticleImage.width, ArticleImage.height)
    query = query.where(ArticleImage.id.in_(wanted), ArticleImage.programme_id == programme_id)
    return {row.id: (row.width, row.height) for row in db.session.execute(query)}


def unknown_images(content: Content, programme_id: uuid.UUID) -> list[Fault]:
    """What is wrong with the pictures that an article names: those that its programme does not have."""
    faults = []
    for field in ("answer", "easy"):
        wanted = images_in(getattr(content, field))
        known = sizes_of(wanted, programme_id)
        if any(image_id not in known for image_id in wanted):
            faults.append(Fault(field, _("この事業にない画像が書かれています。画像を選び直してください。")))
    return faults


def used(programme_id: uuid.UUID) -> dict[uuid.UUID, list[int]]:
    """Which pictures the articles of a programme show, in any version: picture → numbers of the articles."""
    from kb.articles.article import Article
    from kb.articles.revision import ArticleRevision

    revision = ArticleRevision
    query = (
        select(Article.number, revision.answer, revision.easy)
        .join(Article, Article.id == revision.article_id)
        .where(Article.programme_id == programme_id)
        .where(or_(revision.answer.contains(SCHEME), revision.easy.contains(SCHEME)))
        .order_by(Article.number)
    )
    found: defaultdict[uuid.UUID, list[int]] = defaultdict(list)
    for number, answer, easy in db.session.execute(query):
        for image_id in {*images_in(answer), *images_in(easy)}:
            if number not in found[image_id]:
                found[image_id].append(number)
    return dict(found)

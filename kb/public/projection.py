"""Laying down what is public: the worker keeps the store of the public face as the shelf is, and takes away at once
what is not public any more. The one place that decides what leaves the house (docs/rules.md#public-face)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, or_, select, update

from callcenter.clock import today
from callcenter.db import Intent, db, intent, new_id
from callcenter.errors import Invalid, Refusal
from callcenter.people.installation import is_demo
from callcenter.programmes import Programme, Ward
from kb.articles.article import Article
from kb.articles.categories import FaqCategory
from kb.articles.content import aloud
from kb.articles.images import bytes_of, images_in, sizes_of
from kb.articles.rendering import REFERENCE, plain_text, render, targets
from kb.articles.revision import ArticleRevision
from kb.articles.stamp import Shelf
from kb.index.search import Analysis, Entry, Index
from kb.index.synonyms import Synonyms
from kb.public.placing import Names
from kb.public.store import ARTICLE, PICTURE, PROGRAMME, Store
from kb.upkeep.doubts import doubts_of
from kb.words.lists import SynonymGroup

log = logging.getLogger("callcenter.face")
RELATED = 4
WORTH_RELATING = 0.25
"""Share of the score that an article has for its own question; below it, neighbours have little in common."""
BATCH = 200

AT_ONCE = 100
"""New articles made at one step, and neighbours sought at one: the worker has other things to do between."""

Laid = Mapping[str, Any]


class Projection:
    """Keeps the store as the shelf is. `step` costs one small query while nothing changed."""

    def __init__(self, store: Store):
        self.store = store
        self._seen: dict[uuid.UUID, tuple[Any, ...]] = {}
        self._lonely: set[uuid.UUID] = set()
        self._index: tuple[uuid.UUID, Index] | None = None
        self._made = False

    def step(self) -> bool:
        """Lay down what changed since the last step; True when there was anything to do. What is not public any more
        goes at once; new articles come a hundred a step, their neighbours after them."""
        if not self._made:
            self.store.make()
            self._made = True
        with intent(Intent.READ):
            try:
                return self._step()
            finally:
                db.session.rollback()

    def settle(self) -> None:
        """Step until there is nothing to do."""
        while self.step():
            pass

    def _step(self) -> bool:
        found = {row.id: row for row in db.session.execute(_programmes())}
        states = {key: (*row, today()) for key, row in found.items()}
        changed = [key for key, state in states.items() if self._seen.get(key) != state]
        if changed or self._seen.keys() - states.keys():
            self._forget([row.code for row in found.values()])
        self._seen = {key: state for key, state in self._seen.items() if key in states}
        for key in changed:
            self._index = None
            self._lonely.add(key)
            if self._lay(found[key]):
                self._seen[key] = states[key]
        if changed:
            return True
        for key in [key for key in self._lonely if key in found]:
            if self._relate(found[key]):
                self._lonely.discard(key)
            return True
        return False

    def _lay(self, programme: Any) -> bool:
        """Whether all of it is laid down now."""
        known = self._known(programme.code)
        wanted = list(db.session.execute(public_articles(programme.id)))
        new = [row for row in wanted if not _is_made(row, known)]
        later = {row.number for row in new[AT_ONCE:]}
        doubted = doubts_of(programme.id, today()).keys()
        now = [row for row in wanted if row.number not in later]
        names = _names(programme.id, new[:AT_ONCE])
        articles, pictures = [], set()
        for row in now:
            try:
                article = _laid(programme.code, row, known.get(row.number), names)
                pictures |= {one for text in (row.answer, row.easy) for one in images_in(text)}
            except Invalid as refusal:  # one that cannot be shown must not keep the others from going
                log.warning("F-%d cannot be laid down for the public site: %s", row.number, refusal.code)
                continue
            articles.append(article | {"is_under_review": row.revision_id in doubted})
        with self.store.writing() as connection:
            _write_programme(connection, programme, SynonymGroup.of(programme.id))
            _write_articles(connection, programme.code, articles, known)
            _write_pictures(connection, programme, pictures)
        return not later

    def _relate(self, programme: Any) -> bool:
        """Name neighbours: what an article's own question finds besides itself. Whether all have theirs now."""
        known = self._known(programme.code)
        lonely = [number for number, article in known.items() if article["related"] is None]
        if lonely:
            index = self._index_of(programme.id, known.values())
            related = _neighbours(index, known, lonely[:AT_ONCE])
            with self.store.writing() as connection:
                for number, numbers in related.items():
                    here = (ARTICLE.c.programme == programme.code) & (ARTICLE.c.number == number)
                    connection.execute(update(ARTICLE).where(here).values(related=numbers))
                _stamp(connection, programme.code)
        if len(lonely) > AT_ONCE:
            return False
        self._index = None
        return True

    def _index_of(self, programme_id: uuid.UUID, articles: Iterable[Laid]) -> Index:
        if self._index is None or self._index[0] != programme_id:
            groups = Synonyms(SynonymGroup.of(programme_id))
            entries = (entry_of(article) for article in articles)
            index = Index(((entry.key, Analysis.of(entry, groups)) for entry in entries), groups)
            self._index = programme_id, index
        return self._index[1]

    def _known(self, code: str) -> dict[int, Laid]:
        with self.store.reading() as connection:
            rows = connection.execute(select(ARTICLE).where(ARTICLE.c.programme == code))
            return {row.number: dict(row._mapping) for row in rows}

    def _forget(self, codes: Iterable[str]) -> None:
        """Programmes that are no more."""
        with self.store.writing() as connection:
            columns = (PROGRAMME.c.code, ARTICLE.c.programme, PICTURE.c.programme)
            for table, column in zip((PROGRAMME, ARTICLE, PICTURE), columns, strict=True):
                connection.execute(delete(table).where(column.not_in(list(codes))))


def public_articles(programme_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    """Approved, valid today, marked public and not waiting for the ward: what anybody may read."""
    revision = ArticleRevision
    return (
        Article.told_today()
        .outerjoin(FaqCategory, FaqCategory.id == revision.category_id)
        .where(
            Article.programme_id == programme_id,
            revision.is_public.is_(True),
            revision.needs_ward.is_(False),
            revision.approved_at.is_not(None),
        )
        .order_by(Article.number)
        .with_only_columns(
            Article.number,
            revision.id.label("revision_id"),
            revision.question,
            revision.variants,
            revision.answer,
            revision.read_aloud,
            revision.easy,
            revision.source,
            revision.approved_at,
            revision.valid_to,
            revision.forms,
            FaqCategory.path,
        )
    )


def _programmes() -> Select[*tuple[Any, ...]]:
    return (
        select(Programme.id, Programme.code, Programme.name, Ward.name.label("ward"), Shelf.stamp)
        .join(Ward, Ward.id == Programme.ward_id)
        .outerjoin(Shelf, Shelf.programme_id == Programme.id)
        .order_by(Programme.code)
    )


def _is_made(row: Any, known: Mapping[int, Laid]) -> bool:
    return row.number in known and known[row.number]["revision_id"] == row.revision_id


def _laid(code: str, row: Any, known: Laid | None, names: Names) -> dict[str, Any]:
    """What stands in the store of an article. A revision never changes, so what was made of it is kept."""
    if known is None or known["revision_id"] != row.revision_id:
        plain = plain_text(row.answer)
        made = {
            "question": row.question,
            "variants": list(row.variants),
            "lead": aloud(row.read_aloud, plain),
            "answer_html": str(render(row.answer, names)),
            "answer_text": plain,
            "easy_html": str(render(row.easy, names)) if row.easy.strip() else "",
            "source": row.source,
            "approved_at": row.approved_at.isoformat(timespec="seconds"),
            "valid_to": row.valid_to,
            "forms": row.forms,
            "related": None,
        }
    else:
        made = dict(known)
    return made | {
        "programme": code,
        "number": row.number,
        "revision_id": row.revision_id,
        "category": row.path or "",
    }


def _neighbours(index: Index, known: Mapping[int, Laid], lonely: Sequence[int]) -> dict[int, list[int]]:
    """The neighbours of those that have none; each also becomes one of those that it found."""
    related: dict[int, list[int]] = {}
    for number in lonely:
        hits = index.find(known[number]["question"], RELATED + 1)
        own = max((hit.score for hit in hits if hit.key == number), default=0.0)
        others: list[Any] = [
            hit.key for hit in hits if hit.key != number and hit.score >= WORTH_RELATING * own
        ]
        related[number] = others[:RELATED]
        for other in others:
            theirs = related.get(other, known[other]["related"])
            if theirs is not None and number not in theirs and len(theirs) < RELATED:
                related[other] = [*theirs, number]
    return related


def entry_of(article: Laid) -> Entry:
    """What search reads of a laid-down article."""
    return Entry(
        article["number"],
        article["question"],
        article["variants"],
        article["answer_text"],
        article["category"],
        article["forms"],
    )


def _names(programme_id: uuid.UUID, rows: Iterable[Any]) -> Names:
    """What these articles name: pictures of their programme, and other articles of it by label or by address."""
    texts = [text for row in rows for text in (row.answer, row.easy)]
    references = {one.address for text in texts for one in targets(text) if not one.is_image}
    labels = [int(one[2:]) for one in references if REFERENCE.fullmatch(one) and int(one[2:]) < 2**31]
    keys = [key for one in references if (key := _key_in(one))]
    query = select(Article.id, Article.number).where(Article.programme_id == programme_id)
    numbers: dict[str, int] = {}
    if labels or keys:
        for row in db.session.execute(query.where(or_(Article.number.in_(labels), Article.id.in_(keys)))):
            numbers |= {f"F-{row.number}": row.number, f"/faq/{row.id}": row.number}
    return Names(numbers, sizes_of((one for text in texts for one in images_in(text)), programme_id))


def _key_in(address: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(address.removeprefix("/faq/")) if address.startswith("/faq/") else None
    except ValueError:
        return None


def _write_pictures(connection: Connection, programme: Any, wanted: set[uuid.UUID]) -> None:
    """Those that a public article shows, and no others."""
    mine = PICTURE.c.programme == programme.code
    known = set(connection.scalars(select(PICTURE.c.id).where(mine)))
    for image_id in known - wanted:
        connection.execute(delete(PICTURE).where(mine, PICTURE.c.id == image_id))
    for image_id in sizes_of(wanted - known, programme.id):
        try:
            found = bytes_of(image_id)
        except (
            Refusal,
            OSError,
        ) as problem:  # a lost file must not keep an article on the site that is withdrawn
            log.warning("picture %s is not shown: %s", image_id, type(problem).__name__)
            continue
        row = {"programme": programme.code, "id": image_id}
        connection.execute(
            insert(PICTURE).values(**row, content_type=found.content_type, content=found.content)
        )


def _write_programme(connection: Connection, programme: Any, synonyms: list[list[str]]) -> None:
    values = {
        "name": programme.name,
        "ward": programme.ward,
        "is_demo": is_demo(),
        "synonyms": synonyms,
        "stamp": _new_stamp(),
    }
    done = connection.execute(
        update(PROGRAMME).where(PROGRAMME.c.code == programme.code).values(**values)
    ).rowcount
    if not done:
        connection.execute(insert(PROGRAMME).values(code=programme.code, **values))


def _stamp(connection: Connection, code: str) -> None:
    """Tell the face's processes that what they remember is old."""
    connection.execute(update(PROGRAMME).where(PROGRAMME.c.code == code).values(stamp=_new_stamp()))


def _new_stamp() -> str:
    return str(new_id())


def _write_articles(
    connection: Connection, code: str, articles: Sequence[dict[str, Any]], known: Mapping[int, Laid]
) -> None:
    """Only what differs is written: a shelf of two thousand articles changes by one."""
    changed = [a for a in articles if a["number"] not in known or dict(known[a["number"]]) != a]
    numbers = [a["number"] for a in changed] + sorted(known.keys() - {a["number"] for a in articles})
    for start in range(0, len(numbers), BATCH):
        connection.execute(
            delete(ARTICLE).where(
                ARTICLE.c.programme == code, ARTICLE.c.number.in_(numbers[start : start + BATCH])
            )
        )
    if changed:
        connection.execute(insert(ARTICLE), changed)

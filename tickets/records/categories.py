"""Categories of what people ask (問合せ区分, three levels) and teams: data that a supervisor keeps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Row, Why, Words, db
from callcenter.errors import Conflict, Invalid
from callcenter.people.staff import Staff
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from callcenter.privacy.audit import Actor
from callcenter.programmes import Programme

LEVELS = 3
UNSORTED = "未整理"


class Category(Row):
    """A node of the three-level tree: large, middle, small (大・中・小)."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("programme_id", "parent_id", "name"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("category.id"))
    level: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(Words(Why.CATEGORY, 60))
    is_retired: Mapped[bool] = mapped_column(default=False)

    parent: Mapped[Category | None] = relationship(remote_side="Category.id")

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Category]:
        return select(cls).where(cls.programme_id.in_(person.programme_ids))

    @classmethod
    def add(
        cls, programme_id: uuid.UUID, name: str, *, parent: Category | None = None, by: Actor
    ) -> Category:
        """A new category below a parent. Raises Invalid below the third level, Conflict for a name twice."""
        name = name.strip()
        if not name or len(name) > 60:
            raise Invalid("区分の名前は1〜60文字で入力してください。", code="category_name")
        if parent and parent.level >= LEVELS:
            raise Invalid("区分は大・中・小の3段までです。", code="category_too_deep")
        parent_id = parent.id if parent else None
        twin = select(cls).where(
            cls.programme_id == programme_id, cls.parent_id == parent_id, cls.name == name
        )
        if db.session.scalars(twin).first():
            raise Conflict(f"区分「{name}」はすでにあります。", code="category_exists")
        made = cls(
            programme_id=programme_id, name=name, parent=parent, level=parent.level + 1 if parent else 1
        )
        db.session.add(made)
        db.session.flush()
        audit.record(Action.CATEGORY_CHANGED, by=by, on=made, facts={"change": "added", "level": made.level})
        return made

    @property
    def lineage(self) -> list[Category]:
        """The category and those above it, largest first."""
        return [*(self.parent.lineage if self.parent else []), self]

    @property
    def path(self) -> str:
        """申請 › 必要書類 › 領収書"""
        return " › ".join(category.name for category in self.lineage)

    def retire(self, *, by: Actor) -> None:
        """Offer it no longer; what has it keeps it."""
        self.is_retired = True
        audit.record(Action.CATEGORY_CHANGED, by=by, on=self, facts={"change": "retired"})


class Team(Row):
    """A group that shares tickets (受電班, 事務班, 区)."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("programme_id", "name"),)

    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.id"), index=True)
    name: Mapped[str] = mapped_column(Words(Why.CATEGORY, 60))

    @classmethod
    def visible_to(cls, person: Staff) -> Select[Team]:
        return select(cls).where(cls.programme_id.in_(person.programme_ids)).order_by(cls.name)


class Tree:
    """All categories of some programmes, read once: for menus, paths and look-up by name."""

    def __init__(self, categories: list[Category]):
        self._by_id = {c.id: c for c in categories}
        self._children: dict[uuid.UUID | None, list[Category]] = {}
        for category in sorted(categories, key=lambda c: (c.position, c.name)):
            self._children.setdefault(category.parent_id, []).append(category)

    @classmethod
    def of(cls, programme_ids: list[uuid.UUID] | tuple[uuid.UUID, ...]) -> Tree:
        return cls(list(db.session.scalars(select(Category).where(Category.programme_id.in_(programme_ids)))))

    def path(self, category_id: uuid.UUID | None) -> str:
        return " › ".join(c.name for c in self.lineage(category_id))

    def lineage(self, category_id: uuid.UUID | None) -> list[Category]:
        found = []
        while category_id is not None and category_id in self._by_id:
            found.append(self._by_id[category_id])
            category_id = found[-1].parent_id
        return found[::-1]

    def offered(self) -> Iterator[Category]:
        """Categories in use, parents before children."""
        stack = [c for c in reversed(self._children.get(None, [])) if not c.is_retired]
        while stack:
            category = stack.pop()
            yield category
            stack += [c for c in reversed(self._children.get(category.id, [])) if not c.is_retired]

    def named(self, name: str) -> list[Category]:
        """Categories whose name or path is this (parts divided by › or >)."""
        wanted = [part.strip() for part in name.replace(">", "›").split("›") if part.strip()]
        return [
            c for c in self._by_id.values() if [n.name for n in self.lineage(c.id)][-len(wanted) :] == wanted
        ]


def found_or_made(programme: Programme, name: str, *, by: Actor) -> Category:
    """The category with this name or path; an unknown one is made as 未整理 › name (docs/rules.md#import)."""
    tree = Tree.of([programme.id])
    known = tree.named(name)
    if known:
        return known[0]
    top = next((c for c in tree.named(UNSORTED) if c.level == 1), None)
    top = top or Category.add(programme.id, UNSORTED, by=by)
    return Category.add(programme.id, name.replace("›", "/").strip()[:60], parent=top, by=by)

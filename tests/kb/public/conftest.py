"""What the tests of the public site share: the face over the store of a world, laid down by the house."""

import json
import uuid
from contextvars import Context
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, delete, insert, select, text

from callcenter.clock import now
from callcenter.config import Face, Settings
from callcenter.db import new_id
from callcenter.privacy import sealbox
from kb.index.search import Index
from kb.index.synonyms import Synonyms, first_synonyms
from kb.public import preparing
from kb.public.app import create_face
from kb.public.inbox import place
from kb.public.placing import Names
from kb.public.projection import Projection, _laid, _neighbours, entry_of
from kb.public.store import ARTICLE, INBOX, PROGRAMME, open_as_house
from tests.conftest import COMPILED


@pytest.fixture
def public(world, backend):
    """The public site of a world: `lay()` lets the house lay it down, `client` visits it, `store` is the house's."""
    settings = world.app.extensions["settings"]
    role = f"face_{uuid.uuid4().hex[:12]}"
    if backend == "postgresql":
        _user, _, host = settings.database_url.rpartition("@")
        settings = replace(
            settings, face=Face(database_url=f"postgresql+psycopg://{role}:hidden-word@{host}")
        )
    preparing.prepare(settings)
    store = open_as_house(settings)
    projection = Projection(store)
    app = create_face(settings, environ={})
    app.jinja_env.bytecode_cache = COMPILED
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    client = app.test_client()

    def get(path, **options):
        return Context().run(client.get, path, **options)

    def lay():
        projection.settle()

    yield SimpleNamespace(
        app=app,
        client=client,
        get=get,
        lay=lay,
        store=store,
        projection=projection,
        settings=settings,
        role=role,
    )
    app.extensions["store"].close()
    store.close()
    if backend == "postgresql":
        engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
        engine.dispose()


class Site:
    """The public site over rows that no house laid down: `site.put(1, "…")`, `site.take(1)`, `site.get(path)`."""

    def __init__(self, home):
        self.settings = Settings.from_environment({"CALLCENTER_HOME": str(home)})
        self.store = open_as_house(self.settings)
        self.store.make()
        with self.store.writing() as connection:
            self.private, public = sealbox.make_pair()
            key = {"key_id": new_id(), "public_key": public}
            programme = key | {"code": "babysitter", "name": "シッター事業", "ward": "新宿区", "stamp": "0"}
            connection.execute(
                insert(PROGRAMME).values(**programme, is_demo=False, synonyms=first_synonyms())
            )
        self.app = create_face(self.settings, environ={})
        self.app.jinja_env.bytecode_cache = COMPILED
        self.app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
        self._client = self.app.test_client()
        self.made = {}

    def get(self, path, **options):
        with self._client.get(path, **options) as answer:
            answer.get_data()
            return answer

    def post(self, path, **options):
        with self._client.post(path, **options) as answer:
            answer.get_data()
            return answer

    def put(
        self, number, question, answer="交通費は**対象になりません**。", *, is_under_review=False, **values
    ):
        plain = {
            "variants": (),
            "read_aloud": "",
            "easy": "",
            "source": "",
            "valid_to": None,
            "forms": "",
            "path": "",
        }
        row = SimpleNamespace(
            number=number,
            revision_id=new_id(),
            question=question,
            answer=answer,
            approved_at=values.pop("approved_at", now()),
            **(plain | values),
        )
        self.made[number] = _laid("babysitter", row, None, Names({}, {})) | {
            "is_under_review": is_under_review
        }
        self._write()

    def inbox(self):
        """What visitors sent, opened: (kind, values)."""
        with self.store.reading() as connection:
            rows = list(connection.execute(select(INBOX)))
        return [
            (
                row.kind,
                json.loads(
                    sealbox.open_sealed(self.private, row.sealed, place(row.id, row.programme, row.kind))
                ),
            )
            for row in rows
        ]

    def take(self, number):
        del self.made[number]
        self._write()

    def _write(self):
        index = Index.of([entry_of(one) for one in self.made.values()], Synonyms(first_synonyms()))
        for one in self.made.values():
            one["related"] = None
        for number, related in _neighbours(index, self.made, list(self.made)).items():
            self.made[number]["related"] = related
        with self.store.writing() as connection:
            connection.execute(delete(ARTICLE))
            if self.made:
                connection.execute(insert(ARTICLE), list(self.made.values()))
            connection.execute(PROGRAMME.update().values(stamp=str(new_id())))

    def close(self):
        self.app.extensions["store"].close()
        self.store.close()


@pytest.fixture
def bare_site(tmp_path):
    """A site with a programme and no article."""
    site = Site(tmp_path)
    yield site
    site.close()

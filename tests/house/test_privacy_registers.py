"""Every personal column is sealed, names its approved item, and is registered for erasure and disclosure."""

import pytest
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, LargeBinary, Uuid, inspect

import wsgi  # noqa: F401 (knows every room)
from callcenter.db import Choice, Words, db, new_id
from callcenter.privacy import erasure, subjects
from callcenter.privacy.items import Item
from callcenter.privacy.subjects import Erase
from callcenter.privacy.vault import Grouped, SealedBytes

PLAIN = (Uuid, Integer, Boolean, Date, DateTime)
READABLE = {
    "faq_synonym.words": "the office's own knowledge: words that mean the same",
    "article_revision.variants": "the office's own knowledge: ways to ask an article's question",
    "article_revision.say": "the office's own knowledge: sentences for the agent",
    "article_revision.dont_say": "the office's own knowledge: sentences for the agent",
    "article_revision.rule_keys": "names of rules",
}
BYTES = {
    "face_key.private": "a private key, sealed under a group of its period",
    "audit_entry.reason": "sealed by the trail itself, under the period's audit key",
    "data_key.wrapped": "a wrapped key",
    "caller.identity_digest": "a keyed digest, under the period's key",
    "child.identity": "a keyed digest, under the period's key",
    "ticket.import_digest": "a keyed digest, under the period's key",
}
APART = {
    "faq_search": "words that staff and visitors typed into the FAQ search, for whom is not known; gone after 90 days, or with the period",
    "faq_wish": "words of a search and a note to the editor, for whom they were said is not known; gone with the period",
    "faq_dismissal": "an editor's reason about searches and articles; gone with the period",
    "faq_feedback": "words of visitors of the public site, whose they are is not known; gone with the period",
    "search": "words that staff typed, for whom they typed them is not known; gone after a day, at the latest with the period",
}
MODELS = subjects.models()
TABLES = {inspect(m).local_table.name: m for m in MODELS}


def columns():
    for model in MODELS:
        for column in inspect(model).local_table.columns:
            yield f"{column.table.name}.{column.name}", column


def kind_of(column):
    kind = column.type
    return getattr(kind, "impl", kind) if not isinstance(kind, (Words, Choice, SealedBytes)) else kind


def test_every_table_has_a_model():
    assert {t.name for t in db.metadata.sorted_tables} == set(TABLES)


@pytest.mark.parametrize(("name", "column"), list(columns()), ids=[name for name, _ in columns()])
def test_a_column_is_sealed_or_says_why_it_may_be_read(name, column):
    kind = kind_of(column)
    if isinstance(kind, (Words, Choice, SealedBytes, *PLAIN)):
        return
    if isinstance(kind, LargeBinary):
        assert name in BYTES
    else:
        assert isinstance(kind, JSON), f"{name} is {kind!r}: seal it, or make it Words(Why.…)"
        assert name in READABLE


def test_the_lists_of_exceptions_name_columns_that_are_there():
    known = {name for name, _ in columns()}
    assert set(READABLE) | set(BYTES) <= known
    assert set(APART) <= set(TABLES)


SEALED_COLUMNS = [(name, column) for name, column in columns() if isinstance(column.type, SealedBytes)]


@pytest.mark.parametrize(("name", "column"), SEALED_COLUMNS, ids=[name for name, _ in SEALED_COLUMNS])
def test_a_sealed_column_names_its_item_and_its_key(name, column):
    assert isinstance(column.type.item, Item)
    assert issubclass(TABLES[column.table.name], Grouped)


SEALED = [m for m in MODELS if subjects.sealed_columns(m)]


@pytest.mark.parametrize("model", SEALED, ids=lambda m: m.__tablename__)
def test_a_table_with_sealed_columns_is_registered_or_says_why_not(model):
    subject = subjects.subject_of(model)
    assert subject is not None, f"{model.__name__} needs __subject__: is_person, belongs_to or apart"
    items = {kind.item for kind in subjects.sealed_columns(model).values()}
    if subject.why_apart:
        assert items == {Item.STAFF} or model.__tablename__ in APART, "somebody's data belongs to nobody"
    else:
        assert subject.erase is not Erase.KEEP, "sealed values must go with the person"


DECLARED = [m for m in MODELS if subjects.subject_of(m) is not None]


@pytest.mark.parametrize("model", DECLARED, ids=lambda m: m.__tablename__)
def test_a_declaration_leads_to_a_person_and_shows_columns_that_are_there(model):
    subject = subjects.subject_of(model)
    for name in subject.show:
        assert hasattr(model, name), name
    if subject.at:
        assert hasattr(model, subject.at), subject.at
    if not subject.why_apart:
        reached = {kind for kind in subjects.PersonKind if leads_to(model, kind)}
        assert reached, f"{model.__name__} leads to no caller and no applicant"


def leads_to(model, kind):
    """Whether a row of this model can belong to a person of this kind: some way ends at an id."""
    where = subjects.rows_of(model, subjects.Person(kind, (new_id(),))).whereclause
    return " IN " in str(where)


@pytest.mark.parametrize(
    "model", [m for m in DECLARED if subjects.subject_of(m).erase is Erase.ROW], ids=lambda m: m.__tablename__
)
def test_a_row_that_goes_leaves_nothing_hanging(model):
    table = inspect(model).local_table
    for other in MODELS:
        for key in inspect(other).local_table.foreign_keys:
            if key.column.table is table and not key.parent.nullable:
                subject = subjects.subject_of(other)
                assert subject is not None, f"{key.parent} would hang"
                assert subject.erase is Erase.ROW, f"{key.parent} would hang"


@pytest.mark.parametrize("model", SEALED, ids=lambda m: m.__tablename__)
def test_a_sealed_table_of_a_person_ends_with_its_period(model):
    assert inspect(model).local_table in erasure.period_tables()

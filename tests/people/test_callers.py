"""Callers: kept as said, corrected with history, merged and parted without loss."""

import pytest
from sqlalchemy import select

from callcenter.db import db
from callcenter.errors import Conflict, Invalid
from callcenter.people.callers import Caller, PhoneLabel, identity_digest
from callcenter.people.merging import CallerMerge, merge, unmerge
from callcenter.privacy.actions import Action

NAME = "髙橋 花子\U000e0100"


def make_caller(world, **values):
    values = {"name": NAME, "phones": [(PhoneLabel.MOBILE, "090-0000-1234")]} | values
    caller = Caller.create(world.period, by=world.aoki, **values)
    db.session.commit()
    return caller


def test_a_caller_is_kept_exactly_as_given(world):
    caller = make_caller(
        world,
        kana="ﾀｶﾊｼ ﾊﾅｺ",
        address="東京都見本市１－２",
        phones=[(PhoneLabel.HOME, "０３－００００－１２３４")],
    )
    db.session.expire_all()
    assert (caller.name, caller.kana, caller.address) == (NAME, "ﾀｶﾊｼ ﾊﾅｺ", "東京都見本市１－２")
    assert [phone.number for phone in caller.phones] == ["０３－００００－１２３４"]
    assert caller.created_by_id == world.aoki.id
    assert len(world.entries(Action.CALLER_CREATED)) == 1


def test_nothing_known_is_no_caller(world):
    with pytest.raises(Invalid, match="どれか一つ"):
        Caller.create(world.period, by=world.aoki)


@pytest.mark.parametrize("number", ["非通知", "公衆電話", "わからない"])
def test_a_withheld_number_is_nobodys_number(world, number):
    with pytest.raises(Invalid, match="電話番号"):
        Caller.create(world.period, by=world.aoki, name="山田", phones=[(PhoneLabel.HOME, number)])


@pytest.mark.parametrize("address", ["hanako", "@example.jp", "hanako@example.jp hanako"])
def test_what_is_no_mail_address_is_refused(world, address):
    with pytest.raises(Invalid, match="メール"):
        Caller.create(world.period, by=world.aoki, mails=[address])


def test_several_callers_may_stand_behind_one_number(world):
    first, second = make_caller(world), make_caller(world, name="髙橋 太郎")
    assert {caller.phones[0].number for caller in (first, second)} == {"090-0000-1234"}


def test_a_correction_keeps_what_was_there_before(world):
    caller = make_caller(world, kana="タカハシ ハナコ")
    assert caller.update(by=world.ueda, seen_revision=1, name="高橋 華子", kana="タカハシ ハナコ")
    db.session.commit()
    assert (caller.name, caller.revision) == ("高橋 華子", 2)
    (version,) = caller.versions
    assert (version.name, version.kana, version.revision, version.ended_by_id) == (
        NAME,
        "タカハシ ハナコ",
        1,
        world.ueda.id,
    )
    assert '"fields": ["name"]' in world.entries(Action.CALLER_UPDATED)[0].facts


def test_saving_the_same_changes_nothing(world):
    caller = make_caller(world)
    assert not caller.update(by=world.aoki, seen_revision=1, name=NAME)
    assert caller.versions == []


def test_the_second_save_of_an_old_page_is_refused(world):
    caller = make_caller(world)
    caller.update(by=world.aoki, seen_revision=1, name="高橋")
    with pytest.raises(Conflict, match="先に保存"):
        caller.update(by=world.ueda, seen_revision=1, name="髙橋")


def test_a_number_that_is_given_up_stays_in_the_record(world):
    caller = make_caller(world)
    caller.end(caller.phones[0], by=world.aoki)
    caller.add_phone(PhoneLabel.HOME, "03-0000-1234", by=world.aoki)
    assert [phone.number for phone in caller.current_phones] == ["03-0000-1234"]
    assert len(caller.phones) == 2


def test_merged_callers_show_under_the_survivor(world):
    one, other = make_caller(world), make_caller(world, phones=[], mails=["hanako@example.jp"])
    merge(one, other, by=world.sato, reason="同じ方と確認")
    db.session.commit()
    assert one.survivor is other
    assert [phone.number for phone in other.current_phones] == ["090-0000-1234"]
    assert [mail.address for mail in one.current_mails] == ["hanako@example.jp"]
    entry = world.entries(Action.CALLER_MERGED)[0]
    assert other.id.hex in entry.facts


def test_a_merge_can_be_undone_without_loss(world):
    one, other = make_caller(world), make_caller(world)
    merge(one, other, by=world.sato, reason="同じ方と確認")
    db.session.commit()
    unmerge(one, by=world.suzuki, reason="別の方だった")
    db.session.commit()
    assert (one.survivor, other.survivor) == (one, other)
    (row,) = db.session.scalars(select(CallerMerge))
    assert (row.reason, row.undone_reason) == ("同じ方と確認", "別の方だった")
    assert (row.by_id, row.undone_by_id) == (world.sato.id, world.suzuki.id)
    merge(one, other, by=world.sato, reason="やはり同じ方")
    db.session.commit()


def test_merges_never_form_a_chain_or_a_circle(world):
    one, two, three = (make_caller(world) for _ in range(3))
    merge(one, two, by=world.sato, reason="同じ方")
    for caller, into in [(two, three), (one, three), (three, one), (two, one)]:
        with pytest.raises(Conflict):
            merge(caller, into, by=world.sato, reason="同じ方")
    with pytest.raises(Invalid):
        merge(three, three, by=world.sato, reason="同じ方")
    merge(three, two, by=world.sato, reason="同じ方")
    assert {caller.id for caller in one.family} == {one.id, two.id, three.id}


def test_a_merge_needs_a_reason(world):
    one, two = make_caller(world), make_caller(world)
    with pytest.raises(Invalid, match="理由"):
        merge(one, two, by=world.sato, reason="  ")


def test_callers_of_another_year_or_programme_are_never_merged(world):
    stranger = Caller.create(world.other_period, by=world.yoso, name="別の事業の人")
    with pytest.raises(Invalid, match="年度"):
        merge(make_caller(world), stranger, by=world.sato, reason="同じ方")


def test_a_merged_caller_is_not_edited(world):
    one, two = make_caller(world), make_caller(world)
    merge(one, two, by=world.sato, reason="同じ方")
    with pytest.raises(Conflict, match="統合"):
        one.update(by=world.aoki, seen_revision=1, name="高橋")


def test_a_stranger_sees_no_callers(world):
    caller = make_caller(world)
    assert db.session.scalars(Caller.visible_to(world.aoki)).all() == [caller]
    assert db.session.scalars(Caller.visible_to(world.yoso)).all() == []


def test_an_import_knows_a_caller_again_by_digest_alone(world):
    def digest(**values):
        return identity_digest(
            world.period.id, **{"name": None, "kana": None, "phone": None, "mail": None} | values
        )

    known = digest(name="髙橋 花子", phone="090-0000-1234")
    caller = make_caller(world, identity_digest=known)
    assert digest(name="高橋花子", phone="０９０００００１２３４") == known
    assert digest(name="高橋花子", phone="090-0000-1235") != known
    assert digest(name="高橋花子") is None
    assert Caller.imported(world.period.id, [known, b"other"]) == {known: caller.id}


def test_the_database_holds_no_readable_caller(world):
    make_caller(world, address="見本区ひみつ町1-2-3", mails=["himitsu@example.jp"])
    for table in ("caller", "caller_phone", "caller_mail"):
        stored = repr(db.session.execute(db.metadata.tables[table].select()).all()).encode()
        for text in (NAME, "ひみつ町", "himitsu", "090-0000"):
            assert text.encode() not in stored
            assert repr(text.encode())[2:-1].encode() not in stored

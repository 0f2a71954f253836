"""One question over several periods is one list and one total."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from callcenter.errors import Invalid, Unavailable
from callcenter.privacy.lens.desk import Lens
from callcenter.privacy.lens.query import Query

WORD = Query(words=("申請",))
START = datetime(2026, 4, 1, tzinfo=UTC)
PERIODS = [UUID(int=3), UUID(int=1), UUID(int=2)]


@pytest.fixture
def lens(tmp_path):
    lens = Lens(tmp_path / "lens", lambda period_id: period_id.bytes * 2)
    for period_id in PERIODS:
        lens.file(period_id).create(["ticket"])
    yield lens
    lens.close()


@pytest.fixture
def documents(lens, make_document):
    """Twelve in turn in three periods; three of each moment."""
    made = [
        make_document(
            "申請", at=START + timedelta(hours=n // 3), period_id=PERIODS[n % 3], tags=[f"n:{n % 2}"]
        )
        for n in range(12)
    ]
    for document in made:
        lens.file(document.period_id).put("ticket", [document])
    return made


def test_hits_of_all_periods_are_merged_newest_first(lens, documents):
    found = lens.search("ticket", WORD, periods=PERIODS)

    assert [hit.at for hit in found] == sorted((document.at for document in documents), reverse=True)
    assert {(hit.id, hit.period_id) for hit in found} == {(d.id, d.period_id) for d in documents}
    assert lens.count("ticket", WORD, periods=PERIODS) == 12
    assert lens.count("ticket", WORD, [["n:1"]], periods=PERIODS[:2]) == 4


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_follow_without_gap_or_repetition(lens, documents, size):
    everything = [hit.id for hit in lens.search("ticket", WORD, periods=PERIODS)]

    paged, before = [], None
    while page := lens.search("ticket", WORD, periods=PERIODS, limit=size, before=before):
        paged += [hit.id for hit in page]
        before = page[-1].mark

    assert paged == everything
    assert len(set(paged)) == 12


@pytest.mark.parametrize("mark", ["x", "12", "zz-00000000000000000000000000000001", "-", "1-2-3"])
def test_a_mark_that_is_none_is_refused(lens, mark):
    with pytest.raises(Invalid) as refusal:
        lens.search("ticket", WORD, periods=PERIODS, before=mark)

    assert refusal.value.code == "bad_mark"


def test_a_mark_from_beyond_the_end_of_time_is_harmless(lens, documents):
    assert len(lens.search("ticket", WORD, periods=PERIODS, before="f" * 99 + "-" + "1" * 32)) == 12


def test_exact_values_are_looked_up_in_all_periods(lens, make_document):
    ids = []
    for period_id in PERIODS[:2]:
        document = make_document(period_id=period_id, exact=[("phone", "090-0000-0001")])
        lens.file(period_id).put("ticket", [document])
        ids.append(document.id)

    assert lens.exact("ticket", "phone", "０９０００００ー０００１", periods=PERIODS) == ids


def test_a_destroyed_period_is_gone_from_the_disk(lens, documents):
    lens.destroy(PERIODS[0])

    assert not [
        file for file in lens.directory.iterdir() if PERIODS[0].hex in file.name and file.suffix != ".lock"
    ]
    assert lens.count("ticket", WORD, periods=PERIODS[1:]) == 8
    with pytest.raises(Unavailable):
        lens.count("ticket", WORD, periods=PERIODS)


def test_a_period_without_its_key_can_still_be_destroyed(tmp_path, lens, documents):
    def no_key(period_id):
        raise Unavailable("no key")

    other = Lens(lens.directory, no_key)

    with pytest.raises(Unavailable):
        other.count("ticket", WORD, periods=PERIODS)
    other.destroy(PERIODS[0])

    assert not list(lens.directory.glob(f"{PERIODS[0].hex}*.db*"))

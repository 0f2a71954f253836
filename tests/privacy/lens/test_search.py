"""The totals and lists of the lens are those of a substring scan over the folded fields."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callcenter.privacy.lens.documents import Document
from callcenter.privacy.lens.folding import fold
from callcenter.privacy.lens.lensfile import LensFile
from callcenter.privacy.lens.matching import Within
from callcenter.privacy.lens.query import Query, parse

TODAY = date(2026, 11, 23)
LETTERS = "あアｱ髙高﨑崎書申請ー-1２\n 　aAＡ・'\"*()^:+\u3099㈱𠮷\U000e0100。"
SHORT = st.text(st.sampled_from(LETTERS), max_size=8)
WORD = st.text(st.sampled_from(LETTERS), min_size=1, max_size=4)
RECORD = st.tuples(st.lists(SHORT, max_size=3), st.lists(SHORT, max_size=2), st.sets(st.sampled_from("abc")))


@st.composite
def cases(draw):
    """Records, and a query most of whose words are cut out of them."""
    records = draw(st.lists(RECORD, max_size=6))
    fields = [field for body, who, _ in records for field in (*body, *who) if field]
    cut = st.builds(
        lambda field, at, length: field[at % len(field) :][:length],
        st.sampled_from(fields or ["書"]),
        st.integers(0, 7),
        st.integers(1, 5),
    )
    words = st.lists(st.one_of(cut, cut, WORD), max_size=2).map(tuple)
    return records, draw(st.builds(Query, words=words, phrases=words, without=words))


def documents_of(records):
    start = datetime(2026, 4, 1, tzinfo=UTC)
    return [
        Document(UUID(int=n), UUID(int=7), start + timedelta(seconds=n // 2), body, who, tags=sorted(tags))
        for n, (body, who, tags) in enumerate(records)
    ]


def holds(document, query, groups, within):
    """The truth: a scan of the folded fields."""
    fields = (document.body if within != Within.WHO else []) + (document.who if within != Within.BODY else [])
    texts = [fold(field) for field in fields]

    def stands(term):
        return any(fold(term) in text for text in texts)

    return (
        all(stands(term) for term in query.terms if fold(term))
        and not any(stands(term) for term in query.without if fold(term))
        and all(set(group) & set(document.tags) for group in groups)
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One file for all examples; each example has a shelf of its own content."""
    file = LensFile(tmp_path_factory.mktemp("lens") / "period.lens", b"k" * 32)
    file.create(["ticket"])
    yield file
    file.close()


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    case=cases(),
    groups=st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=2), max_size=1),
    within=st.sampled_from(Within),
)
@example(([(["申請", "書"], [], set())], Query(words=("請書",))), [], Within.ALL)
@example(([(["申請"], ["書"], set())], Query(words=("請書",))), [], Within.ALL)
@example(([(["a"], [], {"a"})], Query(without=("書",))), [["a"]], Within.ALL)
@example(
    ([(["書"], [], set()), (["書", "a"], [], set())], Query(words=("書",), without=("Ａ",))), [], Within.BODY
)
@example(([(["a-1'b\"c*"], [], set())], Query(phrases=("-1'b\"c*",))), [], Within.ALL)
def test_search_and_count_equal_the_substring_truth(shared, case, groups, within):
    records, query = case
    documents = documents_of(records)
    with shared.writing() as writer:
        writer.remove("ticket", shared.ids("ticket"))
        writer.put("ticket", documents)

    truth = {document.id for document in documents if holds(document, query, groups, within)}
    hits = shared.search("ticket", query, groups, limit=100, within=within)

    assert {hit.id for hit in hits} == truth
    assert [hit.at for hit in hits] == sorted((hit.at for hit in hits), reverse=True)
    assert shared.count("ticket", query, groups, within) == len(truth)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("領収書", 2),
        ("ﾘｮｳｼｭｳ", 1),
        ("書", 2),
        ("高崎", 1),
        ("たかさき", 1),
        ("領収書 再発行", 1),
        ('"領収書 再発行"', 0),
        ("書再", 0),
        ("領収書 -再発行", 1),
        ("期間:2026-04-02 書", 1),
        ("期間:2026-04-02", 1),
        ("期間:..2026-04-01 -ぽ", 1),
        ("電話:03-0000-1234", 1),
        ("電話:1234", 1),
        ("電話:９９９９ 電話:1234", 1),
        ("電話:非通知", 1),
        ("０３００００１２３４", 1),
        ("申請番号:８－０００１２３", 1),
    ],
)
def test_the_box_finds_what_an_agent_means(lens_file, make_document, typed, found):
    lens_file.put(
        "ticket",
        [
            make_document(
                "領収書",
                "再発行のしかた",
                at=datetime(2026, 4, 1, 14, 59, 59, 999000, tzinfo=UTC),
                who=["髙﨑　花子", "ﾀｶｻｷ ﾊﾅｺ"],
                exact=[("phone", "03-0000-1234"), ("number", "8-000123")],
            ),
            make_document(
                "領収書（りょうしゅうしょ）",
                at=datetime(2026, 4, 1, 15, 0, tzinfo=UTC),
                exact=[("phone", "非通知")],
            ),
        ],
    )
    query = parse(typed, TODAY)

    assert lens_file.count("ticket", query) == found
    assert len(lens_file.search("ticket", query)) == found


def test_a_number_typed_as_a_word_does_not_reach_past_the_text_when_only_text_is_asked(
    lens_file, make_document
):
    lens_file.put("ticket", [make_document("折返し", exact=[("phone", "03-0000-1234")])])

    assert lens_file.count("ticket", Query(words=("0300001234",)), within=Within.BODY) == 0


def test_a_field_that_no_room_turned_into_tags_is_a_mistake(lens_file):
    with pytest.raises(ValueError, match="STATE"):
        lens_file.count("ticket", parse("状態:保留", TODAY))


def test_tags_are_compared_whole_and_without_case(lens_file, make_document):
    lens_file.put("ticket", [make_document("あ", tags=["category:申請 書類", "Owner:AB"])])

    assert lens_file.count("ticket", None, [["category:申請　書類"], ["owner:ab", "owner:none"]]) == 1
    assert lens_file.count("ticket", None, [["category:申請"]]) == 0
    assert lens_file.count("ticket", None, [[]]) == 0


def test_a_tag_is_no_word(lens_file, make_document):
    lens_file.put("ticket", [make_document("あ", tags=["ab"], exact=[("mail", "ab@example.jp")])])

    assert lens_file.count("ticket", Query(words=("ab",))) == 0


def test_hundreds_of_tags_fit_into_one_question(lens_file, make_document):
    lens_file.put("ticket", [make_document("あ", tags=["owner:999"])])

    assert lens_file.count("ticket", None, [[f"owner:{n}" for n in range(1000)]]) == 1

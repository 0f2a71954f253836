"""What the doctor asks of the lens: whether it answers, is up to date, and holds what the database holds."""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from callcenter.privacy import doctor
from callcenter.privacy.doctor import Examination, Finding
from callcenter.privacy.lens.follower import Follower
from callcenter.privacy.lens.rebuilding import head
from callcenter.privacy.lens.verifying import verify

FAR_BEHIND = 2_000
"""Entries of the audit trail; a lens that nothing touched notes the sequence every thousand."""


def register(follower: Follower, periods: Callable[[], Iterable[UUID]]) -> None:
    """Add the checks of this process's lens. What was saved last may not have been followed when the house stopped,
    so the lens is brought up to the sequence before it is held against the rows."""
    lens, shelves = follower.lens, follower.shelves

    def answers(_: Examination) -> list[Finding]:
        """Raises Unavailable, which the doctor takes for a finding, where a lens does not open."""
        for period_id in periods():
            lens.file(period_id).search(next(iter(shelves)).name, None, limit=1)
        return []

    def fits(_: Examination) -> Iterator[Finding]:
        for period_id in periods():
            if head() - lens.file(period_id).followed > FAR_BEHIND:
                sentence = "検索の索引が遅れています。作業プロセス（worker）が動いているか確かめてください。"
                yield Finding("lens_behind", sentence, period_id.hex)
                continue
            follower.catch_up()
            if not verify(lens.file(period_id), shelves, period_id).is_clean:
                sentence = "検索の索引がデータと合いません。script/manage lens rebuild で作り直してください。"
                yield Finding("lens_differs", sentence, period_id.hex)

    doctor.register("lens-answers", answers, quick=True)
    doctor.register("lens", fits)

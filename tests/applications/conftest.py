"""An application to begin with."""

from datetime import date

import pytest

from callcenter import clock
from callcenter.applications.flow import State
from callcenter.applications.models import Application, Channel, Declared
from callcenter.db import db

APPLICANT = Declared(
    name="髙橋 花子",
    kana="タカハシ ハナコ",
    address="東京都見本区見本町1-2-3 見本荘405",
    phone="090-0000-1234",
    mail="hanako@example.jp",
    account="見本銀行 本店 普通 0012345 タカハシ ハナコ",
)
WAY_TO_WARD = [State.SCREENING, State.SCREENED, State.HANDED_OVER]


class Makers:
    """Makes applications in a world; each made one is committed."""

    def __init__(self, world):
        self.world = world

    def application(self, declared=APPLICANT, **options):
        """One child, born 2021-04-02, with a use of 2 h 17 min."""
        options = {
            "by": self.world.endo,
            "channel": Channel.POST,
            "received_at": clock.now(),
            "fiscal_year": self.world.period.fiscal_year,
        } | options
        application = Application.receive(options.pop("period", self.world.period), declared, **options)
        child = application.add_child(name="髙橋 空", kana="タカハシ ソラ", birth_date=date(2021, 4, 2))
        self.use(child)
        db.session.commit()
        return application

    def use(self, child, minutes=137, day=1, year=None):
        year = year or child.application.fiscal_year
        start = clock.from_japan(year, 9, day, 9)
        end = clock.from_japan(year, 9, day, 9 + minutes // 60, minutes % 60)
        return child.add_use(used_from=start, used_to=end, provider="見本シッター", amount=6000)[0]

    def at_ward(self, application):
        """Bring an application into the ward's review."""
        for state in WAY_TO_WARD:
            application.move(state, by=self.world.endo)
        application.move(State.WARD_REVIEW, by=self.world.kato)
        db.session.commit()
        return application


@pytest.fixture
def make(world):
    return Makers(world)

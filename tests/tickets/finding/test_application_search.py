"""Finding an application while somebody talks: by its number as it is said, or by what the lens knows."""

from callcenter.applications.models import Application
from callcenter.db import db
from tickets.finding.application_search import find_applications


def found(world, said):
    rows = find_applications(said, world.aoki)
    db.session.rollback()
    return [row.id for row in rows]


def test_a_number_is_found_before_the_lens_knows_it(world, make):
    wanted = make.application()
    number = db.session.get(Application, wanted).number
    year, count = number.removeprefix("R").split("-")
    for said in (number, f"{year}-{int(count)}", f"{year}の{int(count)}番", f" r{year} - {count} "):
        assert found(world, said) == [wanted], said


def test_a_telephone_number_is_no_number_of_an_application(world, make, follow):
    wanted = make.application(phone="03-0000-1234")
    make.application(phone="090-0000-5678")
    follow()
    for said in ("03-0000-1234", "0300001234", "03-00001234"):
        assert found(world, said) == [wanted], said


def test_a_birth_date_is_no_number_of_an_application(world, make, follow):
    wanted = make.application()
    follow()
    assert found(world, "20220506") == [wanted]

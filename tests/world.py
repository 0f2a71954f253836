"""The named people of all tests, and how they come to a page."""

from contextvars import Context
from datetime import date

from flask import has_app_context
from flask.testing import FlaskClient

from callcenter import prepare
from callcenter.calendar import fiscal_year
from callcenter.clock import today
from callcenter.db import db, writing
from callcenter.people import clauses, sessions, tokens
from callcenter.people.session_record import Factor
from callcenter.people.staff import Staff, appoint
from callcenter.permissions import Role
from callcenter.privacy import audit
from callcenter.programmes import Period, Programme, Ward, open_period, period_for

PASSWORD = "四つの-言葉を-つなげた-合言葉"

PEOPLE = {
    "aoki": ("青木 晴", "アオキ ハル", Role.PHONE_AGENT),
    "ueda": ("上田 奏", "ウエダ カナ", Role.PHONE_AGENT),
    "ito": ("伊藤 澪", "イトウ ミオ", Role.MAIL_AGENT),
    "sato": ("佐藤 律", "サトウ リツ", Role.SUPERVISOR),
    "suzuki": ("鈴木 楓", "スズキ カエデ", Role.SUPERVISOR),
    "endo": ("遠藤 湊", "エンドウ ミナト", Role.PRE_SCREENER),
    "okada": ("岡田 柊", "オカダ シュウ", Role.DISPATCHER),
    "kato": ("加藤 遥", "カトウ ハルカ", Role.WARD_STAFF),
    "kimura": ("木村 凪", "キムラ ナギ", Role.WARD_STAFF),
    "ono": ("小野 紬", "オノ ツムギ", Role.PRIVACY_OFFICER),
    "kondo": ("近藤 蓮", "コンドウ レン", Role.WARD_AUDITOR),
    "honda": ("本田 樹", "ホンダ イツキ", Role.ADMINISTRATOR),
}
STRANGER = ("余所 望", "ヨソ ノゾミ", Role.SUPERVISOR)
FIRST_DAY = date(2020, 4, 1)


def build(settings):
    """Prepare a house at these settings and let the named people move in; returns its app."""
    from wsgi import create_app

    app = create_app(settings, environ={})
    with app.app_context():
        prepare.make_keys(settings, app.extensions["keystore"])
        prepare.make_database()
        with writing():
            home = db.session.query(Programme).one()
            _move_in(home, PEOPLE)
            ward = Ward(code="13199", name="隣の区")
            other = Programme(ward=ward, code="neighbour", name="隣の区の事業")
            db.session.add_all([ward, other])
            db.session.flush()
            period = open_period(other, fiscal_year(today()))
            audit.record(audit.Action.PERIOD_OPENED, by=audit.CONSOLE, on=period)
            _move_in(other, {"yoso": STRANGER})
    return app


def _move_in(programme, people):
    version = clauses.current()
    for sign_in_name, (name, kana, role) in people.items():
        person = appoint(
            by=audit.CONSOLE,
            sign_in_name=sign_in_name,
            name=name,
            kana=kana,
            role=role,
            programmes=[programme],
            designated_on=FIRST_DAY,
        )
        person.keep_password("not-a-hash", by=audit.CONSOLE)
        if version:
            clauses.confirm(person, version)


class Browser(FlaskClient):
    """A browser whose requests run as on a server: in a context and a database session of their own.

    What the test itself has read so far is let go first, so that it neither holds a lock nor looks at the past."""

    def open(self, *arguments, **options):
        if not has_app_context():  # a redirect that is being followed
            return super().open(*arguments, **options)
        db.session.rollback()
        return Context().run(super().open, *arguments, **options)


class World:
    """The house of one test. People by name (`world.aoki`), signed-in clients, the current period."""

    def __init__(self, app):
        self.app = app
        app.test_client_class = Browser

    def __getattr__(self, name):
        if name in PEOPLE or name == "yoso":
            return Staff.named(name)
        raise AttributeError(name)

    @property
    def programme(self):
        return db.session.query(Programme).filter_by(code="babysitter").one()

    @property
    def period(self) -> Period:
        return period_for(self.programme.id, today())

    @property
    def other_period(self) -> Period:
        """The current period of the stranger's programme."""
        other = db.session.query(Programme).filter_by(code="neighbour").one()
        return period_for(other.id, today())

    def client(self, person=None):
        """A browser of a person (Staff or name), signed in with both factors; without a person, a stranger's."""
        client = self.app.test_client()
        if person is None:
            return client
        person = Staff.named(person) if isinstance(person, str) else person
        with writing():
            sign_in = sessions.begin(person, address="127.0.0.1", factor=Factor.TOTP)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = sign_in.token
            cookie["_fresh"] = True
        return client

    def api(self, person, *permissions):
        """A program of a person (Staff or name) with an access token: for all they may, unless permissions are named."""
        person = Staff.named(person) if isinstance(person, str) else person
        with writing():
            granted = permissions or tokens.grantable(person)
            _row, secret = tokens.make(person, purpose="試験", permissions=granted)
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        return client

    def entries(self, action=None):
        """Audit entries so far, oldest first, as rows."""
        query = db.session.query(audit.AuditEntry).order_by(audit.AuditEntry.seq)
        return query.filter_by(action=action.value).all() if action else query.all()

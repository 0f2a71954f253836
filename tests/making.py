"""What stands in the house before a test of the desk begins: calls, callers, applications, tickets, answers."""

from datetime import date
from types import SimpleNamespace

from callcenter import clock
from callcenter.applications.models import Application, Declared
from callcenter.applications.models import Channel as ApplicationChannel
from callcenter.contacts import Channel, Contact
from callcenter.db import db, writing
from callcenter.people.callers import Caller, PhoneLabel
from kb.articles.article import Article
from kb.articles.content import Content
from tickets.calls.filing import Filing, file
from tickets.records.categories import Category
from tickets.records.ticket import Ticket


class Makes(SimpleNamespace):
    """make.call(), make.caller(), make.application(), make.ticket(), each committed; a row comes back by its id."""

    def call(self, by="aoki", channel=Channel.PHONE, **values):
        with writing():
            person = getattr(self.world, by)
            return Contact.receive(self.world.period, channel, by=person, handler=person, **values).id

    def caller(self, by="aoki", name="山田 花子", kana="ヤマダ ハナコ", phone="090-0000-1234", **values):
        with writing():
            phones = [(PhoneLabel.MOBILE, phone)] if phone else []
            return Caller.create(
                self.world.period, by=getattr(self.world, by), name=name, kana=kana, phones=phones, **values
            ).id

    def application(self, by="endo", applicant=None, **declared):
        words = {
            "name": "山田 花子",
            "kana": "ヤマダ ハナコ",
            "address": "東京都新宿区西新宿1-2-3",
            "phone": "090-0000-1234",
        } | declared
        with writing():
            row = Application.receive(
                self.world.period,
                Declared(**words),
                by=getattr(self.world, by),
                channel=ApplicationChannel.LOGO,
                received_at=clock.now(),
                fiscal_year=self.world.period.fiscal_year,
                applicant=db.session.get(Caller, applicant) if applicant else None,
            )
            row.add_child(name="山田 さくら", kana="ヤマダ サクラ", birth_date=date(2022, 5, 6))
            return row.id

    def category(self, *names):
        parent = None
        with writing():
            for name in names:
                parent = Category.add(self.world.programme.id, name, parent=parent, by=self.world.sato)
            return parent.id

    def ticket(self, by="aoki", content="領収書の宛名が夫の名前でもよいですか。", keep=True, **values):
        contact = self.call(by)
        with writing():
            row = db.session.get(Contact, contact)
            filing = Filing(
                content=content, subject=values.pop("subject", "領収書の宛名"), is_finished=not keep, **values
            )
            return file(row, filing, by=getattr(self.world, by)).ticket_id

    def get(self, model, row_id):
        db.session.expire_all()
        return db.session.get(model, row_id)

    def number(self, ticket_id):
        return self.get(Ticket, ticket_id).number

    def article(self, question="領収書の宛名は夫でもよいですか"):
        """An approved answer; gives the id of its revision."""
        with writing():
            content = Content(question=question, answer="どちらでもかまいません。")
            row = Article.write(self.world.programme.id, content, by=self.world.sato)
            row.approve(1, by=self.world.kato)
            return row.latest.id

    def findable(self):
        """Let the lens take in what stands in the house now."""
        self.world.app.extensions["follower"].step()

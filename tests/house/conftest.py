"""One record of every kind, for tests that go over every route."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter import clock
from callcenter.applications.hours import Cap
from callcenter.applications.models import Application, Declared
from callcenter.applications.models import Channel as ApplicationChannel
from callcenter.applications.rules import propose
from callcenter.clock import today
from callcenter.contacts import Channel, Contact
from callcenter.db import db, new_id, writing
from callcenter.files import Drawn, Scan
from callcenter.files import Kind as FileKind
from callcenter.people.callers import Caller
from callcenter.people.protection import ProtectionAlert
from callcenter.privacy import audit
from callcenter.privacy.actions import Action
from kb.articles.article import Article
from kb.articles.images import ArticleImage
from kb.exchange import seeding
from kb.exchange.reading import Format
from kb.exchange.uploads import Upload
from kb.finding.dismissals import Dismissal, Matter
from kb.finding.searches import keep
from kb.finding.wishes import Wish
from kb.public.feedback import FaceKey, Feedback
from kb.upkeep.care import ArticleComment
from kb.words.lists import OfficeWord, SynonymGroup
from tickets.complaints.complaint import Complaint, ComplaintKind
from tickets.escalation.escalation import Escalation, Question
from tickets.escalation.urgency import Matter as WardMatter
from tickets.escalation.urgency import Urgency
from tickets.escalation.ward_line import add_line
from tickets.finding.searches import Search
from tickets.records.attachments import Attachment
from tickets.records.consultation import Consultation
from tickets.records.identity import DisclosureLock
from tickets.records.notes import Mention, Note
from tickets.records.ticket import Ticket

PICTURE = Drawn(FileKind.PNG, b"a picture", 2, 2)


@pytest.fixture
def ids(world):
    """One record of every kind in the home programme, by the name that routes give it."""
    seeding.seed(world.programme, by=audit.CONSOLE, approved_by=world.kato)
    with writing():
        caller = Caller.create(world.period, by=world.aoki, name="山田 花子")
        other = Contact.receive(world.period, Channel.PHONE, by=world.aoki, handler=world.aoki)
        contact = Contact.receive(world.period, Channel.PHONE, by=world.aoki, handler=world.aoki)
        ticket = Ticket.open(world.period, by=world.aoki, subject="領収書", caller_id=caller.id)
        application = Application.receive(
            world.period,
            Declared("山田 花子"),
            by=world.endo,
            channel=ApplicationChannel.LOGO,
            received_at=clock.now(),
            fiscal_year=world.period.fiscal_year,
            applicant=caller,
        )
        db.session.flush()
        consultation = Consultation.file(contact, ticket, by=world.aoki, content="領収書の宛名")
        follow_up = ticket.follow_up(today() + timedelta(days=1), "折返し", by=world.aoki)
        note = Note.write(ticket, by=world.aoki, text="確認", mentioned=[world.ueda])
        lock = DisclosureLock(
            group=application.group,
            application=application,
            contact_id=other.id,
            day=today(),
            locked_at=clock.now(),
        )
        attachment = Attachment(id=new_id(), group=ticket.group, ticket_id=ticket.id, **_a_file(world))
        rule = propose(world.programme.id, world.period.fiscal_year, Cap(), by=world.endo)
        alert = ProtectionAlert(caller=caller, at=clock.now())
        search = Search.remember("領収書", by=world.aoki)
        article = db.session.scalars(select(Article)).first()
        asked = keep(world.programme.id, "領収書の色", 0, 0.0, by=world.sato)
        wish = Wish.make(asked, by=world.sato)
        dismissal = Dismissal.make(
            world.programme.id, Matter.WISH, by=world.sato, reason="対象外", about_id=wish.id
        )
        question = Question(WardMatter.RULES, Urgency.NORMAL, "概要", "1時間ずつですか。")
        escalation = Escalation.ask(ticket, question, by=world.aoki)
        complaint = Complaint.record(ticket, ComplaintKind.OFFICE, "言うことが違う。", by=world.aoki)
        line = add_line(
            world.programme.id, by=world.sato, section="子育て支援課", phone="03-0000-0001", hours=""
        )
        db.session.add_all([lock, attachment, alert])
        db.session.flush()
        said = _feedback(world)
        found = {
            "feedback_id": said.id,
            "caller_id": caller.id,
            "contact_id": other.id,
            "ticket": ticket.number,
            "ticket_id": ticket.id,
            "note_id": note.id,
            "application": application.number,
            "application_id": application.id,
            "consultation_id": consultation.id,
            "follow_up_id": follow_up.id,
            "complaint_id": complaint.id,
            "escalation_id": escalation.id,
            "line_id": line.id,
            "mention_id": db.session.scalars(select(Mention.id).where(Mention.note_id == note.id)).one(),
            "lock_id": lock.id,
            "attachment_id": attachment.id,
            "alert_id": alert.id,
            "rule_id": rule.id,
            "search_id": search.id,
            "upload_id": Upload.keep(world.programme.id, Format.JSONL, b"{}", by=world.sato).id,
            "image_id": ArticleImage.add(world.programme.id, PICTURE, Scan.CLEAN, by=world.sato).id,
            "asked_id": asked.id,
            "wish_id": wish.id,
            "dismissal_id": dismissal.id,
            "article_id": article.id,
            "comment_id": ArticleComment.write(article, "確認", by=world.sato).id,
            "group_id": db.session.scalars(select(SynonymGroup.id)).first(),
            "word_id": db.session.scalars(select(OfficeWord.id)).first(),
            "staff_id": world.ueda.id,
            "about": other.id,
            "programme_id": world.programme.id,
            "programme_code": world.programme.code,
            "key": "cap.twins",
        }
    db.session.rollback()
    found["seq"] = world.entries(Action.CONTACT_RECEIVED)[-1].seq
    return found


def _feedback(world):
    """A visitor's answer about the first article."""
    article = db.session.scalars(select(Article).where(Article.current_number.is_not(None))).first()
    key = FaceKey.make(world.period, by=audit.SYSTEM)
    row = Feedback(
        group=key.group,
        period_id=world.period.id,
        inbox_id=new_id(),
        article_id=article.id,
        revision_id=article.current.id,
        at=clock.now(),
        is_solved=False,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _a_file(world):
    return {
        "name": "領収書.pdf",
        "kind": FileKind.PDF,
        "size": 3,
        "file": "none",
        "added_at": clock.now(),
        "by_id": world.aoki.id,
        "scan": Scan.CLEAN,
    }

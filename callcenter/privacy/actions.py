"""Everything the audit trail can say, with the facts that each action must bring."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """`noun.past`: what happened. In the order of the alphabet."""

    API_TOKEN_MADE = "api_token.made"
    API_TOKEN_REFUSED = "api_token.refused"
    API_TOKEN_REVOKED = "api_token.revoked"
    API_TOKEN_USED = "api_token.used"
    APPLICATION_CREATED = "application.created"
    APPLICATION_DECIDED = "application.decided"
    APPLICATION_STATE_CHANGED = "application.state_changed"
    APPLICATION_UPDATED = "application.updated"
    APPLICATION_VIEWED = "application.viewed"
    ARTICLE_APPROVED = "article.approved"
    ARTICLE_ARCHIVED = "article.archived"
    ARTICLE_BEGUN = "article.begun"
    ARTICLE_CARE_CHANGED = "article.care_changed"
    ARTICLE_COMMENTED = "article.commented"
    ARTICLE_CONFIRMED = "article.confirmed"
    ARTICLE_IMAGE_ADDED = "article_image.added"
    ARTICLE_IMAGE_DELETED = "article_image.deleted"
    ARTICLE_RESTORED = "article.restored"
    ARTICLE_SAVED = "article.saved"
    ARTICLE_WISH_SEEN = "article.wish_seen"
    ARTICLE_WISHED = "article.wished"
    ARTICLES_EXPORTED = "articles.exported"
    ARTICLES_IMPORTED = "articles.imported"
    ARTICLES_UPLOAD_DISCARDED = "articles.upload_discarded"
    ARTICLES_UPLOADED = "articles.uploaded"
    ATTACHMENT_ADDED = "attachment.added"
    ATTACHMENT_DOWNLOADED = "attachment.downloaded"
    ATTACHMENT_REFUSED = "attachment.refused"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_VERIFIED = "audit.verified"
    AUDIT_VIEWED = "audit.viewed"
    CALLER_CREATED = "caller.created"
    CALLER_LINKED = "caller.linked"
    CALLER_MERGED = "caller.merged"
    CALLER_UNMERGED = "caller.unmerged"
    CALLER_UPDATED = "caller.updated"
    CALLER_VIEWED = "caller.viewed"
    CATEGORY_CHANGED = "category.changed"
    CLAUSES_CONFIRMED = "clauses.confirmed"
    CLAUSES_PUBLISHED = "clauses.published"
    CONSULTATION_CORRECTED = "consultation.corrected"
    CONSULTATION_FILED = "consultation.filed"
    CONTACT_CLOSED = "contact.closed"
    CONTACT_RECEIVED = "contact.received"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_VIEWED = "contact.viewed"
    DISCLOSURE_LOCKED = "disclosure.locked"
    DISCLOSURE_UNLOCKED = "disclosure.unlocked"
    COMPLAINT_CHANGED = "complaint.changed"
    COMPLAINT_RECORDED = "complaint.recorded"
    COMPLAINT_VIEWED = "complaint.viewed"
    ESCALATION_ANSWERED = "escalation.answered"
    ESCALATION_ASKED_BACK = "escalation.asked_back"
    ESCALATION_RAISED = "escalation.raised"
    ESCALATION_REPLIED = "escalation.replied"
    ESCALATION_RUNG = "escalation.rung"
    ESCALATION_TOLD = "escalation.told"
    ESCALATION_VIEWED = "escalation.viewed"
    ESCALATION_WITHDRAWN = "escalation.withdrawn"
    FACE_KEY_MADE = "face_key.made"
    FAQ_DISMISSAL_UNDONE = "faq.dismissal_undone"
    FAQ_DISMISSED = "faq.dismissed"
    FAQ_LINK_CONFIRMED = "faq_link.confirmed"
    FEEDBACK_DONE = "feedback.done"
    FEEDBACK_LOST = "feedback.lost"
    FEEDBACK_RECEIVED = "feedback.received"
    FOLLOW_UP_ADDED = "follow_up.added"
    FOLLOW_UP_DONE = "follow_up.done"
    FOLLOW_UP_WITHDRAWN = "follow_up.withdrawn"
    HOURS_RULE_APPROVED = "hours_rule.approved"
    HOURS_RULE_PROPOSED = "hours_rule.proposed"
    HOUSE_PREPARED = "house.prepared"
    IDENTITY_CHECKED = "identity.checked"
    ITEM_APPROVED = "item.approved"
    KEYS_COPIED = "keys.copied"
    KEYS_ROTATED = "keys.rotated"
    KEYS_SEALED = "keys.sealed"
    KEYS_UNSEALED = "keys.unsealed"
    KEYS_WIPED = "keys.wiped"
    LIST_VIEWED = "list.viewed"
    NOTE_ADDED = "note.added"
    PERIOD_ERASED = "period.erased"
    PERIOD_OPENED = "period.opened"
    PERSON_DISCLOSED = "person.disclosed"
    PERSON_ERASED = "person.erased"
    PERSONAL_REVEALED = "personal.revealed"
    PROTECTION_ALERT_SEEN = "protection.alert_seen"
    PROTECTION_ASKED = "protection.asked"
    PROTECTION_CHANGED = "protection.changed"
    RECALLS_MADE = "recalls.made"
    RECALLS_UNDONE = "recalls.undone"
    REQUEST_REFUSED = "request.refused"
    RULE_FACT_CHANGED = "rule_fact.changed"
    SEARCHED = "searched"
    SESSION_KILLED = "session.killed"
    SETUP_CODE_ISSUED = "setup.code_issued"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGN_IN_LOCKED = "sign_in.locked"
    SIGNED_IN = "signed.in"
    SIGNED_OUT = "signed.out"
    SITE_EXPORTED = "site.exported"
    STAFF_CHANGED = "staff.changed"
    STAFF_CREATED = "staff.created"
    STAFF_FACTOR_CHANGED = "staff.factor_changed"
    STAFF_INVITED = "staff.invited"
    STAFF_PASSWORD_CHANGED = "staff.password_changed"
    STEPPED_UP = "stepped.up"
    SYNONYMS_CHANGED = "synonyms.changed"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_CREATED = "ticket.created"
    TICKET_LINKED = "ticket.linked"
    TICKET_STATE_CHANGED = "ticket.state_changed"
    TICKET_UNLINKED = "ticket.unlinked"
    TICKET_UPDATED = "ticket.updated"
    TICKET_VIEWED = "ticket.viewed"
    TICKETS_IMPORTED = "tickets.imported"
    TICKETS_STAGED = "tickets.staged"
    WARD_LINE_ADDED = "ward_line.added"
    WARD_LINE_REMOVED = "ward_line.removed"
    WORDS_CHANGED = "words.changed"


ABOUT_PEOPLE = frozenset(
    {
        Action.CALLER_VIEWED,
        Action.PERSON_DISCLOSED,
        Action.PERSON_ERASED,
        Action.PERSONAL_REVEALED,
        Action.PROTECTION_CHANGED,
        Action.SEARCHED,
    }
)
"""Their reasons and search words may name people: they are sealed under a period's key and end with it, so a period
must be named."""

REQUIRED_FACTS: dict[Action, frozenset[str]] = {
    Action.API_TOKEN_MADE: frozenset({"scopes", "expires_at"}),
    Action.API_TOKEN_REFUSED: frozenset({"why"}),
    Action.API_TOKEN_REVOKED: frozenset({"staff"}),
    Action.APPLICATION_STATE_CHANGED: frozenset({"before", "after"}),
    Action.ARTICLE_APPROVED: frozenset({"revision"}),
    Action.ARTICLE_BEGUN: frozenset({"revision"}),
    Action.ARTICLE_COMMENTED: frozenset({"revision"}),
    Action.ARTICLE_CONFIRMED: frozenset({"revision"}),
    Action.ARTICLES_EXPORTED: frozenset({"format", "count"}),
    Action.ARTICLES_IMPORTED: frozenset({"new", "changed", "rejected"}),
    Action.CALLER_MERGED: frozenset({"into"}),
    Action.COMPLAINT_CHANGED: frozenset({"number", "deed"}),
    Action.COMPLAINT_RECORDED: frozenset({"number", "ticket", "kind"}),
    Action.ESCALATION_ANSWERED: frozenset({"number", "paper", "in_time"}),
    Action.ESCALATION_ASKED_BACK: frozenset({"number", "paper"}),
    Action.ESCALATION_RAISED: frozenset({"number", "ticket", "urgency", "matter"}),
    Action.FAQ_DISMISSED: frozenset({"matter", "count"}),
    Action.FEEDBACK_RECEIVED: frozenset({"count"}),
    Action.FOLLOW_UP_WITHDRAWN: frozenset({"due_on"}),
    Action.IDENTITY_CHECKED: frozenset({"level", "result"}),
    Action.KEYS_ROTATED: frozenset({"purpose", "step"}),
    Action.LIST_VIEWED: frozenset({"list", "count"}),
    Action.PERIOD_ERASED: frozenset({"step"}),
    Action.PERSON_DISCLOSED: frozenset({"kind", "ids"}),
    Action.PERSON_ERASED: frozenset({"kind", "ids", "rows"}),
    Action.PERSONAL_REVEALED: frozenset({"fields"}),
    Action.RECALLS_MADE: frozenset({"revision", "count", "follow_ups"}),
    Action.RECALLS_UNDONE: frozenset({"count", "follow_ups"}),
    Action.REQUEST_REFUSED: frozenset({"status", "endpoint"}),
    Action.RULE_FACT_CHANGED: frozenset({"key", "version"}),
    Action.SEARCHED: frozenset({"shelf", "digest", "count"}),
    Action.SITE_EXPORTED: frozenset({"count"}),
    Action.SYNONYMS_CHANGED: frozenset({"change", "version"}),
    Action.TICKET_STATE_CHANGED: frozenset({"before", "after"}),
    Action.TICKETS_IMPORTED: frozenset({"new", "changed", "rejected"}),
    Action.TICKETS_STAGED: frozenset({"count"}),
    Action.WORDS_CHANGED: frozenset({"change", "version"}),
}

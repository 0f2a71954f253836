"""Tickets and what happens to them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "category",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_category_level")),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_category_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint(
            "programme_id", "parent_id", "name", name=op.f("uq_category_programme_id_parent_id_name")
        ),
    )
    op.create_index(op.f("ix_category_programme_id"), "category", ["programme_id"], unique=False)
    op.create_table(
        "team",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_team_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("programme_id", "name", name=op.f("uq_team_programme_id_name")),
    )
    op.create_index(op.f("ix_team_programme_id"), "team", ["programme_id"], unique=False)
    op.create_table(
        "ticket_import",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_ticket_import_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_import")),
    )
    op.create_table(
        "search",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_search_group_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_search_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
    )
    op.create_index(op.f("ix_search_group_id"), "search", ["group_id"], unique=False)
    op.create_index(op.f("ix_search_staff_id"), "search", ["staff_id"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("caller_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("import_digest", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_ticket_caller_id")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_ticket_category_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_ticket_group_id")),
        sa.ForeignKeyConstraint(["import_id"], ["ticket_import.id"], name=op.f("fk_ticket_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_ticket_owner_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_ticket_period_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_ticket_programme_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_ticket_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("programme_id", "external_id", name=op.f("uq_ticket_programme_id_external_id")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_ticket_programme_id_number")),
    )
    op.create_index(op.f("ix_ticket_caller_id"), "ticket", ["caller_id"], unique=False)
    op.create_index(op.f("ix_ticket_group_id"), "ticket", ["group_id"], unique=False)
    op.create_index(op.f("ix_ticket_import_id"), "ticket", ["import_id"], unique=False)
    op.create_index("ix_ticket_list", "ticket", ["period_id", "state", "opened_at"], unique=False)
    op.create_index("ix_ticket_newest", "ticket", ["period_id", "opened_at"], unique=False)
    op.create_index("ix_ticket_owner", "ticket", ["period_id", "owner_id", "opened_at"], unique=False)
    op.create_index(
        "ix_ticket_unclosed",
        "ticket",
        ["period_id", "opened_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_ticket_in_hand",
        "ticket",
        ["period_id", "owner_id", "opened_at"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(op.f("ix_ticket_period_id"), "ticket", ["period_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("scan", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_attachment_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_attachment_group_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_attachment_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("file", name=op.f("uq_attachment_file")),
    )
    op.create_index(op.f("ix_attachment_group_id"), "attachment", ["group_id"], unique=False)
    op.create_index(op.f("ix_attachment_ticket_id"), "attachment", ["ticket_id"], unique=False)
    op.create_table(
        "consultation",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=True),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("identity_level", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("identity_level BETWEEN 0 AND 3", name=op.f("ck_consultation_identity_level")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_consultation_caller_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consultation_contact_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_consultation_group_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["staff.id"], name=op.f("fk_consultation_handler_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_consultation_period_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_consultation_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_consultation_contact_id")),
    )
    op.create_index(op.f("ix_consultation_caller_id"), "consultation", ["caller_id"], unique=False)
    op.create_index(op.f("ix_consultation_group_id"), "consultation", ["group_id"], unique=False)
    op.create_index(op.f("ix_consultation_period_id"), "consultation", ["period_id"], unique=False)
    op.create_index(op.f("ix_consultation_ticket_id"), "consultation", ["ticket_id"], unique=False)
    op.create_table(
        "disclosure_lock",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_disclosure_lock_application_id")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_disclosure_lock_contact_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_disclosure_lock_group_id")),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["staff.id"], name=op.f("fk_disclosure_lock_lifted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_lock")),
    )
    op.create_index(
        op.f("ix_disclosure_lock_application_id"), "disclosure_lock", ["application_id"], unique=False
    )
    op.create_index("ix_disclosure_lock_day", "disclosure_lock", ["day", "application_id"], unique=False)
    op.create_index(op.f("ix_disclosure_lock_group_id"), "disclosure_lock", ["group_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_draft_contact_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_draft_group_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_draft_staff_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_draft_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("staff_id", "kind", "about_id", name=op.f("uq_draft_staff_id_kind_about_id")),
    )
    op.create_index(op.f("ix_draft_about_id"), "draft", ["about_id"], unique=False)
    op.create_index(op.f("ix_draft_group_id"), "draft", ["group_id"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["done_by_id"], ["staff.id"], name=op.f("fk_follow_up_done_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_follow_up_group_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name=op.f("fk_follow_up_made_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_follow_up_owner_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_follow_up_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index("ix_follow_up_due", "follow_up", ["owner_id", "done_at", "due_on"], unique=False)
    op.create_index(op.f("ix_follow_up_group_id"), "follow_up", ["group_id"], unique=False)
    op.create_index(op.f("ix_follow_up_ticket_id"), "follow_up", ["ticket_id"], unique=False)
    op.create_table(
        "identity_check",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=120), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 2", name=op.f("ck_identity_check_level")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_identity_check_application_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_identity_check_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_identity_check_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
    )
    op.create_index(op.f("ix_identity_check_contact_id"), "identity_check", ["contact_id"], unique=False)
    op.create_index("ix_identity_check_day", "identity_check", ["application_id", "checked_at"], unique=False)
    op.create_table(
        "note",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_note_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_note_group_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_note_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_group_id"), "note", ["group_id"], unique=False)
    op.create_index(op.f("ix_note_ticket_id"), "note", ["ticket_id"], unique=False)
    op.create_table(
        "presence",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_typing", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_presence_staff_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_presence_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence")),
        sa.UniqueConstraint("ticket_id", "staff_id", name=op.f("uq_presence_ticket_id_staff_id")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"], unique=False)
    op.create_table(
        "reply",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_reply_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_reply_group_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_reply_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
    )
    op.create_index(op.f("ix_reply_group_id"), "reply", ["group_id"], unique=False)
    op.create_index(op.f("ix_reply_ticket_id"), "reply", ["ticket_id"], unique=False)
    op.create_table(
        "ticket_application",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by_id", sa.Uuid(), nullable=False),
        sa.Column("unlinked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unlinked_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_ticket_application_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["linked_by_id"], ["staff.id"], name=op.f("fk_ticket_application_linked_by_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_application_ticket_id")),
        sa.ForeignKeyConstraint(
            ["unlinked_by_id"], ["staff.id"], name=op.f("fk_ticket_application_unlinked_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_application")),
    )
    op.create_index(
        op.f("ix_ticket_application_application_id"), "ticket_application", ["application_id"], unique=False
    )
    op.create_index(
        op.f("ix_ticket_application_ticket_id"), "ticket_application", ["ticket_id"], unique=False
    )
    op.create_table(
        "ticket_reassignment",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("reassigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["after_id"], ["staff.id"], name=op.f("fk_ticket_reassignment_after_id")),
        sa.ForeignKeyConstraint(["before_id"], ["staff.id"], name=op.f("fk_ticket_reassignment_before_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_ticket_reassignment_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_ticket_reassignment_group_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_ticket_reassignment_team_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_reassignment_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_reassignment")),
    )
    op.create_index(
        op.f("ix_ticket_reassignment_group_id"), "ticket_reassignment", ["group_id"], unique=False
    )
    op.create_index(
        op.f("ix_ticket_reassignment_ticket_id"), "ticket_reassignment", ["ticket_id"], unique=False
    )
    op.create_table(
        "ticket_state_change",
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=False),
        sa.Column("after", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_ticket_state_change_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_ticket_state_change_group_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_state_change_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_state_change")),
    )
    op.create_index(
        op.f("ix_ticket_state_change_group_id"), "ticket_state_change", ["group_id"], unique=False
    )
    op.create_index(
        op.f("ix_ticket_state_change_ticket_id"), "ticket_state_change", ["ticket_id"], unique=False
    )
    op.create_table(
        "consultation_correction",
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_consultation_correction_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_correction_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["data_key.id"], name=op.f("fk_consultation_correction_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_correction")),
    )
    op.create_index(
        op.f("ix_consultation_correction_consultation_id"),
        "consultation_correction",
        ["consultation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_consultation_correction_group_id"), "consultation_correction", ["group_id"], unique=False
    )
    op.create_table(
        "mention",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_mention_note_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_mention_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
    )
    op.create_index(op.f("ix_mention_note_id"), "mention", ["note_id"], unique=False)
    op.create_index(op.f("ix_mention_staff_id"), "mention", ["staff_id"], unique=False)
    op.create_table(
        "told_article",
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_told_article_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revision.id"], name=op.f("fk_told_article_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_article")),
        sa.UniqueConstraint(
            "consultation_id", "revision_id", name=op.f("uq_told_article_consultation_id_revision_id")
        ),
    )
    op.create_index(op.f("ix_told_article_revision_id"), "told_article", ["revision_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_told_article_revision_id"), table_name="told_article")
    op.drop_table("told_article")
    op.drop_index(op.f("ix_mention_note_id"), table_name="mention")
    op.drop_index(op.f("ix_mention_staff_id"), table_name="mention")
    op.drop_table("mention")
    op.drop_index(op.f("ix_consultation_correction_consultation_id"), table_name="consultation_correction")
    op.drop_index(op.f("ix_consultation_correction_group_id"), table_name="consultation_correction")
    op.drop_table("consultation_correction")
    op.drop_index(op.f("ix_ticket_state_change_group_id"), table_name="ticket_state_change")
    op.drop_index(op.f("ix_ticket_state_change_ticket_id"), table_name="ticket_state_change")
    op.drop_table("ticket_state_change")
    op.drop_index(op.f("ix_ticket_reassignment_group_id"), table_name="ticket_reassignment")
    op.drop_index(op.f("ix_ticket_reassignment_ticket_id"), table_name="ticket_reassignment")
    op.drop_table("ticket_reassignment")
    op.drop_index(op.f("ix_ticket_application_application_id"), table_name="ticket_application")
    op.drop_index(op.f("ix_ticket_application_ticket_id"), table_name="ticket_application")
    op.drop_table("ticket_application")
    op.drop_index(op.f("ix_reply_group_id"), table_name="reply")
    op.drop_index(op.f("ix_reply_ticket_id"), table_name="reply")
    op.drop_table("reply")
    op.drop_index(op.f("ix_presence_seen_at"), table_name="presence")
    op.drop_table("presence")
    op.drop_index(op.f("ix_note_group_id"), table_name="note")
    op.drop_index(op.f("ix_note_ticket_id"), table_name="note")
    op.drop_table("note")
    op.drop_index(op.f("ix_identity_check_contact_id"), table_name="identity_check")
    op.drop_index("ix_identity_check_day", table_name="identity_check")
    op.drop_table("identity_check")
    op.drop_index("ix_follow_up_due", table_name="follow_up")
    op.drop_index(op.f("ix_follow_up_group_id"), table_name="follow_up")
    op.drop_index(op.f("ix_follow_up_ticket_id"), table_name="follow_up")
    op.drop_table("follow_up")
    op.drop_index(op.f("ix_draft_about_id"), table_name="draft")
    op.drop_index(op.f("ix_draft_group_id"), table_name="draft")
    op.drop_table("draft")
    op.drop_index(op.f("ix_disclosure_lock_application_id"), table_name="disclosure_lock")
    op.drop_index("ix_disclosure_lock_day", table_name="disclosure_lock")
    op.drop_index(op.f("ix_disclosure_lock_group_id"), table_name="disclosure_lock")
    op.drop_table("disclosure_lock")
    op.drop_index(op.f("ix_consultation_caller_id"), table_name="consultation")
    op.drop_index(op.f("ix_consultation_group_id"), table_name="consultation")
    op.drop_index(op.f("ix_consultation_period_id"), table_name="consultation")
    op.drop_index(op.f("ix_consultation_ticket_id"), table_name="consultation")
    op.drop_table("consultation")
    op.drop_index(op.f("ix_attachment_group_id"), table_name="attachment")
    op.drop_index(op.f("ix_attachment_ticket_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_ticket_caller_id"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_group_id"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_import_id"), table_name="ticket")
    op.drop_index("ix_ticket_list", table_name="ticket")
    op.drop_index("ix_ticket_newest", table_name="ticket")
    op.drop_index("ix_ticket_owner", table_name="ticket")
    op.drop_index("ix_ticket_unclosed", table_name="ticket")
    op.drop_index("ix_ticket_in_hand", table_name="ticket")
    op.drop_index(op.f("ix_ticket_period_id"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_index(op.f("ix_search_group_id"), table_name="search")
    op.drop_index(op.f("ix_search_staff_id"), table_name="search")
    op.drop_table("search")
    op.drop_table("ticket_import")
    op.drop_index(op.f("ix_team_programme_id"), table_name="team")
    op.drop_table("team")
    op.drop_index(op.f("ix_category_programme_id"), table_name="category")
    op.drop_table("category")

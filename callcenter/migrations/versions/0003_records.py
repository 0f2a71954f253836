"""Contacts, application records, files and approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hours_rule",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base_hours", sa.Integer(), nullable=False),
        sa.Column("multiple_hours", sa.Integer(), nullable=False),
        sa.Column("fraction", sa.String(length=40), nullable=False),
        sa.Column("crossing", sa.String(length=40), nullable=False),
        sa.Column("subtracts_transferred", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by_side", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("approved_by_side = 'ward'", name=op.f("ck_hours_rule_approved_by_ward")),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by_id IS NULL)", name=op.f("ck_hours_rule_approval_dated")
        ),
        sa.CheckConstraint(
            "(approved_by_id IS NULL) = (approved_by_side IS NULL)", name=op.f("ck_hours_rule_approval_sided")
        ),
        sa.CheckConstraint(
            "base_hours > 0 AND multiple_hours >= base_hours", name=op.f("ck_hours_rule_hours")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id", "approved_by_side"],
            ["staff.id", "staff.side"],
            name=op.f("fk_hours_rule_approved_by_id"),
        ),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_hours_rule_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_rule")),
        sa.UniqueConstraint(
            "programme_id",
            "fiscal_year",
            "version",
            name=op.f("uq_hours_rule_programme_id_fiscal_year_version"),
        ),
    )
    op.create_table(
        "submission",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_submission_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_at"), "submission", ["at"], unique=False)
    op.create_table(
        "application",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("kana", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("mail", sa.LargeBinary(), nullable=True),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["applicant_id"], ["caller.id"], name=op.f("fk_application_applicant_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["staff.id"], name=op.f("fk_application_entered_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_application_group_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_application_period_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_application_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("programme_id", "external_id", name="uq_application_external_id"),
        sa.UniqueConstraint("programme_id", "number", name="uq_application_number"),
    )
    op.create_index(op.f("ix_application_applicant_id"), "application", ["applicant_id"], unique=False)
    op.create_index(op.f("ix_application_group_id"), "application", ["group_id"], unique=False)
    op.create_index(op.f("ix_application_period_id"), "application", ["period_id"], unique=False)
    op.create_index(op.f("ix_application_received_at"), "application", ["received_at"], unique=False)
    op.create_table(
        "contact",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("caller_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.String(length=40), nullable=True),
        sa.Column("from_number", sa.LargeBinary(), nullable=True),
        sa.Column("from_mail", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_contact_caller_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_contact_group_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["staff.id"], name=op.f("fk_contact_handler_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_contact_period_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_contact_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_contact_programme_id_number")),
    )
    op.create_index(op.f("ix_contact_caller_id"), "contact", ["caller_id"], unique=False)
    op.create_index(op.f("ix_contact_group_id"), "contact", ["group_id"], unique=False)
    op.create_index(op.f("ix_contact_period_id"), "contact", ["period_id"], unique=False)
    op.create_index("ix_contact_tray", "contact", ["period_id", "settled_at", "received_at"], unique=False)
    op.create_table(
        "caller_application",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("authorised_on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_caller_application_application_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_caller_application_by_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_caller_application_caller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_application")),
        sa.UniqueConstraint(
            "caller_id", "application_id", name=op.f("uq_caller_application_caller_id_application_id")
        ),
    )
    op.create_index(
        op.f("ix_caller_application_application_id"), "caller_application", ["application_id"], unique=False
    )
    op.create_table(
        "child",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_multiple", sa.Boolean(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("kana", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_child_application_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_child_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
        sa.UniqueConstraint("application_id", "position", name=op.f("uq_child_application_id_position")),
    )
    op.create_index(op.f("ix_child_group_id"), "child", ["group_id"], unique=False)
    op.create_index(op.f("ix_child_identity"), "child", ["identity"], unique=False)
    op.create_table(
        "contact_closure",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["staff.id"], name=op.f("fk_contact_closure_closed_by_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_closure_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_closure")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_contact_closure_contact_id")),
    )
    op.create_table(
        "decision",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("decider_id", sa.Uuid(), nullable=False),
        sa.Column("decider_side", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("document_number", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(outcome = 'refused') = (amount IS NULL)", name=op.f("ck_decision_amount")),
        sa.CheckConstraint("decider_side = 'ward'", name=op.f("ck_decision_ward_decides")),
        sa.CheckConstraint(
            "outcome IN ('granted', 'partly_granted', 'refused')", name=op.f("ck_decision_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["decider_id", "decider_side"], ["staff.id", "staff.side"], name=op.f("fk_decision_decider_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_decision_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_application_id"), "decision", ["application_id"], unique=False)
    op.create_index(op.f("ix_decision_group_id"), "decision", ["group_id"], unique=False)
    op.create_table(
        "state_change",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=True),
        sa.Column("after", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_side", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "by_id IS NOT NULL OR by_side = 'contractor'", name=op.f("ck_state_change_known_ward")
        ),
        sa.CheckConstraint(
            "by_side = 'ward' OR after NOT IN ('granted', 'partly_granted', 'refused')",
            name=op.f("ck_state_change_ward_decides"),
        ),
        sa.CheckConstraint(
            "by_side = 'ward' OR coalesce(before, '') <> 'ward_review'",
            name=op.f("ck_state_change_ward_reviews"),
        ),
        sa.CheckConstraint(
            "decision_id IS NOT NULL OR after NOT IN ('granted', 'partly_granted', 'refused')",
            name=op.f("ck_state_change_decision_row"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_state_change_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_id", "by_side"], ["staff.id", "staff.side"], name=op.f("fk_state_change_by_id")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_state_change_decision_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_state_change_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state_change")),
    )
    op.create_index(op.f("ix_state_change_application_id"), "state_change", ["application_id"], unique=False)
    op.create_index(op.f("ix_state_change_group_id"), "state_change", ["group_id"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("from_ward", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_transfer_not_negative")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_transfer_by_id")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_transfer_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index(op.f("ix_transfer_child_id"), "transfer", ["child_id"], unique=False)
    op.create_table(
        "use",
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("used_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=120), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("band", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("minutes >= 0 AND amount >= 0", name=op.f("ck_use_not_negative")),
        sa.CheckConstraint("used_from < used_to", name=op.f("ck_use_order")),
        sa.ForeignKeyConstraint(["child_id"], ["child.id"], name=op.f("fk_use_child_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use")),
    )
    op.create_index(op.f("ix_use_child_id"), "use", ["child_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_use_child_id"), table_name="use")
    op.drop_table("use")
    op.drop_index(op.f("ix_transfer_child_id"), table_name="transfer")
    op.drop_table("transfer")
    op.drop_index(op.f("ix_state_change_application_id"), table_name="state_change")
    op.drop_index(op.f("ix_state_change_group_id"), table_name="state_change")
    op.drop_table("state_change")
    op.drop_index(op.f("ix_decision_application_id"), table_name="decision")
    op.drop_index(op.f("ix_decision_group_id"), table_name="decision")
    op.drop_table("decision")
    op.drop_table("contact_closure")
    op.drop_index(op.f("ix_child_group_id"), table_name="child")
    op.drop_index(op.f("ix_child_identity"), table_name="child")
    op.drop_table("child")
    op.drop_index(op.f("ix_caller_application_application_id"), table_name="caller_application")
    op.drop_table("caller_application")
    op.drop_index(op.f("ix_contact_caller_id"), table_name="contact")
    op.drop_index(op.f("ix_contact_group_id"), table_name="contact")
    op.drop_index(op.f("ix_contact_period_id"), table_name="contact")
    op.drop_index("ix_contact_tray", table_name="contact")
    op.drop_table("contact")
    op.drop_index(op.f("ix_application_applicant_id"), table_name="application")
    op.drop_index(op.f("ix_application_group_id"), table_name="application")
    op.drop_index(op.f("ix_application_period_id"), table_name="application")
    op.drop_index(op.f("ix_application_received_at"), table_name="application")
    op.drop_table("application")
    op.drop_index(op.f("ix_submission_at"), table_name="submission")
    op.drop_table("submission")
    op.drop_table("hours_rule")

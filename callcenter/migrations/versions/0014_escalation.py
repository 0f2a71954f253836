"""Questions to the ward, their steps, and where the ward is rung."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ward_line",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("hours", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_ward_line_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ward_line")),
    )
    op.create_index(op.f("ix_ward_line_programme_id"), "ward_line", ["programme_id"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by_id", sa.Uuid(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ring_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_for_faq", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("proposal", sa.LargeBinary(), nullable=True),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_escalation_application_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_escalation_group_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_escalation_period_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_escalation_programme_id")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["staff.id"], name=op.f("fk_escalation_raised_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_escalation_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_escalation_programme_id_number")),
    )
    op.create_index(op.f("ix_escalation_group_id"), "escalation", ["group_id"], unique=False)
    op.create_index(op.f("ix_escalation_period_id"), "escalation", ["period_id"], unique=False)
    op.create_index("ix_escalation_raised", "escalation", ["period_id", "raised_at"], unique=False)
    op.create_index("ix_escalation_state", "escalation", ["programme_id", "state", "due_at"], unique=False)
    op.create_index(op.f("ix_escalation_ticket_id"), "escalation", ["ticket_id"], unique=False)
    op.create_table(
        "escalation_step",
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.String(length=60), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("ward_name", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("paper IS NULL OR paper <> ''", name=op.f("ck_escalation_step_paper")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_escalation_step_by_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_escalation_step_escalation_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_escalation_step_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
    )
    op.create_index(
        op.f("ix_escalation_step_escalation_id"), "escalation_step", ["escalation_id"], unique=False
    )
    op.create_index(op.f("ix_escalation_step_group_id"), "escalation_step", ["group_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_escalation_step_group_id"), table_name="escalation_step")
    op.drop_index(op.f("ix_escalation_step_escalation_id"), table_name="escalation_step")
    op.drop_table("escalation_step")
    op.drop_index(op.f("ix_escalation_ticket_id"), table_name="escalation")
    op.drop_index("ix_escalation_state", table_name="escalation")
    op.drop_index("ix_escalation_raised", table_name="escalation")
    op.drop_index(op.f("ix_escalation_period_id"), table_name="escalation")
    op.drop_index(op.f("ix_escalation_group_id"), table_name="escalation")
    op.drop_table("escalation")
    op.drop_index(op.f("ix_ward_line_programme_id"), table_name="ward_line")
    op.drop_table("ward_line")

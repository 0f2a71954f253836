"""Complaints and what was done about them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaint",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("call_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("approved_by_id <> closing_asked_by_id", name=op.f("ck_complaint_two_people")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["staff.id"], name=op.f("fk_complaint_approved_by_id")),
        sa.ForeignKeyConstraint(
            ["closing_asked_by_id"], ["staff.id"], name=op.f("fk_complaint_closing_asked_by_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_complaint_group_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_complaint_owner_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_complaint_period_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_complaint_programme_id")),
        sa.ForeignKeyConstraint(["received_by_id"], ["staff.id"], name=op.f("fk_complaint_received_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_complaint_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_complaint_programme_id_number")),
    )
    op.create_index(op.f("ix_complaint_group_id"), "complaint", ["group_id"], unique=False)
    op.create_index(op.f("ix_complaint_period_id"), "complaint", ["period_id"], unique=False)
    op.create_index("ix_complaint_received", "complaint", ["period_id", "received_at"], unique=False)
    op.create_index("ix_complaint_state", "complaint", ["programme_id", "state", "call_due_at"], unique=False)
    op.create_index(op.f("ix_complaint_ticket_id"), "complaint", ["ticket_id"], unique=False)
    op.create_table(
        "complaint_step",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_complaint_step_by_id")),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_step_complaint_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_complaint_step_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_step")),
    )
    op.create_index(op.f("ix_complaint_step_complaint_id"), "complaint_step", ["complaint_id"], unique=False)
    op.create_index(op.f("ix_complaint_step_group_id"), "complaint_step", ["group_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_complaint_step_group_id"), table_name="complaint_step")
    op.drop_index(op.f("ix_complaint_step_complaint_id"), table_name="complaint_step")
    op.drop_table("complaint_step")
    op.drop_index(op.f("ix_complaint_ticket_id"), table_name="complaint")
    op.drop_index("ix_complaint_state", table_name="complaint")
    op.drop_index("ix_complaint_received", table_name="complaint")
    op.drop_index(op.f("ix_complaint_period_id"), table_name="complaint")
    op.drop_index(op.f("ix_complaint_group_id"), table_name="complaint")
    op.drop_table("complaint")

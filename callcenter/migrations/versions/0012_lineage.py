"""Which articles come from which ticket, and who is called back about a wrong answer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as follow_up:
        follow_up.alter_column("owner_id", existing_type=sa.Uuid(), nullable=True)
    op.create_table(
        "article_origin",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("consultation_id", sa.Uuid(), nullable=True),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "consultation_id IS NULL OR reply_id IS NULL", name=op.f("ck_article_origin_one_text")
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_origin_article_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_article_origin_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_article_origin_consultation_id")
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_article_origin_reply_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_article_origin_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_origin")),
        sa.UniqueConstraint("article_id", "ticket_id", name=op.f("uq_article_origin_article_id_ticket_id")),
    )
    op.create_index(
        op.f("ix_article_origin_consultation_id"), "article_origin", ["consultation_id"], unique=False
    )
    op.create_index(op.f("ix_article_origin_reply_id"), "article_origin", ["reply_id"], unique=False)
    op.create_index(op.f("ix_article_origin_ticket_id"), "article_origin", ["ticket_id"], unique=False)
    op.create_table(
        "told_recall",
        sa.Column("consultation_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_told_recall_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_told_recall_consultation_id")
        ),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_told_recall_follow_up_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revision.id"], name=op.f("fk_told_recall_revision_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_told_recall_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_recall")),
        sa.UniqueConstraint(
            "consultation_id", "revision_id", name=op.f("uq_told_recall_consultation_id_revision_id")
        ),
    )
    op.create_index(op.f("ix_told_recall_batch_id"), "told_recall", ["batch_id"], unique=False)
    op.create_index(op.f("ix_told_recall_follow_up_id"), "told_recall", ["follow_up_id"], unique=False)
    op.create_index(op.f("ix_told_recall_revision_id"), "told_recall", ["revision_id"], unique=False)
    op.create_index(op.f("ix_told_recall_ticket_id"), "told_recall", ["ticket_id"], unique=False)
    op.create_index("ix_consultation_newest", "consultation", ["period_id", "received_at"], unique=False)
    op.create_index("ix_consultation_handler", "consultation", ["handler_id", "received_at"], unique=False)
    op.create_index(op.f("ix_told_article_told_at"), "told_article", ["told_at"], unique=False)


def downgrade() -> None:

    op.drop_index(op.f("ix_told_article_told_at"), table_name="told_article")
    op.drop_index("ix_consultation_handler", table_name="consultation")
    op.drop_index("ix_consultation_newest", table_name="consultation")
    op.drop_index(op.f("ix_told_recall_ticket_id"), table_name="told_recall")
    op.drop_index(op.f("ix_told_recall_revision_id"), table_name="told_recall")
    op.drop_index(op.f("ix_told_recall_follow_up_id"), table_name="told_recall")
    op.drop_index(op.f("ix_told_recall_batch_id"), table_name="told_recall")
    op.drop_table("told_recall")
    op.drop_index(op.f("ix_article_origin_ticket_id"), table_name="article_origin")
    op.drop_index(op.f("ix_article_origin_reply_id"), table_name="article_origin")
    op.drop_index(op.f("ix_article_origin_consultation_id"), table_name="article_origin")
    op.drop_table("article_origin")

    op.execute("UPDATE follow_up SET owner_id = made_by_id WHERE owner_id IS NULL")
    with op.batch_alter_table("follow_up") as follow_up:
        follow_up.alter_column("owner_id", existing_type=sa.Uuid(), nullable=False)

"""What visitors of the public site say about an article, and the key pair of a year to which they seal it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "face_key",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_face_key_group_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_face_key_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face_key")),
        sa.UniqueConstraint("period_id", name=op.f("uq_face_key_period_id")),
    )
    op.create_index(op.f("ix_face_key_group_id"), "face_key", ["group_id"])
    op.create_table(
        "faq_feedback",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_solved", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_faq_feedback_article_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["staff.id"], name=op.f("fk_faq_feedback_done_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_faq_feedback_group_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_faq_feedback_period_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revision.id"], name=op.f("fk_faq_feedback_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_feedback")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_faq_feedback_inbox_id")),
    )
    for column in ("period_id", "article_id", "revision_id", "group_id"):
        op.create_index(op.f(f"ix_faq_feedback_{column}"), "faq_feedback", [column])


def downgrade() -> None:
    op.drop_table("faq_feedback")
    op.drop_table("face_key")

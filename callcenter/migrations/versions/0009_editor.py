"""The editor of the FAQ: drafts, pictures, links that were looked at, and files that wait to be brought in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "article_draft",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=60), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_article_draft_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_draft")),
        sa.UniqueConstraint("staff_id", "about_id", name=op.f("uq_article_draft_staff_id_about_id")),
    )
    op.create_table(
        "article_image",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("scan", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_article_image_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_article_image_group_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_article_image_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_image")),
        sa.UniqueConstraint("file", name=op.f("uq_article_image_file")),
    )
    op.create_index(op.f("ix_article_image_group_id"), "article_image", ["group_id"], unique=False)
    op.create_index(op.f("ix_article_image_programme_id"), "article_image", ["programme_id"], unique=False)
    op.create_table(
        "faq_link_check",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_faq_link_check_by_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_faq_link_check_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_link_check")),
    )
    op.create_index(op.f("ix_faq_link_check_programme_id"), "faq_link_check", ["programme_id"], unique=False)
    op.create_table(
        "faq_upload",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_faq_upload_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_faq_upload_group_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_upload_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_upload")),
        sa.UniqueConstraint("file", name=op.f("uq_faq_upload_file")),
    )
    op.create_index(op.f("ix_faq_upload_at"), "faq_upload", ["at"], unique=False)
    op.create_index(op.f("ix_faq_upload_group_id"), "faq_upload", ["group_id"], unique=False)


def downgrade() -> None:
    op.drop_table("faq_upload")
    op.drop_table("faq_link_check")
    op.drop_table("article_image")
    op.drop_table("article_draft")

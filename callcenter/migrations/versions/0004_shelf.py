"""FAQ articles."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "faq_category",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=130), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_faq_category_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_category")),
        sa.UniqueConstraint("programme_id", "path", name=op.f("uq_faq_category_programme_id_path")),
    )
    op.create_table(
        "faq_shelf",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_shelf_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_shelf")),
        sa.UniqueConstraint("programme_id", name=op.f("uq_faq_shelf_programme_id")),
    )
    op.create_table(
        "faq_synonym",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_synonym_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_synonym")),
    )
    op.create_index(op.f("ix_faq_synonym_programme_id"), "faq_synonym", ["programme_id"], unique=False)
    op.create_table(
        "article",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("current_number", sa.Integer(), nullable=True),
        sa.Column("latest_number", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'draft' OR current_number IS NULL", name=op.f("ck_article_draft_has_none")
        ),
        sa.CheckConstraint(
            "state <> 'published' OR current_number IS NOT NULL",
            name=op.f("ck_article_published_has_revision"),
        ),
        sa.CheckConstraint("current_number <= latest_number", name=op.f("ck_article_order")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_article_owner_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_article_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("programme_id", "external_id", name="uq_article_external_id"),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_article_programme_id_number")),
    )
    op.create_index(op.f("ix_article_state"), "article", ["state"], unique=False)
    op.create_table(
        "article_revision",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=200), nullable=False),
        sa.Column("variants", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("read_aloud", sa.String(length=80), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("easy", sa.String(), nullable=False),
        sa.Column("say", sa.JSON(), nullable=False),
        sa.Column("dont_say", sa.JSON(), nullable=False),
        sa.Column("escalate_when", sa.String(length=200), nullable=False),
        sa.Column("rule_keys", sa.JSON(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("needs_ward", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("forms", sa.String(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_side", sa.String(length=40), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "approved_at IS NULL OR (approved_by_id IS NOT NULL AND coalesce(approved_side, '') = 'ward')",
            name=op.f("ck_article_revision_ward_approves"),
        ),
        sa.CheckConstraint(
            "approved_by_id IS NULL OR approved_at IS NOT NULL", name=op.f("ck_article_revision_approved_at")
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_article_revision_order")),
        sa.ForeignKeyConstraint(
            ["approved_by_id", "approved_side"],
            ["staff.id", "staff.side"],
            name=op.f("fk_article_revision_approved_by_id"),
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_revision_article_id")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["faq_category.id"], name=op.f("fk_article_revision_category_id")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name=op.f("fk_article_revision_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revision")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_article_revision_article_id_number")),
    )
    op.create_index(op.f("ix_article_revision_batch_id"), "article_revision", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_article_revision_category_id"), "article_revision", ["category_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_article_revision_batch_id"), table_name="article_revision")
    op.drop_index(op.f("ix_article_revision_category_id"), table_name="article_revision")
    op.drop_table("article_revision")
    op.drop_index(op.f("ix_article_state"), table_name="article")
    op.drop_table("article")
    op.drop_index(op.f("ix_faq_synonym_programme_id"), table_name="faq_synonym")
    op.drop_table("faq_synonym")
    op.drop_table("faq_shelf")
    op.drop_table("faq_category")

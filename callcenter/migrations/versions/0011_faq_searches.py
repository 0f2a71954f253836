"""FAQ searches, wishes, what is left undone, and what is kept at hand."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "faq_dismissal",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_faq_dismissal_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_faq_dismissal_group_id")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_faq_dismissal_programme_id")
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name=op.f("fk_faq_dismissal_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_dismissal")),
    )
    op.create_index(op.f("ix_faq_dismissal_about_id"), "faq_dismissal", ["about_id"], unique=False)
    op.create_index(op.f("ix_faq_dismissal_group_id"), "faq_dismissal", ["group_id"], unique=False)
    op.create_index(op.f("ix_faq_dismissal_programme_id"), "faq_dismissal", ["programme_id"], unique=False)
    op.create_table(
        "faq_pin",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_faq_pin_article_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_faq_pin_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_pin")),
        sa.UniqueConstraint("staff_id", "article_id", name=op.f("uq_faq_pin_staff_id_article_id")),
    )
    op.create_index(op.f("ix_faq_pin_article_id"), "faq_pin", ["article_id"], unique=False)
    op.create_table(
        "faq_search",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("searched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("best", sa.Integer(), nullable=False),
        sa.Column("opened_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("dismissal_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_faq_search_article_id")),
        sa.ForeignKeyConstraint(
            ["dismissal_id"], ["faq_dismissal.id"], name=op.f("fk_faq_search_dismissal_id")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_faq_search_group_id")),
        sa.ForeignKeyConstraint(["opened_id"], ["article.id"], name=op.f("fk_faq_search_opened_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_search_programme_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_faq_search_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_search")),
    )
    op.create_index(op.f("ix_faq_search_article_id"), "faq_search", ["article_id"], unique=False)
    op.create_index(op.f("ix_faq_search_dismissal_id"), "faq_search", ["dismissal_id"], unique=False)
    op.create_index(op.f("ix_faq_search_group_id"), "faq_search", ["group_id"], unique=False)
    op.create_index("ix_faq_search_newest", "faq_search", ["programme_id", "searched_at"], unique=False)
    op.create_index("ix_faq_search_of_person", "faq_search", ["staff_id", "searched_at"], unique=False)
    op.create_table(
        "faq_wish",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_faq_wish_article_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_faq_wish_group_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_wish_programme_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_faq_wish_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_wish")),
    )
    op.create_index(op.f("ix_faq_wish_article_id"), "faq_wish", ["article_id"], unique=False)
    op.create_index(op.f("ix_faq_wish_group_id"), "faq_wish", ["group_id"], unique=False)
    op.create_index(op.f("ix_faq_wish_programme_id"), "faq_wish", ["programme_id"], unique=False)
    op.create_index(op.f("ix_faq_wish_staff_id"), "faq_wish", ["staff_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_faq_wish_staff_id"), table_name="faq_wish")
    op.drop_index(op.f("ix_faq_wish_programme_id"), table_name="faq_wish")
    op.drop_index(op.f("ix_faq_wish_group_id"), table_name="faq_wish")
    op.drop_index(op.f("ix_faq_wish_article_id"), table_name="faq_wish")
    op.drop_table("faq_wish")
    op.drop_index("ix_faq_search_of_person", table_name="faq_search")
    op.drop_index("ix_faq_search_newest", table_name="faq_search")
    op.drop_index(op.f("ix_faq_search_group_id"), table_name="faq_search")
    op.drop_index(op.f("ix_faq_search_dismissal_id"), table_name="faq_search")
    op.drop_index(op.f("ix_faq_search_article_id"), table_name="faq_search")
    op.drop_table("faq_search")
    op.drop_index(op.f("ix_faq_pin_article_id"), table_name="faq_pin")
    op.drop_table("faq_pin")
    op.drop_index(op.f("ix_faq_dismissal_programme_id"), table_name="faq_dismissal")
    op.drop_index(op.f("ix_faq_dismissal_group_id"), table_name="faq_dismissal")
    op.drop_index(op.f("ix_faq_dismissal_about_id"), table_name="faq_dismissal")
    op.drop_table("faq_dismissal")

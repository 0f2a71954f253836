"""What keeps an FAQ answer true: facts of the rules, scheduled revisions, words of the ward on paper, remarks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # by hand: SQLite takes a constraint on a table that stands only with the column that it is about
    uuid = sa.Uuid().compile(op.get_bind().dialect)
    op.add_column("article", sa.Column("scheduled_from", sa.Date(), nullable=True))
    op.execute(
        "ALTER TABLE article ADD COLUMN scheduled_number INTEGER CONSTRAINT ck_article_scheduled"
        " CHECK (scheduled_number <= latest_number AND scheduled_number > coalesce(current_number, 0))"
        " CONSTRAINT ck_article_scheduled_from CHECK ((scheduled_number IS NULL) = (scheduled_from IS NULL))"
    )
    op.add_column("article_revision", sa.Column("approval_paper", sa.String(length=60), nullable=True))
    op.execute(
        f"ALTER TABLE article_revision ADD COLUMN approval_entered_by_id {uuid}"
        " CONSTRAINT fk_article_revision_approval_entered_by_id REFERENCES staff (id)"
        " CONSTRAINT ck_article_revision_paper"
        " CHECK ((approval_paper IS NULL) = (approval_entered_by_id IS NULL))"
    )
    op.create_table(
        "rule_fact",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["staff.id"], name=op.f("fk_rule_fact_made_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_rule_fact_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_fact")),
        sa.UniqueConstraint(
            "programme_id", "key", "version", name=op.f("uq_rule_fact_programme_id_key_version")
        ),
    )
    op.create_table(
        "article_confirmation",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("by_side", sa.String(length=40), nullable=False),
        sa.Column("paper", sa.String(length=60), nullable=True),
        sa.Column("entered_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("by_side = 'ward'", name=op.f("ck_article_confirmation_ward_confirms")),
        sa.CheckConstraint(
            "(paper IS NULL) = (entered_by_id IS NULL)", name=op.f("ck_article_confirmation_paper")
        ),
        sa.ForeignKeyConstraint(
            ["by_id", "by_side"], ["staff.id", "staff.side"], name=op.f("fk_article_confirmation_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["staff.id"], name=op.f("fk_article_confirmation_entered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["article_revision.id"], name=op.f("fk_article_confirmation_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_confirmation")),
    )
    op.create_index(op.f("ix_article_confirmation_revision_id"), "article_confirmation", ["revision_id"])
    op.create_table(
        "article_comment",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_comment_article_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_article_comment_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_article_comment_group_id")),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["staff.id"], name=op.f("fk_article_comment_settled_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_comment")),
    )
    op.create_index(op.f("ix_article_comment_article_id"), "article_comment", ["article_id"])
    op.create_index(op.f("ix_article_comment_group_id"), "article_comment", ["group_id"])


def downgrade() -> None:
    op.drop_table("article_comment")
    op.drop_table("article_confirmation")
    op.drop_table("rule_fact")
    op.drop_column("article_revision", "approval_entered_by_id")
    op.drop_column("article_revision", "approval_paper")
    op.drop_column("article", "scheduled_number")
    op.drop_column("article", "scheduled_from")

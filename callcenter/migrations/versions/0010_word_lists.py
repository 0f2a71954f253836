"""Word lists that a supervisor keeps: versions of synonym groups, and the office's own words."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # by hand: SQLite takes a constraint on a table that stands only with the column that it is about
    uuid = sa.Uuid().compile(op.get_bind().dialect)
    op.add_column("faq_synonym", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "faq_synonym", sa.Column("is_retired", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("faq_synonym", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        f"ALTER TABLE faq_synonym ADD COLUMN changed_by_id {uuid}"
        " CONSTRAINT fk_faq_synonym_changed_by_id REFERENCES staff (id)"
    )
    op.create_table(
        "faq_word",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("written", sa.String(length=40), nullable=False),
        sa.Column("instead", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["staff.id"], name=op.f("fk_faq_word_changed_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_faq_word_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_word")),
    )
    op.create_index(op.f("ix_faq_word_programme_id"), "faq_word", ["programme_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_faq_word_programme_id"), table_name="faq_word")
    op.drop_table("faq_word")
    for name in ("changed_by_id", "changed_at", "is_retired", "version"):
        op.drop_column("faq_synonym", name)

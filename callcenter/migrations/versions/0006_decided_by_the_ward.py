"""No application is decided without a decision of the ward."""

from alembic import op

from callcenter.privacy.triggers import Guard

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GUARD = Guard(
    name="application_decided",
    table="application",
    column="state",
    when="NEW.state IN ('granted', 'partly_granted', 'refused') AND NOT EXISTS (SELECT 1 FROM decision"
    " WHERE application_id = NEW.id AND outcome = NEW.state AND decider_side = 'ward')",
    complaint="only a decision of the ward makes an application decided",
)


def upgrade() -> None:
    GUARD.create(op.get_bind())


def downgrade() -> None:
    GUARD.drop(op.get_bind())

"""Staff, sign-in, callers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt_count",
        sa.Column("against", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_count")),
        sa.UniqueConstraint("against", "digest", name=op.f("uq_attempt_count_against_digest")),
    )
    op.create_table(
        "clauses_version",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clauses_version")),
        sa.UniqueConstraint("number", name=op.f("uq_clauses_version_number")),
    )
    op.create_table(
        "staff",
        sa.Column("sign_in_name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("kana", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(side = 'ward') = (role IN ('ward_staff', 'ward_auditor'))", name=op.f("ck_staff_side_of_role")
        ),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_staff_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("id", "side", name=op.f("uq_staff_id_side")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_staff_sign_in_name")),
    )
    op.create_index(op.f("ix_staff_group_id"), "staff", ["group_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_assignment_programme_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_assignment_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("staff_id", "programme_id", name=op.f("uq_assignment_staff_id_programme_id")),
    )
    op.create_index(op.f("ix_assignment_programme_id"), "assignment", ["programme_id"], unique=False)
    op.create_table(
        "caller",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("identity_digest", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("kana", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_caller_not_into_itself")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_caller_created_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_caller_group_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["caller.id"], name=op.f("fk_caller_merged_into_id")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_caller_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller")),
        sa.UniqueConstraint("period_id", "identity_digest", name=op.f("uq_caller_period_id_identity_digest")),
    )
    op.create_index(
        "ix_caller_standing",
        "caller",
        ["period_id", "id"],
        unique=False,
        sqlite_where=sa.text("merged_into_id IS NULL"),
        postgresql_where=sa.text("merged_into_id IS NULL"),
    )
    op.create_index(op.f("ix_caller_group_id"), "caller", ["group_id"], unique=False)
    op.create_index(op.f("ix_caller_merged_into_id"), "caller", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_caller_period_id"), "caller", ["period_id"], unique=False)
    op.create_table(
        "clauses_confirmation",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_clauses_confirmation_staff_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["clauses_version.id"], name=op.f("fk_clauses_confirmation_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clauses_confirmation")),
        sa.UniqueConstraint(
            "staff_id", "version_id", name=op.f("uq_clauses_confirmation_staff_id_version_id")
        ),
    )
    op.create_table(
        "designation",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("designated_on", sa.Date(), nullable=False),
        sa.Column("designated_by", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("released_by", sa.String(length=40), nullable=True),
        sa.Column("release_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "released_on IS NULL OR designated_on <= released_on", name=op.f("ck_designation_order")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_designation_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_designation")),
    )
    op.create_index(op.f("ix_designation_staff_id"), "designation", ["staff_id"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_one_time_code_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_one_time_code_digest")),
    )
    op.create_index(op.f("ix_one_time_code_staff_id"), "one_time_code", ["staff_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=2), nullable=False),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recovery_code_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("staff_id", "label", name=op.f("uq_recovery_code_staff_id_label")),
    )
    op.create_table(
        "sign_in_session",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("factor", sa.String(length=40), nullable=False),
        sa.Column("step_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_in_session_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_session_token_digest")),
    )
    op.create_index(op.f("ix_sign_in_session_ended_at"), "sign_in_session", ["ended_at"], unique=False)
    op.create_index(op.f("ix_sign_in_session_staff_id"), "sign_in_session", ["staff_id"], unique=False)
    op.create_table(
        "totp",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_totp_group_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_totp_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_totp")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_totp_staff_id")),
    )
    op.create_index(op.f("ix_totp_group_id"), "totp", ["group_id"], unique=False)
    op.create_table(
        "caller_mail",
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_caller_mail_caller_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_caller_mail_created_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name=op.f("fk_caller_mail_ended_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_caller_mail_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_mail")),
    )
    op.create_index(op.f("ix_caller_mail_caller_id"), "caller_mail", ["caller_id"], unique=False)
    op.create_index(op.f("ix_caller_mail_group_id"), "caller_mail", ["group_id"], unique=False)
    op.create_table(
        "caller_merge",
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("undone_reason", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_caller_merge_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_caller_merge_group_id")),
        sa.ForeignKeyConstraint(["into_id"], ["caller.id"], name=op.f("fk_caller_merge_into_id")),
        sa.ForeignKeyConstraint(["merged_id"], ["caller.id"], name=op.f("fk_caller_merge_merged_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name=op.f("fk_caller_merge_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_merge")),
    )
    op.create_index(op.f("ix_caller_merge_group_id"), "caller_merge", ["group_id"], unique=False)
    op.create_index(op.f("ix_caller_merge_into_id"), "caller_merge", ["into_id"], unique=False)
    op.create_index(op.f("ix_caller_merge_merged_id"), "caller_merge", ["merged_id"], unique=False)
    op.create_table(
        "caller_phone",
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_caller_phone_caller_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["staff.id"], name=op.f("fk_caller_phone_created_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name=op.f("fk_caller_phone_ended_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_caller_phone_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_phone")),
    )
    op.create_index(op.f("ix_caller_phone_caller_id"), "caller_phone", ["caller_id"], unique=False)
    op.create_index(op.f("ix_caller_phone_group_id"), "caller_phone", ["group_id"], unique=False)
    op.create_table(
        "caller_version",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("kana", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_caller_version_caller_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["staff.id"], name=op.f("fk_caller_version_ended_by_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_caller_version_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_version")),
        sa.UniqueConstraint("caller_id", "revision", name=op.f("uq_caller_version_caller_id_revision")),
    )
    op.create_index(op.f("ix_caller_version_group_id"), "caller_version", ["group_id"], unique=False)
    op.create_table(
        "protection",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_protection_by_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_protection_caller_id")),
        sa.ForeignKeyConstraint(["group_id"], ["data_key.id"], name=op.f("fk_protection_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection")),
    )
    op.create_index(op.f("ix_protection_caller_id"), "protection", ["caller_id"], unique=False)
    op.create_index(op.f("ix_protection_group_id"), "protection", ["group_id"], unique=False)
    op.create_table(
        "protection_alert",
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff.id"], name=op.f("fk_protection_alert_asked_by_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_protection_alert_caller_id")),
        sa.ForeignKeyConstraint(["seen_by_id"], ["staff.id"], name=op.f("fk_protection_alert_seen_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_alert")),
    )
    op.create_index(op.f("ix_protection_alert_at"), "protection_alert", ["at"], unique=False)
    op.create_index(op.f("ix_protection_alert_caller_id"), "protection_alert", ["caller_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_protection_alert_at"), table_name="protection_alert")
    op.drop_index(op.f("ix_protection_alert_caller_id"), table_name="protection_alert")
    op.drop_table("protection_alert")
    op.drop_index(op.f("ix_protection_caller_id"), table_name="protection")
    op.drop_index(op.f("ix_protection_group_id"), table_name="protection")
    op.drop_table("protection")
    op.drop_index(op.f("ix_caller_version_group_id"), table_name="caller_version")
    op.drop_table("caller_version")
    op.drop_index(op.f("ix_caller_phone_caller_id"), table_name="caller_phone")
    op.drop_index(op.f("ix_caller_phone_group_id"), table_name="caller_phone")
    op.drop_table("caller_phone")
    op.drop_index(op.f("ix_caller_merge_group_id"), table_name="caller_merge")
    op.drop_index(op.f("ix_caller_merge_into_id"), table_name="caller_merge")
    op.drop_index(op.f("ix_caller_merge_merged_id"), table_name="caller_merge")
    op.drop_table("caller_merge")
    op.drop_index(op.f("ix_caller_mail_caller_id"), table_name="caller_mail")
    op.drop_index(op.f("ix_caller_mail_group_id"), table_name="caller_mail")
    op.drop_table("caller_mail")
    op.drop_index(op.f("ix_totp_group_id"), table_name="totp")
    op.drop_table("totp")
    op.drop_index(op.f("ix_sign_in_session_ended_at"), table_name="sign_in_session")
    op.drop_index(op.f("ix_sign_in_session_staff_id"), table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_one_time_code_staff_id"), table_name="one_time_code")
    op.drop_table("one_time_code")
    op.drop_index(op.f("ix_designation_staff_id"), table_name="designation")
    op.drop_table("designation")
    op.drop_table("clauses_confirmation")
    op.drop_index("ix_caller_standing", table_name="caller")
    op.drop_index(op.f("ix_caller_group_id"), table_name="caller")
    op.drop_index(op.f("ix_caller_merged_into_id"), table_name="caller")
    op.drop_index(op.f("ix_caller_period_id"), table_name="caller")
    op.drop_table("caller")
    op.drop_index(op.f("ix_assignment_programme_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index(op.f("ix_staff_group_id"), table_name="staff")
    op.drop_table("staff")
    op.drop_table("clauses_version")
    op.drop_table("attempt_count")

"""The tables of the foundation. What guards them is in the next revision.

Sealed columns are plain bytes here: the database never knows more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


class XID8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


# What an auditor asks the log for: name, expression, and which entries are in the index at all.
ASKED_OF_THE_LOG = (
    ("actor", "view ->> 'actor'", None),
    ("action", "view ->> 'action'", None),
    ("operation", "view ->> 'operation'", None),
    ("outcome", "view ->> 'outcome'", "view ->> 'outcome' <> 'done'"),
    ("justification", "view ->> 'justification'", "view ->> 'justification' IS NOT NULL"),
    ("rule", "view #>> '{policy,rule}'", None),
    ("cites", "view ->> 'cites'", "view ->> 'cites' IS NOT NULL"),
    ("request", "view ->> 'request'", "view ->> 'request' IS NOT NULL"),
    ("sought", "view ->> 'sought'", "view ->> 'sought' IS NOT NULL"),
    ("submission", "view #>> '{rows,0}'", "view ->> 'action' IN ('submission.open', 'submission.open_file')"),
    (
        "alarmed",
        "",
        "view -> 'codes' ? 'alarm' OR view #>> '{codes,in_vain}' = 'true' OR view ->> 'outcome' = 'quota.cases'",
    ),
)


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pathway", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retention", sa.String(), nullable=True),
        sa.Column("custodian", sa.String(), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("talked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intake_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('OPEN', 'CLOSING', 'KEPT', 'ARCHIVED', 'DESTROYED')", name=op.f("ck_cases_state")
        ),
        sa.CheckConstraint("retention IN ('DESTROY_AT_CLOSE', 'KEEP_2Y', 'ARCHIVE')", name=op.f("ck_cases_retention")),
        sa.CheckConstraint(
            "(retention IS NOT DISTINCT FROM 'ARCHIVE') = (custodian IS NOT NULL)", name=op.f("ck_cases_custodian")
        ),
        sa.CheckConstraint("(state = 'KEPT') = (kept_until IS NOT NULL)", name=op.f("ck_cases_kept_until")),
        sa.CheckConstraint("origin IN ('DIRECT', 'PORTAL', 'REFERRAL', 'PUBLIC_REPORT')", name=op.f("ck_cases_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index("ix_cases_opened", "cases", ["opened_at", "id"])
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tx", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_tx"), "entries", ["tx"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["due_at"], unique=False, postgresql_where="done_at IS NULL")
    op.create_table(
        "kept_answers",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("form_mac", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_kept_answers")),
    )
    op.create_table(
        "keyholders",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('person', 'team', 'witness', 'service', 'escrow')", name=op.f("ck_keyholders_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keyholders")),
        sa.UniqueConstraint("name", name=op.f("uq_keyholders_name")),
    )
    op.create_table(
        "log_checks",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("bad_index", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_checks")),
    )
    op.create_table(
        "throttles",
        sa.Column("lane", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_throttles")),
    )
    op.create_table(
        "attachments",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("scanned", sa.String(), nullable=False),
        sa.Column("copy_of", sa.Uuid(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("blob", sa.String(), nullable=True),
        sa.Column("file_key", sa.LargeBinary(), nullable=True),
        sa.Column("file_name", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.LargeBinary(), nullable=True),
        sa.Column("original_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("removed", sa.LargeBinary(), nullable=True),
        sa.Column("flag", sa.LargeBinary(), nullable=True),
        sa.Column("received_by", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('INCOMING', 'KEPT', 'LAPSED', 'NONE')", name=op.f("ck_attachments_state")),
        sa.CheckConstraint("scanned IN ('UNSCANNED', 'CLEAN', 'FLAGGED', 'HELD')", name=op.f("ck_attachments_scanned")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id")),
        sa.ForeignKeyConstraint(["copy_of"], ["attachments.id"], name=op.f("fk_attachments_copy_of")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"], unique=False)
    op.create_index(op.f("ix_attachments_copy_of"), "attachments", ["copy_of"], unique=False)
    op.create_table(
        "custody_events",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_whom", sa.LargeBinary(), nullable=True),
        sa.Column("to_whom", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('RECEIVED', 'COPIED', 'DOWNLOADED', 'HANDED_OVER', 'CHECKED', 'SCANNED', 'FLAGGED')",
            name=op.f("ck_custody_events_kind"),
        ),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_custody_events_attachment_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_custody_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_events")),
    )
    op.create_index(op.f("ix_custody_events_attachment_id"), "custody_events", ["attachment_id"], unique=False)
    op.create_index(op.f("ix_custody_events_case_id"), "custody_events", ["case_id"], unique=False)
    op.create_table(
        "case_keys",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("by_name", sa.Boolean(), nullable=False),
        sa.Column("renew", sa.Boolean(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_keys_case_id")),
        sa.PrimaryKeyConstraint("case_id", "compartment", name=op.f("pk_case_keys")),
    )
    op.create_table(
        "check_ins",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_word", sa.LargeBinary(), nullable=False),
        sa.Column("zone", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("duty_refused", sa.Boolean(), nullable=False),
        sa.Column("planned_by", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_check_ins_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
    )
    op.create_index(op.f("ix_check_ins_case_id"), "check_ins", ["case_id"], unique=False)
    op.create_table(
        "clearances",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("subject_token", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_on_overdue", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clearances_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clearances")),
        sa.UniqueConstraint("case_id", "subject_token", name=op.f("uq_clearances_case_id_subject_token")),
    )
    op.create_index(op.f("ix_clearances_case_id"), "clearances", ["case_id"], unique=False)
    op.create_table(
        "combinations",
        sa.Column("sign_in", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Boolean(), nullable=False),
        sa.Column("what", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Boolean(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alarm", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_combinations_case_id")),
        sa.PrimaryKeyConstraint("sign_in", "case_id", name=op.f("pk_combinations")),
    )
    op.create_index("ix_combinations_counted", "combinations", ["user_id", "counted_at"])
    op.create_table(
        "consents",
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("how_given", sa.LargeBinary(), nullable=False),
        sa.Column("conditions", sa.LargeBinary(), nullable=True),
        sa.Column("capacity", sa.LargeBinary(), nullable=True),
        sa.Column("reconfirm_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consents_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_case_id"), "consents", ["case_id"], unique=False)
    op.create_table(
        "contact_channels",
        sa.Column("channel", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("safe_hours", sa.LargeBinary(), nullable=True),
        sa.Column("opening_words", sa.LargeBinary(), nullable=True),
        sa.Column("who_must_not_know", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_contact_channels_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_channels")),
    )
    op.create_index(op.f("ix_contact_channels_case_id"), "contact_channels", ["case_id"], unique=False)
    op.create_table(
        "entry_bodies",
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("view", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name=op.f("fk_entry_bodies_entry")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_entry_bodies")),
    )
    for name, said, where in ASKED_OF_THE_LOG:
        op.create_index(
            f"ix_entry_bodies_{name}", "entry_bodies", [*([sa.text(f"({said})")] if said else []), "entry"],
            unique=False, postgresql_where=where,
        )  # fmt: skip
    op.create_table(
        "entry_subjects",
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_entry_subjects_case_id")),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name=op.f("fk_entry_subjects_entry")),
        sa.PrimaryKeyConstraint("entry", "case_id", name=op.f("pk_entry_subjects")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_entry_subjects_case_id_seq")),
    )
    op.create_table(
        "envelopes",
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("team_generation", sa.Integer(), nullable=False),
        sa.Column("sealed_for_team", sa.LargeBinary(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_for_witness", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["keyholders.id"], name=op.f("fk_envelopes_team_id")),
        sa.ForeignKeyConstraint(["witness_id"], ["keyholders.id"], name=op.f("fk_envelopes_witness_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelopes")),
    )
    op.create_index(op.f("ix_envelopes_team_id"), "envelopes", ["team_id"], unique=False)
    op.create_index(op.f("ix_envelopes_witness_id"), "envelopes", ["witness_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("keyholder_id", sa.Uuid(), nullable=False),
        sa.Column("keyholder_generation", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dormant", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_grants_case_id")),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_grants_keyholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_case", "grants", ["case_id", "compartment", "generation"], unique=False)
    op.create_index("ix_grants_holder", "grants", ["keyholder_id", "compartment", "case_id"], unique=False)
    op.create_table(
        "holds",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('LEGAL', 'INCIDENT', 'CONSENT')", name=op.f("ck_holds_kind")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_holds_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_case_id"), "holds", ["case_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(kind = 'LIFT') = (hold_id IS NOT NULL)", name=op.f("ck_proposals_hold")),
        sa.CheckConstraint("(state = 'WAITING') = (settled_by IS NULL)", name=op.f("ck_proposals_settled")),
        sa.CheckConstraint("kind IN ('CLOSE', 'LIFT', 'DESTROY')", name=op.f("ck_proposals_kind")),
        sa.CheckConstraint("state <> 'DONE' OR settled_by <> proposed_by", name=op.f("ck_proposals_two")),
        sa.CheckConstraint("state IN ('WAITING', 'DONE', 'DROPPED')", name=op.f("ck_proposals_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_proposals_case_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_proposals_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_case_id"), "proposals", ["case_id"], unique=False)
    op.create_index(
        "ix_proposals_waiting",
        "proposals",
        ["case_id", "kind", "hold_id"],
        unique=True,
        postgresql_where="state = 'WAITING'",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "retention_choices",
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("how_given", sa.LargeBinary(), nullable=False),
        sa.Column("custodian", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(choice = 'ARCHIVE') = (custodian IS NOT NULL)", name=op.f("ck_retention_choices_custodian")
        ),
        sa.CheckConstraint(
            "choice IN ('DESTROY_AT_CLOSE', 'KEEP_2Y', 'ARCHIVE')", name=op.f("ck_retention_choices_choice")
        ),
        sa.CheckConstraint("compartment IN ('TESTIMONY', 'IDENTITY')", name=op.f("ck_retention_choices_compartment")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_retention_choices_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_choices")),
    )
    op.create_index(op.f("ix_retention_choices_case_id"), "retention_choices", ["case_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("files_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rewritten_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_erasures_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("case_id", name=op.f("uq_erasures_case_id")),
    )
    op.create_table(
        "identity_documents",
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("issuer", sa.LargeBinary(), nullable=True),
        sa.Column("condition", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_identity_documents_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_documents")),
    )
    op.create_index(op.f("ix_identity_documents_case_id"), "identity_documents", ["case_id"], unique=False)
    op.create_table(
        "justifications",
        sa.Column("compartment", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("compartment <> ''", name=op.f("ck_justifications_compartment")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_justifications_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_justifications")),
    )
    op.create_index(op.f("ix_justifications_case_id"), "justifications", ["case_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("deputy", sa.Boolean(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vouched", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["keyholders.id"], name=op.f("fk_memberships_member_id")),
        sa.ForeignKeyConstraint(["team_id"], ["keyholders.id"], name=op.f("fk_memberships_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "team_id", "generation", "member_id", name=op.f("uq_memberships_team_id_generation_member_id")
        ),
    )
    op.create_index(op.f("ix_memberships_member_id"), "memberships", ["member_id"], unique=False)
    op.create_table(
        "mitigation_assessments",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'PROPOSED', 'RETURNED', 'SIGNED', 'DISSENTED', 'SUPERSEDED')",
            name=op.f("ck_mitigation_assessments_state"),
        ),
        sa.CheckConstraint(
            "cardinality(authors) > 0 AND NOT (signed_by = ANY (authors))", name=op.f("ck_mitigation_assessments_two")
        ),
        sa.CheckConstraint(
            "(state IN ('SIGNED', 'DISSENTED', 'SUPERSEDED')) = (signed_by IS NOT NULL)",
            name=op.f("ck_mitigation_assessments_signed"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mitigation_assessments_case_id")),
        sa.ForeignKeyConstraint(
            ["follows_id"], ["mitigation_assessments.id"], name=op.f("fk_mitigation_assessments_follows_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mitigation_assessments")),
    )
    op.create_index(op.f("ix_mitigation_assessments_case_id"), "mitigation_assessments", ["case_id"], unique=False)
    op.create_index(
        "uq_mitigation_assessments_open", "mitigation_assessments", ["case_id"], unique=True,
        postgresql_where=sa.text("state IN ('DRAFT', 'RETURNED', 'PROPOSED')"),
    )  # fmt: skip
    op.create_table(
        "needs",
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_needs_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
    )
    op.create_index(op.f("ix_needs_case_id"), "needs", ["case_id"], unique=False)
    op.create_table(
        "persons",
        sa.Column("legal_name", sa.LargeBinary(), nullable=False),
        sa.Column("name_arabic", sa.LargeBinary(), nullable=True),
        sa.Column("aliases", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("sex", sa.LargeBinary(), nullable=True),
        sa.Column("nationalities", sa.LargeBinary(), nullable=True),
        sa.Column("languages", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_persons_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("case_id", name=op.f("uq_persons_case_id")),
    )
    op.create_index(op.f("ix_persons_case_id"), "persons", ["case_id"], unique=False)
    op.create_table(
        "places",
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name=op.f("fk_places_entry")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_places")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_places_leaf_index")),
    )
    op.create_table(
        "prior_accounts",
        sa.Column("forum", sa.LargeBinary(), nullable=False),
        sa.Column("jurisdiction", sa.LargeBinary(), nullable=True),
        sa.Column("said_on", sa.LargeBinary(), nullable=True),
        sa.Column("caution", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_prior_accounts_case_id")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_prior_accounts_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prior_accounts")),
    )
    op.create_index(op.f("ix_prior_accounts_case_id"), "prior_accounts", ["case_id"], unique=False)
    op.create_table(
        "public_reports",
        sa.Column("source_title", sa.LargeBinary(), nullable=False),
        sa.Column("source_url", sa.LargeBinary(), nullable=True),
        sa.Column("left_in", sa.LargeBinary(), nullable=True),
        sa.Column("nationality", sa.LargeBinary(), nullable=True),
        sa.Column("sex", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_public_reports_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_reports")),
    )
    op.create_index(op.f("ix_public_reports_case_id"), "public_reports", ["case_id"], unique=False)
    op.create_table(
        "codings",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frame_version", sa.String(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("coded_by", sa.String(), nullable=False),
        sa.Column("coded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_codings_number")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_codings_case_id")),
        sa.ForeignKeyConstraint(["report_id"], ["public_reports.id"], name=op.f("fk_codings_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codings")),
        sa.UniqueConstraint(
            "report_id", "frame_version", "coded_by", name=op.f("uq_codings_report_id_frame_version_coded_by")
        ),
        sa.UniqueConstraint(
            "report_id", "frame_version", "number", name=op.f("uq_codings_report_id_frame_version_number")
        ),
    )
    op.create_index(op.f("ix_codings_case_id"), "codings", ["case_id"], unique=False)
    op.create_index(op.f("ix_codings_report_id"), "codings", ["report_id"], unique=False)
    op.create_table(
        "public_keys",
        sa.Column("keyholder_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vouched", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_public_keys_keyholder_id")),
        sa.PrimaryKeyConstraint("keyholder_id", "generation", name=op.f("pk_public_keys")),
    )
    op.create_table(
        "residences",
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.LargeBinary(), nullable=False),
        sa.Column("who_knows", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_residences_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residences")),
    )
    op.create_index(op.f("ix_residences_case_id"), "residences", ["case_id"], unique=False)
    op.create_table(
        "subject_counters",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_subject_counters_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_subject_counters")),
    )
    op.create_table(
        "testimonies",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admissions", sa.Boolean(), nullable=False),
        sa.Column("statement_version", sa.String(), nullable=True),
        sa.Column("statement_language", sa.LargeBinary(), nullable=True),
        sa.Column("own_words", sa.LargeBinary(), nullable=True),
        sa.Column("counsel", sa.LargeBinary(), nullable=True),
        sa.Column("frame", sa.LargeBinary(), nullable=True),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.Column("seal", sa.LargeBinary(), nullable=True),
        sa.Column("collected_on", sa.Date(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_testimonies_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_testimonies")),
    )
    op.create_index(op.f("ix_testimonies_case_id"), "testimonies", ["case_id"], unique=False)
    op.create_index(op.f("ix_testimonies_taken_by"), "testimonies", ["taken_by"], unique=False)
    op.create_table(
        "threat_assessments",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.LargeBinary(), nullable=False),
        sa.Column("fear_in_own_words", sa.LargeBinary(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("measures", sa.LargeBinary(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_threat_assessments_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threat_assessments")),
    )
    op.create_index(op.f("ix_threat_assessments_case_id"), "threat_assessments", ["case_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("login_name", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("keyholder_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("pepper", sa.Integer(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=False),
        sa.Column("invite_hash", sa.LargeBinary(), nullable=True),
        sa.Column("invite_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invite_vouched", sa.LargeBinary(), nullable=True),
        sa.Column("founds_team", sa.String(), nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_users_keyholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("code", name=op.f("uq_users_code")),
        sa.UniqueConstraint("invite_hash", name=op.f("uq_users_invite_hash")),
        sa.UniqueConstraint("login_name", name=op.f("uq_users_login_name")),
    )
    op.create_table(
        "services",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("keyholder_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_services_keyholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("code", name=op.f("uq_services_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_services_token_hash")),
    )
    op.create_index(op.f("ix_services_made_by"), "services", ["made_by"])
    op.create_table(
        "witness_keys",
        sa.Column("keyholder_id", sa.Uuid(), nullable=False),
        sa.Column("handle_hash", sa.LargeBinary(), nullable=False),
        sa.Column("looking_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_witness_keys_keyholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_witness_keys")),
        sa.UniqueConstraint("handle_hash", name=op.f("uq_witness_keys_handle_hash")),
        sa.UniqueConstraint("keyholder_id", name=op.f("uq_witness_keys_keyholder_id")),
        sa.UniqueConstraint("looking_hash", name=op.f("uq_witness_keys_looking_hash")),
    )
    op.create_table(
        "devices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_devices_token_hash")),
    )
    op.create_index(op.f("ix_devices_user_id"), "devices", ["user_id"], unique=False)
    op.create_table(
        "handoffs",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_team", sa.String(), nullable=False),
        sa.Column("to_team", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("sent_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handoffs_case_id")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_handoffs_envelope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    op.create_index(op.f("ix_handoffs_case_id"), "handoffs", ["case_id"], unique=False)
    op.create_index(op.f("ix_handoffs_envelope_id"), "handoffs", ["envelope_id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"], unique=False)
    op.create_table(
        "security_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_security_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_keys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_security_keys_credential_id")),
    )
    op.create_index(op.f("ix_security_keys_user_id"), "security_keys", ["user_id"], unique=False)
    op.create_table(
        "role_holdings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("assigned_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_role_holdings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_holdings")),
    )
    op.create_index(op.f("ix_role_holdings_user_id"), "role_holdings", ["user_id"], unique=False)
    op.create_table(
        "step_ups",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("bound_to", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_step_ups_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_ups")),
    )
    op.create_index(op.f("ix_step_ups_user_id"), "step_ups", ["user_id"], unique=False)
    op.create_index(op.f("ix_step_ups_sign_in"), "step_ups", ["sign_in"], unique=False)
    op.create_table(
        "undertakings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_undertakings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undertakings")),
    )
    op.create_index(op.f("ix_undertakings_user_id"), "undertakings", ["user_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("speaker", sa.LargeBinary(), nullable=False),
        sa.Column("classes", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_segments_case_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_segments_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("testimony_id", "number", name=op.f("uq_segments_testimony_id_number")),
    )
    op.create_index(op.f("ix_segments_case_id"), "segments", ["case_id"], unique=False)
    op.create_index(op.f("ix_segments_testimony_id"), "segments", ["testimony_id"], unique=False)
    op.create_table(
        "mentions",
        sa.Column("chip", sa.String(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mentions_case_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_mentions_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_case_id"), "mentions", ["case_id"], unique=False)
    op.create_index(op.f("ix_mentions_chip"), "mentions", ["chip"], unique=False)
    op.create_table(
        "mention_ties",
        sa.Column("chip", sa.String(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("tied_by", sa.String(), nullable=False),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mention_ties_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention_ties")),
        sa.UniqueConstraint("mark", name=op.f("uq_mention_ties_mark")),
    )
    op.create_index(op.f("ix_mention_ties_case_id"), "mention_ties", ["case_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_seconds_max", sa.Integer(), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_ins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index("ix_sign_ins_open", "sign_ins", ["user_id"], unique=False, postgresql_where="ended_at IS NULL")
    op.create_table(
        "submissions",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("danger", sa.Boolean(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_submissions_envelope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("reference", name=op.f("uq_submissions_reference")),
    )
    op.create_index(op.f("ix_submissions_envelope_id"), "submissions", ["envelope_id"], unique=False)
    op.create_table(
        "submission_files",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.LargeBinary(), nullable=True),
        sa.Column("original_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_submission_files_envelope_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_submission_files_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_files")),
    )
    op.create_index(op.f("ix_submission_files_envelope_id"), "submission_files", ["envelope_id"], unique=False)
    op.create_index(op.f("ix_submission_files_submission_id"), "submission_files", ["submission_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("fields", sa.String(), nullable=True),
        sa.Column("justification", sa.String(), nullable=False),
        sa.Column("cites", sa.Uuid(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_visits_case_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_visits_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_case_id"), "visits", ["case_id"], unique=False)
    op.create_index(op.f("ix_visits_user_id"), "visits", ["user_id"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rung IN (1, 2)", name=op.f("ck_shifts_rung")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_shifts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_user_id"), "shifts", ["user_id"], unique=False)
    op.create_table(
        "break_glasses",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("used_by", sa.String(), nullable=False),
        sa.Column("put_by", sa.String(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("verdict IN ('JUSTIFIED', 'MISUSE')", name=op.f("ck_break_glasses_verdict")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_break_glasses_case_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_break_glasses_shift_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_break_glasses_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glasses")),
    )
    op.create_index(op.f("ix_break_glasses_case_id"), "break_glasses", ["case_id"], unique=False)
    op.create_index("ix_break_glasses_sign_in", "break_glasses", ["sign_in", "case_id"], unique=False)
    op.create_index(op.f("ix_break_glasses_user_id"), "break_glasses", ["user_id"], unique=False)
    op.create_table(
        "approaches",
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_approaches_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approaches")),
    )
    op.create_index(op.f("ix_approaches_case_id"), "approaches", ["case_id"], unique=False)
    _sessions()
    _beside()
    _answers()
    _not_kept_yet()
    _known()
    _overseen()
    _promised()
    _assessed()
    _apart()
    _taken_over()
    _escalated()


def _apart() -> None:
    """Who is to have nothing to do with which case."""
    op.create_table(
        "conflicts",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("declared_by", sa.String(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_conflicts_lifted")),
        sa.CheckConstraint("lifted_by <> about", name=op.f("ck_conflicts_two")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_conflicts_case_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["keyholders.id"], name=op.f("fk_conflicts_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
    )
    op.create_index(op.f("ix_conflicts_case_id"), "conflicts", ["case_id"], unique=False)
    op.create_index(
        "ix_conflicts_standing", "conflicts", ["holder_id", "case_id"], unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )  # fmt: skip


def _escalated() -> None:
    """Who was called because a check-in did not come about."""
    op.create_table(
        "escalations",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rung IN (1, 2, 3)", name=op.f("ck_escalations_rung")),
        sa.CheckConstraint(
            "(next_at IS NOT NULL) = (state IN ('CALLING', 'ACKNOWLEDGED'))", name=op.f("ck_escalations_next_at")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_escalations_case_id")),
        sa.ForeignKeyConstraint(["check_in_id"], ["check_ins.id"], name=op.f("fk_escalations_check_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
        sa.UniqueConstraint("check_in_id", name=op.f("uq_escalations_check_in_id")),
    )
    op.create_index(op.f("ix_escalations_case_id"), "escalations", ["case_id"], unique=False)
    op.create_table(
        "escalation_steps",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_escalation_steps_case_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_escalation_steps_escalation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_steps")),
    )
    op.create_index(op.f("ix_escalation_steps_case_id"), "escalation_steps", ["case_id"], unique=False)
    op.create_index("ix_escalation_steps_of", "escalation_steps", ["escalation_id", "at"], unique=False)


def _taken_over() -> None:
    """Somebody's cases on their way to colleagues."""
    op.create_table(
        "takeovers",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_in", sa.Uuid(), nullable=False),
        sa.Column("begun_by", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('LEAVING', 'COVER')", name=op.f("ck_takeovers_kind")),
        sa.CheckConstraint("(kind = 'COVER') = (until IS NOT NULL)", name=op.f("ck_takeovers_until")),
        sa.ForeignKeyConstraint(["holder_id"], ["keyholders.id"], name=op.f("fk_takeovers_holder_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_takeovers_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeovers")),
    )
    op.create_index(op.f("ix_takeovers_user_id"), "takeovers", ["user_id"], unique=False)
    op.create_table(
        "takeover_cases",
        sa.Column("takeover_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("given", sa.String(), nullable=True),
        sa.Column("stayed", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('WAITING', 'DONE', 'REFUSED')", name=op.f("ck_takeover_cases_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_takeover_cases_case_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["keyholders.id"], name=op.f("fk_takeover_cases_holder_id")),
        sa.ForeignKeyConstraint(["takeover_id"], ["takeovers.id"], name=op.f("fk_takeover_cases_takeover_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_takeover_cases_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeover_cases")),
        sa.UniqueConstraint("takeover_id", "case_id", name=op.f("uq_takeover_cases_takeover_id_case_id")),
    )
    op.create_index(op.f("ix_takeover_cases_takeover_id"), "takeover_cases", ["takeover_id"], unique=False)
    op.create_index("ix_takeover_cases_cover", "takeover_cases", ["case_id", "holder_id"], unique=False)


def _sessions() -> None:
    """What happens while an account is taken, and who interprets."""
    op.create_table(
        "interpreters",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("undertaking_until", sa.Date(), nullable=False),
        sa.Column("languages", sa.LargeBinary(), nullable=False),
        sa.Column("dialects", sa.LargeBinary(), nullable=True),
        sa.Column("gender", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=False),
        sa.Column("ties", sa.LargeBinary(), nullable=True),
        sa.Column("vetting", sa.LargeBinary(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_interpreters_envelope_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_interpreters_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interpreters")),
    )
    op.create_index(op.f("ix_interpreters_envelope_id"), "interpreters", ["envelope_id"], unique=False)
    op.create_table(
        "session_events",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_session_events_case_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_session_events_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_events")),
    )
    op.create_index(op.f("ix_session_events_case_id"), "session_events", ["case_id"], unique=False)
    op.create_index(op.f("ix_session_events_testimony_id"), "session_events", ["testimony_id"], unique=False)
    op.create_table(
        "exposure_events",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=True),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("manner", sa.LargeBinary(), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_exposure_events_case_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_exposure_events_segment_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_exposure_events_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_events")),
    )
    op.create_index(op.f("ix_exposure_events_case_id"), "exposure_events", ["case_id"], unique=False)
    op.create_index(op.f("ix_exposure_events_testimony_id"), "exposure_events", ["testimony_id"], unique=False)


def _beside() -> None:
    """What stands beside an account: its versions and corrections, and what was written on paper first."""
    op.create_table(
        "protocols",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("sha256 = encode(sha256(body), 'hex')", name=op.f("ck_protocols_sha256")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_protocols_name_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_protocols_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocols")),
    )
    op.create_table(
        "segment_versions",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("classes", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_segment_versions_case_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_versions_segment_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_segment_versions_testimony_id")),
        sa.CheckConstraint("kind IN ('TRANSCRIPT', 'TRANSLATION', 'AMENDMENT')", name=op.f("ck_segment_versions_kind")),
        sa.UniqueConstraint("segment_id", "kind", "number", name=op.f("uq_segment_versions_segment_id_kind_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_versions")),
    )
    op.create_index(op.f("ix_segment_versions_case_id"), "segment_versions", ["case_id"], unique=False)
    op.create_index(op.f("ix_segment_versions_testimony_id"), "segment_versions", ["testimony_id"], unique=False)
    op.create_table(
        "paper_sessions",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement_version", sa.String(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=True),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("carried_by", sa.LargeBinary(), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("printed_by", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_paper_sessions_case_id")),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_paper_sessions_protocol_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["attachments.id"], name=op.f("fk_paper_sessions_scan_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_paper_sessions_testimony_id")),
        sa.CheckConstraint("state IN ('PRINTED', 'ENTERED')", name=op.f("ck_paper_sessions_state")),
        sa.UniqueConstraint("reference", name=op.f("uq_paper_sessions_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_sessions")),
    )
    op.create_index(op.f("ix_paper_sessions_case_id"), "paper_sessions", ["case_id"], unique=False)
    op.create_index(op.f("ix_paper_sessions_testimony_id"), "paper_sessions", ["testimony_id"], unique=False)


def _answers() -> None:
    """What was answered to the questions of a protocol."""
    op.create_table(
        "protocol_answers",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_protocol_answers_case_id")),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocols.id"], name=op.f("fk_protocol_answers_protocol_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_protocol_answers_testimony_id")),
        sa.UniqueConstraint("testimony_id", "number", name=op.f("uq_protocol_answers_testimony_id_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_answers")),
    )
    op.create_index(op.f("ix_protocol_answers_case_id"), "protocol_answers", ["case_id"], unique=False)
    op.create_index(op.f("ix_protocol_answers_testimony_id"), "protocol_answers", ["testimony_id"], unique=False)


def _not_kept_yet() -> None:
    """What is typed and not kept yet, and whether somebody is safe now."""
    op.create_table(
        "drafts",
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("typing", sa.Boolean(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('SAVED', 'ASIDE', 'GONE')", name=op.f("ck_drafts_state")),
        sa.CheckConstraint("(state = 'GONE') = (words IS NULL)", name=op.f("ck_drafts_words")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_drafts_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_about"), "drafts", ["about"], unique=False)
    op.create_index(op.f("ix_drafts_case_id"), "drafts", ["case_id"], unique=False)
    op.create_index(
        "ix_drafts_one_a_step", "drafts", ["about", "step"], unique=True, postgresql_where="state = 'SAVED'"
    )
    op.create_table(
        "claims",
        sa.Column("segment_id", sa.Uuid(), nullable=True),
        sa.Column("beside_id", sa.Uuid(), nullable=True),
        sa.Column("proposition", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.LargeBinary(), nullable=False),
        sa.Column("sources", sa.LargeBinary(), nullable=False),
        sa.Column("verification", sa.LargeBinary(), nullable=False),
        sa.Column("source_grade", sa.LargeBinary(), nullable=False),
        sa.Column("information_grade", sa.LargeBinary(), nullable=False),
        sa.Column("verified_by", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["beside_id"], ["claims.id"], name=op.f("fk_claims_beside_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_claims_case_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_claims_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_case_id"), "claims", ["case_id"], unique=False)
    op.create_index(op.f("ix_claims_segment_id"), "claims", ["segment_id"], unique=False)
    op.create_table(
        "read_backs",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("reader", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_read_backs_case_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_read_backs_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_backs")),
    )
    op.create_index(op.f("ix_read_backs_case_id"), "read_backs", ["case_id"], unique=False)
    op.create_index(op.f("ix_read_backs_testimony_id"), "read_backs", ["testimony_id"], unique=False)
    op.create_table(
        "safety_answers",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_safety_answers_case_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_safety_answers_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_answers")),
    )
    op.create_index(op.f("ix_safety_answers_case_id"), "safety_answers", ["case_id"], unique=False)
    op.create_index(op.f("ix_safety_answers_testimony_id"), "safety_answers", ["testimony_id"], unique=False)
    op.create_table(
        "rescues",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(words IS NULL) = (taken_at IS NOT NULL)", name=op.f("ck_rescues_words")),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_rescues_envelope_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rescues_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescues")),
    )
    op.create_index(op.f("ix_rescues_envelope_id"), "rescues", ["envelope_id"], unique=False)
    op.create_index(op.f("ix_rescues_user_id"), "rescues", ["user_id"], unique=False)


def _known() -> None:
    """What sources say of who somebody is, and by what it is found out whether they are known."""
    op.create_table(
        "index_keys",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("vouched", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_index_keys_envelope_id")),
        sa.ForeignKeyConstraint(["team_id"], ["keyholders.id"], name=op.f("fk_index_keys_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_keys")),
        sa.UniqueConstraint("team_id", name=op.f("uq_index_keys_team_id")),
    )
    op.create_table(
        "share_marks",
        sa.Column("keyholder_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("dealt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vouched", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["keyholder_id"], ["keyholders.id"], name=op.f("fk_share_marks_keyholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_marks")),
        sa.UniqueConstraint(
            "keyholder_id", "generation", "number", name=op.f("uq_share_marks_keyholder_id_generation_number")
        ),
    )
    op.create_table(
        "identity_claims",
        sa.Column("about", sa.LargeBinary(), nullable=False),
        sa.Column("name_use", sa.LargeBinary(), nullable=False),
        sa.Column("name_parts", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date", sa.LargeBinary(), nullable=True),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_identity_claims_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_claims")),
    )
    op.create_index(op.f("ix_identity_claims_case_id"), "identity_claims", ["case_id"], unique=False)
    op.create_table(
        "known_marks",
        sa.Column("of_case", sa.Uuid(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=True),
        sa.Column("texts", sa.LargeBinary(), nullable=True),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_known_marks_envelope_id")),
        sa.ForeignKeyConstraint(["of_case"], ["cases.id"], name=op.f("fk_known_marks_of_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_marks")),
    )
    op.create_index(op.f("ix_known_marks_envelope_id"), "known_marks", ["envelope_id"], unique=False)
    op.create_index(op.f("ix_known_marks_of_case"), "known_marks", ["of_case"], unique=False)
    op.create_index("ix_known_marks_since", "known_marks", ["envelope_id", "id"], unique=False)
    op.create_index("ix_known_marks_waiting", "known_marks", ["id"], unique=False, postgresql_where="texts IS NOT NULL")
    op.create_table(
        "look_ups",
        sa.Column("for_case", sa.Uuid(), nullable=True),
        sa.Column("met", sa.LargeBinary(), nullable=False),
        sa.Column("settled", sa.LargeBinary(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelopes.id"], name=op.f("fk_look_ups_envelope_id")),
        sa.ForeignKeyConstraint(["for_case"], ["cases.id"], name=op.f("fk_look_ups_for_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_ups")),
    )
    op.create_index(op.f("ix_look_ups_asked_by"), "look_ups", ["asked_by"], unique=False)
    op.create_index(op.f("ix_look_ups_envelope_id"), "look_ups", ["envelope_id"], unique=False)
    op.create_index(op.f("ix_look_ups_for_case"), "look_ups", ["for_case"], unique=False)
    op.create_table(
        "same_person_findings",
        sa.Column("finding", sa.LargeBinary(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=True),
        sa.Column("look_up_id", sa.Uuid(), nullable=True),
        sa.Column("found_by", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_same_person_findings_case_id")),
        sa.ForeignKeyConstraint(["look_up_id"], ["look_ups.id"], name=op.f("fk_same_person_findings_look_up_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_same_person_findings")),
    )
    op.create_index(op.f("ix_same_person_findings_case_id"), "same_person_findings", ["case_id"], unique=False)


def _overseen() -> None:
    """What auditors keep of their looks at the log, and what they ask colleagues."""
    op.create_table(
        "kept_filters",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("asks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_kept_filters_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_filters")),
    )
    op.create_index(op.f("ix_kept_filters_user_id"), "kept_filters", ["user_id"], unique=False)
    moments = ("asked_at", "due_at", "answered_at", "closed_at")
    codes = ("question", "answer", "vouched_by", "outcome", "closed_by")
    op.create_table(
        "inquiries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("about", "reason", "state", "opened_by")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in moments),
        *(sa.Column(name, sa.String(), nullable=True) for name in codes),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('OPEN', 'ASKED', 'ANSWERED', 'CLOSED')", name=op.f("ck_inquiries_state")),
        sa.CheckConstraint(
            "outcome IN ('LAWFUL', 'MISTAKE', 'MISUSE', 'UNRESOLVED')", name=op.f("ck_inquiries_outcome")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_inquiries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
    )
    op.create_index(op.f("ix_inquiries_user_id"), "inquiries", ["user_id"], unique=False)
    op.create_table(
        "inquiry_entries",
        sa.Column("inquiry_id", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name=op.f("fk_inquiry_entries_entry")),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiries.id"], name=op.f("fk_inquiry_entries_inquiry_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_inquiry_entries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_entries")),
        sa.UniqueConstraint("inquiry_id", "entry", name=op.f("uq_inquiry_entries_inquiry_id_entry")),
    )
    op.create_index(op.f("ix_inquiry_entries_user_id"), "inquiry_entries", ["user_id"], unique=False)


def _promised() -> None:
    op.create_table(
        "assurances",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("signed_by", sa.String(), nullable=True),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("strength", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("instrument", sa.LargeBinary(), nullable=True),
        sa.Column("instrument_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("proceedings", sa.LargeBinary(), nullable=True),
        sa.Column("conditions", sa.LargeBinary(), nullable=True),
        sa.Column("exceptions", sa.LargeBinary(), nullable=True),
        sa.Column("verified", sa.LargeBinary(), nullable=True),
        sa.Column("ended", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('OFFERED', 'IN_FORCE', 'DECLINED', 'LAPSED', 'REVOKED')", name=op.f("ck_assurances_state")
        ),
        sa.CheckConstraint("until >= starts_on", name=op.f("ck_assurances_until")),
        sa.CheckConstraint("signed_by <> drafted_by", name=op.f("ck_assurances_two")),
        sa.CheckConstraint(
            "state NOT IN ('IN_FORCE', 'LAPSED', 'REVOKED') OR signed_by IS NOT NULL",
            name=op.f("ck_assurances_signed"),
        ),
        sa.CheckConstraint("(instrument IS NULL) <> (attachment_id IS NULL)", name=op.f("ck_assurances_instrument")),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_assurances_attachment_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_assurances_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assurances")),
    )
    op.create_index(op.f("ix_assurances_case_id"), "assurances", ["case_id"], unique=False)
    op.create_table(
        "terms_of_use",
        sa.Column("assurance_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("admits", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.LargeBinary(), nullable=False),
        sa.Column("strength", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.LargeBinary(), nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("proceedings", sa.LargeBinary(), nullable=True),
        sa.Column("conditions", sa.LargeBinary(), nullable=True),
        sa.Column("exceptions", sa.LargeBinary(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until >= starts_on", name=op.f("ck_terms_of_use_until")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_terms_of_use_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_of_use")),
        sa.UniqueConstraint("assurance_id", name=op.f("uq_terms_of_use_assurance_id")),
    )
    op.create_index(op.f("ix_terms_of_use_case_id"), "terms_of_use", ["case_id"], unique=False)
    op.create_table(
        "use_restrictions",
        sa.Column("testimony_id", sa.Uuid(), nullable=False),
        sa.Column("segment_id", sa.Uuid(), nullable=True),
        sa.Column("assurance_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state IN ('IN_EFFECT', 'ENDED')", name=op.f("ck_use_restrictions_state")),
        sa.CheckConstraint("(state = 'ENDED') = (until IS NOT NULL)", name=op.f("ck_use_restrictions_until")),
        sa.CheckConstraint("(assurance_id IS NULL) = (reason IS NOT NULL)", name=op.f("ck_use_restrictions_reason")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_use_restrictions_case_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_use_restrictions_segment_id")),
        sa.ForeignKeyConstraint(["testimony_id"], ["testimonies.id"], name=op.f("fk_use_restrictions_testimony_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_restrictions")),
    )
    for column in ("assurance_id", "case_id", "segment_id", "testimony_id"):
        op.create_index(op.f(f"ix_use_restrictions_{column}"), "use_restrictions", [column], unique=False)


def _assessed() -> None:
    op.create_table(
        "mitigation_factors",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("factor", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finding", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("contrary_evidence", sa.LargeBinary(), nullable=False),
        sa.Column("passages", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("against", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "factor IN ('SIGNIFICANCE', 'TRUTHFULNESS', 'NATURE_EXTENT', 'RISK_INCURRED', 'TIMELINESS',"
            " 'BEYOND_OWN_PART', 'SERIOUSNESS_RELATION', 'RENUNCIATION')",
            name=op.f("ck_mitigation_factors_factor"),
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["mitigation_assessments.id"], name=op.f("fk_mitigation_factors_assessment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mitigation_factors_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mitigation_factors")),
        sa.UniqueConstraint("assessment_id", "version", name=op.f("uq_mitigation_factors_assessment_id_version")),
    )
    op.create_index(op.f("ix_mitigation_factors_case_id"), "mitigation_factors", ["case_id"], unique=False)
    op.create_table(
        "second_readings",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("read_by", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("answer IN ('SIGNED', 'DISSENTED', 'RETURNED')", name=op.f("ck_second_readings_answer")),
        sa.CheckConstraint("answer = 'SIGNED' OR words IS NOT NULL", name=op.f("ck_second_readings_words")),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["mitigation_assessments.id"], name=op.f("fk_second_readings_assessment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_second_readings_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_readings")),
    )
    op.create_index(op.f("ix_second_readings_case_id"), "second_readings", ["case_id"], unique=False)
    op.create_table(
        "mitigation_steps",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("whose", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.LargeBinary(), nullable=False),
        sa.Column("happened_on", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.LargeBinary(), nullable=True),
        sa.Column("clock", sa.LargeBinary(), nullable=True),
        sa.Column("runs_from", sa.LargeBinary(), nullable=True),
        sa.Column("instrument", sa.LargeBinary(), nullable=True),
        sa.Column("instrument_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('NOT_RAISED', 'INITIAL_VIEW', 'OFFER_PENDING', 'AGREEMENT_SIGNED', 'PERFORMING', 'PERFORMED',"
            " 'REPORTED', 'CONSIDERED', 'CREDITED', 'NOT_CREDITED', 'DECLINED', 'WITHDRAWN', 'BREACH_ALLEGED',"
            " 'BREACH_FOUND', 'BREACH_DISMISSED', 'REFERRED_BACK', 'REVOCATION_WINDOW', 'CLOSED')",
            name=op.f("ck_mitigation_steps_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('INITIAL_VIEW', 'PERFORMED')) = (assessment_id IS NOT NULL)",
            name=op.f("ck_mitigation_steps_two"),
        ),
        sa.CheckConstraint("instrument IS NULL OR attachment_id IS NULL", name=op.f("ck_mitigation_steps_instrument")),
        sa.CheckConstraint("(instrument IS NULL) = (instrument_sha256 IS NULL)", name=op.f("ck_mitigation_steps_hash")),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["mitigation_assessments.id"], name=op.f("fk_mitigation_steps_assessment_id")
        ),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_mitigation_steps_attachment_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mitigation_steps_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mitigation_steps")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_mitigation_steps_case_id_number")),
    )
    op.create_index(op.f("ix_mitigation_steps_case_id"), "mitigation_steps", ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_table("escalation_steps")
    op.drop_table("escalations")
    for table in ("mitigation_steps", "second_readings", "mitigation_factors"):
        op.drop_table(table)
    for table in ("use_restrictions", "terms_of_use", "assurances"):
        op.drop_table(table)
    op.drop_index(op.f("ix_inquiry_entries_user_id"), table_name="inquiry_entries")
    op.drop_table("inquiry_entries")
    op.drop_index(op.f("ix_inquiries_user_id"), table_name="inquiries")
    op.drop_table("inquiries")
    op.drop_index(op.f("ix_kept_filters_user_id"), table_name="kept_filters")
    op.drop_table("kept_filters")
    op.drop_table("takeover_cases")
    op.drop_table("takeovers")
    op.drop_table("conflicts")
    for table in ("same_person_findings", "look_ups", "known_marks", "identity_claims", "share_marks", "index_keys"):
        op.drop_table(table)
    op.drop_index(op.f("ix_rescues_user_id"), table_name="rescues")
    op.drop_index(op.f("ix_rescues_envelope_id"), table_name="rescues")
    op.drop_table("rescues")
    op.drop_index(op.f("ix_claims_segment_id"), table_name="claims")
    op.drop_index(op.f("ix_claims_case_id"), table_name="claims")
    op.drop_table("claims")
    op.drop_index(op.f("ix_read_backs_testimony_id"), table_name="read_backs")
    op.drop_index(op.f("ix_read_backs_case_id"), table_name="read_backs")
    op.drop_table("read_backs")
    op.drop_index(op.f("ix_safety_answers_testimony_id"), table_name="safety_answers")
    op.drop_index(op.f("ix_safety_answers_case_id"), table_name="safety_answers")
    op.drop_table("safety_answers")
    op.drop_index("ix_drafts_one_a_step", table_name="drafts", postgresql_where="state = 'SAVED'")
    op.drop_index(op.f("ix_drafts_case_id"), table_name="drafts")
    op.drop_index(op.f("ix_drafts_about"), table_name="drafts")
    op.drop_table("drafts")
    op.drop_index(op.f("ix_protocol_answers_testimony_id"), table_name="protocol_answers")
    op.drop_index(op.f("ix_protocol_answers_case_id"), table_name="protocol_answers")
    op.drop_table("protocol_answers")
    op.drop_index(op.f("ix_paper_sessions_testimony_id"), table_name="paper_sessions")
    op.drop_index(op.f("ix_paper_sessions_case_id"), table_name="paper_sessions")
    op.drop_table("paper_sessions")
    op.drop_table("protocols")
    op.drop_index(op.f("ix_segment_versions_testimony_id"), table_name="segment_versions")
    op.drop_index(op.f("ix_segment_versions_case_id"), table_name="segment_versions")
    op.drop_table("segment_versions")
    op.drop_index(op.f("ix_exposure_events_testimony_id"), table_name="exposure_events")
    op.drop_index(op.f("ix_exposure_events_case_id"), table_name="exposure_events")
    op.drop_table("exposure_events")
    op.drop_index(op.f("ix_session_events_testimony_id"), table_name="session_events")
    op.drop_index(op.f("ix_session_events_case_id"), table_name="session_events")
    op.drop_table("session_events")
    op.drop_index(op.f("ix_interpreters_envelope_id"), table_name="interpreters")
    op.drop_table("interpreters")
    op.drop_index(op.f("ix_approaches_case_id"), table_name="approaches")
    op.drop_table("approaches")
    op.drop_index(op.f("ix_break_glasses_user_id"), table_name="break_glasses")
    op.drop_index("ix_break_glasses_sign_in", table_name="break_glasses")
    op.drop_index(op.f("ix_break_glasses_case_id"), table_name="break_glasses")
    op.drop_table("break_glasses")
    op.drop_index(op.f("ix_shifts_user_id"), table_name="shifts")
    op.drop_table("shifts")
    op.drop_index(op.f("ix_visits_user_id"), table_name="visits")
    op.drop_index(op.f("ix_visits_case_id"), table_name="visits")
    op.drop_table("visits")
    op.drop_index(op.f("ix_submission_files_submission_id"), table_name="submission_files")
    op.drop_index(op.f("ix_submission_files_envelope_id"), table_name="submission_files")
    op.drop_table("submission_files")
    op.drop_index(op.f("ix_submissions_envelope_id"), table_name="submissions")
    op.drop_table("submissions")
    op.drop_index("ix_sign_ins_open", table_name="sign_ins", postgresql_where="ended_at IS NULL")
    op.drop_table("sign_ins")
    for table in ("mention_ties", "mentions"):
        op.drop_table(table)
    op.drop_index(op.f("ix_segments_testimony_id"), table_name="segments")
    op.drop_index(op.f("ix_segments_case_id"), table_name="segments")
    op.drop_table("segments")
    op.drop_index(op.f("ix_step_ups_sign_in"), table_name="step_ups")
    op.drop_index(op.f("ix_step_ups_user_id"), table_name="step_ups")
    op.drop_table("step_ups")
    op.drop_index(op.f("ix_undertakings_user_id"), table_name="undertakings")
    op.drop_table("undertakings")
    op.drop_index(op.f("ix_role_holdings_user_id"), table_name="role_holdings")
    op.drop_table("role_holdings")
    op.drop_index(op.f("ix_security_keys_user_id"), table_name="security_keys")
    op.drop_table("security_keys")
    op.drop_index(op.f("ix_recovery_codes_user_id"), table_name="recovery_codes")
    op.drop_table("recovery_codes")
    op.drop_index(op.f("ix_handoffs_envelope_id"), table_name="handoffs")
    op.drop_index(op.f("ix_handoffs_case_id"), table_name="handoffs")
    op.drop_table("handoffs")
    op.drop_index(op.f("ix_devices_user_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_index(op.f("ix_services_made_by"), table_name="services")
    op.drop_table("services")
    op.drop_table("witness_keys")
    op.drop_table("users")
    op.drop_index(op.f("ix_threat_assessments_case_id"), table_name="threat_assessments")
    op.drop_table("threat_assessments")
    op.drop_index(op.f("ix_testimonies_case_id"), table_name="testimonies")
    op.drop_table("testimonies")
    op.drop_table("subject_counters")
    op.drop_index(op.f("ix_residences_case_id"), table_name="residences")
    op.drop_table("residences")
    op.drop_table("public_keys")
    op.drop_index(op.f("ix_codings_report_id"), table_name="codings")
    op.drop_index(op.f("ix_codings_case_id"), table_name="codings")
    op.drop_table("codings")
    op.drop_index(op.f("ix_public_reports_case_id"), table_name="public_reports")
    op.drop_table("public_reports")
    op.drop_index(op.f("ix_prior_accounts_case_id"), table_name="prior_accounts")
    op.drop_table("prior_accounts")
    op.drop_table("places")
    op.drop_index(op.f("ix_persons_case_id"), table_name="persons")
    op.drop_table("persons")
    op.drop_index(op.f("ix_needs_case_id"), table_name="needs")
    op.drop_table("needs")
    op.drop_index(op.f("ix_mitigation_assessments_case_id"), table_name="mitigation_assessments")
    op.drop_table("mitigation_assessments")
    op.drop_index(op.f("ix_memberships_member_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_justifications_case_id"), table_name="justifications")
    op.drop_table("justifications")
    op.drop_index(op.f("ix_identity_documents_case_id"), table_name="identity_documents")
    op.drop_table("identity_documents")
    op.drop_table("erasures")
    op.drop_table("retention_choices")
    op.drop_table("proposals")
    op.drop_index(op.f("ix_holds_case_id"), table_name="holds")
    op.drop_table("holds")
    op.drop_index("ix_grants_holder", table_name="grants")
    op.drop_index("ix_grants_case", table_name="grants")
    op.drop_table("grants")
    op.drop_index(op.f("ix_envelopes_witness_id"), table_name="envelopes")
    op.drop_index(op.f("ix_envelopes_team_id"), table_name="envelopes")
    op.drop_table("envelopes")
    op.drop_table("entry_subjects")
    for name, _, _ in ASKED_OF_THE_LOG:
        op.drop_index(f"ix_entry_bodies_{name}", table_name="entry_bodies")
    op.drop_table("entry_bodies")
    op.drop_index(op.f("ix_contact_channels_case_id"), table_name="contact_channels")
    op.drop_table("contact_channels")
    op.drop_index(op.f("ix_consents_case_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_index("ix_combinations_counted", table_name="combinations")
    op.drop_table("combinations")
    op.drop_index(op.f("ix_clearances_case_id"), table_name="clearances")
    op.drop_table("clearances")
    op.drop_index(op.f("ix_check_ins_case_id"), table_name="check_ins")
    op.drop_table("check_ins")
    op.drop_table("case_keys")
    op.drop_index(op.f("ix_custody_events_case_id"), table_name="custody_events")
    op.drop_index(op.f("ix_custody_events_attachment_id"), table_name="custody_events")
    op.drop_table("custody_events")
    op.drop_index(op.f("ix_attachments_copy_of"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_case_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_table("throttles")
    op.drop_table("log_checks")
    op.drop_table("keyholders")
    op.drop_table("kept_answers")
    op.drop_index("ix_jobs_due", table_name="jobs", postgresql_where="done_at IS NULL")
    op.drop_table("jobs")
    op.drop_index(op.f("ix_entries_tx"), table_name="entries")
    op.drop_table("entries")
    op.drop_table("checkpoints")
    op.drop_index("ix_cases_opened", table_name="cases")
    op.drop_table("cases")

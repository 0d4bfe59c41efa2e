"""Runs revisions as the owner, one runner at a time, never waiting long for a lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.dialects.postgresql.base import ischema_names

import app.whole  # noqa: F401  every model is known once the program is
from app.audit.models import XID8
from app.db import Table

LOCK = 0x6D696772
# A type of PostgreSQL's own that SQLAlchemy does not reflect.
ischema_names["xid8"] = XID8


def run() -> None:
    """Migrate the database whose owner URL is given in the configuration."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = create_engine(url, poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        # A migration that cannot get its lock within ten seconds gives up: intake goes on.
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SET statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": LOCK})
        connection.commit()
        context.configure(
            connection=connection, target_metadata=Table.metadata, transaction_per_migration=True, compare_type=True
        )
        with context.begin_transaction():
            context.run_migrations()


run()

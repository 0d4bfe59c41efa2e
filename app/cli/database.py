"""Migrating the database, and refusing one that does not fit the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.errors import CannotStart

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def configuration(owner_url: str) -> Config:
    """Alembic's configuration for one database, by its owner's URL."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def migrate(owner_url: str) -> None:
    """Bring the schema to the newest revision. Raises what the database says if a lock is not to be had."""
    command.upgrade(configuration(owner_url), "head")


def check_schema(owner: Engine) -> None:
    """Refuse a schema that is newer or older than this program (L04)."""
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    with owner.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present != head:
        raise CannotStart(f"The database is at revision {present}, this program at {head}. Run: amana db migrate")

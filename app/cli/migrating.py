"""Bringing the schema up to date, and writing a new revision."""

from __future__ import annotations

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from app.cli.database import plain
from app.cli.schema import FOLDER
from app.errors import CannotStart


def configuration(owner_url: str) -> Config:
    """Alembic's configuration for one database, by its owner's URL."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def migrate(owner_url: str) -> None:
    """Bring the schema to the newest revision.

    raises  CannotStart when somebody else holds a lock, or a step takes too long: each revision is one
            transaction, so the one that waited was not made at all
    """
    try:
        command.upgrade(configuration(owner_url), "head")
    except DBAPIError as problem:
        if isinstance(problem.orig, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
            raise CannotStart(
                "Somebody else is at work in the database, so the migration was given up after waiting. "
                "Nothing is half done. Stop the services, then: amana db migrate"
            ) from None
        raise
    with psycopg.connect(plain(owner_url), connect_timeout=5, options="-c lock_timeout=10s") as connection:
        # So that each process can see for itself whether the schema is its own (L04).
        connection.execute("GRANT SELECT ON alembic_version TO amana_app, amana_portal, amana_sequencer")


def revise(owner_url: str, name: str) -> None:
    """Write a new revision from the difference between the models and the migrated database."""
    command.revision(configuration(owner_url), message=name, autogenerate=True)

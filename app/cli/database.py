"""The database of an installation: where each role finds it, and bringing it up to date."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.embedded import Embedded, check_durability
from app.errors import CannotStart
from app.settings import Settings

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
# Where the operator names an own PostgreSQL, each role's URL comes by its own variable.
VARIABLES: Final = {
    "app": "AMANA_DATABASE_URL",
    "owner": "AMANA_OWNER_URL",
    "portal": "AMANA_PORTAL_URL",
    "sequencer": "AMANA_SEQUENCER_URL",
}


class Roles:
    """The database's URL by role. Printing it shows the roles and no password."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = dict(urls)

    def __repr__(self) -> str:
        return f"Roles({', '.join(sorted(self._urls))})"

    def url(self, role: str) -> str:
        """Raises CannotStart naming the variable that is missing."""
        try:
            return self._urls[role]
        except KeyError:
            raise CannotStart(f"{VARIABLES.get(role, role)} is not set, and this needs the role {role}.") from None

    def engine(self, role: str) -> Engine:
        """An engine for a short errand: it keeps no connection."""
        return create_engine(self.url(role), poolclass=NullPool, hide_parameters=True)

    @contextmanager
    def using(self, role: str) -> Iterator[Engine]:
        engine = self.engine(role)
        yield engine
        engine.dispose()


@contextmanager
def database(settings: Settings) -> Iterator[Roles]:
    """The database while it is needed: the operator's own, or the embedded one, started if it does not run.

    Whoever is the last of this folder to leave stops the embedded server, in whatever order
    commands and services came.
    """
    if settings.database_url:
        yield Roles({role: os.environ[name] for role, name in VARIABLES.items() if name in os.environ})
        return
    server = Embedded(settings.postgres_folder)
    users = settings.home / "run" / "database.users"
    users.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(users, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield Roles(server.start().urls)
    finally:
        with suppress(BlockingIOError):
            # Only the last one gets this lock; everybody before is refused and leaves it running.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            server.stop()
        os.close(handle)


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


def head() -> str | None:
    """The newest revision this program knows."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


def present(engine: Engine) -> str | None:
    """The revision the database is at; None if it was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_schema(engine: Engine) -> None:
    """Refuse a schema that is newer or older than this program (L04). Any role of a service may ask."""
    found, wanted = present(engine), head()
    if found != wanted:
        raise CannotStart(f"The database is at revision {found}, this program at {wanted}. Run: amana db migrate")


def check_fit(url: str) -> None:
    """Refuse a database that may forget, that a service could rewrite, or of another schema (L04)."""
    with psycopg.connect(plain(url), connect_timeout=5) as connection:
        check_durability(connection)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    check_schema(engine)


def plain(url: str) -> str:
    """A role's URL as psycopg itself reads it."""
    return url.replace("+psycopg", "", 1)

"""The database of an installation: where each role finds it, and the embedded one while it is needed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from app.embedded import Embedded
from app.errors import CannotStart
from app.settings import Settings

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


def plain(url: str) -> str:
    """A role's URL as psycopg itself reads it."""
    return url.replace("+psycopg", "", 1)

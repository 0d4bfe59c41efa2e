"""The schema of the database: which revision it is at, and which this program knows.

Every process asks so at its start; the library that migrates is loaded only by what does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.cli.database import plain
from app.embedded import check_durability
from app.errors import CannotStart

FOLDER: Final = Path(__file__).resolve().parents[2] / "migrations"
REVISION: Final = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


def head() -> str:
    """The newest revision this program knows: the one that no other comes after."""
    names: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in (FOLDER / "versions").glob("*.py"):
        for kind, name in REVISION.findall(path.read_text()):
            names[kind].add(name)
    return next(iter(names["revision"] - names["down_revision"]))


def present(engine: Engine) -> str | None:
    """The revision the database is at; None if it was never migrated."""
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


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

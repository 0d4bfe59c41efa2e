"""What every PostgreSQL must be, embedded or not: it forgets nothing, and who serves rewrites nothing."""

from __future__ import annotations

import psycopg

from app.embedded.settings import BY_PASSWORD
from app.errors import CannotStart

# Eleven CVEs of 14 May 2026; the least minor release of each major that has them fixed.
FLOORS = {15: 18, 16: 14, 17: 10, 18: 4}


def check_durability(connection: psycopg.Connection) -> None:
    """Refuse a server that may forget what it acknowledged, or roles that could rewrite it.

    connection  of the role the caller will work as; nothing is changed
    raises      CannotStart naming the setting, the release or the role (L04)
    """
    _check_release(connection.info.server_version)
    _check_settings(connection)
    _check_roles(connection)


def _check_release(version: int) -> None:
    """``version`` as libpq gives it: 180004 is 18.4."""
    major, minor = divmod(version, 10_000)
    if major < min(FLOORS):
        raise CannotStart(f"PostgreSQL {major}.{minor} is too old: Amana needs {min(FLOORS)} or newer.")
    if minor < FLOORS.get(major, 0):
        raise CannotStart(f"PostgreSQL {major}.{minor} has known holes: update to {major}.{FLOORS[major]} or newer.")


def _check_settings(connection: psycopg.Connection) -> None:
    wanted = {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "synchronous_commit": ("on", "remote_apply"),
        "data_checksums": ("on",),
        "data_sync_retry": ("off",),
    }
    for name, allowed in wanted.items():
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        value = row[0] if row else "unknown"
        if value not in allowed:
            raise CannotStart(f"PostgreSQL has {name} = {value}; a testimony is only safe with {allowed[0]}.")


def _check_roles(connection: psycopg.Connection) -> None:
    """No role that serves requests may be, or become, a superuser or an owner of tables or database."""
    row = connection.execute(
        """
        SELECT string_agg(DISTINCT r.rolname, ', ')
          FROM pg_roles r
         WHERE (r.rolname = ANY(%s) OR r.rolname = current_user) AND r.rolname <> 'amana_owner'
           AND (r.rolsuper
                OR EXISTS (SELECT FROM pg_database d
                            WHERE d.datname = current_database() AND pg_has_role(r.oid, d.datdba, 'MEMBER'))
                OR EXISTS (SELECT FROM pg_class c
                            WHERE c.relnamespace = 'public'::regnamespace
                              AND pg_has_role(r.oid, c.relowner, 'MEMBER')))
        """,
        [list(BY_PASSWORD)],
    ).fetchone()
    if row and row[0]:
        raise CannotStart(f"{row[0]} is a superuser or owns the tables, so it could rewrite the log: use roles.sql.")

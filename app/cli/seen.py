"""What a demonstration is looked at for before its ticks are said: each line only after the thing was seen.

A start has to be quick, so nothing is loaded for it: keys are opened by the services that hold them, and
that those answer is what shows it.
"""

from __future__ import annotations

import platform
import time
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import Connection

from app import presence
from app.cli import schema, services
from app.cli.database import Roles
from app.errors import CannotStart
from app.settings import Settings

# What this program cannot do without, by the names it is loaded by.
NEEDED: Final = ("cedarpy", "cryptography", "fastapi", "jinja2", "passlib", "psycopg", "uvicorn")
KEYS: Final = ("staff.key", "log.key")
SIGNED_SECONDS: Final = 15.0


def looked_at(settings: Settings, roles: Roles, cast: dict[str, Any] | None) -> dict[str, str]:
    """Six things and what was seen of each. Raises CannotStart for the first that is not as it should be."""
    with roles.using("app") as engine, engine.connect() as open_:
        return {
            "environment": _environment(),
            "database": _database(open_),
            "keys": _keys(settings),
            "programme": _programme(open_, cast),
            "log": _log(settings, open_),
            "server": _server(settings),
        }


def _environment() -> str:
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise CannotStart(f"The environment lacks {', '.join(missing)}. Remove .venv and run: make env")
    return f"Python {platform.python_version()}, and what the program needs is installed"


def _database(open_: Connection) -> str:
    version = open_.exec_driver_sql("SHOW server_version").scalar()
    revision = open_.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision != schema.head():
        raise CannotStart("The database is not at the revision of this program. Run: amana db migrate")
    return f"PostgreSQL {version}, its tables at revision {revision}"


def _keys(settings: Settings) -> str:
    """Theirs alone to read, and opened: the staff service serves only with its key, and so does the worker."""
    for path in (settings.unlock_path, *(settings.keys_folder / name for name in KEYS)):
        if path.stat().st_mode & 0o077:
            raise CannotStart(f"{path} can be read by others. Set it to 0600.")
    if presence.running(settings) is None or not services.answers(settings.port):
        raise CannotStart("A service that opens the keys does not answer. What it said: amana doctor")
    return "readable by this account alone, and opened by the services"


def _programme(open_: Connection, cast: dict[str, Any] | None) -> str:
    if cast is None:
        return "none: the office is not founded"
    made = len(cast["cases"])
    real = open_.exec_driver_sql("SELECT count(*) FROM cases WHERE NOT synthetic").scalar()
    found = open_.exec_driver_sql("SELECT count(*) FROM cases WHERE synthetic").scalar()
    if real or found is None or found < made:
        raise CannotStart("The cases of this demonstration are not those it was made with. Remove its folder.")
    return f"{found} invented cases, {len(cast['members'])} people to sign in as"


def _log(settings: Settings, open_: Connection) -> str:
    """Every entry of the seeding is under a published checkpoint, the one that the database has too."""
    until = time.monotonic() + SIGNED_SECONDS
    entries = open_.exec_driver_sql("SELECT count(*) FROM entries").scalar() or 0
    while entries:
        newest = open_.exec_driver_sql("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1").one_or_none()
        published = settings.log_folder / "checkpoint"
        if newest and newest.size >= entries and published.exists() and published.read_text().startswith(newest.note):
            return f"{newest.size} entries, signed and published"
        if time.monotonic() > until:
            raise CannotStart("The log is not signed: its worker does not keep up. Try: amana doctor")
        time.sleep(0.1)
    return "empty: nothing was done yet"


def _server(settings: Settings) -> str:
    for port in (settings.port, settings.portal_port):
        if not services.answers(port):
            raise CannotStart(f"Nothing answers on port {port}.")
    return "both doors answer, to this machine alone"

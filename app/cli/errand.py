"""The office for the time of one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.cli.database import Roles
from app.db import engine_for
from app.keyholders.register import Register
from app.opening import office_of
from app.settings import Settings
from app.work import Office


@contextmanager
def office_as(
    settings: Settings, roles: Roles, role: str, register: Register | None = None, *, whole: bool = True
) -> Iterator[Office]:
    """The office, or what is loaded of it, as one database role sees it, for the time of an errand.

    Without a register it seals to nobody.
    """
    engine = engine_for(roles.url(role), connections_max=4)
    host = "portal" if role == "portal" else "cli"
    try:
        yield office_of(settings, engine, host=host, register=register, whole=whole)
    finally:
        engine.dispose()

"""Founding the invented office of a demonstration, and filling it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.accounts.signin import SignIns
from app.cli import installation
from app.cli.database import Roles, database
from app.cli.demonstration import Fill, cast_path
from app.cli.errand import office_as
from app.cli.migrating import migrate
from app.cli.speech import say
from app.errors import CannotStart
from app.keyholders import custodians
from app.keyholders.backends import open_keys
from app.keyholders.register import Register
from app.settings import Settings
from app.work.files import FileStore

if TYPE_CHECKING:
    from tests.world import World

# What the database, the log and the files of a demonstration take, and room to try things.
ROOM_BYTES = 400 * 1024 * 1024


def make(settings: Settings, fill: Fill | None) -> None:
    """A whole demonstration in an empty folder. Raises CannotStart where there is no room for it."""
    if installation.free_bytes(settings.home) < ROOM_BYTES:
        raise CannotStart(
            f"The disk of {settings.home} is nearly full: free {ROOM_BYTES >> 20} MB, "
            "or name a folder elsewhere with AMANA_HOME."
        )
    say(f"Making a demonstration in {settings.home}: keys, database, an invented office. This takes half a minute.")
    made = installation.make(settings, "demonstration")
    with database(settings) as roles:
        migrate(roles.url("owner"))
        if fill is not None:
            seed(settings, roles, fill)
    made.finished(settings.home)


@contextmanager
def found_office(settings: Settings, roles: Roles) -> Iterator[World]:
    """An office with the whole cast in it, everybody signed in. Refuses one that was founded before."""
    from tests.world import World
    from tests.world.build import CAST

    dealt = custodians.deal()
    manager = open_keys(settings, "staff")
    files = FileStore(settings.attachments_folder, bytes_max=settings.attachment_mib_max * 1024 * 1024)
    register = Register.of(manager)
    with (
        office_as(settings, roles, "app", register) as office,
        office_as(settings, roles, "portal", register) as portal,
    ):
        world = World(office, SignIns(office, manager, settings), portal=portal, files=files)
        world.deal(dealt)
        world.found(frozenset(member[0] for member in CAST))
        installation.new_file(settings.home / "shares", "\n".join(dealt.lines) + "\n")
        yield world


def seed(settings: Settings, roles: Roles, fill: Fill) -> dict[str, Any]:
    """Found the office, fill it, send everybody home; the cast as it is written to the folder."""
    from tests.world import cast

    with found_office(settings, roles) as world:
        made = cast.cast_of(world, fill(world))
        cast.go_home(world)
        cast.write(cast_path(settings), made)
    return made

"""The demonstration: an invented office in a folder of its own, on this machine only.

Its people come from tests/world, so it needs the source checkout. Their passphrases lie in
a file: nothing in it protects anybody, and nobody in it exists.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.accounts import rules
from app.cli import installation
from app.cli.installation import Installation
from app.cli.speech import say
from app.embedded import Embedded
from app.errors import CannotStart
from app.settings import Settings

if TYPE_CHECKING:
    from tests.world import World
    from tests.world.cast import Filled

Fill = Callable[["World"], "Filled"]


def demo_settings() -> Settings:
    """The settings of a demonstration: loopback only, whatever else is set."""
    read = Settings.read()
    settings = replace(read, demo=True, home=read.home.absolute())
    settings.check()
    return settings


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold this folder for one run; CannotStart if another is being made or served from it.

    The lock lies beside the folder: making a demonstration may empty the folder itself.
    """
    settings.home.parent.mkdir(parents=True, exist_ok=True)
    path = settings.home.with_name(f".{settings.home.name}.running")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise CannotStart(f"{path.parent} cannot be written: {problem.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            "A demonstration is being made or runs in this folder already. Stop it, or name another folder: "
            "AMANA_HOME=elsewhere AMANA_PORT=8020 AMANA_PORTAL_PORT=8021 make run"
        ) from None
    else:
        yield
    finally:
        os.close(handle)


def prepare(settings: Settings, fill: Fill | None) -> bool:
    """Have a demonstration in this folder; returns whether it had to be made.

    fill     puts cases into a founded office; None leaves the office unfounded
    raises   CannotStart for a folder that a demonstration did not make
    """
    found = Installation.read(settings.home)
    if found is not None and found.kind != "demonstration":
        raise CannotStart(
            f"{settings.home} holds a real installation: its services are started by amana serve and amana worker. "
            "For a demonstration name another folder with AMANA_HOME."
        )
    if found is not None and found.ready:
        return False
    if found is not None:
        _clear(settings)
    # Read here and not above: a second start makes nothing, and the office that is made needs all of the program.
    from app.cli import seeding

    seeding.make(settings, fill)
    return True


def cast_path(settings: Settings) -> Path:
    return settings.home / "cast.json"


def read_cast(settings: Settings) -> dict[str, Any]:
    """The cast of this folder's demonstration; CannotStart if it has none."""
    found = Installation.read(settings.home)
    if found is None or found.kind != "demonstration":
        raise CannotStart(f"There is no demonstration in {settings.home}. Begin one with: amana run")
    cast: dict[str, Any] = json.loads(installation.private_text(cast_path(settings)))
    return cast


def code_now(member: Mapping[str, Any]) -> str:
    """The six digits somebody of the cast signs in with now.

    A code works once, and the seeding has used one: within that half minute it is the next
    one, which is accepted as well.
    """
    secret = str(member["totp"])
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // rules.STEP_SECONDS
    return rules.totp_at(raw, step + 1 if step == member["last_step"] else step)


def _clear(settings: Settings) -> None:
    """Remove a demonstration that did not come to its end. It is ours: its mark says so."""
    say("An earlier start did not come to its end; it is begun again.")
    Embedded(settings.postgres_folder).stop()
    installation.empty(settings.home)

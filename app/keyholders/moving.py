"""Keys on their way from files into a module, and back to files of which somebody kept a copy.

A module gives no key out, so what goes back is the copy: it is taken only if each of its keys does what the
module's does. What was moved is destroyed in its old place last, when all of it answers in the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.errors import CannotStart
from app.keyholders.hardware import HardwareKeyManager
from app.keyholders.manager import FileKeyManager
from app.private import write_private


def into_module(kept: FileKeyManager, to: HardwareKeyManager) -> Iterator[str]:
    """Give a module every key of a file that it has not; yields each name. Said again it goes on.

    raises  CannotStart for a token that holds other keys, before anything is changed
    """
    if to.names() - kept.names():
        raise CannotStart(f"{to} holds keys that are not of this installation. Nothing was changed.")
    for name in sorted(kept.names()):
        if name not in to.names():
            to.take(name, kept.secret(name), kept.since(name))
        yield name


def must_answer_alike(kept: FileKeyManager, module: HardwareKeyManager) -> None:
    """Raises CannotStart unless file and module hold the same keys, each tried."""
    if kept.names() != module.names():
        lacking = ", ".join(sorted(kept.names() ^ module.names()))
        raise CannotStart(f"File and module do not hold the same keys: {lacking}. Nothing was destroyed.")
    for name in sorted(kept.names()):
        if not module.answers_as(name, kept.secret(name)):
            raise CannotStart(f"The key {name} of the module is not the one in the file. Nothing was destroyed.")


def put_back(copy: Path, to: Path, unlock: Path) -> FileKeyManager:
    """Lay a kept copy of a key file in its place, if it is not there yet; returns the file, opened."""
    FileKeyManager.open(copy, unlock)
    fresh = to.with_name(f".{to.name}.new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, copy.read_bytes())
    fresh.replace(to)
    return FileKeyManager.open(to, unlock)

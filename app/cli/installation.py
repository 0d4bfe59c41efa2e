"""One installation on disk: its folder, its key files, and the mark that set-up came to its end.

home/              0700
  installation     which kind, when made; written first, and again when all is done
  unlock           the secret that opens the key files, unless one is given from outside
  keys/            staff.key: pepper, wrapping, register; log.key: signing; log.trust: public
  register.trust   the public half of the register's key, for the portal
  postgres/        the embedded database, with none of the above in it
  log/             tiles and checkpoints: hashes and signatures only
  attachments/  run/
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from app import clock
from app.errors import CannotStart
from app.private import write_private
from app.settings import Settings

Kind = Literal["real", "demonstration"]


@dataclass(frozen=True)
class Installation:
    """The mark in the folder. ``ready`` is false until set-up has come to its end.

    backup_tested   the day a restore was last tried, in the operator's word; None if they have none
    """

    kind: Kind
    made_at: str
    ready: bool = False
    backup_tested: str | None = None

    @classmethod
    def read(cls, home: Path) -> Installation | None:
        """The mark of a folder; None where nothing was set up."""
        try:
            return cls(**json.loads((home / "installation").read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise CannotStart(f"{home}/installation cannot be read. Restore it from a backup.") from None

    def write(self, home: Path) -> None:
        """Replace the mark, whole or not at all."""
        fresh = home / ".installation.new"
        fresh.unlink(missing_ok=True)
        write_private(fresh, json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n")
        fresh.replace(home / "installation")

    def finished(self, home: Path) -> None:
        replace(self, ready=True).write(home)


def make(settings: Settings, kind: Kind, *, backup_tested: str | None = None) -> Installation:
    """Make the folder, the unlock secret and the key files. Never in a folder that is in use.

    raises   CannotStart; a refusal leaves every file that was there as it was
    """
    refuse_used(settings.home)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.home.chmod(0o700)
    # Read here and not above: most commands make no keys, and need not load what does.
    from app.cli import key_files

    made = Installation(kind, clock.now().isoformat(timespec="seconds"), backup_tested=backup_tested)
    try:
        made.write(settings.home)
        key_files.make(settings)
    except CannotStart:
        # A secret that was refused: the folder was ours and empty, so it is empty again.
        empty(settings.home)
        raise
    return made


def empty(home: Path) -> None:
    """Remove what lies in a folder of our making, and leave the folder: it may be a mount point."""
    for each in home.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def refuse_used(home: Path) -> None:
    """Raises CannotStart unless the folder is absent or empty."""
    if not home.exists():
        return
    if not home.is_dir():
        raise CannotStart(f"{home} is not a folder. Name one with AMANA_HOME.")
    found = Installation.read(home)
    if found is not None and not found.ready:
        raise CannotStart(f"An earlier set-up in {home} did not come to its end. Remove that folder and begin again.")
    if found is not None:
        raise CannotStart(f"{home} holds an installation already. Nothing was changed.")
    if any(home.iterdir()):
        raise CannotStart(f"{home} is not empty, and not of our making. Name another folder with AMANA_HOME.")


def require(settings: Settings) -> Installation:
    """The installation of this folder; CannotStart if there is none or it is not whole."""
    found = Installation.read(settings.home)
    if found is None:
        raise CannotStart(f"Nothing is set up in {settings.home}. Run: amana init (or: amana run, for a demonstration)")
    if not found.ready:
        raise CannotStart(f"The set-up in {settings.home} did not come to its end. Remove that folder and begin again.")
    if settings.home.stat().st_mode & 0o077:
        raise CannotStart(f"Others may enter {settings.home}. Set it to 0700, and ask who has been in.")
    return found


def new_file(path: Path, content: str) -> None:
    """Write a file that only we may read, and never over another."""
    try:
        write_private(path, content.encode())
    except FileExistsError:
        raise CannotStart(f"{path} is there already and is not written over.") from None


def private_text(path: Path) -> str:
    """Read a file that holds secrets; CannotStart if others could have read it."""
    try:
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise CannotStart(f"{path.name} can be read by others (mode {mode:o}). Set it to 0600.")
        return path.read_text()
    except FileNotFoundError:
        raise CannotStart(f"{path} is missing.") from None


def free_bytes(home: Path) -> int:
    """Room left on the disk that holds, or will hold, the folder."""
    while not home.exists():
        home = home.parent
    disk = os.statvfs(home)
    return disk.f_bavail * disk.f_frsize

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
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from app import clock
from app.audit.export import trust_text
from app.audit.note import parse_verifier_key, verifier_key
from app.audit.succession import LogKeys, follow
from app.audit.tiles import TileFolder
from app.audit.trust import Trust
from app.errors import CannotStart, SealBroken
from app.keyholders.backends import make_keys
from app.keyholders.manager import InstalledKeys, make_unlock, write_private
from app.keyholders.register import read_trust, trust_line
from app.settings import Settings

Kind = Literal["real", "demonstration"]
# What the staff process holds: it stretches passphrases, wraps secrets, vouches for public keys.
STAFF_KEYS = ("pepper", "wrap", "register")


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
    made = Installation(kind, clock.now().isoformat(timespec="seconds"), backup_tested=backup_tested)
    try:
        made.write(settings.home)
        _make_keys(settings)
    except CannotStart:
        # A secret that was refused: the folder was ours and empty, so it is empty again.
        empty(settings.home)
        raise
    return made


def _make_keys(settings: Settings) -> None:
    if not settings.unlock_file:
        make_unlock(settings.unlock_path)
    staff = make_keys(settings, "staff", *STAFF_KEYS)
    write_private(settings.register_path, trust_line(staff.register()).encode())
    manager = make_keys(settings, "log", "log")
    # Every installation's log has its own name, so that no two can be taken for each other.
    origin = f"{settings.public_name}/log/{secrets.token_hex(4)}"
    write_private(trust_path(settings), trust_text(verifier_key(origin, manager.public())).encode())


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


def trust_path(settings: Settings) -> Path:
    return settings.log_trust_path


def log_key(settings: Settings) -> str:
    """The verifier key that signs the log now, as others write it in a trust file."""
    return log_keys(settings).key


def log_keys(settings: Settings) -> LogKeys:
    """The log's key, by way of every change since the one that keys/log.trust names, and those that ended."""
    key = _named_key(settings)
    try:
        return follow(key, TileFolder(settings.log_folder).successions())
    except SealBroken:
        raise CannotStart(
            "log/succession does not lead on from the key in keys/log.trust. Restore both from one backup."
        ) from None


def name_log_key(settings: Settings, key: str) -> None:
    """Have keys/log.trust name the key that signs now; the rest of the file stays as it is."""
    path, old = trust_path(settings), _named_key(settings)
    if old != key:
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        write_private(fresh, path.read_text(encoding="utf-8").replace(old, key).encode())
        fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)


def _named_key(settings: Settings) -> str:
    try:
        line = trust_path(settings).read_text().splitlines()[0]
        key = line.removeprefix("log ")
        parse_verifier_key(key)
    except FileNotFoundError:
        raise CannotStart("keys/log.trust is missing. Restore it, or write it anew from a saved export.") from None
    except (ValueError, IndexError):
        raise CannotStart("keys/log.trust does not hold the log's key. Restore it.") from None
    return key


def log_trust(settings: Settings) -> Trust:
    """Whom this office asks to witness its log: ``witness``, ``group`` and ``quorum`` lines of keys/log.trust."""
    try:
        trust = Trust.parse(trust_path(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotStart("keys/log.trust is missing. Restore it, or write it anew from a saved export.") from None
    except ValueError as problem:
        raise CannotStart(f"keys/log.trust: {problem}.") from None
    return replace(trust, logs=(log_key(settings),))


def check_register(settings: Settings, staff: InstalledKeys) -> None:
    """Raises CannotStart unless the portal trusts the key that the staff process vouches with."""
    if read_trust(settings.register_path) != staff.register():
        raise CannotStart("register.trust is not of the register in keys/staff.key. Restore both from one backup.")


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

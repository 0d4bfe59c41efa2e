"""The key files of an installation: made once, named by keys/log.trust, checked whenever something starts."""

from __future__ import annotations

import secrets
from dataclasses import replace

from app.audit.export import trust_text
from app.audit.note import parse_verifier_key, verifier_key
from app.audit.succession import LogKeys, follow
from app.audit.tiles import TileFolder
from app.audit.trust import Trust
from app.errors import CannotStart, SealBroken
from app.keyholders.backends import make_keys
from app.keyholders.manager import InstalledKeys, make_unlock
from app.keyholders.register import read_trust, trust_line
from app.private import write_private
from app.settings import Settings

# What the staff process holds: it stretches passphrases, wraps secrets, vouches for public keys.
STAFF_KEYS = ("pepper", "wrap", "register")


def make(settings: Settings) -> None:
    """The unlock secret, the key files of the staff process and of the worker, and who may trust them."""
    if not settings.unlock_file:
        make_unlock(settings.unlock_path)
    staff = make_keys(settings, "staff", *STAFF_KEYS)
    write_private(settings.register_path, trust_line(staff.register()).encode())
    manager = make_keys(settings, "log", "log")
    # Every installation's log has its own name, so that no two can be taken for each other.
    origin = f"{settings.public_name}/log/{secrets.token_hex(4)}"
    write_private(settings.log_trust_path, trust_text(verifier_key(origin, manager.public())).encode())


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
    path, old = settings.log_trust_path, _named_key(settings)
    if old != key:
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        write_private(fresh, path.read_text(encoding="utf-8").replace(old, key).encode())
        fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)


def _named_key(settings: Settings) -> str:
    try:
        line = settings.log_trust_path.read_text().splitlines()[0]
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
        trust = Trust.parse(settings.log_trust_path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotStart("keys/log.trust is missing. Restore it, or write it anew from a saved export.") from None
    except ValueError as problem:
        raise CannotStart(f"keys/log.trust: {problem}.") from None
    return replace(trust, logs=(log_key(settings),))


def check_register(settings: Settings, staff: InstalledKeys) -> None:
    """Raises CannotStart unless the portal trusts the key that the staff process vouches with."""
    if read_trust(settings.register_path) != staff.register():
        raise CannotStart("register.trust is not of the register in keys/staff.key. Restore both from one backup.")

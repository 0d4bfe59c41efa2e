"""Files and folders that only we enter, or the account the server runs as."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from app.embedded.servant import Servant, account_name
from app.errors import CannotStart

LOG_BYTES_MAX = 1_000_000


def private_folder(path: Path, servant: Servant | None = None) -> None:
    """Have a folder that only its owner enters; one that others could have prepared is refused.

    raises  CannotStart if it is a link, another's, or open to others and not empty
    """
    owner = os.geteuid() if servant is None or servant.uid is None else servant.uid
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if servant is not None and path.lstat().st_uid == os.geteuid():
            servant.give(path)
        found = path.lstat()
    except OSError as why:
        raise CannotStart(f"The folder {path} cannot be made: {why.strerror}.") from why
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        who = account_name(found.st_uid) or str(found.st_uid)
        raise CannotStart(f"{path} is not a folder of this account but {who}'s: start as {who}, or remove it.")
    if found.st_mode & 0o077 and any(path.iterdir()):
        raise CannotStart(f"Others may enter {path}: chmod 700 it, and ask who has been in.")
    if found.st_mode & 0o777 != 0o700:
        path.chmod(0o700)


def refuse_unless_private(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise CannotStart(f"{path} must be a file of this account that nobody else may read: chmod 600 it.")


def write_private(path: Path, text: str, servant: Servant | None = None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as why:
        raise CannotStart(f"{path} cannot be written: {why.strerror}.") from why
    if servant is not None:
        servant.give(path)


def trim(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def log_after(log: Path, size: int) -> str:
    if not log.exists():
        return ""
    with log.open(errors="replace") as file:
        file.seek(size)
        return file.read()

"""Files that only we may read: written whole or not at all, and refused once others could have read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from app.errors import CannotStart


def write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600, on disk before this returns. Never replaces one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path) -> bytes:
    """A secret's file; CannotStart if it is missing or others may read it."""
    try:
        found = path.stat()
        content = path.read_bytes()
    except FileNotFoundError:
        raise CannotStart(f"{path.name} is missing. A new installation begins with: amana init") from None
    except OSError as problem:
        raise CannotStart(f"{path.name} cannot be read: {problem.strerror}") from None
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077 and not _is_credential(path, found):
        raise CannotStart(f"{path.name} can be read by others (mode {mode:o}). Set it to 0600.")
    return content


def _is_credential(path: Path, found: os.stat_result) -> bool:
    """Whether systemd gave this file to this service: root's, 0440, in a folder nobody else writes to.

    The group's bit stands there for an access list that names this service's account alone; the
    folder is mounted for this service and for no other.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if not given or path.parent.resolve() != Path(given).resolve():
        return False
    folder = Path(given).stat()
    ours = {0, os.geteuid()}
    return not (found.st_mode & 0o037 or folder.st_mode & 0o022 or {found.st_uid, folder.st_uid} - ours)

"""Whether a worker runs in this folder: asked by whoever starts one, and held by the one that runs.

Apart from the worker itself, so that asking does not load all that the worker does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from app.errors import CannotStart
from app.settings import Settings

# The exit code of a worker whose log does not lead on from what it signed: it is not started again.
FORKED: Final = 3


def path(settings: Settings) -> Path:
    return settings.home / "run" / "worker.pid"


def running(settings: Settings) -> int | None:
    """The worker's process on this machine, if one runs here.

    The number in a file proves nothing after a crash; the lock on the file does.
    """
    try:
        handle = os.open(path(settings), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(ValueError):
            return int(os.read(handle, 20))
    finally:
        os.close(handle)
    return None


@contextmanager
def only_worker(file: Path) -> Iterator[None]:
    """Hold the folder's worker file. A second worker belongs on another machine."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise CannotStart("A worker runs in this folder already.") from None
    try:
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)

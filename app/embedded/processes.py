"""Which processes live and where they work; waiting, and holding a lock."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def works_in(pid: int, folder: Path) -> bool:
    """Whether a live process has its working folder there, as every PostgreSQL process has."""
    if Path("/proc/self/cwd").exists():
        # A process that ended but was not yet collected has no working folder any more.
        with suppress(OSError):
            return Path(os.readlink(f"/proc/{pid}/cwd")) == folder
        return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return str(folder) in shown.stdout


def nobody_works_in(folder: Path) -> bool:
    """True only when it is certain: without /proc it is not."""
    numbers = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return bool(numbers) and not any(works_in(number, folder) for number in numbers)


def within(seconds: float, done: Callable[[], bool]) -> bool:
    """Ask until the answer is yes or the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

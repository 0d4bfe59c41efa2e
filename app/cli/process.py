"""What every process of ours does to itself before it holds a secret."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# prctl(2). Numbers of the kernel's interface, the same on every architecture.
PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
# mallopt(3) of glibc.
M_MMAP_THRESHOLD: Final = -3
# From this size on a piece of memory is the system's again as soon as it is freed.
GIVEN_BACK_BYTES: Final = 1024 * 1024


def harden() -> None:
    """No core file, and no other process of this account may attach or read our memory (K05).

    It also shuts /proc/<pid>/environ to everybody but root. Files made from now on are ours alone, and
    memory of a passphrase's stretching goes back when it is over.
    """
    give_memory_back()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _prctl(PR_SET_DUMPABLE, 0)


@contextmanager
def unswept() -> Iterator[None]:
    """Load a part of the program without looking for garbage meanwhile: what is loaded stays until the end.

    It is set aside afterwards too, so that no sweep under a request walks through the whole program.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_memory_back() -> None:
    """Let large pieces of memory return to the system when they are freed (D10).

    glibc learns from the first that is freed, up to 32 MiB, to keep its like with the thread that had it: after
    sixteen sign-ins of 19 MiB, four at a time, a process stayed 300 MiB larger. Told a size it learns nothing.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, GIVEN_BACK_BYTES)


def end_with(parent: int) -> None:
    """End when the process that started us ends, even by kill -9, so that no door stays open alone."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # It ended before we asked to be told.
        raise SystemExit(1)


def leave_in_order() -> None:
    """Let SIGTERM end this process through its own last steps, with exit code 0.

    uvicorn drains, puts the old handler back and raises the signal again: with the system's
    own handler the process would die there, and the database it started would stay behind.
    """
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(0)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *(ctypes.c_ulong(each) for each in (value, 0, 0, 0))) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")

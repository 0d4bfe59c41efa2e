"""Shutting a process in: what remains is reading and writing what is open already, and memory.

The kernel refuses every other call (seccomp, a list of what is allowed): no file is opened, nothing
is sent, nobody is started, no process looked at. Limits end what loops or eats. Namespaces without
a network are taken besides where the machine gives them; nothing rests on them.
"""

from __future__ import annotations

import ctypes
import platform
import resource
import struct
import sys
from typing import Final

MEMORY_BYTES_MAX: Final = 1024 * 1024 * 1024
CPU_SECONDS_MAX: Final = 8

# prctl(2) and unshare(2): numbers of the kernel's interface, the same on every architecture.
_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVS, _SECCOMP, _FILTER = 1, 4, 38, 22, 2
_NAMESPACES: Final = 0x10000000 | 0x40000000 | 0x08000000 | 0x00020000  # user, net, ipc, mount
_SIGKILL: Final = 9

# Each architecture: its name in a filter, and the calls that may be made, by its own numbers.
#   read write close fstat lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise
#   futex clock_gettime sched_yield getpid gettid getrandom sigaltstack exit exit_group
_ALLOWED: Final = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 202, 228, 24, 39, 186, 318, 131, 60, 231),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 98, 113, 124, 172, 178, 278, 132, 93, 94),
    ),
}
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050001, 0x7FFF0000  # the process; EPERM; go on
# Calls of the x32 kind share numbers with others; none is one of ours.
_X32: Final = 0x40000000


class CannotShut(Exception):
    """This machine does not let a process be shut in: then nothing is parsed at all."""


def shut() -> None:
    """Give up everything but what is open and memory. Raises CannotShut; there is no way back."""
    if sys.platform != "linux" or platform.machine() not in _ALLOWED:
        raise CannotShut
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _limit()
    except (OSError, ValueError):
        raise CannotShut from None
    _ask(libc, _PDEATHSIG, _SIGKILL)
    _ask(libc, _DUMPABLE, 0)
    # Refused in many containers and under our own units: the filter below holds without it.
    libc.unshare(_NAMESPACES)
    _ask(libc, _NO_NEW_PRIVS, 1)
    rules = _filter(*_ALLOWED[platform.machine()])
    held = ctypes.create_string_buffer(rules, len(rules))
    program = _Program(len(rules) // 8, ctypes.addressof(held))
    _ask(libc, _SECCOMP, _FILTER, ctypes.addressof(program))


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX), (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("rules", ctypes.c_void_p))


def _ask(libc: ctypes.CDLL, option: int, *given: int) -> None:
    values = [ctypes.c_ulong(each) for each in (*given, 0, 0, 0, 0)][:4]
    if libc.prctl(option, *values) != 0:
        raise CannotShut


def _filter(architecture: int, allowed: tuple[int, ...]) -> bytes:
    """A filter in the kernel's own code: another architecture's calls kill, ours pass, others are refused."""

    def rule(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    out = rule(_LOAD, 4) + rule(_EQUAL, architecture, yes=1) + rule(_RETURN, _KILL)
    out += rule(_LOAD, 0) + rule(_AT_LEAST, _X32, no=1) + rule(_RETURN, _KILL)
    for place, number in enumerate(allowed):
        out += rule(_EQUAL, number, yes=len(allowed) - place)
    return out + rule(_RETURN, _REFUSE) + rule(_RETURN, _ALLOW)

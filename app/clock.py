"""The one clock. Tests replace ``now``; nothing else asks the time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

# The hours in which an opening is unusual enough to be looked at. By the office's clock.
NIGHT_FROM_HOUR: Final = 22
NIGHT_UNTIL_HOUR: Final = 6
# Of a machine that was off for longer than this it is not believed.
OFF_SECONDS_MAX: Final = 86_400

_source: Callable[[], float] = time.time


def now() -> datetime:
    """The present, in UTC, cut to milliseconds (the log's precision)."""
    moment = datetime.fromtimestamp(_source(), UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def use(source: Callable[[], float]) -> Callable[[], float]:
    """Replace the source of seconds since 1970; returns the one it replaces."""
    global _source
    before, _source = _source, source
    return before


def in_(*, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    return now() + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@dataclass(frozen=True)
class Mark:
    """One moment by two clocks: ours, in seconds since 1970, and the seconds the machine has been up.

    boot  which start of the machine those count from; nobody sets them, while ours is set by whoever may
    """

    boot: str
    up: float
    at: float


def mark() -> Mark:
    """The present by both clocks."""
    try:
        up = float(Path("/proc/uptime").read_text().split()[0])
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        # Not Linux: counted from the start of this process.
        up, boot = time.monotonic(), f"process {os.getpid()}"
    return Mark(boot, up, _source())


def jumped(before: Mark, now: Mark) -> float:
    """By how many seconds our clock moved beyond what passed between two marks; negative where it went back.

    Nobody counted while the machine was off: then a clock that went back has jumped, and so has one
    that is more than a day ahead.
    """
    moved = now.at - before.at
    if before.boot == now.boot:
        return moved - (now.up - before.up)
    return moved if moved < 0 or moved > OFF_SECONDS_MAX else 0.0


def at_night(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether a time lies in the office's night."""
    hour = moment.astimezone(zone).hour
    return hour >= NIGHT_FROM_HOUR or hour < NIGHT_UNTIL_HOUR


def uuid7() -> UUID:
    """A new row id, RFC 9562 version 7: ``unix_ms[48] || 7 || random[12] || 10 || random[62]``.

    It tells the time it was made, so it is for use inside; what outsiders see is random.
    """
    milliseconds = int(_source() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)

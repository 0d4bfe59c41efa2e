"""Killing a piece of work without a warning, just before or just after it calls something by name."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Cut:
    """``place.name`` is called for the ``nth`` time; the process is killed there, with nothing put in order."""

    when: Literal["before", "after"]
    place: Any
    name: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when}-{self.name}" + (f"-{self.nth}" if self.nth > 1 else "")

    def arm(self) -> None:
        whole, calls = getattr(self.place, self.name), 0

        def dying(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == self.nth and self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            answer = whole(*given, **named)
            if calls == self.nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        setattr(self.place, self.name, dying)


def killed(cut: Cut, work: Callable[[], object]) -> bool:
    """Do the work in a process of its own that is cut there; whether it came so far.

    False is a test that tries nothing: the work ended, or failed, without reaching the cut.
    """
    pid = os.fork()
    if pid == 0:
        try:
            cut.arm()
            work()
        except BaseException:  # noqa: BLE001  said, and answered with an exit code like any other
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

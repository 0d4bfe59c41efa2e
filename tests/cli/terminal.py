"""Sitting at a real terminal: what a command shows there, and what somebody types."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from tests.cli.driving import Amana
from tests.cli.nursery import ROOT

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WORD = re.compile(r"\b\d{1,2} +([a-z]{3,8})\b")


class Terminal:
    """One command at a terminal of its own, 120 columns wide."""

    def __init__(self, amana: Amana, *words: str, env: Mapping[str, str] | None = None) -> None:
        ours, theirs = pty.openpty()
        self._handle = ours
        self._seen = 0
        self.shown = ""
        surroundings = amana.environ({"TERM": "xterm", "COLUMNS": "120", "LINES": "40", **(env or {})})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *words], env=surroundings, stdin=theirs, stdout=theirs, stderr=theirs,
            cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        os.close(self._handle)

    def until(self, words: str, seconds: float = 90) -> str:
        """What was shown since the last time, as soon as these words stand in it."""
        deadline = time.monotonic() + seconds
        while words not in self.shown[self._seen :]:
            assert time.monotonic() < deadline, f"never came to {words!r}: {self.shown[-600:]}"
            if not self._read():
                break
        found = self.shown[self._seen :]
        assert words in found, f"ended before {words!r}: {self.shown[-900:]}"
        end = found.index(words) + len(words)
        self._seen += end
        return found[:end]

    def type(self, line: str) -> None:
        os.write(self._handle, f"{line}\n".encode())

    def end(self, seconds: float = 90) -> int:
        """The exit code, when all was said."""
        deadline = time.monotonic() + seconds
        while self._read() and time.monotonic() < deadline:
            continue
        return self.process.wait(30)

    def copy_shares(self, count: int) -> list[str]:
        """Do as each custodian does: copy the share, press enter, type two of its words back."""
        papers = []
        for number in range(1, count + 1):
            self.until(f"Recovery share {number} of {count}. Copy it")
            paper = _WORD.findall(self.until("Enter when it is copied:"))
            papers.append(" ".join(paper))
            self.type("")
            self.until(f"Recovery share {number} of {count}: read from your paper.")
            for _ in range(2):
                self.until("Word ")
                place = int(self.until(":").strip(" :"))
                self.type(paper[place - 1])
        return papers

    def bring(self, *papers: str) -> None:
        """Type one share after another, in two lines each."""
        for paper in papers:
            self.until("An empty line ends.")
            words = paper.split()
            for part in (words[:20], words[20:]):
                self.until(">")
                self.type(" ".join(part))

    def _read(self) -> bool:
        ready, _, _ = select.select([self._handle], [], [], 1.0)
        if not ready:
            return self.process.poll() is None
        try:
            found = os.read(self._handle, 65536)
        except OSError:
            return False
        self.shown += _CONTROL.sub("", found.decode(errors="replace"))
        return bool(found)

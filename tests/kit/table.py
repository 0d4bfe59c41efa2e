"""The table at which custodians sit: a terminal of its own for one command, and papers that are read out there."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from tests.kit.processes import REPOSITORY, Done

SHARE_WORDS: Final = 33
_BEGINS: Final = b"An empty line ends."
_CONTROL: Final = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def sit_down(words: Sequence[str], environ: Mapping[str, str], papers: Sequence[str], *, seconds: float) -> Done:
    """One command at a terminal, to which these shares are brought; who has no further one presses Enter.

    returns   what was shown there, without what moves a cursor; a terminal has one stream
    """
    begun = time.monotonic()
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        list(words), env={**environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}, cwd=REPOSITORY,
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    lines, shown, seen = _lines(papers), b"", 0
    try:
        while time.monotonic() - begun < seconds and (piece := _read(ours, running)) is not None:
            shown = _CONTROL.sub(b"", shown + piece).replace(b"\r", b"\n")
            asked = shown.partition(_BEGINS)[2].count(b"\n>")
            for _ in range(asked - seen):
                os.write(ours, next(lines, b"\n"))
            seen = max(seen, asked)
    finally:
        if running.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                running.wait(5)
        if running.poll() is None:
            running.kill()
        running.wait()
        os.close(ours)
    return Done(running.returncode, shown, b"", time.monotonic() - begun)


def _lines(papers: Sequence[str]) -> Iterator[bytes]:
    """What is typed: each share in two lines, and an Enter more for one that is too short."""
    for paper in papers:
        words = paper.split()
        for part in (words[:20], words[20:SHARE_WORDS]):
            yield " ".join(part).encode() + b"\n"
        if 20 < len(words) < SHARE_WORDS:
            yield b"\n"


def _read(handle: int, running: subprocess.Popen[bytes]) -> bytes | None:
    """What has come; None when nothing will any more."""
    ready, _, _ = select.select([handle], [], [], 0.5)
    if not ready:
        return b"" if running.poll() is None else None
    try:
        return os.read(handle, 65536) or None
    except OSError:
        return None

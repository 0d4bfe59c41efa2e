"""One process for one file: bytes in by a pipe, bytes out by a pipe, and an end after ten seconds.

A file is content of an opponent as much as of a witness. It is never parsed by a process that holds
a key, and never lies in clear on a disk: here it is only looked at as far as its first bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

INSIDE: Final = Path(__file__).with_name("inside.py")
# What comes in whole into the memory of that process; what is larger has no working copy.
BYTES_MAX: Final = 64 * 1024 * 1024
COPY_BYTES_MAX: Final = 4 * BYTES_MAX
SECONDS_MAX: Final = 10.0
HEAD_BYTES: Final = 16
_ANSWER_BYTES_MAX: Final = 4096
# Each may take a gibibyte: more at once would take the memory of the process that starts them.
PLACES: Final = threading.BoundedSemaphore(1)
WAIT_SECONDS: Final = 20.0
_PIECE_BYTES: Final = 256 * 1024

# Why there is no working copy, as the process says it and as it is kept.
REASONS: Final = frozenset(
    {"UNKNOWN_TYPE", "TOO_LARGE", "TOO_MANY", "MALFORMED", "MOVING", "ENCRYPTED", "UNKNOWN_PART", "STOPPED", "NO_ROOM"}
)
MEDIA_TYPES: Final = frozenset(
    {
        "image/jpeg", "image/png", "application/pdf", "audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)  # fmt: skip


class NotCleaned(Exception):
    """There is no working copy. ``why`` is one of REASONS and tells nothing of the file."""

    def __init__(self, why: str) -> None:
        self.why = why if why in REASONS else "STOPPED"
        super().__init__(self.why)


@dataclass(frozen=True)
class Cleaned:
    """What a working copy is, and the codes of what it has no longer."""

    media_type: str
    removed: tuple[str, ...]


def kind_of(head: bytes) -> str | None:
    """Which of the known kinds a file begins like; None for every other. What its sender claims counts for nothing."""
    if head[:3] == b"\xff\xd8\xff" or head[:8] == b"\x89PNG\r\n\x1a\n":
        return "picture"
    if head[:5] == b"%PDF-":
        return "pdf"
    if head[:4] == b"PK\x03\x04":
        return "docx"
    sound = head[:4] in {b"fLaC", b"OggS"} or head[:3] == b"ID3" or (head[:4] == b"RIFF" and head[8:12] == b"WAVE")
    if sound or head[4:8] == b"ftyp" or (head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xfa", b"\xf3", b"\xf2"}):
        return "sound"
    return None


def clean(source: Iterable[bytes], kind: str, keep: Callable[[bytes], None]) -> Cleaned:
    """Have one file cleaned and hand its working copy to ``keep`` piece by piece.

    source  the original in order; read to its end, so that its seal is proved whole
    kind    as ``kind_of`` says
    raises  NotCleaned for whatever the process makes of it, and what ``source`` and ``keep`` raise
    """
    command = [sys.executable, "-I", "-B", str(INSIDE), kind]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={}, cwd="/", start_new_session=True,
    ) as process:  # fmt: skip
        bell = threading.Timer(SECONDS_MAX, process.kill)
        bell.start()
        try:
            _send(process, source)
            return _receive(process, keep)
        finally:
            bell.cancel()
            process.kill()


def _send(process: subprocess.Popen[bytes], source: Iterable[bytes]) -> None:
    assert process.stdin is not None
    sent, listens = 0, True
    for piece in source:
        sent += len(piece)
        if sent > BYTES_MAX:
            raise NotCleaned("TOO_LARGE")
        # It may have answered and gone already; the original is read to its end all the same.
        if listens:
            try:
                process.stdin.write(piece)
            except BrokenPipeError:
                listens = False
    with suppress(BrokenPipeError):
        process.stdin.close()


def _receive(process: subprocess.Popen[bytes], keep: Callable[[bytes], None]) -> Cleaned:
    assert process.stdout is not None
    answer = _answer(process.stdout.readline(_ANSWER_BYTES_MAX))
    kept = 0
    while piece := process.stdout.read(_PIECE_BYTES):
        kept += len(piece)
        if kept > COPY_BYTES_MAX:
            raise NotCleaned("TOO_LARGE")
        keep(piece)
    # A process that was stopped halfway leaves a short copy and another end than 0.
    if process.wait(SECONDS_MAX) != 0 or kept != answer.pop("bytes", None):
        raise NotCleaned("STOPPED")
    removed = tuple(sorted(str(code) for code in answer["removed"]))
    return Cleaned(str(answer["media_type"]), removed)


def _answer(line: bytes) -> dict[str, Any]:
    """The process's answer, believed no further than its form: a file may have taken it over."""
    try:
        answer: dict[str, Any] = json.loads(line)
        if "why" in answer:
            raise NotCleaned(str(answer["why"]))
        fits = set(answer) == {"media_type", "removed", "bytes"} and answer["media_type"] in MEDIA_TYPES
        fits = fits and all(isinstance(each, str) and each.isupper() and len(each) <= 20 for each in answer["removed"])
        if not fits or len(answer["removed"]) > 20:
            raise NotCleaned("STOPPED")
    except (ValueError, TypeError):
        raise NotCleaned("STOPPED") from None
    return answer

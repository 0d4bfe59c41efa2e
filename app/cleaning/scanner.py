"""Asking the office's own virus scanner (clamd) about a file, over a socket and in pieces.

Nothing is written to a disk on the way, and the scanner gets no name of the file. Whatever is not one of
its two clear answers is no answer: then nobody knows, and the file is held back.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# What a file's row says of it. UNSCANNED also where the office has no scanner.
STATES: Final = ("UNSCANNED", "CLEAN", "FLAGGED", "HELD")
PIECE_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 60.0
_ANSWER_BYTES_MAX: Final = 1024
# The scanner's own words for what it found are kept as they are, if they can be words at all.
_ANSWER: Final = re.compile(rb"stream: (?:OK|([!-~][ -~]{0,199}) FOUND)")


@dataclass(frozen=True)
class Finding:
    """What became of asking. ``flag`` is the scanner's name for what it found, which may tell of the content."""

    state: str
    flag: str | None = None


HELD: Final = Finding("HELD")
UNSCANNED: Final = Finding("UNSCANNED")


class Scanner:
    """One clamd: a path is a socket on this machine, anything else an address and a port."""

    def __init__(
        self, address: str, *, piece_seconds: float = PIECE_SECONDS, whole_seconds: float = WHOLE_SECONDS
    ) -> None:
        self._address, self._piece_seconds, self._whole_seconds = address, piece_seconds, whole_seconds

    def look(self, pieces: Iterable[bytes]) -> Finding:
        """Have a file scanned while it is opened. Raises what ``pieces`` raises, and nothing of its own.

        HELD for a scanner that is not there, takes a piece too slowly, has not answered in the whole time,
        finds the file too long for itself, or says anything that is not understood.
        """
        try:
            asking = _Asking(self._connect(), self._piece_seconds, time.monotonic() + self._whole_seconds)
        except OSError:
            return HELD
        with asking.line:
            # Only the line's own failures are caught: a broken seal of the file is an alarm, no scanner that is gone.
            if not asking.say(b"zINSTREAM\0"):
                return HELD
            for piece in pieces:
                # An empty piece would be the end.
                if piece and not asking.say(len(piece).to_bytes(4, "big") + piece):
                    return HELD
            return asking.answer() if asking.say(bytes(4)) else HELD

    def _connect(self) -> socket.socket:
        if not self._address.startswith("/"):
            host, _, port = self._address.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), self._piece_seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(self._piece_seconds)
            line.connect(self._address)
        except OSError:
            line.close()
            raise
        return line


@dataclass(frozen=True)
class _Asking:
    """One file on its way to the scanner."""

    line: socket.socket
    piece_seconds: float
    end: float

    def say(self, words: bytes) -> bool:
        """Whether the scanner took this in time."""
        left = self.end - time.monotonic()
        if left <= 0:
            return False
        try:
            self.line.settimeout(min(self.piece_seconds, left))
            self.line.sendall(words)
        except OSError:
            return False
        return True

    def answer(self) -> Finding:
        """What it says of the whole file; it may think about it as long as there is time at all."""
        said = b""
        while b"\0" not in said and len(said) < _ANSWER_BYTES_MAX:
            left = self.end - time.monotonic()
            if left <= 0:
                return HELD
            try:
                self.line.settimeout(left)
                more = self.line.recv(_ANSWER_BYTES_MAX)
            except OSError:
                return HELD
            if not more:
                return HELD
            said += more
        understood = _ANSWER.fullmatch(said.removesuffix(b"\0")) if said.endswith(b"\0") else None
        if understood is None:
            return HELD
        return Finding("FLAGGED", understood[1].decode("ascii")) if understood[1] else Finding("CLEAN")

"""A small virus scanner that really speaks INSTREAM over a socket, and ways in which one can fail.

Shares no code with ``app/``. It knows one virus: the test string that every scanner flags by agreement.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# Put together only here: a file that held it whole would be taken away by the first scanner of whoever has it.
EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!" + b"$H+H*"
NAME: Final = "Eicar-Test-Signature"
COMMAND: Final = b"zINSTREAM\0"


def holds_eicar(content: bytes) -> bool:
    return EICAR in content


@dataclass
class Clamd:
    """Where it listens, what it was given in order, and how it answers.

    flags   whether it finds something in a file
    reply   what it says instead, whatever the file is
    silent  takes the file and says nothing; ``deaf``: does not even take it
    """

    address: str
    flags: Callable[[bytes], bool] = holds_eicar
    reply: bytes | None = None
    silent: bool = False
    deaf: bool = False
    seen: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        while not self.ended.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            if self.deaf:
                self.ended.wait()
                return
            content = _received(line)
            if content is None:
                line.sendall(b"UNKNOWN COMMAND\0")
                return
            self.seen.append(content)
            if self.silent:
                self.ended.wait()
                return
            found = f"stream: {NAME} FOUND" if self.flags(content) else "stream: OK"
            line.sendall(self.reply if self.reply is not None else found.encode() + b"\0")


@contextmanager
def running(path: Path | None = None) -> Iterator[Clamd]:
    """A scanner on a socket at ``path``, or on a port of this machine."""
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        clamd = Clamd(f"127.0.0.1:{listener.getsockname()[1]}")
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        clamd = Clamd(str(path))
    thread = threading.Thread(target=clamd.serve, args=(listener,), daemon=True)
    thread.start()
    try:
        yield clamd
    finally:
        clamd.ended.set()
        with suppress(OSError):
            # A thread that waits in accept is not woken by a close alone.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _received(line: socket.socket) -> bytes | None:
    """What a client streams; None if it does not speak as it should or goes away."""
    reader, content = line.makefile("rb"), bytearray()
    if reader.read(len(COMMAND)) != COMMAND:
        return None
    while True:
        head = reader.read(4)
        if len(head) != 4:
            return None
        length = int.from_bytes(head, "big")
        if length == 0:
            return bytes(content)
        piece = reader.read(length)
        if len(piece) != length:
            return None
        content += piece

"""Start a program as systemd starts a service with a socket: ``python -m tests.faults.given SOCKET PROGRAM WORDS…``."""

from __future__ import annotations

import os
import socket
import sys

FIRST = 3


def main() -> None:
    """Listen on the socket, hand it over as the first file after the usual three, and become the program."""
    path, *words = sys.argv[1:]
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(256)
    if listening.fileno() != FIRST:
        os.dup2(listening.fileno(), FIRST)
    os.set_inheritable(FIRST, True)
    environ = {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    os.execve(words[0], words, environ)  # noqa: S606  the program that was named, and no shell


main()

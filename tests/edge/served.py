"""The small application behind a real server on a free port of this machine.

As a program (``python -m tests.edge.served FD MODE``) it serves in a process of its
own, so that its memory can be measured: ``guarded``, or ``bare`` as the control.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.edge.asking import guarded, small_app


def listening() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(64)
    return bound


def server(app: ASGIApp, line: type[H11Protocol] = H11Protocol) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app, http=line, access_log=False, server_header=False, proxy_headers=False, log_config=None, lifespan="off"
        )
    )


@contextmanager
def serving(app: ASGIApp, door: socket.socket | None = None, line: type[H11Protocol] = H11Protocol) -> Iterator[int]:
    """Serve ``app`` from a thread; yields the port. ``line``: uvicorn's own, or ours."""
    bound = door or listening()
    running = server(app, line)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield int(bound.getsockname()[1])
    finally:
        running.should_exit = True
        thread.join(10)
        bound.close()


@contextmanager
def serving_apart(mode: str) -> Iterator[int]:
    """Serve from a process of its own; yields the port."""
    with listening() as bound:
        command = [sys.executable, "-m", "tests.edge.served", str(bound.fileno()), mode]
        with subprocess.Popen(command, pass_fds=[bound.fileno()]) as process:
            try:
                yield int(bound.getsockname()[1])
            finally:
                process.terminate()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        yield line


def exchange(port: int, request: bytes) -> bytes:
    """Send bytes, read until the server closes the line."""
    with connected(port) as line:
        line.sendall(request)
        return rest(line)


def rest(line: socket.socket) -> bytes:
    """All that still comes, also when the server closed with our bytes unread."""
    got = b""
    try:
        while piece := line.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return got


def measured_app() -> FastAPI:
    app = small_app()

    @app.get("/peak")
    def peak() -> int:
        """Most memory this process ever held, in KiB (Linux).

        Not ``ru_maxrss``: a child inherits the peak of whoever started it, so late in a long
        run no growth could be seen at all.
        """
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    @app.post("/whole")
    async def whole(request: Request) -> int:
        return len(await request.body())

    return app


def main() -> None:
    bound = socket.socket(fileno=int(sys.argv[1]))
    host = f"127.0.0.1:{bound.getsockname()[1]}"
    app: ASGIApp = measured_app()
    if sys.argv[2] == "guarded":
        app = guarded(measured_app(), hosts={host}, body_seconds=60)
    server(app).run(sockets=[bound])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()

"""What goes over the wire: one exchange with a door, and a proxy that keeps every exchange.

Nothing is retried, no redirect is followed, and what comes back is returned as it came.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import secrets
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

# field name, file name, content, media type
FilePart = tuple[str, str, bytes, str]


@dataclass
class Answer:
    """What came back. ``status`` is 0 where nothing came: the body then says why."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    json: Any
    seconds: float


def exchange(
    base: str, method: str, path: str, *, body: bytes | None, headers: Mapping[str, str], timeout: float,
    trust: Path | None = None,
) -> Answer:  # fmt: skip
    """One request on a connection of its own. ``trust``: the certificates that count, where the door has TLS."""
    host = urlsplit(base)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=timeout)
    if host.scheme == "https":
        context = _trusting(trust)
        connection = http.client.HTTPSConnection(host.hostname or "", host.port, timeout=timeout, context=context)
    begun = time.monotonic()
    try:
        connection.request(method, path, body, {"Connection": "close", **headers})
        response = connection.getresponse()
        return answer(response.status, response.getheaders(), response.read(), time.monotonic() - begun)
    except (OSError, http.client.HTTPException) as problem:
        return answer(0, [], repr(problem).encode(), time.monotonic() - begun)
    finally:
        connection.close()


def answer(status: int, headers: list[tuple[str, str]], body: bytes, seconds: float) -> Answer:
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    parsed = None
    if kind.split(";")[0].strip().endswith("json"):
        with contextlib.suppress(ValueError):
            parsed = json.loads(body)
    return Answer(status, headers, body, parsed, seconds)


def content(
    *, json_: Any = None, form: Mapping[str, Any] | None = None, files: Sequence[FilePart] | None = None,
    data: bytes | None = None,
) -> tuple[bytes | None, dict[str, str]]:  # fmt: skip
    """A body and its headers: JSON, a page's form, files with fields before them, or bytes as they are."""
    if files is not None:
        return _multipart(form or {}, files)
    if form is not None:
        return urlencode(form, doseq=True).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if json_ is not None:
        return json.dumps(json_, ensure_ascii=False).encode(), {"Content-Type": "application/json"}
    return data, {}


def _multipart(fields: Mapping[str, Any], files: Sequence[FilePart]) -> tuple[bytes, dict[str, str]]:
    boundary = f"kit-{secrets.token_hex(12)}"
    parts = [(f'name="{name}"', "", str(value).encode()) for name, value in fields.items()]
    parts += [
        (f'name="{field}"; filename="{name}"', f"Content-Type: {kind}\r\n", content)
        for field, name, content, kind in files
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n{kind}\r\n".encode() + content + b"\r\n"
        for named, kind, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def _trusting(trust: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=None if trust is None else str(trust))


def line_to(port: int, wait: float, trust: Path | None = None) -> socket.socket:
    """A line to a door of this machine, with TLS where certificates are trusted."""
    bare = socket.create_connection(("127.0.0.1", port), timeout=wait)
    return bare if trust is None else _trusting(trust).wrap_socket(bare, server_hostname="localhost")


def bytes_on(port: int, data: bytes, wait: float, trust: Path | None = None) -> bytes:
    """Bytes on a socket, and whatever comes back until it closes or falls silent."""
    came = b""
    with line_to(port, wait, trust) as line, contextlib.suppress(OSError):
        line.sendall(data)
        while piece := line.recv(65536):
            came += piece
    return came


def read_answer(came: bytes, seconds: float, method: str = "GET") -> Answer:
    """The first HTTP answer in bytes that came; status 0 if it is none."""
    response = http.client.HTTPResponse(_Bytes(came), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
        return answer(response.status, response.getheaders(), response.read(), seconds)
    except (http.client.HTTPException, OSError):
        return answer(0, [], came, seconds)


class _Bytes:
    """Bytes in the place of a socket."""

    def __init__(self, came: bytes) -> None:
        self._came = came

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._came)


class Front(socketserver.ThreadingTCPServer):
    """A proxy before one door that keeps each exchange before the caller has its answer.

    One exchange a connection, held whole in memory: so the list is complete at every moment.
    The door is told its own port in place of ours, or it would refuse the host.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, behind: int, kept: list[Answer], trust: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.behind = behind
        self.trust = trust
        self.kept = kept
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Exchange(socketserver.StreamRequestHandler):
    server: Front

    def handle(self) -> None:
        begun = time.monotonic()
        lines = list(self._head())
        if not lines:
            return
        method = lines[0].split(b" ")[0].decode("latin-1")
        body = self._body(lines)
        ours, theirs = f":{self.server.port}".encode(), f":{self.server.behind}".encode()
        head = b"".join(line.replace(ours, theirs) for line in lines if not line.lower().startswith(b"connection:"))
        with line_to(self.server.behind, 60, self.server.trust) as door:
            door.sendall(head + b"Connection: close\r\n\r\n" + body)
            came = b"".join(iter(lambda: door.recv(65536), b""))
        self.server.kept.append(read_answer(came, time.monotonic() - begun, method))
        self.wfile.write(came)

    def _head(self) -> Iterator[bytes]:
        for line in iter(self.rfile.readline, b""):
            if line == b"\r\n":
                return
            yield line

    def _body(self, lines: list[bytes]) -> bytes:
        """The body, as long as it was said to be; a chunked one is passed on as it comes."""
        fields = dict(line.lower().split(b":", 1) for line in lines[1:] if b":" in line)
        if b"chunked" not in fields.get(b"transfer-encoding", b""):
            return self.rfile.read(int(fields.get(b"content-length", b"0")))
        body = b""
        while not body.endswith(b"0\r\n\r\n"):
            body += self.rfile.readline()
        return body

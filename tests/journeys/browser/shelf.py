"""A small server for pages of a test's own, under the staff's policy and with the product's own files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from app.edge.headers import content_policy
from tests.tidy.repository import ROOT

STATIC = ROOT / "app" / "web" / "static"
KINDS = {"css": "text/css", "js": "text/javascript", "png": "image/png"}
PAGE = """<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/app.css">
<link rel="icon" href="/static/favicon.png"><script type="module" src="/static/govuk-frontend.min.js"></script>
<script type="module" src="/static/app.js"></script></head><body>
<a class="govuk-skip-link" href="#main">Skip</a><header class="am-header">Amana</header>
<main class="govuk-main-wrapper" id="main"><h1 class="govuk-heading-l">A page</h1>%s</main></body></html>"""


class Shelf(ThreadingHTTPServer):
    """What is put here is served here; what is posted is kept, and answered as the test wants it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.pages: dict[str, str] = {}
        self.posted: list[tuple[str, str]] = []
        self.answers: dict[str, int] = {}
        self.style = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_port}"

    def put(self, path: str, content: str) -> None:
        self.pages[path] = PAGE % content


class Request(BaseHTTPRequestHandler):
    """One request of a browser."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in self.server.pages:
            self._send(200, "text/html", self.server.pages[path].encode())
        elif (file := STATIC / path.removeprefix("/static/")).is_file():
            extra = self.server.style.encode() if file.suffix == ".css" else b""
            self._send(200, KINDS[file.suffix[1:]], file.read_bytes() + extra)
        else:
            self._send(404, "text/plain", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append((self.path, body))
        self._send(self.server.answers.get(self.path, 204), "text/plain", b"")

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", content_policy("staff"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's own answers are not worth a line."""


@contextmanager
def open_shelf() -> Iterator[Shelf]:
    """A shelf for as long as it is needed."""
    shelf = Shelf()
    thread = threading.Thread(target=shelf.serve_forever)
    thread.start()
    try:
        yield shelf
    finally:
        shelf.shutdown()
        thread.join()
        shelf.server_close()

"""The shipped proxy with TLS before both doors: what it lets through and lets go, and that no request is split."""

from __future__ import annotations

import shutil
import socketserver
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.edge.headers import of_refusal
from tests.faults.proxy import CHEAP, Proxy, heard, in_front
from tests.faults.smuggling import answers, corpus
from tests.kit import adapter
from tests.kit.adapter import Product
from tests.kit.nginx import NGINX, OFFICE, PORTAL
from tests.kit.wire import Answer, bytes_on

pytestmark = pytest.mark.timeout(600)
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed here (Debian: nginx-light)")
RECEIPTS = "/portal/receipts"
JSON = "Content-Type: application/json"
FULL_SET = {name.decode() for name, _ in of_refusal(tls=True)}


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with in_front() as running:
        yield running


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The doors alone, with nothing in front."""
    folder = Path(tempfile.mkdtemp(prefix="amana-bare-"))
    with adapter.start(folder, workers=0, env=CHEAP) as started:
        yield started
    shutil.rmtree(folder)


def lacking(answer: Answer) -> set[str]:
    return FULL_SET - {name.lower() for name, _ in answer.headers}


@needs_nginx
@pytest.mark.abuse("D14")
@pytest.mark.parametrize(
    ("name", "method", "path", "body", "status"),
    [
        (OFFICE, "GET", "/sign-in", b"", 200),
        (OFFICE, "GET", "/static/app.css", b"", 200),
        (OFFICE, "GET", "/nothing-here", b"", 404),
        (OFFICE, "GET", "/healthz", b"", 404),
        (OFFICE, "DELETE", "/sign-in", b"", 405),
        (OFFICE, "POST", "/api/sign-in", b"x" * 2_000_000, 413),
        (PORTAL, "POST", RECEIPTS, b"{}", 201),
        (PORTAL, "POST", RECEIPTS, b"x" * 2_000_000, 413),
        (PORTAL, "GET", "/" + "a" * 5_000, b"", 414),
        (PORTAL, "GET", "/sign-in", b"", 404),
        (PORTAL, "GET", "/api/cases", b"", 404),
        (OFFICE, "POST", RECEIPTS, b"{}", 404),
    ],
)
def test_through_the_proxy_every_answer_has_its_status_and_the_full_set(
    proxy: Proxy, name: str, method: str, path: str, body: bytes, status: int
) -> None:
    answer = proxy.ask(name, method, path, body, JSON)

    assert (answer.status, lacking(answer)) == (status, set())
    # Once each: what the app wrote is not written again.
    assert len([1 for header, _ in answer.headers if header.lower() == "content-security-policy"]) == 1


@needs_nginx
def test_a_name_that_is_not_ours_gets_no_answer_at_all(proxy: Proxy) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        proxy.line("other.example")

    assert proxy.said(PORTAL, b"GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n") == b""


@needs_nginx
def test_plain_http_leads_the_office_to_tls_and_says_nothing_at_the_portal(proxy: Proxy) -> None:
    ask = "GET /sign-in HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
    office = bytes_on(proxy.plain, ask.format(OFFICE).encode(), 10)

    assert b"308" in office.split(b"\r\n")[0]
    assert f"https://{OFFICE}/sign-in".encode() in office
    assert bytes_on(proxy.plain, ask.format(PORTAL).encode(), 10) == b""


@needs_nginx
@pytest.mark.abuse("C07")
def test_the_proxy_writes_nothing_down(proxy: Proxy) -> None:
    proxy.ask(PORTAL, "POST", RECEIPTS, b"{}", JSON, "User-Agent: CANARY-0123456789abcdef01234567")
    written = [path for path in proxy.folder.iterdir() if path.is_file() and path.suffix == ".log"]

    assert (proxy.folder / "error.log").read_bytes() == b""
    assert [path.name for path in written if b"CANARY" in path.read_bytes() or b"127.0.0.1" in path.read_bytes()] == []
    assert [path for path in (proxy.folder / "temp").rglob("*") if path.is_file()] == []


@needs_nginx
@pytest.mark.abuse("D12")
def test_the_proxy_lets_half_open_lines_and_slow_bodies_go_while_others_are_served(proxy: Proxy) -> None:
    """Forty of each; the design's thousand is a campaign's."""
    half, slow = (
        b"GET / HTTP/1.1\r\nHost: x\r\nX-",
        f"POST {RECEIPTS} HTTP/1.1\r\nHost: {PORTAL}\r\n{JSON}\r\n".encode(),
    )
    lines = [proxy.line(PORTAL, 25) for _ in range(80)]
    begun = time.monotonic()
    for number, line in enumerate(lines):
        line.sendall(half if number % 2 else slow + b"Content-Length: 100\r\n\r\n{")
    waits = sorted(proxy.ask(PORTAL, "POST", RECEIPTS, b"{}", JSON).seconds for _ in range(20))
    with ThreadPoolExecutor(80) as together:
        came = list(together.map(lambda line: heard(line, b""), lines))
    took = time.monotonic() - begun
    for line in lines:
        line.close()

    assert waits[-1] < 2.0
    assert took < 24, "somebody was still waited for"
    assert {answers(each)[0] for each in came if answers(each)} <= {408}


def outcomes(each: Callable[[bytes], bytes], host: str) -> dict[str, list[int]]:
    """What each request of the corpus was answered with, eight lines at a time."""
    asked = corpus(host, RECEIPTS)
    with ThreadPoolExecutor(8) as together:
        came = dict(zip(asked, together.map(each, asked.values()), strict=True))
    return {name: answers(back) for name, back in came.items()}


# Debian's nginx reads it, and writes the body anew to the app. What follows is a request on the caller's own
# line, and no line to an app ever carries a second one.
READ_BY_NGINX = {"a chunk ended by a line feed"}


def split(found: dict[str, list[int]]) -> dict[str, list[int]]:
    """Those that were answered more than once, or as if nothing were wrong."""
    return {name: said for name, said in found.items() if len(said) > 1 or any(status < 400 for status in said)}


@needs_nginx
@pytest.mark.abuse("D11")
def test_no_request_is_split_at_the_proxy_and_none_reaches_another_person(proxy: Proxy) -> None:
    own: list[list[int]] = []
    turn = threading.Lock()
    with proxy.line(PORTAL) as another:

        def between(said: bytes) -> bytes:
            """One request of the corpus; then somebody else asks on a line of theirs that stays open."""
            back = proxy.said(PORTAL, said, 3)
            with turn:
                another.sendall(f"HEAD /nothing-here HTTP/1.1\r\nHost: {PORTAL}\r\n\r\n".encode())
                own.append(answers(another.recv(65536)))
            return back

        found = outcomes(between, PORTAL)

    assert set(split(found)) <= READ_BY_NGINX
    assert own == [[404]] * len(found)
    # Whoever comes next has a line of their own to the app, and their own answer.
    assert {proxy.ask(PORTAL, "POST", RECEIPTS, b"{}", JSON).status for _ in range(10)} == {201}


@pytest.mark.abuse("D11")
def test_no_request_is_split_at_the_app_itself(product: Product) -> None:
    port = int(product.url["portal"].rsplit(":", 1)[1])

    found = outcomes(lambda said: bytes_on(port, said, 3), f"localhost:{port}")

    assert split(found) == {}
    assert len(found) > 40


class Naive(socketserver.StreamRequestHandler):
    """A server that knows lengths and not chunks, as proxies once did."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            length = 0
            for line in iter(self.rfile.readline, b"\r\n"):
                if not line:
                    return
                if line.lower().startswith(b"content-length: "):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def test_a_server_that_reads_no_chunks_is_found_out() -> None:
    """The control: the same corpus, and somebody who takes the inner request for one."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Naive) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        port = int(server.server_address[1])
        found = answers(bytes_on(port, corpus("x", "/")["a chunk with a prefix"], 2))
        server.shutdown()

    assert len(found) > 1
    assert split({"chunks": found}) != {}

"""A line on which nothing is asked or taken is closed, and uvicorn alone is shown to leave it open."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.edge.headers import of_refusal
from app.edge.limits import Crowd
from app.edge.line import LINES_MAX, Line, room_for_lines
from tests.edge.asking import small_app
from tests.edge.served import connected, rest, serving

# A wait of the tests, and long enough afterwards that whoever is to be let go has been.
SHORT, LONGER = 0.5, 1.5
HALF_A_HEAD = b"GET /cases/1 HTTP/1.1\r\nHost: amana.test\r\nX-"
WHOLE = b"GET /cases/1 HTTP/1.1\r\nHost: amana.test\r\n\r\n"


class Hasty(Line):
    head_seconds = SHORT
    reader_seconds = SHORT
    headers_of_refusal = of_refusal(tls=True)


def app() -> FastAPI:
    program = small_app()

    @program.get("/large")
    async def large() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(80):
                yield b"x" * 100_000

        return StreamingResponse(pieces())

    @program.post("/deaf", status_code=201)
    async def deaf() -> int:
        return 1

    @program.get("/slow")
    async def slow() -> int:
        await asyncio.sleep(LONGER)
        return 1

    return program


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(app(), line=Hasty) as served:
        yield served


@pytest.fixture(scope="module")
def bare() -> Iterator[int]:
    with serving(app(), line=H11Protocol) as served:
        yield served


def closed(line: socket.socket, within: float = 0.2) -> bool:
    """Whether the server has closed it. What it said before does not matter."""
    line.settimeout(within)
    try:
        while line.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    return True


def one_answer(line: socket.socket) -> bytes:
    """An answer with its body, which may come apart from its head."""
    came = b""
    while b"\r\n\r\n" not in came or came.endswith(b"\r\n\r\n"):
        came += line.recv(65536)
    return came


def trickle(line: socket.socket, seconds: float, piece: bytes = b"a") -> None:
    """One byte after the other, as somebody who wants to hold a line does."""
    ends = time.monotonic() + seconds
    try:
        while time.monotonic() < ends:
            line.sendall(piece)
            time.sleep(0.1)
    except OSError:
        return


@pytest.mark.abuse("D12")
def test_half_a_head_is_let_go_though_bytes_trickle(port: int) -> None:
    with connected(port) as line:
        line.sendall(HALF_A_HEAD)
        trickle(line, LONGER)

        assert closed(line)


def test_uvicorn_alone_keeps_half_a_head(bare: int) -> None:
    """The control: the same line at the server as it comes."""
    with connected(bare) as line:
        line.sendall(HALF_A_HEAD)
        trickle(line, LONGER)

        assert not closed(line)


@pytest.mark.abuse("D12")
def test_who_says_nothing_at_all_is_let_go(port: int, bare: int) -> None:
    with connected(port) as line, connected(bare) as kept:
        time.sleep(LONGER)

        assert closed(line)
        assert not closed(kept)


@pytest.mark.abuse("D12")
def test_the_rest_of_a_body_that_nobody_reads_holds_no_line(port: int, bare: int) -> None:
    """The answer has left; what the caller goes on sending is for nobody."""
    head = b"POST /deaf HTTP/1.1\r\nHost: amana.test\r\nContent-Length: 1000\r\n\r\n"
    with connected(port) as line, connected(bare) as kept:
        for each in (line, kept):
            each.sendall(head)
            assert b"201" in each.recv(65536)
        trickle(line, LONGER)
        kept.sendall(b"a")
        time.sleep(0.1)

        assert closed(line)
        assert not closed(kept)


@pytest.mark.abuse("D12")
def test_who_does_not_read_their_answer_is_let_go(port: int, bare: int) -> None:
    ask = b"GET /large HTTP/1.1\r\nHost: amana.test\r\nConnection: close\r\n\r\n"
    with connected(port) as line, connected(bare) as kept:
        for each in (line, kept):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
            each.sendall(ask)
        time.sleep(LONGER)

        assert len(rest(line)) < 8_000_000
        assert len(rest(kept)) > 8_000_000


def test_an_answer_that_takes_long_and_a_body_that_is_read_are_waited_for(port: int) -> None:
    """The control of all letting go: nobody who is being served is cut."""
    with connected(port) as slow, connected(port) as sender:
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: amana.test\r\n\r\n")
        sender.sendall(b"POST /raw HTTP/1.1\r\nHost: amana.test\r\nContent-Length: 15\r\n\r\n")
        for _ in range(15):
            sender.sendall(b"a")
            time.sleep(0.1)

        assert b"200 OK" in slow.recv(65536)
        assert b"200 OK" in sender.recv(65536)


def test_a_second_question_on_a_kept_line_is_answered(port: int) -> None:
    with connected(port) as line:
        for _ in range(3):
            line.sendall(WHOLE)
            assert b"200 OK" in one_answer(line)
            time.sleep(SHORT / 2)


def test_when_there_are_too_many_the_longest_silent_goes_and_who_is_served_stays() -> None:
    class Few(Hasty):
        lines_max = 3
        head_seconds = 30.0

    with serving(app(), line=Few) as port, connected(port) as served, connected(port) as first:
        served.sendall(b"GET /slow HTTP/1.1\r\nHost: amana.test\r\n\r\n")
        first.sendall(HALF_A_HEAD)
        time.sleep(0.2)
        with connected(port) as second, connected(port) as third:
            third.sendall(WHOLE)

            assert closed(first)
            assert b"200 OK" in third.recv(65536)
            assert not closed(second, within=0.05)
            assert b"200 OK" in served.recv(65536)


@pytest.mark.abuse("D14")
@pytest.mark.parametrize(
    "said",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A" * 80_000,
     b"POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n"],
    ids=["TLS", "blank before the colon", "endless line", "chunk without length"],
)  # fmt: skip
def test_what_is_no_http_is_answered_once_with_the_full_set_and_closed(
    port: int, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), connected(port) as line:
        line.sendall(said)
        answer = rest(line)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1") == 1
    assert body == b"Invalid HTTP request received."
    for name, value in of_refusal(tls=True):
        assert name + b": " + value in head
    assert b"connection: close" in head
    # Nothing tried to answer a second time.
    assert "LocalProtocolError" not in caplog.text


def test_a_crowd_is_asked_to_come_back_and_lines_that_ask_nothing_do_not_count() -> None:
    with serving(Crowd(app(), at_once_max=1), line=Hasty) as port:
        with connected(port) as silent, connected(port) as first, connected(port) as second:
            silent.sendall(HALF_A_HEAD)
            first.sendall(b"GET /slow HTTP/1.1\r\nHost: amana.test\r\n\r\n")
            time.sleep(0.2)
            second.sendall(WHOLE)
            turned_away = rest(second)

            assert turned_away.startswith(b"HTTP/1.1 503")
            assert b"retry-after" in turned_away.lower()
            assert b"200 OK" in first.recv(65536)
        with connected(port) as later:
            later.sendall(WHOLE)
            assert b"200 OK" in later.recv(65536)


def test_lines_leave_room_for_other_files() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
        lines = room_for_lines()

        assert lines == min(LINES_MAX, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 256)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

"""Size, time and packing of a body, and the length of an address."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from app.edge.limits import PATH_BYTES_MAX
from tests.edge.asking import CAP, HOST, ask, ask_json, ask_raw, code_of, guarded, small_app
from tests.edge.served import connected, exchange, listening, rest, serving, serving_apart

MIB = 1024 * 1024


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.abuse("A01")
def test_abuse_a01_a_body_of_the_cap_passes_and_one_byte_more_does_not() -> None:
    fits = ask(guarded(), "POST", "/raw", content=b"x" * CAP)
    over = ask(guarded(), "POST", "/raw", content=b"x" * (CAP + 1))
    assert (fits.status_code, fits.json()) == (200, {"bytes": CAP})
    assert (over.status_code, code_of(over)) == (413, "too_large")
    assert over.headers["connection"] == "close"


@pytest.mark.abuse("A01")
def test_abuse_a01_a_body_without_a_length_is_counted_as_it_comes() -> None:
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(64):
            taken += 1
            yield b"x" * (64 * 1024)

    over = ask(guarded(), "POST", "/raw", content=pieces())
    assert (over.status_code, code_of(over)) == (413, "too_large")
    assert taken == CAP // (64 * 1024) + 1


@pytest.mark.abuse("A01")
def test_abuse_a01_one_byte_decides_also_without_a_length() -> None:
    def status(last: bytes) -> int:
        return ask_raw(guarded(), "POST", path="/raw", pieces=[b"x" * (CAP - 1), last])[0]

    assert (status(b"x"), status(b"xx")) == (200, 413)


@pytest.mark.abuse("A01")
def test_abuse_a01_the_framework_cannot_turn_too_large_into_something_else() -> None:
    """FastAPI answers 400 to anything that goes wrong while it reads a body for a model."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * CAP

    over = ask(guarded(), "POST", "/models", headers={"content-type": "application/json"}, content=pieces())
    assert over.status_code == 413


@pytest.mark.abuse("A01")
def test_abuse_a01_a_declared_length_is_refused_before_a_byte_is_read() -> None:
    with serving(guarded(hosts={"h"})) as port, connected(port) as line:
        line.sendall(b"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 60000000\r\n\r\n")
        answered = rest(line)
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert ask_raw(guarded(), "POST", path="/raw", headers=declared(CAP + 1))[0] == 413
    assert ask_raw(guarded(), "POST", path="/raw", headers=declared(CAP))[0] == 200


def declared(length: int) -> list[tuple[bytes, bytes]]:
    return [(b"host", HOST.encode()), (b"content-length", str(length).encode())]


def sixty_megabytes() -> Iterator[bytes]:
    for _ in range(60):
        yield b"x" * MIB


def peak_kib(port: int) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/peak")
    peak = int(json.loads(line.getresponse().read()))
    line.close()
    return peak


def send_sixty_megabytes(port: int, path: str) -> bytes:
    with connected(port) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\n"
        try:
            line.sendall(head.encode())
            for piece in sixty_megabytes():
                line.sendall(chunk(piece))
            line.sendall(b"0\r\n\r\n")
            return line.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            return rest(line)


@pytest.mark.abuse("A01")
def test_abuse_a01_sixty_megabytes_cost_less_than_twenty_of_memory() -> None:
    with serving_apart("guarded") as port:
        before = peak_kib(port)
        answered = send_sixty_megabytes(port, "/whole")
        growth = peak_kib(port) - before
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert growth < 20 * 1024


def test_control_without_the_limit_sixty_megabytes_are_held_in_memory() -> None:
    with serving_apart("bare") as port:
        before = peak_kib(port)
        answered = send_sixty_megabytes(port, "/whole")
        growth = peak_kib(port) - before
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert growth > 40 * 1024


def test_the_longest_prefix_of_whole_segments_sets_the_cap() -> None:
    two = b"x" * (2 * CAP)
    assert ask(guarded(), "POST", "/big/raw", content=two).status_code == 200
    assert ask(guarded(bytes_per_prefix={"/big": CAP, "/big/raw": 3 * CAP}), "POST", "/big/raw", content=two).is_success
    assert ask(guarded(bytes_per_prefix={"/ra": 3 * CAP}), "POST", "/raw", content=two).status_code == 413


@pytest.mark.abuse("A12")
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "x-unknown"])
def test_abuse_a12_a_packed_body_is_refused_unopened(coding: str) -> None:
    bomb = gzip.compress(b"\0" * (4 * MIB))
    app = small_app()
    kind = {"content-type": "application/json", "content-encoding": coding}
    refused = ask(guarded(app), "POST", "/statements", headers=kind, content=bomb)
    assert (refused.status_code, code_of(refused)) == (415, "type")
    assert app.state.reached == 0


def test_an_identity_coding_says_nothing_and_is_let_through() -> None:
    assert ask(guarded(), "POST", "/raw", headers={"content-encoding": "identity"}, content=b"x").status_code == 200


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("length", [b"-1", b"+5", b"5_0", b"0x5", b" 5", b"", b"9" * 5000, b"1e3", "٥".encode()])
def test_abuse_a02_a_length_that_is_not_a_plain_number_is_refused(length: bytes) -> None:
    headers = [(b"host", HOST.encode()), (b"content-length", length)]
    status, _, said = ask_raw(guarded(), "POST", path="/raw", headers=headers)
    assert (status, said["error"]["code"]) == (400, "request.malformed")


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("length", [2**31, 2**63 - 1, 10**18])
def test_abuse_a02_a_huge_length_is_too_large_and_nothing_worse(length: int) -> None:
    headers = [(b"host", HOST.encode()), (b"content-length", str(length).encode())]
    assert ask_raw(guarded(), "POST", path="/raw", headers=headers)[0] == 413


AMBIGUOUS = {
    "two_lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "length_and_chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks_twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown_coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "blank_before_colon": b"Content-Length : 5\r\n\r\nhello",
    "bare_line_feed_chunk": b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
}
SMUGGLED = b"GET /place HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.abuse("D11")
@pytest.mark.parametrize("shape", AMBIGUOUS)
def test_abuse_d11_a_body_with_two_possible_ends_is_refused_and_the_line_closed(shape: str) -> None:
    app = guarded(hosts={"h"})
    with serving(app) as port:
        answered = exchange(port, b"POST /raw HTTP/1.1\r\nHost: h\r\n" + AMBIGUOUS[shape] + SMUGGLED)
    assert answered.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answered[:200]
    assert answered.count(b"HTTP/1.1 ") == 1, "what followed was read as a request of its own"


def test_control_two_plain_requests_on_one_line_are_both_answered() -> None:
    first = b"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    last = SMUGGLED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(guarded(hosts={"h"})) as port:
        assert exchange(port, first + last).count(b"HTTP/1.1 200 ") == 2


@pytest.mark.abuse("D11")
@pytest.mark.parametrize("lengths", [b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5, 5"])
def test_abuse_d11_a_length_said_twice_alike_has_one_end(lengths: bytes) -> None:
    """The server merges equal lengths (RFC 9110 8.6), so there is one reading and no refusal."""
    last = SMUGGLED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with serving(guarded(hosts={"h"})) as port:
        answered = exchange(port, b"POST /raw HTTP/1.1\r\nHost: h\r\n" + lengths + b"\r\n\r\nhello" + last)
    assert b'{"bytes":5}' in answered
    assert answered.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.abuse("D11")
def test_abuse_d11_two_lengths_are_refused_also_behind_a_server_that_lets_them_through() -> None:
    headers = [(b"host", HOST.encode()), (b"content-length", b"5"), (b"content-length", b"5")]
    assert ask_raw(guarded(), "POST", path="/raw", headers=headers, pieces=[b"hello"])[0] == 400


@pytest.mark.abuse("D12")
def test_abuse_d12_a_body_that_trickles_is_cut_off_while_others_are_served() -> None:
    app = guarded(hosts={"h"}, body_seconds=0.8, idle_seconds=10)
    with serving(app) as port:
        lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(20)]
        for line in lines:
            line.sendall(b"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n")
        begun = time.monotonic()
        for _ in range(3):
            time.sleep(0.1)
            for line in lines:
                line.sendall(b"x")
        other = exchange(port, b"GET /place HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        other_seconds = time.monotonic() - begun - 0.3
        answers = [rest(line) for line in lines]
        cut_seconds = time.monotonic() - begun
        for line in lines:
            line.close()
    assert other.startswith(b"HTTP/1.1 200 ")
    assert other_seconds < 0.5
    assert all(answer.startswith(b"HTTP/1.1 408 ") and b"too_slow" in answer for answer in answers)
    assert cut_seconds < 5


@pytest.mark.abuse("D12")
def test_abuse_d12_a_body_that_falls_silent_is_cut_off_before_its_whole_time() -> None:
    with serving(guarded(hosts={"h"}, body_seconds=60, idle_seconds=0.3)) as port, connected(port) as line:
        begun = time.monotonic()
        line.sendall(b"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nhello")
        answered = rest(line)
    assert answered.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun < 5


def test_control_without_the_deadline_a_trickling_body_holds_its_line() -> None:
    door = listening()
    with serving(small_app(), door) as port, connected(port) as line:
        line.sendall(b"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nhello")
        line.settimeout(1.5)
        with pytest.raises(TimeoutError):
            line.recv(100)


def test_a_large_upload_may_have_more_time_than_the_rest() -> None:
    app = guarded(hosts={"h"}, body_seconds=0.2, idle_seconds=5, seconds_per_prefix={"/big": 10})
    with serving(app) as port, connected(port) as line:
        line.sendall(b"POST /big/raw HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nx")
        time.sleep(0.5)
        line.sendall(b"y")
        assert rest(line).startswith(b"HTTP/1.1 200 ")


def test_the_deadline_ends_with_the_body_and_leaves_a_long_answer_alone() -> None:
    """Once the body is in, a streaming answer waits on the same line for the caller to leave."""
    app = guarded(body_seconds=0.05, idle_seconds=0.05)
    assert ask_json(app, "/raw", b"{}").status_code == 200


@pytest.mark.abuse("A16")
def test_abuse_a16_a_path_of_twenty_kilobytes_is_refused() -> None:
    refused = ask(guarded(), "GET", "/" + "a" * 20_000)
    assert (refused.status_code, code_of(refused)) == (414, "path.too_long")


def test_a_path_at_the_limit_is_only_not_found() -> None:
    assert ask(guarded(), "GET", "/" + "a" * (PATH_BYTES_MAX - 1)).status_code == 404
    assert ask(guarded(), "GET", "/place?" + "q" * 3000).status_code == 414

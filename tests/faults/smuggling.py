"""Requests that two readers might end at different places, so that the rest becomes somebody else's request.

Each carries a second request inside, for an address that nobody asks for otherwise. Whoever answers
twice on one line has taken the inner one for a request.
"""

from __future__ import annotations

from typing import Final

INNER: Final = b"GET /canary-0123456789abcdef HTTP/1.1\r\nHost: {host}\r\n\r\n"


def corpus(host: str, path: str) -> dict[str, bytes]:
    """Name -> bytes, each one request with another inside."""
    inner = INNER.replace(b"{host}", host.encode())
    length, chunked, end = b"Content-Length: %d", b"Transfer-Encoding: chunked", b"0\r\n\r\n"
    whole = end + inner

    def post(*heads: bytes, body: bytes = whole) -> bytes:
        lines = [b"POST " + path.encode() + b" HTTP/1.1", b"Host: " + host.encode(), b"Content-Type: application/json"]
        return b"\r\n".join([*lines, *heads, b"", b""]) + body

    full = length % len(whole)
    return {
        "length and chunks": post(full, chunked),
        "chunks and length": post(chunked, full),
        "two lengths": post(length % 0, full, body=inner),
        "two lengths, larger first": post(full, length % 0, body=inner),
        "a list of lengths": post(b"Content-Length: 0, %d" % len(inner), body=inner),
        "a signed length": post(b"Content-Length: +%d" % len(whole)),
        "a negative length": post(b"Content-Length: -1"),
        "a length in hex": post(b"Content-Length: 0x10"),
        "a length with a blank": post(b"Content-Length: 1 0"),
        "a length of many digits": post(b"Content-Length: " + b"9" * 400),
        "a blank before the colon": post(full, b"Transfer-Encoding : chunked"),
        "a tab before chunked": post(full, b"Transfer-Encoding:\tchunked"),
        "a vertical tab": post(full, b"Transfer-Encoding: \x0bchunked"),
        "a folded header": post(full, b"Transfer-Encoding:\r\n chunked"),
        "a header behind a bare return": post(full, b"X: y\rTransfer-Encoding: chunked"),
        "a header behind a bare line feed": post(full, b"X: y\nTransfer-Encoding: chunked"),
        "a NUL in a name": post(full, b"Transfer\x00-Encoding: chunked"),
        "an underscore": post(full, b"Transfer_Encoding: chunked"),
        "chunked in capitals": post(full, b"TRANSFER-ENCODING: CHUNKED"),
        "another coding": post(full, b"Transfer-Encoding: identity"),
        "an unknown coding": post(full, b"Transfer-Encoding: xchunked"),
        "two codings": post(full, b"Transfer-Encoding: chunked, identity"),
        "chunked twice": post(full, chunked, chunked),
        "a quoted coding": post(full, b'Transfer-Encoding: "chunked"'),
        "a chunk of no size": post(chunked, body=b"\r\n\r\n" + inner),
        "a chunk of negative size": post(chunked, body=b"-1\r\n" + inner),
        "a chunk with a prefix": post(chunked, body=b"0x0\r\n\r\n" + inner),
        "a chunk that overflows": post(chunked, body=b"1" + b"0" * 16 + b"\r\n" + inner),
        "a chunk ended by a line feed": post(chunked, body=b"1\nx\n0\n\n" + inner),
        "a chunk longer than said": post(chunked, body=b"1\r\nxy\r\n0\r\n\r\n" + inner),
        "an extension with a line feed": post(chunked, body=b"1;a\nb\r\nx\r\n0\r\n\r\n" + inner),
        "a trailer that is a length": post(chunked, body=b"0\r\nContent-Length: 5\r\n" + inner),
        "an older version with chunks": post(chunked).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
        "no version": b"GET " + path.encode() + b"\r\n" + inner,
        "a second host": post(b"Host: other.example", full),
        "a body to a question": post(full).replace(b"POST", b"GET", 1),
        "an upgrade": post(b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAAA", full),
        "the second protocol at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + inner,
        "an absolute address": post(full).replace(b"POST /", b"POST http://other.example/", 1),
        "a tunnel": b"CONNECT other.example:443 HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n" + inner,
        "a line feed in the address": b"GET /a\nX: y HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n" + inner,
    }  # fmt: skip


def answers(came: bytes) -> list[int]:
    """The statuses of all answers on one line, in their order."""
    return [int(piece[2:5]) for piece in came.split(b"HTTP/1.")[1:] if piece[2:5].isdigit()]

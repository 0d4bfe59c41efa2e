"""Looking for marks in bytes: as they are, in UTF-16, base64 and hex, and inside gzip.

Every mark of a cast begins with the same word, so each place is searched once for that word
in each encoding, and only what follows a hit is compared with the marks. Words that are no marks are sought in each
of their spellings (``spellings``).
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WORD: Final = "CANARY-"
MARK: Final = re.compile(rb"CANARY-[0-9a-f]{24}")
# Bytes of a mark: the word, and 24 hexadecimal digits.
MARK_BYTES: Final = len(WORD) + 24
GZIP: Final = b"\x1f\x8b\x08"
UNPACKED_BYTES_MAX: Final = 64 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """One mark where it should not be."""

    place: str
    text: str
    encoding: str


def hunt(places: Iterable[tuple[str, bytes]], marks: Iterable[str]) -> list[Found]:
    """Every mark found in these places, by place and encoding, each once."""
    wanted = frozenset(marks)
    return list(dict.fromkeys(found for place, data in places for found in _in(place, data, wanted)))


def contents(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Files as places. One that goes away meanwhile was somebody's short-lived file."""
    for path in paths:
        try:
            yield str(path), path.read_bytes()
        except FileNotFoundError:
            continue


def spellings(needle: str | bytes) -> list[bytes]:
    """How a text may lie about: raw, both kinds of UTF-16, hex, base64 at each of its three offsets."""
    raw = needle if isinstance(needle, bytes) else needle.encode()
    found = [raw, raw.hex().encode(), raw.hex().upper().encode()]
    if isinstance(needle, str):
        found += [needle.encode("utf-16-le"), needle.encode("utf-16-be")]
    for offset in range(3):
        coded = base64.b64encode(b"\x00" * offset + raw)
        # The first and last characters hold bits of neighbours too.
        found.append(coded[4 if offset else 0 : len(coded) - 4])
    return [text for text in found if len(text) >= 6]


def hits(haystack: bytes, needles: list[str]) -> list[str]:
    return [needle for needle in needles if any(text in haystack for text in spellings(needle))]


def _in(place: str, data: bytes, wanted: frozenset[str]) -> Iterator[Found]:
    for encoding, texts in _texts(data):
        for text in texts:
            yield from (Found(place, mark, encoding) for mark in _marks(text) if mark in wanted)
    for at in _all(data, GZIP):
        unpacked = _unpacked(data[at:])
        if unpacked:
            yield from (
                Found(found.place, found.text, f"gzip, {found.encoding}") for found in _in(place, unpacked, wanted)
            )


def _marks(text: bytes) -> list[str]:
    return [found.decode() for found in MARK.findall(text)]


def _texts(data: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """For each encoding, the decoded surroundings of every hit of the word."""
    word = WORD.encode()
    yield "raw", [data[at : at + MARK_BYTES] for at in _all(data, word)]
    for name in ("utf-16-le", "utf-16-be"):
        hits = _all(data, WORD.encode(name))
        yield name, [data[at : at + 2 * MARK_BYTES].decode(name, "replace").encode() for at in hits]
    for name, needle in (("hex", word.hex().encode()), ("HEX", word.hex().upper().encode())):
        yield (
            name,
            [_quiet(bytes.fromhex, data[at : at + 2 * MARK_BYTES].decode("latin-1")) for at in _all(data, needle)],
        )
    for shift in range(3):
        yield f"base64, shifted {shift}", list(_from_base64(data, word, shift))


def _from_base64(data: bytes, word: bytes, shift: int) -> Iterator[bytes]:
    """Around each place where the word stands in base64, ``shift`` bytes after the start of a group."""
    coded = base64.b64encode(b"\0" * shift + word)
    # The first and last groups also depend on the neighbours; only whole groups of ours are sought.
    skip = 4 if shift else 0
    needle = coded[skip : 4 * ((shift + len(word)) // 3)]
    for at in _all(data, needle):
        piece = data[max(0, at - skip) : max(0, at - skip) + 4 * (MARK_BYTES // 3 + 2)]
        usable = re.match(rb"[A-Za-z0-9+/_-]*", piece)
        whole = usable.group() if usable else b""
        yield _quiet(base64.urlsafe_b64decode, whole.replace(b"+", b"-").replace(b"/", b"_") + b"=" * (-len(whole) % 4))


def _quiet(decode: Callable[..., bytes], text: bytes | str) -> bytes:
    try:
        return decode(text)
    except ValueError:
        return b""


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, UNPACKED_BYTES_MAX)
    except zlib.error:
        return b""


def _all(data: bytes, needle: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)

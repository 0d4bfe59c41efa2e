"""Files as they arrive: part by part, chunk by chunk, never on disk and never whole.

The framework's own reader writes anything over 1 MiB in clear to the temp folder
(measured), so what a witness sends would lie there unsealed. This one hands out
chunks for sealing. Everything beside the content is capped: parts, their headers,
fields, what stands before the first part and after the last.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.requests import Request

from app.edge.refusals import BadRequest, WrongType
from app.errors import TooLarge, Unprocessable

PARTS_MAX = 20
HEADERS_BYTES_MAX = 8192
HEADERS_PER_PART_MAX = 8
FIELD_BYTES_MAX = 1024 * 1024
FILENAME_CHARACTERS_MAX = 255
CHUNK_BYTES_MAX = 64 * 1024

# The parser warns of each bad character by quoting it. What it refuses, we answer.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL + 1)

_MULTIPART = re.compile(rb"multipart/form-data[ \t]*;[ \t]*(.*)", re.IGNORECASE | re.DOTALL)
_BOUNDARY = re.compile(rb'boundary=("?)([0-9A-Za-z\'()+_,./:=?-]{1,70})\1', re.IGNORECASE)
# As browsers write it; a backslash only hides a quote mark (curl), so C:\x stays what it was.
_PARAMETER = re.compile(r'[ \t]*;[ \t]*(name|filename)="((?:\\"|[^"])*+)"', re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")
# The three characters that browsers escape in names, and no others (WHATWG HTML, multipart encoding).
_ESCAPES: Final = {"%22": '"', "%0D": "\r", "%0A": "\n", "%0d": "\r", "%0a": "\n"}
_ESCAPE = re.compile("|".join(_ESCAPES))


@dataclass(frozen=True)
class Part:
    """One part of a form, to be read before the next one is asked for.

    name           of the field, from our own form: 1 to 64 plain characters
    filename       as the sender wrote it, cut at 255 code points; None for a field.
                   Only ever carried and sealed: it is not a path and is shown to nobody unsealed
    content_type   as claimed; None if absent or not a type at all
    """

    name: str
    filename: str | None = field(repr=False)
    content_type: str | None
    _reader: _Reader = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content in order, at most 64 KiB at a time; raises if the part is cut short."""
        while self._reader.current is self and (data := await self._reader.data()) is not None:
            yield data

    async def text(self) -> str:
        """The content of a field as text. Unprocessable for a file, a NUL, or other than UTF-8."""
        if self.filename is not None:
            raise Unprocessable()
        raw = b"".join([chunk async for chunk in self.chunks()])
        if b"\0" in raw:
            raise Unprocessable()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Unprocessable() from None


async def parts(
    request: Request,
    *,
    parts_max: int = PARTS_MAX,
    headers_bytes_max: int = HEADERS_BYTES_MAX,
    field_bytes_max: int = FIELD_BYTES_MAX,
) -> AsyncGenerator[Part, None]:
    """The parts of a ``multipart/form-data`` body as they arrive. What is not read is skipped.

    headers_bytes_max   of one part, names and values together
    field_bytes_max     of one part without a file name; files are bounded by BodyLimit

    Raises WrongType (415) for another content type, TooLarge (413) beyond a cap,
    BadRequest (400) for what is not well formed, ClientDisconnect when the line is cut.
    A body is complete only when the iteration ends without raising: until then nothing
    that came may be kept (A14).
    """
    reader = _Reader(request, _boundary(request), parts_max, headers_bytes_max, field_bytes_max)
    while (part := await reader.next_part()) is not None:
        yield part


class _Reader:
    """Turns the parser's callbacks into a queue of parts, bytes and None for a part's end."""

    def __init__(
        self, request: Request, boundary: bytes, parts_max: int, headers_bytes_max: int, field_bytes_max: int
    ) -> None:
        self.current: Part | None = None
        self._stream = request.stream()
        self._frame = _Frame(boundary)
        self._parts_left = parts_max
        self._headers_bytes_max = headers_bytes_max
        self._field_bytes_max = field_bytes_max
        self._queue: deque[Part | bytes | None] = deque()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_name,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._frame.close,
            },
            max_header_count=HEADERS_PER_PART_MAX,
            max_header_size=headers_bytes_max,
        )

    async def next_part(self) -> Part | None:
        """The next part, after what is left of the one before; None when the body is whole."""
        while await self._fill():
            event = self._queue.popleft()
            if isinstance(event, Part):
                self.current = event
                return event
        self.current = None
        return None

    async def data(self) -> bytes | None:
        """The next bytes of the current part, None at its end."""
        await self._fill()  # cannot run dry inside a part: a body that ends there raises
        event = self._queue.popleft()
        assert not isinstance(event, Part)
        if event is None:
            self.current = None
        return event

    async def _fill(self) -> bool:
        while not self._queue:
            try:
                chunk = await anext(self._stream)
            except StopAsyncIteration:
                self._frame.check_whole()
                return False
            for start in range(0, len(chunk), CHUNK_BYTES_MAX):
                self._feed(chunk[start : start + CHUNK_BYTES_MAX])
        return True

    def _feed(self, piece: bytes) -> None:
        self._frame.check_before(piece)
        try:
            self._parser.write(piece)
        except FormParserError:
            # Without its cause: the parser's messages quote the input.
            raise BadRequest() from None
        self._frame.check_after(piece)

    def _on_part_begin(self) -> None:
        if self._parts_left == 0:
            raise TooLarge()
        self._parts_left -= 1
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_name, self._header_value = bytearray(), bytearray()
        self._headers_bytes = 0
        self._is_file = False
        self._bytes = 0
        self._frame.begin_part()

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_value += data[start:end]

    def _count_header(self, count: int) -> None:
        self._headers_bytes += count
        if self._headers_bytes > self._headers_bytes_max:
            raise BadRequest()

    def _on_header_end(self) -> None:
        if self._header_name.startswith(b"--"):
            raise BadRequest()  # a boundary in disguise
        self._headers.append((bytes(self._header_name).lower(), bytes(self._header_value)))
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers_finished(self) -> None:
        part = _part(self._headers, self)
        self._is_file = part.filename is not None
        self._queue.append(part)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._frame.check_content(data[start:end])
        self._bytes += end - start
        if not self._is_file and self._bytes > self._field_bytes_max:
            raise TooLarge()
        self._queue.append(data[start:end])

    def _on_part_end(self) -> None:
        self._queue.append(None)


class _Frame:
    """Where boundaries may stand: at the very beginning, between parts, at the very end.

    The parser skips what comes before and after in silence, however long (A10), and
    takes a boundary right after a part's blank line for content, where others take it
    for the next part. No browser sends any of these, so here they are refused.
    """

    def __init__(self, boundary: bytes) -> None:
        self._opening = b"--" + boundary
        self._closing = b"\r\n--" + boundary + b"--"
        self._head = b""  # of the body, as long as the opening boundary
        self._lead = b""  # of the part's content, likewise
        self._tail = b"\r\n"  # so that a form without parts closes like any other
        self._closed = False
        self._rest: bytes | None = None

    def begin_part(self) -> None:
        self._lead = b""

    def close(self) -> None:
        self._closed = True

    def check_before(self, piece: bytes) -> None:
        """Refuse unless the body begins with the boundary."""
        if len(self._head) < len(self._opening):
            self._head += piece[: len(self._opening) - len(self._head)]
            if not self._opening.startswith(self._head):
                raise BadRequest()

    def check_content(self, data: bytes) -> None:
        """Refuse content that begins with the boundary."""
        if len(self._lead) < len(self._opening):
            self._lead += data[: len(self._opening) - len(self._lead)]
            if self._lead == self._opening:
                raise BadRequest()

    def check_after(self, piece: bytes) -> None:
        """Refuse if anything but one line break follows the closing boundary."""
        if self._rest is not None:
            self._rest += piece[:3]
        elif self._closed:
            # Neither headers nor content can hold the closing boundary, so its first place is the end.
            self._rest = (self._tail + piece).partition(self._closing)[2]
        else:
            self._tail = (self._tail + piece)[-len(self._closing) :]
        if self._rest is not None and not b"\r\n".startswith(self._rest):
            raise BadRequest()

    def check_whole(self) -> None:
        """Refuse a body that ended before its closing boundary."""
        if not self._closed:
            raise BadRequest()


def _boundary(request: Request) -> bytes:
    types = [value for key, value in request.scope["headers"] if key.lower() == b"content-type"]
    kind = _MULTIPART.fullmatch(types[0]) if len(types) == 1 else None
    if kind is None:
        raise WrongType()
    boundary = _BOUNDARY.fullmatch(kind[1])
    if boundary is None:
        raise BadRequest()
    return boundary[2]


def _part(headers: list[tuple[bytes, bytes]], reader: _Reader) -> Part:
    read = dict(headers)
    if len(read) != len(headers):
        raise BadRequest()
    # base64 or quoted-printable would be a second reading of the same bytes.
    if read.get(b"content-transfer-encoding", b"binary").lower() not in (b"binary", b"8bit", b"7bit"):
        raise WrongType()
    name, filename = _disposition(read.get(b"content-disposition", b""))
    claimed = read.get(b"content-type", b"").partition(b";")[0].strip().decode("latin-1")
    return Part(name, filename, claimed if _TYPE.fullmatch(claimed) else None, reader)


def _disposition(raw: bytes) -> tuple[str, str | None]:
    """Field name and file name. ``filename*=`` is refused: RFC 7578 4.2 forbids a second name."""
    try:
        kind, semicolon, rest = raw.decode("utf-8").partition(";")
    except UnicodeDecodeError:
        raise BadRequest() from None
    rest = semicolon + rest
    found = list(_PARAMETER.finditer(rest))
    given = {match[1]: match[2] for match in found}
    whole = "".join(match[0] for match in found) == rest and len(given) == len(found)
    if kind.strip().lower() != "form-data" or not whole or not _NAME.fullmatch(given.get("name", "")):
        raise BadRequest()
    return given["name"], _filename(given.get("filename"))


def _filename(written: str | None) -> str | None:
    if written is None:
        return None
    read = _ESCAPE.sub(lambda match: _ESCAPES[match[0]], written.replace('\\"', '"'))
    # Cut, not refused: a long name must not cost a witness their file.
    return read[:FILENAME_CHARACTERS_MAX]

"""The line itself: uvicorn waits for ever for the rest of a head, and for whoever does not read.

Measured without this: 200 of 200 half-open heads were alive after 20 s; one byte after an
answer kept a line open for good; and every one of them counted against those who had
something to say. A proxy in front does the same; this holds where there is none.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# From the opening of a line, or the end of an answer, to the end of the next head. Bytes that trickle do not help.
HEAD_SECONDS: Final = 10.0
# As long a caller may leave an answer lying before they are taken for gone; the proxy's send_timeout.
READER_SECONDS: Final = 30.0
LINES_MAX: Final = 2000
# Files, the database's connections and what libraries open besides.
_OTHER_FILES: Final = 256


class Line(H11Protocol):
    """One connection. Whoever asks nothing is let go, the longest silent first when there are too many."""

    head_seconds: ClassVar[float] = HEAD_SECONDS
    reader_seconds: ClassVar[float] = READER_SECONDS
    lines_max: ClassVar[int] = LINES_MAX
    # Of an answer that no application makes: what is no HTTP never reaches one.
    headers_of_refusal: ClassVar[list[tuple[bytes, bytes]]] = []

    _waiting: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    @classmethod
    def of(cls, headers: list[tuple[bytes, bytes]], lines_max: int = LINES_MAX) -> type[Line]:
        """Lines of one door, with its headers and as many as its process may hold."""
        return type("Line", (cls,), {"headers_of_refusal": headers, "lines_max": lines_max})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller: the time for their first head begins."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.lines_max:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Bytes. Only a whole head ends the wait for one."""
        super().data_received(data)
        if self._answering:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """An answer has left; what follows is the next head, or the rest of a body nobody reads."""
        super().on_response_complete()
        if not self._answering:
            self._await_head()

    def pause_writing(self) -> None:
        """The caller has stopped reading."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(self.reader_seconds, self._cut)

    def resume_writing(self) -> None:
        """The caller reads again."""
        super().resume_writing()
        self._stop_unread()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone; nothing waits any more."""
        super().connection_lost(exc)
        self._stop_waiting()
        self._stop_unread()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, if an answer can still begin, and close: nothing after it is read."""
        if self.cycle is not None:
            # The application is told that the caller has left, before it can begin an answer of its own.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            body = msg.encode("ascii")
            headers = [*self.headers_of_refusal, (b"content-type", b"text/plain; charset=utf-8"),
                       (b"content-length", b"%d" % len(body)), (b"connection", b"close")]  # fmt: skip
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    @property
    def _answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _await_head(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.head_seconds, self._cut)

    def _make_room(self) -> None:
        """Let go whoever has been silent longest. Those who are being answered stay."""
        silent = [line for line in self.connections if isinstance(line, Line) and line._waiting is not None]
        if silent:
            min(silent, key=lambda line: line._waiting.when() if line._waiting else 0.0)._cut()

    def _cut(self) -> None:
        # Not a closing in order, which would wait for the caller to take what lies in the buffer.
        self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _stop_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def room_for_lines() -> int:
    """Ask for as many open files as the lines need, and say how many lines this process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LINES_MAX + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return LINES_MAX if soft == resource.RLIM_INFINITY else max(1, min(LINES_MAX, soft - _OTHER_FILES))

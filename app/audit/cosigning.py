"""Asking outside witnesses to sign what the log has become, and keeping what they signed.

Work never waits for them: a checkpoint is published at once, and their lines join it when they come.
``cosigned`` beside it is the newest checkpoint that as many of them signed as the quorum asks for.
"""

from __future__ import annotations

import base64
import logging
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.audit.checkpoint import Checkpoint, open_checkpoint
from app.audit.cosignature import cosigners
from app.audit.tiles import TileFolder
from app.audit.tree import consistency_proof
from app.audit.trust import Trust
from app.errors import LogForked, SealBroken

log = logging.getLogger("amana.cosigning")

ANSWER_BYTES_MAX: Final = 4096
SECONDS: Final = 5.0
# How often a witness is asked again about a size that it names, before the next round.
_TURNS: Final = 2


@dataclass(frozen=True)
class Answered:
    """What a witness answered: 200 with its lines, or why not. 0 if nothing came."""

    status: int
    text: str


@dataclass(frozen=True)
class Cosigned:
    """The newest checkpoint under which enough witnesses stand, and since when."""

    size: int
    at: datetime
    note: bytes


Ask = Callable[[str, bytes], Answered]


class Cosigning:
    """The worker's side: it carries each new checkpoint to every witness of the trust file that has an address."""

    def __init__(self, tiles: TileFolder, trust: Trust, key: str, ask: Ask | None = None) -> None:
        self._tiles = tiles
        self._trust = trust
        self._key = key
        self._ask = ask or post
        # What each witness is known to have seen; it says so itself where we are wrong.
        self._sizes: dict[str, int] = {}

    def round(self) -> bool:
        """Ask every witness that has not signed the published checkpoint. Whether enough have by now.

        raises   LogForked if a witness has seen a larger log under this name: what is here is
                 older than what was shown before
        """
        note = self._tiles.read_checkpoint()
        if note is None:
            return False
        signed = open_checkpoint(note, self._key)
        already = cosigners(note, self._trust.keys)
        for name, witness in self._trust.witnesses.items():
            if witness.address and witness.key not in already:
                self._carry(name, witness.address, witness.key, signed, note)
        note = self._tiles.read_checkpoint() or note
        enough = self._trust.met(cosigners(note, self._trust.keys))
        if enough:
            self._tiles.keep_cosigned(note)
        return enough

    def _carry(self, name: str, address: str, key: str, signed: Checkpoint, note: bytes) -> None:
        for _ in range(_TURNS):
            old = self._sizes.get(name, 0)
            hashes = consistency_proof(old, signed.size, self._tiles.hash_at)
            answered = self._ask(f"{address.rstrip('/')}/add-checkpoint", request_for(old, hashes, note))
            if answered.status == 409 and answered.text.strip().isdecimal():
                seen = int(answered.text.strip()[:20])
                if seen > signed.size:
                    raise LogForked(f"the witness {name} has seen {seen} entries of this log; here are {signed.size}")
                if seen == old:
                    log.critical("the witness %s saw another log of %d entries under this name", name, seen)
                    return
                self._sizes[name] = seen
                continue
            if answered.status == 200:
                self._take(name, key, signed, note, answered.text)
            else:
                log.warning("the witness %s did not sign: %d", name, answered.status)
            return

    def _take(self, name: str, key: str, signed: Checkpoint, note: bytes, lines: str) -> None:
        """Add a witness's own line, and only that, to the published checkpoint."""
        for line in lines.splitlines(keepends=True):
            try:
                good = key in cosigners(_bare(note) + line.encode(), [key])
            except SealBroken:
                good = False
            if good:
                self._sizes[name] = signed.size
                self._tiles.add_signature(_text(note), line.encode())
                return
        log.warning("the witness %s answered without a signature of its own", name)


def cosigned(tiles: TileFolder, trust: Trust, key: str) -> Cosigned | None:
    """The newest checkpoint that enough witnesses signed; None before the first, or if what is kept is false."""
    note = tiles.read_cosigned()
    if note is None or not trust.witnesses:
        return None
    try:
        signed, seen = open_checkpoint(note, key), cosigners(note, trust.keys)
    except SealBroken:
        return None
    if not seen or not trust.met(seen):
        return None
    return Cosigned(signed.size, datetime.fromtimestamp(max(seen.values()), UTC), note)


def request_for(old: int, hashes: list[bytes], note: bytes) -> bytes:
    """The body of ``add-checkpoint``: the size the witness saw last, the proof from there, the checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in hashes), ""]
    return "\n".join(lines).encode() + b"\n" + note


def post(address: str, body: bytes) -> Answered:
    """Send it, with no patience and no redirects; whatever goes wrong is an answer too."""
    asked = urllib.request.Request(address, data=body, headers={"Content-Type": "text/plain"})  # noqa: S310
    if asked.type not in {"http", "https"}:
        return Answered(0, "")
    try:
        with _OPENER.open(asked, timeout=SECONDS) as answer:
            return Answered(answer.status, answer.read(ANSWER_BYTES_MAX).decode("utf-8", "replace"))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answered(refused.code, refused.read(ANSWER_BYTES_MAX).decode("utf-8", "replace"))
    except OSError:
        return Answered(0, "")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


# No proxy of the environment: the address is written down in the trust file.
_OPENER: Final = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))


def _text(note: bytes) -> bytes:
    return note.rpartition(b"\n\n")[0] + b"\n"


def _bare(note: bytes) -> bytes:
    """A note without its signatures, up to where they stand."""
    return _text(note) + b"\n"

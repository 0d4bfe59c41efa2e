"""A witness signs that it saw a checkpoint, and never one that contradicts what it saw (c2sp.org/tlog-witness).

It runs at somebody else's, knows hashes only, and needs a folder of its own and no database:
``key`` (0600), ``name``, ``logs`` (one verifier key a line), ``seen/`` (the newest checkpoint of each log, and
each change of its key).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app import clock
from app.audit.checkpoint import Checkpoint
from app.audit.cosignature import cosign
from app.audit.note import COSIGNATURE, exact_base64, parse_verifier_key, split_note, verifier_key
from app.audit.succession import LogKeys, Succession, follow
from app.audit.tree import EMPTY_ROOT, verify_consistency
from app.errors import CannotStart, LogForked, SealBroken

BODY_BYTES_MAX: Final = 64 * 1024
HASHES_MAX: Final = 63
_SIZE: Final = "text/x.tlog.size"


class Refused(Exception):
    """What is asked is not signed. ``status`` as the protocol has it; ``size`` of what was seen last, for 409."""

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.size = size


def found(folder: Path, name: str) -> str:
    """Make a witness in a new folder; returns its verifier key for other people's trust files.

    raises   CannotStart for a folder in use or a name no line could carry
    """
    if folder.exists() and any(folder.iterdir()):
        raise CannotStart(f"{folder} is in use. Name a new folder.")
    seed = secrets.token_bytes(32)
    try:
        key = verifier_key(name, _public(seed), COSIGNATURE)
    except ValueError:
        raise CannotStart("A witness's name has no blanks and no '+'.") from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "seen").mkdir(mode=0o700)
    _replace(folder / "key", seed.hex().encode() + b"\n")
    _replace(folder / "name", name.encode() + b"\n")
    _replace(folder / "logs", b"")
    return key


class Witness:
    """One witness and its folder. One process at a time; requests are answered one after the other."""

    def __init__(self, folder: Path) -> None:
        """raises  CannotStart for a folder that is none of a witness, or whose key others may read"""
        self._folder = folder
        self._turn = threading.Lock()
        try:
            seed_file = folder / "key"
            if seed_file.stat().st_mode & 0o077:
                raise CannotStart(f"{seed_file} can be read by others. Take it for spent and make a new witness.")
            self._seed = bytes.fromhex(seed_file.read_text(encoding="ascii").strip())
            self.name = (folder / "name").read_text(encoding="utf-8").strip()
            self.key = verifier_key(self.name, _public(self._seed), COSIGNATURE)
            self._logs = {parse_verifier_key(line)[0]: line for line in self._lines()}
            self._keys = {origin: follow(key, self._changes(origin)) for origin, key in self._logs.items()}
        except (OSError, ValueError, SealBroken):
            raise CannotStart(f"{folder} is no witness's folder. Make one: amana witness init") from None

    def trust(self, key: str) -> None:
        """Watch over another log from now on.

        raises   CannotStart for what is no log's key, or another key of a log that is watched already
        """
        try:
            origin = parse_verifier_key(key)[0]
        except ValueError:
            raise CannotStart("That is no log's verifier key.") from None
        if self._logs.setdefault(origin, key) != key:
            raise CannotStart("That log is watched already, under another key.")
        self._keys.setdefault(origin, LogKeys(key))
        _replace(self._folder / "logs", "".join(f"{each}\n" for each in self._logs.values()).encode())

    def follow(self, note: bytes) -> str:
        """Sign under another key of a log from now on, which the one watched vouches for; returns it.

        raises   CannotStart for a change that the key watched did not sign, or that comes after what was seen
        """
        try:
            change = Succession.open(note)
            origin = parse_verifier_key(change.old)[0]
            if origin not in self._keys or self._keys[origin].key != change.old:
                raise CannotStart("That is not a change of the key that is watched. Bring them one after another.")
            if self._seen(origin).size > change.size:
                raise CannotStart(
                    "The key that ended has signed more than the change says: a proof of a fork. Keep both."
                )
        except SealBroken:
            raise CannotStart("That is not the change of a log's key, signed by the old key and the new one.") from None
        _replace(self._path(origin).with_suffix(f".{len(self._changes(origin)) + 1}"), note)
        self._keys[origin] = follow(self._logs[origin], self._changes(origin))
        return change.new

    def add_checkpoint(self, body: bytes) -> str:
        """The line by which this witness signs the checkpoint in a request; it is on disk before it is returned.

        raises   Refused, with the status the protocol gives for each way in which it does not fit
        """
        old, hashes, note = _read(body)
        try:
            origin = split_note(note)[0].partition("\n")[0]
        except ValueError:
            raise Refused(400) from None
        if origin not in self._logs:
            raise Refused(404)
        try:
            asked = self._keys[origin].open(note)
        except SealBroken:
            raise Refused(403) from None
        if old > asked.size:
            raise Refused(400)
        # Reading what was seen, judging and writing it down are one step: two requests at one
        # moment could otherwise each extend the same old tree to two different new ones.
        with self._turn, _alone(self._folder):
            seen = self._seen(origin)
            if old != seen.size or (old == asked.size and seen.root != asked.root):
                raise Refused(409, seen.size)
            try:
                verify_consistency(old, asked.size, hashes, old_root=seen.root, new_root=asked.root)
            except LogForked:
                raise Refused(422) from None
            _replace(self._path(origin), note)
            return cosign(asked.text(), self.name, self._seed, at=int(clock.now().timestamp()))

    def _seen(self, origin: str) -> Checkpoint:
        """The newest checkpoint of a log that was signed here; of a log that is new the empty tree."""
        path = self._path(origin)
        if not path.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        return self._keys[origin].open(path.read_bytes())

    def _changes(self, origin: str) -> list[bytes]:
        found: list[bytes] = []
        while (path := self._path(origin).with_suffix(f".{len(found) + 1}")).exists():
            found.append(path.read_bytes())
        return found

    def _path(self, origin: str) -> Path:
        return self._folder / "seen" / hashlib.sha256(origin.encode()).hexdigest()

    def _lines(self) -> list[str]:
        return (self._folder / "logs").read_text(encoding="utf-8").split()


def door(witness: Witness) -> Starlette:
    """``POST /add-checkpoint``, and ``GET /key`` for whoever writes a trust file."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_BYTES_MAX:
                return Response(status_code=413)
        try:
            return PlainTextResponse(await run_in_threadpool(witness.add_checkpoint, body))
        except Refused as refused:
            if refused.size is not None:
                return Response(f"{refused.size}\n", refused.status, media_type=_SIZE, headers={"Content-Type": _SIZE})
            return Response(status_code=refused.status)

    async def key(_: Request) -> Response:
        return PlainTextResponse(f"{witness.key}\n")

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"]), Route("/key", key)])


def _read(body: bytes) -> tuple[int, list[bytes], bytes]:
    """Old size, consistency hashes and checkpoint of a request; Refused(400) unless it is written as it must be."""
    head, gap, note = body.partition(b"\n\n")
    try:
        first, *rest = head.decode("ascii").split("\n")
        word, _, number = first.partition(" ")
        if word != "old" or not gap or not number.isdecimal() or number != str(int(number[:20])):
            raise ValueError("a request begins with the old size")
        hashes = [exact_base64(line) for line in rest]
        if len(hashes) > HASHES_MAX or any(len(each) != 32 for each in hashes):
            raise ValueError("at most 63 hashes of 32 bytes")
    except ValueError:
        raise Refused(400) from None
    return int(number), hashes, note


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Another process on the same folder waits."""
    handle = os.open(folder / "seen", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, raw: bytes) -> None:
    """Write for this account alone so that after a crash the file is the old one or the new one, whole."""
    fresh = path.with_name(f".{path.name}.tmp")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Sealed files on disk: streamed in and out, never whole in memory, never in clear on disk.

A file lies under the SHA-256 of its sealed bytes; its key is a sealed field of some row.
Bytes that no row names are orphans of an interrupted upload and are swept. A file that may arrive in
several goes lies in pieces until it is whole, each sealed by itself: a piece that was cut is not kept,
and what follows goes on behind the last whole one.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from app.crypto import chunks
from app.errors import Conflict, SealBroken, TooLarge, Unavailable

READ_BYTES: Final = 256 * 1024
# What an interruption costs at most, and how often a file on its way is made durable.
PIECE_BYTES: Final = 2 * 1024 * 1024
ORPHAN_SECONDS: Final = 24 * 3600


@dataclass(frozen=True)
class Kept:
    """A file as it was stored: name of its sealed bytes, size and hash of the original."""

    blob: str
    size_bytes: int
    sha256: bytes


class FileStore:
    """One folder of sealed files, with a floor of free space and a cap on one file."""

    def __init__(self, folder: Path, *, bytes_max: int, free_percent_min: int = 10) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self.bytes_max = bytes_max
        self._free_percent_min = free_percent_min

    def receive(self, key: bytes) -> Incoming:
        """Begin to seal one file. Raises Unavailable when the disk is nearly full."""
        self._make_room()
        return Incoming(self._folder, self._incoming / secrets.token_hex(16), key, self.bytes_max)

    def receive_copy(self, key: bytes, bytes_max: int) -> Incoming:
        """The same for a working copy, which may be larger than the original it was made of."""
        self._make_room()
        return Incoming(self._folder, self._incoming / secrets.token_hex(16), key, bytes_max)

    def arrived(self, row: UUID) -> int:
        """How many bytes of a file have arrived that comes in several goes."""
        return Pieces(self._incoming / str(row), row, b"").arrived()

    def pieces(self, row: UUID, key: bytes) -> Pieces:
        """What has arrived of a file that comes in several goes. Raises Unavailable when the disk is nearly full."""
        self._make_room()
        return Pieces(self._incoming / str(row), row, key)

    def read(self, blob: str, key: bytes) -> Iterator[bytes]:
        """The original, piece by piece. Raises SealBroken if a byte of it was changed."""
        try:
            file = _path(self._folder, blob).open("rb")
        except OSError:
            raise SealBroken from None
        with file:
            yield from chunks.open_chunks(key, iter(lambda: file.read(READ_BYTES), b""))

    def read_range(self, blob: str, key: bytes, size_bytes: int, start: int, end: int) -> Iterator[bytes]:
        """Some bytes of an original of a known size, opening only the chunks they lie in. Raises SealBroken."""
        try:
            file = _path(self._folder, blob).open("rb")
        except OSError:
            raise SealBroken from None
        with file:
            # Nothing outside the range is looked at: that the end was not cut off shows in the length.
            if os.fstat(file.fileno()).st_size != chunks.sealed_bytes(size_bytes):
                raise SealBroken

            def stored(first: int, last: int) -> bytes:
                return os.pread(file.fileno(), last - first, first)

            yield from chunks.open_range(key, stored, start, end)

    def remove(self, blob: str | None, row: UUID) -> bool:
        """Delete a file for good, or what has arrived of it; whether there was one. Removing it twice is no mistake."""
        Pieces(self._incoming / str(row), row, b"").remove()
        path = None if blob is None else _path(self._folder, blob)
        if path is None or not path.exists():
            return False
        path.unlink()
        return True

    def sweep(self, known: frozenset[str]) -> int:
        """Delete what no row names and is older than a day; returns how many.

        known   names of sealed bytes, and the ids of files that may still be arriving
        """
        swept = 0
        for path in self._folder.rglob("*"):
            old = path.is_file() and time.time() - path.stat().st_mtime > ORPHAN_SECONDS
            if old and path.name not in known and path.parent.name not in known:
                path.unlink()
                swept += 1
        for folder in self._incoming.glob("*-*"):
            if folder.name not in known and not any(folder.iterdir()):
                folder.rmdir()
        return swept

    def _make_room(self) -> None:
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk = shutil.disk_usage(self._folder)
        if disk.free * 100 < disk.total * self._free_percent_min:
            raise Unavailable("There is no room for files at the moment. Nothing was kept.")


class Incoming:
    """One upload under way. Leaving it without ``finish`` removes every byte."""

    def __init__(self, folder: Path, path: Path, key: bytes, bytes_max: int) -> None:
        self._folder, self._path, self._bytes_max = folder, path, bytes_max
        self._sealer = chunks.Sealer(key)
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._plain, self._sealed, self._size = hashlib.sha256(), hashlib.sha256(), 0
        self._put(self._sealer.header)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Seal the next bytes. Raises TooLarge past the cap."""
        self._size += len(data)
        if self._size > self._bytes_max:
            raise TooLarge("This file is larger than allowed. Nothing of it was kept.")
        self._plain.update(data)
        self._put(self._sealer.update(data))

    def finish(self) -> Kept:
        """Close the file durably under its hash, then say what it was."""
        self._put(self._sealer.finish())
        self._file.flush()
        os.fsync(self._file.fileno())
        blob = self._sealed.hexdigest()
        target = _path(self._folder, blob)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(self._path, target)
        # The name too must survive a power cut, and so must the folder it stands in.
        for folder in (target.parent, self._folder):
            handle = os.open(folder, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
        return Kept(blob, self._size, self._plain.digest())

    def _put(self, sealed: bytes) -> None:
        self._sealed.update(sealed)
        self._file.write(sealed)


class Pieces:
    """The pieces of one file on its way, each in a file of its own named by where it begins.

    The folder is the only list of them, so any process may go on with the next. A piece is there
    whole or not at all, and of two senders at one place only one is kept.
    """

    def __init__(self, folder: Path, row: UUID, key: bytes) -> None:
        self._folder, self._row, self._key = folder, row, key

    def arrived(self) -> int:
        """How many bytes are kept from the beginning on without a gap."""
        end = 0
        while (path := self._path(end)).exists() and (size := chunks.plain_bytes(path.stat().st_size)):
            end += size
        return end

    def add(self, at: int, data: bytes) -> None:
        """Keep a piece that begins here, durably. Raises Conflict if another sender was first."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        sealer = chunks.Sealer(self._key, self._name(at))
        temporary = self._folder / f"{secrets.token_hex(16)}.part"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealer.header + sealer.update(data) + sealer.finish())
                file.flush()
                os.fsync(file.fileno())
            # A link, since a rename would put itself silently in the place of what is there.
            os.link(temporary, self._path(at))
        except FileExistsError:
            raise Conflict("This file is arriving from elsewhere at the same time.") from None
        finally:
            temporary.unlink()
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def read(self) -> Iterator[bytes]:
        """What has arrived, in order. Raises SealBroken if a piece was changed or put in another's place."""
        at = 0
        while (path := self._path(at)).exists():
            with path.open("rb") as file:
                for plain in chunks.open_chunks(
                    self._key,
                    iter(lambda: file.read(READ_BYTES), b""),
                    self._name(at),
                ):
                    at += len(plain)
                    yield plain

    def remove(self) -> None:
        """Forget the pieces: the file is whole elsewhere, or its upload is over."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, at: int) -> Path:
        return self._folder / f"{at:013}"

    def _name(self, at: int) -> bytes:
        return self._row.bytes + at.to_bytes(8, "big")


def _path(folder: Path, blob: str) -> Path:
    if len(blob) != 64 or any(c not in "0123456789abcdef" for c in blob):
        raise SealBroken
    return folder / blob[:2] / blob

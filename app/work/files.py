"""Sealed files on disk: streamed in and out, never whole in memory, never in clear on disk.

A file lies under the SHA-256 of its sealed bytes; its key is a sealed field of some row.
Bytes that no row names are orphans of an interrupted upload and are swept.
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

from app.crypto import chunks
from app.errors import SealBroken, TooLarge, Unavailable

READ_BYTES: Final = 256 * 1024
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
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk = shutil.disk_usage(self._folder)
        if disk.free * 100 < disk.total * self._free_percent_min:
            raise Unavailable("There is no room for files at the moment. Nothing was kept.")
        return Incoming(self._folder, self._incoming / secrets.token_hex(16), key, self.bytes_max)

    def read(self, blob: str, key: bytes) -> Iterator[bytes]:
        """The original, piece by piece. Raises SealBroken if a byte of it was changed."""
        try:
            file = _path(self._folder, blob).open("rb")
        except OSError:
            raise SealBroken from None
        with file:
            yield from chunks.open_chunks(key, iter(lambda: file.read(READ_BYTES), b""))

    def sweep(self, known: frozenset[str]) -> int:
        """Delete what no row names and is older than a day; returns how many."""
        swept = 0
        for path in self._folder.rglob("*"):
            old = path.is_file() and time.time() - path.stat().st_mtime > ORPHAN_SECONDS
            if old and path.name not in known:
                path.unlink()
                swept += 1
        return swept


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


def _path(folder: Path, blob: str) -> Path:
    if len(blob) != 64 or any(c not in "0123456789abcdef" for c in blob):
        raise SealBroken
    return folder / blob[:2] / blob

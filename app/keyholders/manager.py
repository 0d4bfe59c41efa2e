"""The key manager: secrets of the installation that no database and no backup holds.

One small interface, two backends: ``file``, here, a 0600 file sealed by an unlock secret that lies
outside the database folder, and a hardware module (hardware.py). Each process opens a file with
only what it needs: the staff app the pepper and the register's key, the worker the log's signing key, the portal none.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app import clock
from app.crypto import boxes, kdf, passphrases, signing
from app.errors import CannotStart, SealBroken, Unavailable
from app.private import read_private, write_private

CONTEXT = b"amana/keyfile/v1"
DEFAULTS = frozenset({"", "changeme", "secret", "password", "amana", "default"})


class KeyManager(Protocol):
    """What a backend must do. Unavailable (503) within 5 s when it cannot."""

    def pepper(self, digest: bytes, generation: int | None = None) -> bytes:
        """A keyed hash of a passphrase digest, at least 32 bytes; under the newest pepper if none is named."""

    def newest_pepper(self) -> int:
        """The generation of the pepper that is used from now on."""

    def wrap(self, secret: bytes, *, context: bytes) -> bytes:
        """Seal a secret for one purpose."""

    def unwrap(self, sealed: bytes, *, context: bytes) -> bytes:
        """Open what ``wrap`` sealed for the same purpose. Raises SealBroken."""

    def sign(self, message: bytes, generation: int | None = None) -> bytes:
        """An Ed25519 signature, 64 bytes, by the log's key; by the newest if none is named."""

    def public(self, generation: int | None = None) -> bytes:
        """The public half of the log's key, 32 bytes; of the newest if none is named."""

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key."""

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""


class InstalledKeys(KeyManager, Protocol):
    """What the operator's commands do with them besides."""

    def generations(self, name: str) -> tuple[int, ...]:
        """The generations of a key there are, oldest first; none of a key that this purpose does not have."""

    def renew(self, name: str) -> int:
        """Draw a key anew; returns its generation. The old one stays."""

    def retire(self, name: str, generation: int) -> None:
        """Destroy a key that a newer one has taken the place of."""

    def since(self, name: str) -> datetime | None:
        """When a key was drawn; None where that is not known."""


def newest_of(generations: tuple[int, ...]) -> int:
    """The last of the generations of a key, oldest first. Raises Unavailable if there is none."""
    if not generations:
        raise Unavailable("The key manager of this process does not hold that key.")
    return generations[-1]


class FileKeyManager:
    """Keys of one purpose from one file. Asked for a key it does not have: Unavailable."""

    def __init__(self, keys: Mapping[str, bytes], since: Mapping[str, str] | None = None) -> None:
        """since   the moment each key was drawn, where it is known"""
        self._keys, self._since = dict(keys), dict(since or {})
        # The file these came from, its unlock secret, and how the file looked when it was read.
        self._from: tuple[Path, Path, tuple[int, ...]] | None = None

    def __repr__(self) -> str:
        return f"<file key manager: {', '.join(sorted(self._keys))}>"

    @classmethod
    def open(cls, path: Path, unlock: Path) -> FileKeyManager:
        """Read and unseal a key file; raises CannotStart and changes no byte."""
        sealed, looks = read_private(path), _looks(path)
        key = _unlock_key(unlock)
        try:
            held = json.loads(boxes.open_box(key, sealed, context=CONTEXT + path.name.encode()))
        except SealBroken:
            raise CannotStart(f"{path.name} does not open with this unlock secret.") from None
        # Before peppers could be renewed a file held the keys alone.
        keys, since = (held["keys"], held["since"]) if "keys" in held else (held, {})
        opened = cls({name: bytes.fromhex(value) for name, value in keys.items()}, since)
        opened._from = (path, unlock, looks)
        return opened

    @classmethod
    def make(cls, path: Path, unlock: Path, *names: str) -> FileKeyManager:
        """Draw the named keys and write them sealed; never over an existing file."""
        at = clock.now().isoformat(timespec="seconds")
        made = cls({name: secrets.token_bytes(32) for name in names}, dict.fromkeys(names, at))
        write_private(path, made._sealed(path, unlock))
        made._from = (path, unlock, _looks(path))
        return made

    def renew(self, name: str) -> int:
        """Draw a key anew, into the file; returns its generation. The old one stays."""
        with self._alone() as (path, unlock):
            generation = self._newest(name) + 1
            self._keys[key_name(name, generation)] = secrets.token_bytes(32)
            self._since[key_name(name, generation)] = clock.now().isoformat(timespec="seconds")
            self._replace(path, unlock)
        return generation

    def retire(self, name: str, generation: int) -> None:
        """Destroy a key that a newer one has taken the place of: what is sealed under it opens no more.

        raises   ValueError for the newest, which is in use
        """
        with self._alone() as (path, unlock):
            if generation >= self._newest(name):
                raise ValueError("the newest is in use")
            self._keys.pop(key_name(name, generation), None)
            self._since.pop(key_name(name, generation), None)
            self._replace(path, unlock)

    def generations(self, name: str) -> tuple[int, ...]:
        """The generations of a key there are, oldest first."""
        self._refresh()
        return generations_among(self._keys, name)

    def newest_pepper(self) -> int:
        """The generation of the pepper that is used from now on."""
        return self._newest("pepper")

    def names(self) -> frozenset[str]:
        """Every key and generation in the file, by the name it is kept under."""
        self._refresh()
        return frozenset(self._keys)

    def secret(self, name: str) -> bytes:
        """The key itself. For moving it into a module (moving.py), and for nothing else."""
        return self._key(name)

    def since(self, name: str) -> datetime | None:
        """When a key was drawn; None for one from before that was written down."""
        return datetime.fromisoformat(self._since[name]) if name in self._since else None

    def pepper(self, digest: bytes, generation: int | None = None) -> bytes:
        """HMAC-SHA256 of a passphrase digest, 32 bytes: what a stolen database lacks."""
        generation = generation or self.newest_pepper()
        return hmac.new(self._key(key_name("pepper", generation)), digest, hashlib.sha256).digest()

    def wrap(self, secret: bytes, *, context: bytes) -> bytes:
        """Seal a secret for one purpose."""
        return boxes.seal_box(self._key(key_name("wrap", self._newest("wrap"))), secret, context=context)

    def unwrap(self, sealed: bytes, *, context: bytes) -> bytes:
        """Open what ``wrap`` sealed for the same purpose, by any generation there still is. Raises SealBroken."""
        for generation in range(self._newest("wrap"), 0, -1):
            with suppress(SealBroken, KeyError):
                return boxes.open_box(self._keys[key_name("wrap", generation)], sealed, context=context)
        raise SealBroken("what was wrapped does not open")

    def sign(self, message: bytes, generation: int | None = None) -> bytes:
        """An Ed25519 signature, 64 bytes, by the log's key."""
        return signing.sign(self._key(key_name("log", generation or self._newest("log"))), message)

    def public(self, generation: int | None = None) -> bytes:
        """The public half of the log's key, 32 bytes."""
        return signing.public(self._key(key_name("log", generation or self._newest("log"))))

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key: what a stolen database cannot make."""
        return signing.sign(self._key("register"), fact)

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""
        return signing.public(self._key("register"))

    def _sealed(self, path: Path, unlock: Path) -> bytes:
        plain = {"keys": {name: key.hex() for name, key in self._keys.items()}, "since": self._since}
        return boxes.seal_box(_unlock_key(unlock), json.dumps(plain).encode(), context=CONTEXT + path.name.encode())

    @contextmanager
    def _alone(self) -> Iterator[tuple[Path, Path]]:
        """Hold the folder of the file, with what the file holds now: another may have changed it meanwhile."""
        if self._from is None:
            raise Unavailable
        path, unlock, _ = self._from
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._refresh()
            yield path, unlock
            os.fsync(folder)
        finally:
            os.close(folder)

    def _replace(self, path: Path, unlock: Path) -> None:
        """Put the keys in the place of the file, whole or not at all: a kill leaves the old one or the new one."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        write_private(fresh, self._sealed(path, unlock))
        fresh.replace(path)
        self._from = (path, unlock, _looks(path))

    def _refresh(self) -> None:
        """Read the file again if it is another than it was: a pepper is renewed while the doors are open."""
        if self._from is None or not self._from[0].exists() or _looks(self._from[0]) == self._from[2]:
            return
        try:
            now = FileKeyManager.open(*self._from[:2])
        except CannotStart:
            raise Unavailable from None
        self._keys, self._since, self._from = now._keys, now._since, now._from

    def _newest(self, name: str) -> int:
        return newest_of(self.generations(name))

    def _key(self, name: str) -> bytes:
        try:
            return self._keys[name]
        except KeyError:
            raise Unavailable("The key manager of this process does not hold that key.") from None


def key_name(name: str, generation: int) -> str:
    """The name of a generation of a key where it is kept: the first has no number."""
    return name if generation == 1 else f"{name}.{generation}"


def generations_among(names: Iterable[str], wanted: str) -> tuple[int, ...]:
    """Which generations of a key are among these names, oldest first."""
    found = (name.partition(".") for name in names)
    return tuple(sorted(int(number or 1) for name, _, number in found if name == wanted))


def _looks(path: Path) -> tuple[int, ...]:
    """By what it is seen that a file was put in the place of another."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def make_unlock(path: Path) -> None:
    """Draw the secret that opens the key files of an installation nobody types for."""
    write_private(path, secrets.token_hex(32).encode() + b"\n")


def _unlock_key(path: Path) -> bytes:
    secret = read_private(path).strip()
    text = secret.decode(errors="replace")
    if text.lower() in DEFAULTS or len(text) < 15:
        raise CannotStart(f"The unlock secret in {path.name} is empty, a default or too short.")
    if len(secret) == 64 and all(c in b"0123456789abcdef" for c in secret):
        return kdf.derive(bytes.fromhex(text), "amana/unlock/v1")
    # What a person chose is stretched with four times the memory of a sign-in.
    return passphrases.stretch(text, b"amana/unlock/v1!", memory_mib=256, passes=3, lanes=1)

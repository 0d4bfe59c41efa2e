"""The key manager: secrets of the installation that no database and no backup holds.

One small interface, one backend here: ``file``, a 0600 file sealed by an unlock secret
that lies outside the database folder. Each process opens a file with only what it
needs: the staff app the pepper and the register's key, the worker the log's signing key, the portal none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from app.crypto import boxes, kdf, passphrases, signing
from app.errors import CannotStart, SealBroken, Unavailable

CONTEXT = b"amana/keyfile/v1"
DEFAULTS = frozenset({"", "changeme", "secret", "password", "amana", "default"})


class KeyManager(Protocol):
    """What a backend must do. Unavailable (503) within 5 s when it cannot."""

    def pepper(self, digest: bytes) -> bytes:
        """A keyed hash of a passphrase digest, at least 32 bytes."""

    def wrap(self, secret: bytes, *, context: bytes) -> bytes:
        """Seal a secret for one purpose."""

    def unwrap(self, sealed: bytes, *, context: bytes) -> bytes:
        """Open what ``wrap`` sealed for the same purpose. Raises SealBroken."""

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the log's key."""

    def public(self) -> bytes:
        """The public half of the log's key, 32 bytes."""

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key."""

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""


class FileKeyManager:
    """Keys of one purpose from one file. Asked for a key it does not have: Unavailable."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"<file key manager: {', '.join(sorted(self._keys))}>"

    @classmethod
    def open(cls, path: Path, unlock: Path) -> FileKeyManager:
        """Read and unseal a key file; raises CannotStart and changes no byte."""
        sealed = _read_private(path)
        key = _unlock_key(unlock)
        try:
            held = json.loads(boxes.open_box(key, sealed, context=CONTEXT + path.name.encode()))
        except SealBroken:
            raise CannotStart(f"{path.name} does not open with this unlock secret.") from None
        return cls({name: bytes.fromhex(value) for name, value in held.items()})

    @classmethod
    def make(cls, path: Path, unlock: Path, *names: str) -> FileKeyManager:
        """Draw the named keys and write them sealed; never over an existing file."""
        keys = {name: secrets.token_bytes(32) for name in names}
        plain = json.dumps({name: key.hex() for name, key in keys.items()}).encode()
        sealed = boxes.seal_box(_unlock_key(unlock), plain, context=CONTEXT + path.name.encode())
        write_private(path, sealed)
        return cls(keys)

    def pepper(self, digest: bytes) -> bytes:
        """HMAC-SHA256 of a passphrase digest, 32 bytes: what a stolen database lacks."""
        return hmac.new(self._key("pepper"), digest, hashlib.sha256).digest()

    def wrap(self, secret: bytes, *, context: bytes) -> bytes:
        """Seal a secret for one purpose."""
        return boxes.seal_box(self._key("wrap"), secret, context=context)

    def unwrap(self, sealed: bytes, *, context: bytes) -> bytes:
        """Open what ``wrap`` sealed for the same purpose. Raises SealBroken."""
        return boxes.open_box(self._key("wrap"), sealed, context=context)

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the log's key."""
        return signing.sign(self._key("log"), message)

    def public(self) -> bytes:
        """The public half of the log's key, 32 bytes."""
        return signing.public(self._key("log"))

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key: what a stolen database cannot make."""
        return signing.sign(self._key("register"), fact)

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""
        return signing.public(self._key("register"))

    def _key(self, name: str) -> bytes:
        try:
            return self._keys[name]
        except KeyError:
            raise Unavailable("The key manager of this process does not hold that key.") from None


def make_unlock(path: Path) -> None:
    """Draw the secret that opens the key files of an installation nobody types for."""
    write_private(path, secrets.token_hex(32).encode() + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600, on disk before this returns. Never replaces one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> bytes:
    try:
        found = path.stat()
        content = path.read_bytes()
    except FileNotFoundError:
        raise CannotStart(f"{path.name} is missing. A new installation begins with: amana init") from None
    except OSError as problem:
        raise CannotStart(f"{path.name} cannot be read: {problem.strerror}") from None
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077 and not _is_credential(path, found):
        raise CannotStart(f"{path.name} can be read by others (mode {mode:o}). Set it to 0600.")
    return content


def _is_credential(path: Path, found: os.stat_result) -> bool:
    """Whether systemd gave this file to this service: root's, 0440, in a folder nobody else writes to.

    The group's bit stands there for an access list that names this service's account alone; the
    folder is mounted for this service and for no other.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if not given or path.parent.resolve() != Path(given).resolve():
        return False
    folder = Path(given).stat()
    ours = {0, os.geteuid()}
    return not (found.st_mode & 0o037 or folder.st_mode & 0o022 or {found.st_uid, folder.st_uid} - ours)


def _unlock_key(path: Path) -> bytes:
    secret = _read_private(path).strip()
    text = secret.decode(errors="replace")
    if text.lower() in DEFAULTS or len(text) < 15:
        raise CannotStart(f"The unlock secret in {path.name} is empty, a default or too short.")
    if len(secret) == 64 and all(c in b"0123456789abcdef" for c in secret):
        return kdf.derive(bytes.fromhex(text), "amana/unlock/v1")
    # What a person chose is stretched with four times the memory of a sign-in.
    return passphrases.stretch(text, b"amana/unlock/v1!", memory_mib=256, passes=3, lanes=1)

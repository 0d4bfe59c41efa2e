"""Logs of invented entries, signed with a key made for tests, and dice that can be thrown again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit.canonical import canonical, commitment
from app.audit.checkpoint import Checkpoint
from app.audit.export import Entry, trust_text, write_export
from app.audit.note import sign_note, verifier_key
from app.audit.tree import leaf_hash, root

ORIGIN = "amana.example/log"
SEED = bytes(range(32))
OTHER_SEED = bytes(range(1, 33))
CASES = 7


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key(seed: bytes = SEED, name: str = ORIGIN) -> str:
    return verifier_key(name, public(seed))


def body(index: int, **changes: Any) -> dict[str, Any]:
    """The body of entry ``index``; entries take turns over a few cases."""
    case, seq = f"C-{index % CASES:04}", index // CASES + 1
    return {
        "id": str(UUID(int=(0x7 << 76) + (0x2 << 62) + index)),
        "at": f"2026-03-01T10:{index // 60 % 60:02}:{index % 60:02}.000Z",
        "operation": "consult",
        "action": "testimony.open",
        "actor": "P-0412",
        "subjects": [{"case": case, "seq": seq, "rows": [str(UUID(int=index + 1))]}],
        "outcome": "done",
    } | changes


def salt(index: int) -> bytes:
    return hashlib.sha256(b"salt %d" % index).digest()[:16]


def entry(index: int, **changes: Any) -> tuple[bytes, bytes]:
    return salt(index), canonical(body(index, **changes))


def entries(count: int) -> list[tuple[bytes, bytes]]:
    return [entry(index) for index in range(count)]


def leaves(log: Sequence[Entry]) -> list[bytes]:
    """The leaf hash of each entry, erased or not."""
    return [leaf_hash(each if isinstance(each, bytes) else commitment(*each)) for each in log]


def signed(log: Sequence[Entry], seed: bytes = SEED, origin: str = ORIGIN) -> bytes:
    """The checkpoint over these entries, signed."""
    return sign_note(Checkpoint(origin, len(log), root(leaves(log))).text(), origin, seed)


def export(folder: Path, log: Sequence[Entry], note: bytes | None = None, trust: str | None = None) -> Path:
    write_export(folder, log, signed(log) if note is None else note, trust_text(key()) if trust is None else trust)
    return folder


def save(folder: Path, *notes: bytes) -> Path:
    """Checkpoints kept by somebody outside."""
    folder.mkdir()
    for number, note in enumerate(notes):
        (folder / f"checkpoint-{number}").write_bytes(note)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@contextmanager
def tampered(folder: Path, before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[None]:
    """The folder with other content while the block runs, then as before."""
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert touched, "an edit that changes nothing proves nothing"
    _lay(folder, after, touched)
    try:
        yield
    finally:
        _lay(folder, before, touched)


def _lay(folder: Path, files: dict[str, bytes], names: set[str]) -> None:
    for name in names:
        if name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(files[name])
        else:
            (folder / name).unlink()


class Dice:
    """Numbers that look random and are the same again for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed, self.thrown = seed, 0

    def below(self, end: int, start: int = 0) -> int:
        self.thrown += 1
        drawn = hashlib.sha256(b"%d:%d" % (self.seed, self.thrown)).digest()
        return start + int.from_bytes(drawn, "big") % (end - start)

    def flip(self, raw: bytes, start: int = 0, end: int | None = None) -> bytes:
        """The bytes with one bit turned, between start and end."""
        at = self.below(len(raw) if end is None else end, start)
        return raw[:at] + bytes([raw[at] ^ 1 << self.below(8)]) + raw[at + 1 :]

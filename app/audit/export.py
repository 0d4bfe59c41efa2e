"""The log as a folder that a stranger can check with a program that is not ours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.audit.canonical import commitment
from app.audit.tiles import TileFolder
from app.audit.tree import leaf_hash

Entry = tuple[bytes, bytes] | bytes


def write_export(folder: Path, entries: Iterable[Entry], checkpoint_note: bytes, trust: str) -> None:
    """Write checkpoint, tiles, bodies and trust file, and nothing that could not be checked.

    folder            is made; must not exist or be empty
    entries           from the first to the last under the checkpoint: (salt[16], canonical body), or
                      the commitment[32] alone where the body was erased
    trust             ``log <verifier key>`` lines, then ``quorum none``
    raises            FileExistsError for a folder in use

    The hashes are computed from the entries, not copied: what does not fit the checkpoint is
    thereby shown to whoever verifies, and cannot be smoothed over here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    commitments = []
    with (folder / "bodies.jsonl").open("wb") as bodies:
        for entry in entries:
            bodies.write(_line(entry))
            commitments.append(entry if isinstance(entry, bytes) else commitment(*entry))
    tiles = TileFolder(folder)
    tiles.append_entries(0, commitments)
    tiles.append(0, [leaf_hash(each) for each in commitments])
    (folder / "trust").write_text(trust, encoding="utf-8", newline="")
    tiles.write_checkpoint(checkpoint_note)


def trust_text(*verifier_keys: str) -> str:
    """The trust file of an export (c2sp.org/tlog-policy): these logs, no witnesses."""
    return "".join(f"log {key}\n" for key in verifier_keys) + "quorum none\n"


def _line(entry: Entry) -> bytes:
    """One line of bodies.jsonl, itself canonical JSON: "body" comes before "salt"."""
    if isinstance(entry, bytes):
        return b'{"erased":"%s"}\n' % entry.hex().encode()
    salt, body = entry
    return b'{"body":%s,"salt":"%s"}\n' % (body, salt.hex().encode())

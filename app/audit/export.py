"""The log as a folder that a stranger can check with a program that is not ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.bodies import CaseNumbers
from app.audit.canonical import canonical, commitment
from app.audit.check import PORTION, Checked
from app.audit.checkpoint import Checkpoint, open_checkpoint
from app.audit.cosignature import cosigners
from app.audit.models import Entry as EntryRow
from app.audit.models import EntryBody, Place
from app.audit.succession import chain
from app.audit.tiles import WIDTH, TileFolder
from app.audit.tree import leaf_hash
from app.audit.trust import Trust
from app.errors import LogForked, SealBroken

Entry = tuple[bytes, bytes] | bytes


def write_export(
    folder: Path, entries: Iterable[Entry], checkpoint_note: bytes, trust: str, successions: Iterable[bytes] = ()
) -> None:
    """Write checkpoint, tiles, bodies and trust file, and nothing that could not be checked.

    folder            is made; must not exist or be empty
    entries           from the first to the last under the checkpoint: (salt[16], canonical body), or
                      the commitment[32] alone where the body was erased
    trust             ``log <verifier key>`` lines, then ``quorum none``
    successions       each change of the log's key up to the one that signed this checkpoint
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
    for note in successions:
        tiles.add_succession(note)
    tiles.write_checkpoint(checkpoint_note)


def trust_text(*verifier_keys: str) -> str:
    """The trust file of an export (c2sp.org/tlog-policy): these logs, no witnesses."""
    return "".join(f"log {key}\n" for key in verifier_keys) + "quorum none\n"


def entries_under(session: Session, size: int) -> Iterator[Entry]:
    """The first ``size`` entries of the database as an export takes them, in their order."""
    statement = (
        select(EntryRow.commitment, EntryBody.salt, EntryBody.body)
        .join(Place, Place.entry == EntryRow.id)
        .outerjoin(EntryBody, EntryBody.entry == EntryRow.id)
        .where(Place.leaf_index < size)
        .order_by(Place.leaf_index)
        .execution_options(yield_per=PORTION)
    )
    for stored, salt, body in session.execute(statement):
        yield bytes(stored) if body is None else (bytes(salt), bytes(body))


def check_export(folder: Path, *, progress: Callable[[int], None] | None = None) -> Checked:
    """Check an exported folder by the key in its own trust file.

    raises   FileNotFoundError if it is no export

    This is the house checking itself, with the code that wrote the export. What convinces a
    stranger is tests/kit/verify_log.py, with a key they brought.
    """
    tiles = TileFolder(folder)
    words = (folder / "trust").read_text(encoding="utf-8")
    note = tiles.read_checkpoint()
    if note is None:
        raise FileNotFoundError(2, "there is no checkpoint", str(folder))
    try:
        trust = Trust.parse(words)
        signed = open_checkpoint(note, trust.logs[0])
        enough = trust.met(cosigners(note, trust.keys))
    except (SealBroken, ValueError):
        return Checked(False, 0, "", None, "the checkpoint is not signed by the key in trust", 0)
    if not enough:
        return Checked(
            False, signed.size, signed.root.hex(), None, "fewer witnesses have signed than trust asks for", 0
        )
    problem = _changes(tiles, signed, trust)
    if problem:
        return Checked(False, signed.size, signed.root.hex(), None, problem, 0)
    bad, problem = _first_bad(folder, tiles, signed, progress)
    return Checked(not problem, signed.size, signed.root.hex(), bad, problem, 0)


def _changes(tiles: TileFolder, signed: Checkpoint, trust: Trust) -> str:
    """What is wrong with the changes of the log's key; empty if nothing is."""
    try:
        links = chain(tiles.successions())
        if links and (links[-1].new,) != trust.logs:
            return "the changes of the log's key do not lead to the key in trust"
        if any(link.size > signed.size or tiles.root_at(link.size) != link.root for link in links):
            return "the log's key was changed under another log"
    except SealBroken:
        return "a change of the log's key is not signed by the key before it"
    except LogForked as found:
        return str(found)
    return ""


def _first_bad(
    folder: Path, tiles: TileFolder, signed: Checkpoint, progress: Callable[[int], None] | None
) -> tuple[int | None, str]:
    """Index of the first entry that does not fit, and why; (None, "") if all do."""
    index, numbers = 0, CaseNumbers()
    try:
        with (folder / "bodies.jsonl").open("rb") as bodies:
            for index in range(signed.size):
                if index % WIDTH == 0:
                    stored = tiles.commitments(index // WIDTH, min(WIDTH, signed.size - index))
                committed, body = _committed(bodies.readline())
                if committed != stored[index % WIDTH]:
                    return index, "a body does not fit its commitment"
                if problem := numbers.take(index, body):
                    return index, problem
                if progress and index % PORTION == 0:
                    progress(index)
            if bodies.read(1):
                return signed.size, "bodies.jsonl goes on after the last entry"
        tiles.check_entries(signed.size)
        if tiles.rebuild_right_edge(signed.size).root() != signed.root:
            return None, "the entries do not give the root that was signed"
    except LogForked as found:
        return None, str(found)
    except ValueError:
        return index, "a line of bodies.jsonl is not written as it must be"
    return numbers.missing()


def _committed(line: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """Commitment and body of a line of bodies.jsonl; ValueError unless ``_line`` would write it so."""
    found = json.loads(line)
    try:
        if "erased" in found:
            erased = bytes.fromhex(found["erased"])
            body, again = None, _line(erased)
        else:
            body, salt = found["body"], bytes.fromhex(found["salt"])
            again = _line((salt, canonical(body)))
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not an entry") from None
    if again != line:
        raise ValueError("a second spelling")
    return (erased, None) if body is None else (commitment(salt, canonical(body)), body)


def _line(entry: Entry) -> bytes:
    """One line of bodies.jsonl, itself canonical JSON: "body" comes before "salt"."""
    if isinstance(entry, bytes):
        return b'{"erased":"%s"}\n' % entry.hex().encode()
    salt, body = entry
    return b'{"body":%s,"salt":"%s"}\n' % (body, salt.hex().encode())

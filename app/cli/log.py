"""The access log from the terminal: check it, carry it out, prove one entry, sign now.

A check and an export are entries themselves. None of these shows what an entry says.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app import presence, worker
from app.audit.check import Checked, watching
from app.audit.cosignature import cosigners
from app.audit.cosigning import Cosigned, cosigned
from app.audit.export import check_export, entries_under, trust_text, write_export
from app.audit.models import Entry, Place, SignedCheckpoint
from app.audit.proof import proof_text
from app.audit.succession import chain, until
from app.audit.tiles import TileFolder
from app.audit.tree import inclusion_proof, leaf_hash, verify_inclusion
from app.cli import key_files
from app.cli.database import Roles
from app.cli.speech import progress, say
from app.db import engine_for
from app.errors import CannotStart, LogForked, SealBroken, Unavailable
from app.oversight import actions as oversight
from app.oversight.views import LogVerified
from app.settings import Settings
from app.work import Caller, Office

CHECKPOINT_SECONDS: Final = 60.0


def verify(settings: Settings, office: Office, engine: Engine) -> LogVerified:
    """Check the whole log in the database, its signature, and the published tiles. Leaves an entry."""
    with progress("entries", _count(engine)) as done:
        token = watching.set(done)
        found: LogVerified = office.perform(Caller.operator(), oversight.verify)
        watching.reset(token)
    problem = found.problem or _published(settings, engine)
    return LogVerified(not problem, found.size, found.root, found.bad_index, problem, found.waiting)


def verify_folder(folder: Path) -> Checked:
    """Check an exported folder, and say who should."""
    say("This is the program that wrote the log checking itself. For anybody else to be convinced:")
    say(f"    python tests/kit/verify_log.py {folder} --trust YOUR_TRUST_FILE")
    with progress("entries", None) as done:
        return check_export(folder, progress=done)


def export(settings: Settings, office: Office, engine: Engine, out: Path) -> int:
    """Write the log to a new folder, as far as its newest checkpoint; returns how many entries.

    raises   CannotStart for a folder in use, before anything is recorded
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotStart(f"{out} is in use. Name a new folder.")
    keys, trust = key_files.log_keys(settings), key_files.log_trust(settings)
    tiles = TileFolder(settings.log_folder)
    # The entry is committed before the first byte leaves.
    leaves = office.perform(Caller.operator(), oversight.export)
    # Where witnesses are asked, what leaves is what they signed: without them a stranger has our word alone.
    seen = cosigned(tiles, trust, keys.key)
    size, note = (seen.size, seen.note) if seen else (int(leaves.size), leaves.note.encode())
    # Just after a change the newest checkpoint may still be of the key before.
    signer = keys.signer(note)
    words, changes = trust.text() if seen else trust_text(signer), until(signer, tiles.successions())
    with Session(engine) as session, progress("entries", size) as done:
        write_export(out, _told(entries_under(session, size), done), note, words, changes)
    return size


def prove(settings: Settings, engine: Engine, entry: str) -> str:
    """A proof that one entry is in the log, to hand to somebody outside (c2sp.org/tlog-proof).

    entry    its id, or its number in the log
    raises   CannotStart if there is no such entry or no checkpoint covers it yet
    """
    index, leaf = _placed(engine, entry)
    tiles = TileFolder(settings.log_folder)
    note = tiles.read_checkpoint()
    if note is None:
        raise CannotStart("Nothing is signed yet. Run: amana audit checkpoint")
    signed = key_files.log_keys(settings).open(note)
    if index >= signed.size:
        raise CannotStart("No checkpoint covers that entry yet. Run: amana audit checkpoint")
    hashes = inclusion_proof(index, signed.size, tiles.hash_at)
    verify_inclusion(leaf, index, signed.size, hashes, signed.root)
    return proof_text(index, hashes, note.decode())


def checkpoint(settings: Settings, roles: Roles, engine: Engine) -> SignedCheckpoint:
    """Wait until a checkpoint covers everything that is committed now; returns it.

    A worker on this machine is told by a signal, since it alone should hold the signing key.
    Without one the command opens the key itself: it could in any case, being the same
    account, and a log must be signable while the services are down.
    raises   Unavailable if it takes longer than a minute; CannotStart for an empty log
    """
    wanted = _count(engine)
    if not wanted:
        raise CannotStart("The log is empty: nothing was done yet.")
    deadline = time.monotonic() + CHECKPOINT_SECONDS
    own = None if presence.running(settings) else engine_for(roles.url("sequencer"), connections_max=2)
    maker = worker.open_sequencer(settings, own, key_files.log_keys(settings)) if own is not None else None
    try:
        while (signed := newest(engine)) is None or signed.size < wanted:
            if time.monotonic() > deadline:
                raise Unavailable("No checkpoint came within a minute. Is the worker running? Try: amana doctor")
            if maker is None:
                _ring(settings)
            elif not maker.tick(sign_now=True):
                # Nothing was placed: another machine's worker leads, or this tick has just signed.
                time.sleep(0.1)
    finally:
        if maker is not None and own is not None:
            maker.close()
            own.dispose()
    return signed


@dataclass(frozen=True)
class Seen:
    """What outsiders signed. ``enough`` is the newest checkpoint with a quorum; ``newest`` who signed the newest."""

    asked: tuple[str, ...]
    newest: dict[str, int]
    enough: Cosigned | None


def witnesses(settings: Settings) -> Seen:
    """Who is asked to witness the log, and what they have signed so far."""
    key, trust, tiles = (
        key_files.log_key(settings),
        key_files.log_trust(settings),
        TileFolder(settings.log_folder),
    )
    note = tiles.read_checkpoint()
    signed = {trust.keys[each]: at for each, at in cosigners(note, trust.keys).items()} if note else {}
    return Seen(tuple(trust.witnesses), signed, cosigned(tiles, trust, key))


def newest(engine: Engine) -> SignedCheckpoint | None:
    """The checkpoint over the most entries."""
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(select(SignedCheckpoint).order_by(SignedCheckpoint.size.desc()).limit(1)).first()


def _ring(settings: Settings) -> None:
    pid = presence.running(settings)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
    time.sleep(0.1)


def _count(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def _placed(engine: Engine, entry: str) -> tuple[int, bytes]:
    """Number and leaf hash of an entry."""
    statement = select(Place.leaf_index, Entry.commitment).join(Entry, Entry.id == Place.entry)
    try:
        wanted = Place.leaf_index == int(entry) if entry.isdecimal() else Place.entry == UUID(entry)
    except ValueError:
        raise CannotStart("An entry is named by its id or by its number in the log.") from None
    with Session(engine) as session:
        row = session.execute(statement.where(wanted)).one_or_none()
    if row is None:
        raise CannotStart("There is no such entry, or it has no place in the log yet.")
    return int(row.leaf_index), leaf_hash(bytes(row.commitment))


def _published(settings: Settings, engine: Engine) -> str:
    """What is wrong with the signature or with the published tiles; empty if nothing is."""
    signed = newest(engine)
    if signed is None:
        return ""
    keys = key_files.log_keys(settings)
    tiles = TileFolder(settings.log_folder)
    try:
        keys.open(signed.note.encode())
        public = keys.open(tiles.read_checkpoint() or b"")
        if public.size > signed.size:
            return f"the published checkpoint has {public.size} entries, the database only {signed.size}"
        tiles.check_entries(public.size)
        if tiles.rebuild_right_edge(public.size).root() != public.root:
            return "the published tiles do not give the root that was signed"
        if any(tiles.root_at(link.size) != link.root for link in chain(tiles.successions())):
            return "the published tiles do not give the root under which the log's key was changed"
    except SealBroken:
        return "a checkpoint is missing or not signed by the log's key"
    except LogForked as found:
        return str(found)
    return ""


def _told(entries: Any, done: Any) -> Any:
    for number, entry in enumerate(entries):
        if number % 5000 == 0:
            done(number)
        yield entry

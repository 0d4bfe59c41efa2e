"""Drawing the key manager's own keys anew: what signs the log, and what wraps secrets. Cut short, each goes on."""

from __future__ import annotations

from functools import partial
from typing import Final

from sqlalchemy import Engine

from app import presence, worker
from app.accounts import rotation
from app.accounts.forms import RotateInstalled
from app.audit.checkpoint import Checkpoint
from app.audit.note import parse_verifier_key, verifier_key
from app.audit.sequencer import Sequencer
from app.audit.succession import Succession
from app.cli import key_files
from app.cli.database import Roles
from app.cli.speech import progress
from app.errors import CannotStart
from app.keyholders.manager import InstalledKeys
from app.settings import Settings
from app.work import Caller, Office

# Drawn, vouched for, named, entered, signed with, the old one destroyed.
_STEPS: Final = 6


def wrapping_key(office: Office, manager: InstalledKeys) -> list[str]:
    """A fresh wrapping key. Nothing that is stored is sealed under one, so the old ones go at once."""
    old = manager.generations("wrap")[-1]
    entered = RotateInstalled(key="wrap", old=old, new=old + 1)
    office.perform(Caller.operator(), rotation.rotate_installed, entered)
    new = manager.renew("wrap")
    if manager.unwrap(manager.wrap(b"tried", context=b"amana/tried/v1"), context=b"amana/tried/v1") != b"tried":
        raise CannotStart("The fresh wrapping key does not open what it sealed. The old one was kept.")
    for generation in manager.generations("wrap")[:-1]:
        manager.retire("wrap", generation)
    return [
        f"Wrapping key {new} is used from now on; the old one is destroyed here, and nothing was sealed under it.",
        "Renew your copy of staff.key kept elsewhere.",
    ]


def log_key(settings: Settings, roles: Roles, office: Office) -> list[str]:
    """Another key signs the log from now on, and the old one has said so.

    What decides is the succession in log/: before it lies there the old key signs and nobody knows of
    the new one, and from then on the new one signs, whatever is cut after. The old key is destroyed last.
    """
    if presence.running(settings) is not None:
        raise CannotStart(
            "The worker signs with this key at this moment. Stop it, say this again, start it: entries wait so long."
        )
    with roles.using("sequencer") as engine, progress("Changing the log's key", _STEPS) as told:
        before = key_files.log_keys(settings)
        manager, current = worker.check_key(settings, before.key)
        if manager.generations("log")[0] == current:
            _vouch_for_another(settings, engine, manager, current)
            told(2)
        keys = key_files.log_keys(settings)
        manager, new = worker.check_key(settings, keys.key)
        key_files.name_log_key(settings, keys.key)
        told(3)
        entered = RotateInstalled(key="log", old=manager.generations("log")[0], new=new)
        office.perform(Caller.operator(), rotation.rotate_installed, entered)
        told(4)
        signed = _all_signed(worker.open_sequencer(settings, engine, keys))
        told(5)
        for generation in manager.generations("log"):
            if generation < new:
                manager.retire("log", generation)
        told(_STEPS)
    changes = f"log/succession/{len(keys.ended)}"
    return [
        f"From now on the log is signed by {keys.key}; its first checkpoint is over {signed.size} entries.",
        f"The key before it vouches for it in {changes} and is destroyed here. Start the worker.",
        "Hand keys/log.trust to auditors and counsel anew, on paper; renew your copy of log.key kept elsewhere.",
        f"Witnesses sign again when they were told: amana witness follow FOLDER {changes}",
    ]


def _vouch_for_another(settings: Settings, engine: Engine, manager: InstalledKeys, current: int) -> None:
    """Have the key that signs now say that another takes its place, over the last checkpoint it ever signs."""
    keys = key_files.log_keys(settings)
    # A drawing that was cut before anybody vouched for it is used now: nothing was ever signed with it.
    newest = manager.generations("log")[-1]
    new = newest if newest > current else manager.renew("log")
    maker = worker.open_sequencer(settings, engine, keys)
    try:
        # Its lock is held until the succession lies there, so that no other process signs more with the old key.
        last = _all_signed(maker, closing=False)
        fresh = verifier_key(parse_verifier_key(keys.key)[0], manager.public(new))
        change = Succession(keys.key, fresh, last.size, last.root)
        by_old, by_new = partial(manager.sign, generation=current), partial(manager.sign, generation=new)
        maker.tiles.add_succession(change.signed(by_old, by_new))
    finally:
        maker.close()


def _all_signed(maker: Sequencer, *, closing: bool = True) -> Checkpoint:
    """The checkpoint over everything that is committed now; CannotStart while another process leads."""
    try:
        while maker.tick(sign_now=True):
            continue
        last = maker.last()
        if last is None:
            raise CannotStart("Another machine's worker signs the log at this moment. Stop it and say this again.")
        return last
    finally:
        if closing:
            maker.close()

"""``amana keys move``: the installation's keys from files into a hardware module, or back."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from app import presence, worker
from app.accounts import rotation
from app.accounts.forms import MoveKeys
from app.cli import key_files
from app.cli.database import Roles
from app.cli.errand import office_as
from app.cli.speech import progress
from app.errors import CannotStart
from app.keyholders import moving
from app.keyholders.backends import Purpose, open_keys
from app.keyholders.hardware import HardwareKeyManager
from app.keyholders.manager import FileKeyManager
from app.keyholders.register import Register
from app.settings import Settings
from app.work import Caller

PURPOSES: Final[tuple[Purpose, ...]] = ("staff", "log")


def into_module(settings: Settings, roles: Roles, hsm: str, pin: Path) -> list[str]:
    """Keys go from the files into a module. Cut short, say it again with the same words."""
    _refuse_worker(settings)
    there = replace(settings, hsm=hsm, unlock_file=str(pin.absolute()))
    there.check()
    files = {purpose: _file(settings.keys_folder, purpose, settings.unlock_path) for purpose in PURPOSES}
    with progress("Moving keys into the module", sum(len(each.names()) for each in files.values() if each)) as told:
        done = 0
        for purpose, kept in files.items():
            for _ in moving.into_module(kept, _token(there, purpose)) if kept else ():
                done += 1
                told(done)
    # Signed in to anew: what is proved is what the services will find.
    for purpose, kept in files.items():
        if kept:
            moving.must_answer_alike(kept, _token(there, purpose))
    _must_fit(there)
    _enter(there, roles, "module")
    for purpose in PURPOSES:
        _destroy(settings.keys_folder / f"{purpose}.key")
    return [
        "The keys are in the module, each was tried there, and the key files are removed here.",
        f"Set AMANA_HSM={hsm} and AMANA_UNLOCK_FILE={pin.absolute()}, and start the services.",
        "Copies of staff.key and log.key kept elsewhere still open everything: they are the only way back.",
    ]


def back_to_files(settings: Settings, roles: Roles, copies: Path, unlock: Path) -> list[str]:
    """Kept copies of the key files go back into their place, if theirs are the module's keys; then it is cleared."""
    _refuse_worker(settings)
    if not settings.hsm:
        raise CannotStart("The keys are in files already: AMANA_HSM is not set.")
    here = replace(settings, hsm="", unlock_file=str(unlock.absolute()))
    tokens = {purpose: _token(settings, purpose) for purpose in PURPOSES}
    for purpose, token in tokens.items():
        if token.names():
            moving.must_answer_alike(FileKeyManager.open(copies / f"{purpose}.key", unlock), token)
    with progress("Moving keys back to files", len(PURPOSES)) as told:
        for number, (purpose, token) in enumerate(tokens.items(), start=1):
            if token.names():
                placed = moving.put_back(copies / f"{purpose}.key", here.keys_folder / f"{purpose}.key", unlock)
                moving.must_answer_alike(placed, token)
            told(number)
    _must_fit(here)
    _enter(here, roles, "files")
    for token in tokens.values():
        token.clear()
    return [
        "The keys are in files again, each was tried there, and the tokens are empty.",
        f"Take AMANA_HSM away, set AMANA_UNLOCK_FILE={unlock.absolute()}, and start the services.",
    ]


def _refuse_worker(settings: Settings) -> None:
    if presence.running(settings) is not None:
        raise CannotStart("The services hold these keys at this moment. Stop them, say this again, and start them.")


def _file(folder: Path, purpose: Purpose, unlock: Path) -> FileKeyManager | None:
    """A key file; None where an earlier move has removed it already."""
    path = folder / f"{purpose}.key"
    return FileKeyManager.open(path, unlock) if path.exists() else None


def _token(settings: Settings, purpose: Purpose) -> HardwareKeyManager:
    return HardwareKeyManager.reach(*settings.hsm_token(purpose), settings.unlock_path)


def _must_fit(settings: Settings) -> None:
    """Raises CannotStart unless these keys are this installation's, by what lies outside of them."""
    key_files.check_register(settings, open_keys(settings, "staff"))
    worker.check_key(settings, key_files.log_key(settings))


def _enter(settings: Settings, roles: Roles, to: Literal["module", "files"]) -> None:
    """The entry before anything is destroyed: that a key file is gone must not be unsaid."""
    with office_as(settings, roles, "app", Register.of(open_keys(settings, "staff"))) as office:
        office.perform(Caller.operator(), rotation.move_keys, MoveKeys(to=to))


def _destroy(path: Path) -> None:
    path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

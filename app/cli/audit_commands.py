"""``amana audit``: the access log, for whoever runs the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from app.cli import installation, log
from app.cli.database import Roles, database
from app.cli.door import Json, group, settings_here
from app.cli.errand import office_as
from app.cli.speech import BROKEN, FINE, answer
from app.settings import Settings
from app.work import Office

audit = group("The access log: check it, carry it out, prove one entry, sign now.")


@audit.command("verify")
def verify_(
    folder: Annotated[Path | None, typer.Argument(help="An export; else the database.")] = None, json_: Json = False
) -> None:
    """Check the whole log. 0 intact, 3 broken (the first bad entry is named), 1 could not be checked."""
    if folder is not None:
        found: Any = log.verify_folder(folder)
    else:
        with _here() as (settings, _, engine, office):
            found = log.verify(settings, office, engine)
    where = "" if found.bad_index is None else f" First bad entry: {found.bad_index}."
    line = f"INTACT: {found.size} entries, root {found.root}" if found.intact else f"BROKEN: {found.problem}.{where}"
    answer(asdict(found), [line], as_json=json_)
    raise typer.Exit(FINE if found.intact else BROKEN)


@audit.command("export")
def export_(out: Path, json_: Json = False) -> None:
    """Write the log, as far as it is signed, into a new folder for whoever checks it elsewhere."""
    with _here() as (settings, _, engine, office):
        size = log.export(settings, office, engine, out)
    line = f"{size} entries in {out}. To check: .venv/bin/python tests/kit/verify_log.py {out}"
    answer({"size": size, "folder": str(out)}, [line], as_json=json_)


@audit.command("prove")
def prove_(
    entry: Annotated[str, typer.Argument(help="Its id, or its number in the log.")], json_: Json = False
) -> None:
    """A proof on stdout that one entry is in the log. It shows nothing of what the entry says."""
    with _here() as (settings, _, engine, _office):
        proof = log.prove(settings, engine, entry)
    answer({"proof": proof}, proof.splitlines(), as_json=json_)


@audit.command("checkpoint")
def checkpoint_(json_: Json = False) -> None:
    """Sign now, and wait until everything committed is under a checkpoint; the checkpoint on stdout."""
    with _here() as (settings, roles, engine, _office):
        signed = log.checkpoint(settings, roles, engine)
    told = {"size": signed.size, "root": bytes(signed.root).hex(), "note": signed.note}
    answer(told, signed.note.splitlines(), as_json=json_)


@audit.command("witnesses")
def witnesses_(json_: Json = False) -> None:
    """Who outside is asked to sign the log, and what they have signed."""
    settings = settings_here()
    installation.require(settings)
    seen = log.witnesses(settings)
    enough = {"size": seen.enough.size, "at": seen.enough.at.isoformat()} if seen.enough else None
    lines = [f"{name}: {'signed the newest checkpoint' if name in seen.newest else 'not yet'}" for name in seen.asked]
    lines.append(
        f"Enough have signed up to entry {seen.enough.size}, at {seen.enough.at:%Y-%m-%d %H:%M} UTC." if seen.enough
        else "Enough have never signed." if seen.asked
        else "Nobody outside is asked. Name witnesses in keys/log.trust (deploy/RUNBOOK.md)."
    )  # fmt: skip
    answer({"asked": seen.asked, "newest": sorted(seen.newest), "enough": enough}, lines, as_json=json_)


@contextmanager
def _here() -> Iterator[tuple[Settings, Roles, Engine, Office]]:
    """This folder's installation with its database, as the app's role."""
    settings = settings_here()
    installation.require(settings)
    with database(settings) as roles, roles.using("app") as engine, office_as(settings, roles, "app") as office:
        yield settings, roles, engine, office

"""``amana run``, ``serve`` and ``worker``: what goes on until it is told to end.

Each loads its own part of the program and no other: ``run`` only starts the rest, the witness's
door holds nothing of the office, and the worker no page at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from app.cli import database, demonstration, installation, process, schema
from app.cli.door import Json, group, settings_here
from app.errors import CannotStart

Parent = Annotated[int, typer.Option(hidden=True, help="End when this process ends.")]

services = group("What goes on until it is told to end.")


@services.command("run")
def run_(
    empty: Annotated[bool, typer.Option("--empty", help="Found no office; seed it with: amana demo seed.")] = False,
    json_: Json = False,
) -> None:
    """The demonstration: keys, database, invented office, three services. On this machine only."""
    from app.cli import run as running

    process.harden()
    raise typer.Exit(running.run(demonstration.demo_settings(), empty=empty, as_json=json_))


@services.command("serve")
def serve_(
    staff: Annotated[bool, typer.Option("--staff", help="The office's door.")] = False,
    portal: Annotated[bool, typer.Option("--portal", help="The witness's door. Needs no key.")] = False,
    parent: Parent = 0,
) -> None:
    """One door, until told to end. Its database role is the door's own."""
    if staff == portal:
        raise CannotStart("Say which door: --staff or --portal.")
    process.harden()
    process.leave_in_order()
    if parent:
        process.end_with(parent)
    with process.unswept():
        from app.main import portal_app, serve, staff_app
    settings = settings_here()
    with database.database(settings) as roles:
        url = settings.database_url or roles.url("app" if staff else "portal")
        schema.check_fit(url)
        own = replace(settings, database_url=url)
        port = settings.port if staff else settings.portal_port
        with process.unswept():
            program = staff_app(own) if staff else portal_app(own)
        serve(program, settings.host, port, tls=settings.tls != "none")


@services.command("worker")
def worker_(parent: Parent = 0) -> None:
    """Places entries in the tree, signs checkpoints, does due work, until told to end."""
    process.harden()
    if parent:
        process.end_with(parent)
    with process.unswept():
        from app import worker
        from app.cli import errand, key_files
        from app.db import engine_for
    settings = settings_here()
    installation.require(settings)
    keys, trust = key_files.log_keys(settings), key_files.log_trust(settings)
    with database.database(settings) as roles, errand.office_as(settings, roles, "app", whole=False) as office:
        schema.check_fit(roles.url("sequencer"))
        engine = engine_for(roles.url("sequencer"), connections_max=2)
        code = worker.run(settings, office, engine, keys, trust)
        engine.dispose()
    raise typer.Exit(code)

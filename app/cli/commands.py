"""The commands. Each reads its words, does one thing through the parts beside it, and answers.

There is no command that exports a case, a list of cases or a name: a terminal holds no
key of any case.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import worker as working
from app.cli import (
    audit_commands,
    custodian_commands,
    database,
    demo_commands,
    demonstration,
    doctor,
    founding,
    installation,
    key_commands,
    lookup_commands,
    process,
    rewriting,
    staffing,
    witness_commands,
)
from app.cli import run as running
from app.cli.door import Json, group, settings_here
from app.cli.speech import answer
from app.db import engine_for
from app.errors import CannotStart
from app.keyholders.custodians import CUSTODIANS, NEEDED, deal
from app.keyholders.register import Register, read_trust
from app.main import office_of, portal_app, serve, staff_app

Parent = Annotated[int, typer.Option(hidden=True, help="End when this process ends.")]

app = group("Amana: testimony kept in trust. The operator's commands; none of them opens a case.")
db = group("The database's schema.")
app.add_typer(db, name="db")
app.add_typer(witness_commands.witness, name="witness")
app.add_typer(demo_commands.demo, name="demo")
app.add_typer(audit_commands.audit, name="audit")
app.add_typer(rewriting.erase, name="erase")
app.add_typer(lookup_commands.policy, name="policy")
app.add_typer(lookup_commands.people, name="people")
app.add_typer(key_commands.keys, name="keys")
app.add_typer(custodian_commands.custodians, name="custodians")


@app.command("init")
def init_(
    people_file: Annotated[
        Path | None, typer.Option("--people", help="JSON: the founders; else they are asked.")
    ] = None,
    shares_file: Annotated[Path | None, typer.Option(help="Write the recovery shares there, 0600.")] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing; needs --shares-file.")] = False,
    backup_tested: Annotated[str | None, typer.Option(help="The day a restore was last tried: 2026-11-30.")] = None,
    i_have_no_backup: Annotated[bool, typer.Option("--i-have-no-backup", help="Begin all the same.")] = False,
    custodians: Annotated[int, typer.Option(min=2, max=16, help="How many recovery shares there are.")] = CUSTODIANS,
    needed: Annotated[int, typer.Option(min=2, max=16, help="How many of them give the key back.")] = NEEDED,
    json_: Json = False,
) -> None:
    """A new installation: folder, keys, recovery shares on paper, database, invitations for the first people."""
    process.harden()
    if needed > custodians:
        raise CannotStart(f"{needed} of {custodians} shares is more than there are.")
    paper = founding.Paper(shares_file, ask=not no_input)
    backup = founding.checked_backup(backup_tested, none=i_have_no_backup)
    founders = founding.founders(people_file, ask=not no_input)
    invited = founding.found(settings_here(), founders, paper, backup, deal(needed, custodians))
    answer(*founding.told(invited), as_json=json_)


@app.command("doctor")
def doctor_(
    staff: Annotated[
        bool, typer.Option("--staff", help="What today's people can do, and which seats are empty.")
    ] = False,
    json_: Json = False,
) -> None:
    """One line a check, worst first. 0 fine, 1 something could not be checked, 4 attention needed."""
    process.harden()
    settings = settings_here()
    installation.require(settings)
    with database.database(settings) as roles, roles.using("app") as engine:
        if staff:
            known = Register(read_trust(settings.register_path))
            office = office_of(settings, engine, register=known)
            ask = partial(staffing.examine, policy=office.policy, digits_do=settings.digits_do)
            found = office.housekeep(ask)
        else:
            found = doctor.examine(settings, roles, engine)
    answer(
        {"findings": [{"level": f.level.name.lower(), "check": f.check, "words": f.words} for f in found]},
        [f"{f.level.name.lower():<10} {f.check:<11} {f.words}" for f in found],
        as_json=json_,
    )
    raise typer.Exit(doctor.exit_code(found))


@app.command("openapi")
def openapi_() -> None:
    """The interface for programs as an OpenAPI document, with every bound in it. Not served anywhere."""
    from app.cli import rulebook

    answer(rulebook.openapi(), (), as_json=True)


@app.command("facts")
def facts_(json_: Json = False) -> None:
    """What this program offers: actions with their doors and roles, addresses, columns, limits. For programs."""
    from app.cli import facts

    told = facts.facts(settings_here())
    answer(told, facts.lines(told), as_json=json_)


@app.command("run")
def run_(
    empty: Annotated[bool, typer.Option("--empty", help="Found no office; seed it with: amana demo seed.")] = False,
    json_: Json = False,
) -> None:
    """The demonstration: keys, database, invented office, three services. On this machine only."""
    process.harden()
    raise typer.Exit(running.run(demonstration.demo_settings(), empty=empty, as_json=json_))


@app.command("serve")
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
    settings = settings_here()
    with database.database(settings) as roles:
        url = settings.database_url or roles.url("app" if staff else "portal")
        database.check_fit(url)
        own = replace(settings, database_url=url)
        port = settings.port if staff else settings.portal_port
        serve(staff_app(own) if staff else portal_app(own), settings.host, port, tls=settings.tls != "none")


@app.command("worker")
def worker_(parent: Parent = 0) -> None:
    """Places entries in the tree, signs checkpoints, does due work, until told to end."""
    process.harden()
    if parent:
        process.end_with(parent)
    settings = settings_here()
    installation.require(settings)
    keys, trust = installation.log_keys(settings), installation.log_trust(settings)
    with database.database(settings) as roles, demonstration.office_as(settings, roles, "app") as office:
        database.check_fit(roles.url("sequencer"))
        engine = engine_for(roles.url("sequencer"), connections_max=2)
        code = working.run(settings, office, engine, keys, trust)
        engine.dispose()
    raise typer.Exit(code)


@db.command("migrate")
def migrate_(json_: Json = False) -> None:
    """Bring the database's schema to this program's."""
    with database.database(settings_here()) as roles, roles.using("owner") as owner:
        before = database.present(owner)
        database.migrate(roles.url("owner"))
        after = database.present(owner)
    answer({"before": before, "after": after}, [f"The schema is at {after}; it was at {before}."], as_json=json_)


@db.command("revision")
def revision_(name: str) -> None:
    """Write a new revision from the models, for maintainers."""
    with database.database(settings_here()) as roles:
        database.revise(roles.url("owner"), name)

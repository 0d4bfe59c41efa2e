"""``amana init``, ``doctor``, ``openapi`` and ``facts``: an office begun, looked over, and described."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.cli import database, doctor, facts, founding, installation, local_certificate, process, rulebook, staffing
from app.cli.door import Json, group, settings_here
from app.cli.speech import answer
from app.errors import CannotStart
from app.keyholders.custodians import CUSTODIANS, NEEDED, deal
from app.keyholders.register import Register, read_trust
from app.opening import office_of

office = group("An office begun, looked over, and described.")


@office.command("init")
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
    name: Annotated[
        str | None, typer.Option(help="A local name, as amana.office.lan: an own certificate authority for it.")
    ] = None,
    json_: Json = False,
) -> None:
    """A new installation: folder, keys, recovery shares on paper, database, invitations for the first people."""
    process.harden()
    if needed > custodians:
        raise CannotStart(f"{needed} of {custodians} shares is more than there are.")
    paper = founding.Paper(shares_file, ask=not no_input)
    backup = founding.checked_backup(backup_tested, none=i_have_no_backup)
    founders = founding.founders(people_file, ask=not no_input)
    settings = settings_here()
    if name is not None:
        settings = replace(settings, public_name=local_certificate.check_name(name))
    invited = founding.found(settings, founders, paper, backup, deal(needed, custodians), named=name is not None)
    result, lines = founding.told(invited)
    if name is not None:
        made = local_certificate.told(settings)
        result, lines = result | {"certificate": made}, lines + local_certificate.lines(made)
    answer(result, lines, as_json=json_)


@office.command("doctor")
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
            seen = office_of(settings, engine, register=known)
            ask = partial(staffing.examine, policy=seen.policy, digits_do=settings.digits_do)
            found = seen.housekeep(ask)
        else:
            found = doctor.examine(settings, roles, engine)
    answer(
        {"findings": [{"level": f.level.name.lower(), "check": f.check, "words": f.words} for f in found]},
        [f"{f.level.name.lower():<10} {f.check:<11} {f.words}" for f in found],
        as_json=json_,
    )
    raise typer.Exit(doctor.exit_code(found))


@office.command("openapi")
def openapi_() -> None:
    """The interface for programs as an OpenAPI document, with every bound in it. Not served anywhere."""
    answer(rulebook.openapi(), (), as_json=True)


@office.command("facts")
def facts_(json_: Json = False) -> None:
    """What this program offers: actions with their doors and roles, addresses, columns, limits. For programs."""
    told = facts.facts(settings_here())
    answer(told, facts.lines(told), as_json=json_)

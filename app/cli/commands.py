"""The commands. Each reads its words, does one thing through the parts beside it, and answers.

There is no command that exports a case, a list of cases or a name: a terminal holds no
key of any case.
"""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Annotated, Any

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from app import worker as working
from app.cli import database, demonstration, installation, process
from app.cli import run as running
from app.cli.speech import BROKEN, FAILED, REFUSED, answer, say
from app.db import engine_for
from app.errors import CannotStart, LogForked, Refusal, Unavailable
from app.main import portal_app, serve, staff_app
from app.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Parent = Annotated[int, typer.Option(hidden=True, help="End when this process ends.")]


class Door(TyperGroup):
    """Turns what went wrong into one line that helps and an exit code. A defect stays a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (CannotStart, Refusal, LogForked, OSError, DBAPIError) as problem:
            code, line = _told(problem)
            say(line)
            raise typer.Exit(code) from None


def _told(problem: Exception) -> tuple[int, str]:
    match problem:
        case LogForked():
            return BROKEN, f"The log is broken: {problem}"
        case CannotStart():
            return REFUSED, str(problem)
        case Unavailable():
            return FAILED, problem.sentence
        case Refusal():
            return REFUSED, problem.sentence
        case DBAPIError():
            # Its text may hold values of rows.
            return FAILED, "The database did not answer. Is it running? Try: amana doctor"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return FAILED, "The disk is full: free some room and try again."
        case OSError():
            return FAILED, f"{problem.filename or 'The system'}: {problem.strerror}"
    raise problem


def _typer(words: str) -> typer.Typer:
    # A traceback with local variables would print secrets; markup would obey a name's brackets.
    return typer.Typer(
        cls=Door, help=words, no_args_is_help=True, add_completion=False,
        pretty_exceptions_show_locals=False, rich_markup_mode=None,
    )  # fmt: skip


app = _typer("Amana: testimony kept in trust. The operator's commands; none of them opens a case.")
db = _typer("The database's schema.")
demo = _typer("An invented office, on this machine only.")
for name, part in {"db": db, "demo": demo}.items():
    app.add_typer(part, name=name)


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
    if parent:
        process.end_with(parent)
    settings = _settings()
    with database.database(settings) as roles:
        url = settings.database_url or roles.url("app" if staff else "portal")
        own = replace(settings, database_url=url)
        port = settings.port if staff else settings.portal_port
        serve(staff_app(own) if staff else portal_app(own), settings.host, port)


@app.command("worker")
def worker_(parent: Parent = 0) -> None:
    """Places entries in the tree, signs checkpoints, does due work, until told to end."""
    process.harden()
    if parent:
        process.end_with(parent)
    settings = _settings()
    installation.require(settings)
    key = installation.log_key(settings)
    with database.database(settings) as roles, demonstration.office_as(settings, roles, "app") as office:
        engine = engine_for(roles.url("sequencer"), connections_max=2)
        code = working.run(settings, office, engine, key)
        engine.dispose()
    raise typer.Exit(code)


@db.command("migrate")
def migrate_(json_: Json = False) -> None:
    """Bring the database's schema to this program's."""
    with database.database(_settings()) as roles, roles.using("owner") as owner:
        before = database.present(owner)
        database.migrate(roles.url("owner"))
        after = database.present(owner)
    answer({"before": before, "after": after}, [f"The schema is at {after}; it was at {before}."], as_json=json_)


@db.command("revision")
def revision_(name: str) -> None:
    """Write a new revision from the models, for maintainers."""
    with database.database(_settings()) as roles:
        database.revise(roles.url("owner"), name)


@demo.command("code")
def code_(login: str, json_: Json = False) -> None:
    """A fresh second-factor code of somebody in the demonstration. Each works once."""
    members = demonstration.read_cast(demonstration.demo_settings())["members"]
    if login not in members:
        raise CannotStart(f"Nobody in the demonstration signs in as {login}. There are: {', '.join(sorted(members))}")
    code = demonstration.code_now(members[login]["totp"])
    answer({"login": login, "code": code}, [code], as_json=json_)


def _settings() -> Settings:
    settings = Settings.read()
    return replace(settings, home=settings.home.absolute())

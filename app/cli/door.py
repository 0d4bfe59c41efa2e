"""How every command begins and ends: one group that turns what went wrong into a line and an exit code."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli.speech import BROKEN, FAILED, INTERRUPTED, REFUSED, say
from app.errors import CannotStart, LogForked, Refusal, Unavailable
from app.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


class Door(TyperGroup):
    """Turns what went wrong into one line that helps and an exit code. A defect stays a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _told_apart() as problem:
            code, line = _told(problem)
            if not isinstance(problem, BrokenPipeError):
                say(line)
            raise typer.Exit(code) from None
        except KeyboardInterrupt:
            say("Interrupted. What was recorded stays; begin the command again.")
            raise typer.Exit(INTERRUPTED) from None


def _told_apart() -> tuple[type[Exception], ...]:
    # Asked for only when something went wrong: most commands that go well never load a database's errors.
    import psycopg
    from sqlalchemy.exc import DBAPIError

    return CannotStart, Refusal, LogForked, OSError, DBAPIError, psycopg.Error


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
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return FAILED, "The disk is full: free some room and try again."
        case OSError():
            return FAILED, f"{problem.filename or 'The system'}: {problem.strerror}"
    # The database's. Its text may hold values of rows.
    return FAILED, "The database did not answer. Is it running? Try: amana doctor"


def group(words: str, kind: type[Door] = Door) -> typer.Typer:
    """A group of commands under these words of help."""
    # A traceback with local variables would print secrets; markup would obey a name's brackets.
    return typer.Typer(
        cls=kind, help=words, no_args_is_help=True, add_completion=False,
        pretty_exceptions_show_locals=False, rich_markup_mode=None,
    )  # fmt: skip


def settings_here() -> Settings:
    """The settings of this command, its folder by its full path."""
    settings = Settings.read()
    return replace(settings, home=settings.home.absolute())

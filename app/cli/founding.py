"""``amana init``: a real installation, from an empty folder to invitations for its first people.

The operator names people and makes no key of theirs: each team's key pair is made in its
lead's own first sign-in. The recovery key leaves this process on paper, in shares.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import Found, Founder
from app.accounts.views import FoundOffice
from app.cli import installation, local_certificate
from app.cli.ceremony import Table
from app.cli.database import database
from app.cli.errand import office_as
from app.cli.migrating import migrate
from app.cli.speech import ask as asked
from app.cli.speech import say
from app.errors import CannotStart
from app.keyholders.backends import open_keys
from app.keyholders.custodians import Dealt
from app.keyholders.register import Register
from app.settings import Settings
from app.work import Caller

BACKUP_DAYS_MAX: Final = 365
# Sign-in name, role, team whose key they make in their own first sign-in.
FIRST: Final = (
    ("administrator", "administrator", None),
    ("intake-lead", "intake_officer", "intake"),
    ("legal-lead", "legal_reviewer", "legal"),
    ("protection-lead", "caseworker", "protection"),
    ("narrative-lead", "narrative_editor", "narrative"),
)


class Paper:
    """Where the recovery shares go: one after another on a terminal, or, said loudly, into a file."""

    def __init__(self, file: Path | None, *, ask: bool) -> None:
        """raises   CannotStart if there is neither a terminal nor a file for them"""
        if file is None and not (ask and sys.stdin.isatty() and sys.stderr.isatty()):
            raise CannotStart("The recovery shares need a terminal, or --no-input with --shares-file FILE.")
        if file is not None and file.exists():
            raise CannotStart(f"{file} is there already and is not written over.")
        self._file = file

    def give(self, dealt: Dealt) -> None:
        """Hand the shares over. On a terminal each is cleared before the next is shown."""
        if self._file is None:
            Table().deal(dealt)
            return
        installation.new_file(self._file, "\n".join(dealt.lines) + "\n")
        say(f"ALL {number_word(len(dealt.lines))} RECOVERY SHARES ARE IN ONE FILE: {self._file}")
        say(f"Whoever has {dealt.needed} of them can open every case. Deal them to custodians, with a fresh key:")
        say(f"  amana custodians setup --from {self._file}")


def number_word(number: int) -> str:
    """How many there are, in capitals where that can be read at a glance."""
    return {2: "TWO", 3: "THREE", 4: "FOUR", 5: "FIVE", 6: "SIX", 7: "SEVEN"}.get(number, str(number))


def founders(file: Path | None, *, ask: bool) -> tuple[Founder, ...]:
    """The first people: from a file, by questions, or under the names of their duties."""
    if file is not None:
        return _from_file(file)
    return tuple(
        Founder(login_name=login, display_name=_name(login, ask), role=role, team=team) for login, role, team in FIRST
    )


def checked_backup(day: str | None, *, none: bool) -> str | None:
    """The day a restore was last tried; CannotStart unless there was one or its lack is said.

    A testimony that is lost cannot be given again.
    """
    if day is None and none:
        say("There is no tested backup: what is told here can be lost with this machine.")
        return None
    if day is None:
        raise CannotStart(
            "Try a backup and its restore first, then say --backup-tested DAY; or say --i-have-no-backup."
        )
    try:
        age = (clock.now().date() - date.fromisoformat(day)).days
    except ValueError:
        raise CannotStart("--backup-tested takes a day, as in 2026-11-30.") from None
    if not 0 <= age <= BACKUP_DAYS_MAX:
        raise CannotStart(f"--backup-tested takes a day within the last {BACKUP_DAYS_MAX} days.")
    return day


def found(
    settings: Settings,
    people: tuple[Founder, ...],
    paper: Paper,
    backup: str | None,
    dealt: Dealt,
    *,
    named: bool = False,
) -> FoundOffice:
    """Make the installation. Until the last line nothing of it counts as set up.

    named   the office has a local name and makes an authority of its own for it
    """
    if settings.demo:
        raise CannotStart("AMANA_DEMO is set. A demonstration begins with: amana run")
    made = installation.make(settings, "real", backup_tested=backup)
    if named:
        local_certificate.make(settings)
    # Shares before the office: an office whose recovery key nobody holds must not come to be.
    paper.give(dealt)
    with database(settings) as roles:
        migrate(roles.url("owner"))
        manager = open_keys(settings, "staff")
        with office_as(settings, roles, "app", Register.of(manager)) as office:
            form = Found(founders=people, escrow_public=dealt.private.public, marks=dealt.marks, needed=dealt.needed)
            invited: FoundOffice = office.perform(Caller.operator(), accounts.found, form)
    made.finished(settings.home)
    return invited


def told(invited: FoundOffice) -> tuple[dict[str, Any], list[str]]:
    """The invitations, for JSON and for people. Each code works once, within a day."""
    rows = [
        {"login": each.login_name, "invitation": each.invitation, "until": each.until.isoformat()}
        for each in invited.invitations
    ]
    lines = ["Give each of these to one person, by hand. Each works once, within a day.", ""]
    lines += [f"  {row['login']:<20} {row['invitation']}" for row in rows]
    lines += ["", "Then start the services: amana serve --staff, amana serve --portal, amana worker"]
    return {"invitations": rows}, lines


def _from_file(file: Path) -> tuple[Founder, ...]:
    try:
        return TypeAdapter(tuple[Founder, ...]).validate_python(_listed(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise CannotStart(f"{file} is missing.") from None
    except (ValidationError, ValueError):
        raise CannotStart(f"{file} must be a list of login_name, display_name, role and team.") from None


def _listed(found: Any) -> tuple[Any, ...]:
    if not isinstance(found, list):
        raise ValueError("not a list")
    return tuple(found)


def _name(login: str, ask: bool) -> str:
    return (asked(f"Name of the {login}:") if ask else "") or login

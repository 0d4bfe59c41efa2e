"""``amana custodians``: the ceremonies. They are held here and nowhere else, since shares belong on no page."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import ceremonies
from app.accounts.forms import RecoverTeam, Redeal, SharesSeen
from app.accounts.models import User
from app.accounts.views import EscrowResealed, Redealt, TeamChange
from app.cases import recovery
from app.cases.forms import RecoverCase
from app.cases.views import Recovered
from app.cli import installation, process
from app.cli.ceremony import Table
from app.cli.database import database
from app.cli.door import Json, group, settings_here
from app.cli.errand import office_as
from app.cli.speech import answer, progress, say
from app.crypto import shares
from app.errors import CannotStart, Conflict
from app.keyholders import custodians as paper
from app.keyholders import holders, resealing
from app.keyholders.backends import open_keys
from app.keyholders.keyring import Keyring
from app.keyholders.register import Register
from app.policy.actor import OPERATOR
from app.work import Caller, Office

custodians = group("The recovery key on paper: deal it, try it, recover with it. At a terminal, with the custodians.")

Needed = Annotated[int, typer.Option("--needed", min=2, max=16, help="How many shares give the key back.")]
Number = Annotated[int, typer.Option("--custodians", min=2, max=16, help="How many shares there are.")]
# Another program may hold a row for a moment; after so many rounds without one sealed it is not that.
ROUNDS_MAX: Final = 50


@custodians.command("setup")
def setup_(
    shares_file: Annotated[Path | None, typer.Option("--from", help="The file that amana init wrote.")] = None,
    number: Number = paper.CUSTODIANS, needed: Needed = paper.NEEDED, json_: Json = False,
) -> None:  # fmt: skip
    """Deal a fresh recovery key to the custodians, in the place of the one that founding wrote into a file."""
    _check(number, needed)
    with _here() as office:
        table, sets = Table(), office.housekeep(paper.sets_of)
        if sets.newest[0] > 1 and len(sets.sets) == 1:
            raise CannotStart("Custodians hold shares already. To change them: amana custodians replace")
        _replace(office, table, sets, number, needed, given=_from_file(shares_file), as_json=json_)
    if shares_file is not None:
        say(f"Destroy {shares_file}: it opens nothing that is stored now, but it opens older backups.")


@custodians.command("replace")
def replace_(number: Number = paper.CUSTODIANS, needed: Needed = paper.NEEDED, json_: Json = False) -> None:
    """Deal a fresh recovery key to other custodians; the old shares go out of use. Cut short, it goes on."""
    _check(number, needed)
    with _here() as office:
        _replace(office, Table(), office.housekeep(paper.sets_of), number, needed, given=None, as_json=json_)


@custodians.command("test")
def try_(json_: Json = False) -> None:
    """Whether enough shares still give the recovery key back. Opens nothing; do it once a year."""
    with _here() as office:
        lines, ring = _gather(office, "The shares are tried. Nothing is opened with them.")
        form = SharesSeen(marks=tuple(shares.mark(line) for line in lines))
        seen = office.perform(_caller(ring), ceremonies.test, form)
    answer({"shares": seen}, [f"{seen} shares give the recovery key back."], as_json=json_)


@custodians.command("recover")
def recover_(
    run_by: Annotated[str, typer.Option("--run-by", help="Your own code here, or nobody if you have no account.")],
    to: Annotated[list[str], typer.Option("--to", help="Whom it is for, by code; for a case two people or more.")],
    case: Annotated[str | None, typer.Option("--case", help="The case's reference.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="A team that has neither lead nor deputy.")] = None,
    json_: Json = False,
) -> None:
    """Give a case back whose holders are gone, or make somebody lead of a team that has none."""
    if (case is None) == (team is None):
        raise CannotStart("Say either --case REFERENCE or --team TEAM.")
    if case is not None and len(set(to)) < 2:
        raise CannotStart("A case is given back to two different people at least: name each with --to CODE.")
    if team is not None and len(set(to)) != 1:
        raise CannotStart("A team gets one lead: name them with --to CODE.")
    with _here() as office:
        mine = frozenset(office.housekeep(accounts_of_this_machine)) | ({run_by} - {"nobody"})
        what = f"the case {case}" if case is not None else f"the lead of the team {team}"
        why = f"Custodians: with your shares {what} goes to {' and '.join(sorted(set(to)))}. Run by: {run_by}."
        say(why)
        _, ring = _gather(office, why)
        if case is not None:
            form = RecoverCase.model_validate({"case": case, "to": frozenset(to), "run_by": mine})
            given: Recovered = office.perform(_caller(ring), recovery.recover_case, form)
            answer({"case": given.case, "given": dict(given.given), "left": given.left}, _told(given), as_json=json_)
            return
        lead = RecoverTeam.model_validate({"team": team, "to": to[0], "run_by": mine})
        changed: TeamChange = office.perform(_caller(ring), ceremonies.recover_team, lead)
    answer({"team": changed.team, "lead": changed.user}, [f"{changed.user} leads {changed.team}."], as_json=json_)


def accounts_of_this_machine(session: Session) -> list[str]:
    """Codes of colleagues whose sign-in name is the name, on this machine, of whoever runs the command.

    What they say of themselves with --run-by is heard by the custodians; this is not left to what they say.
    """
    names = {os.environ.get("SUDO_USER", ""), pwd.getpwuid(os.getuid()).pw_name}
    return [str(code) for code in session.scalars(select(User.code).where(User.login_name.in_(names)))]


def _told(given: Recovered) -> list[str]:
    lines = [f"{code}: {' '.join(compartments) or 'held all of it'}" for code, compartments in given.given]
    if given.left:
        lines.append(f"Given to nobody, since nobody named works with it: {' '.join(given.left)}")
    return [*lines, "They are told on their Today, and each has it in the log."]


def _replace(
    office: Office, table: Table, sets: paper.Sets, number: int, needed: int, *,
    given: Sequence[str] | None, as_json: bool,
) -> None:  # fmt: skip
    """Deal anew, or go on where an earlier time was cut short; then seal everything to the present key."""
    unfinished = len(sets.sets) > 1
    if unfinished:
        say("An earlier replacement was cut short. It goes on with the OLD shares; the new ones stay as they are.")
    lines = given or table.collect(sets, "The OLD shares, which are replaced.")
    ring: Keyring = office.housekeep(lambda session: paper.joined(session, lines))
    caller = _caller(ring)
    if unfinished and ring.generations(ring.holder) == {sets.newest[0]}:
        raise Conflict("These are the new shares. What is left is sealed to the old ones.")
    if not unfinished:
        dealt = paper.deal(needed, number)
        table.deal(dealt)
        form = Redeal(escrow_public=dealt.private.public, marks=dealt.marks, needed=needed)
        done: Redealt = office.perform(caller, ceremonies.replace, form)
        say(f"The new shares count from now on. {done.left} grants are still sealed to the old ones.")
    sealed, left = reseal_all(office, caller)
    answer(
        {"grants": sealed, "left": left},
        [f"{sealed} grants sealed to the new shares."]
        + ([f"{left} could not be: they were not made by the office. See amana doctor."] if left else
           ["The old shares open nothing that is stored here now; in older backups they do."]),
        as_json=as_json,
    )  # fmt: skip


def reseal_all(office: Office, caller: Caller) -> tuple[int, int]:
    """Seal portion after portion to the present recovery key; returns how many were, and how many could not be."""
    left = office.housekeep(lambda session: resealing.stale(session, holders.escrow(session)))
    total, sealed, idle = left, 0, 0
    with progress("Sealing to the new shares", total) as told:
        while left and idle < ROUNDS_MAX:
            done: EscrowResealed = office.perform(caller, ceremonies.reseal)
            sealed, left = sealed + done.grants, done.left
            told(total - left)
            idle = 0 if done.grants else idle + 1
            if not done.grants:
                time.sleep(0.05)
    return sealed, left


def _gather(office: Office, why: str) -> tuple[list[str], Keyring]:
    lines = Table().collect(office.housekeep(paper.sets_of), why)
    ring: Keyring = office.housekeep(lambda session: paper.joined(session, lines))
    return lines, ring


def _caller(ring: Keyring) -> Caller:
    """The operator, with the key that the custodians brought: it is on nobody's disk."""
    return Caller(OPERATOR, ring, host="cli")


def _check(number: int, needed: int) -> None:
    if needed > number:
        raise CannotStart(f"{needed} of {number} shares is more than there are.")


def _from_file(file: Path | None) -> list[str] | None:
    """As many lines as are needed, of the file that founding wrote. It is only read."""
    if file is None:
        return None
    lines = [shares.spelled(line) for line in installation.private_text(file).splitlines() if line.strip()]
    if not lines:
        raise CannotStart(f"{file} holds no shares.")
    return lines


@contextmanager
def _here() -> Iterator[Office]:
    """The office of this folder, which may vouch: a ceremony seals to people."""
    process.harden()
    settings = settings_here()
    installation.require(settings)
    manager = open_keys(settings, "staff")
    with database(settings) as roles, office_as(settings, roles, "app", Register.of(manager)) as office:
        yield office

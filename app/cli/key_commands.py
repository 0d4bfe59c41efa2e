"""``amana keys``: what keys there are, how old they are, and drawing them anew. Shows no key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, worker
from app.accounts import rotation
from app.accounts.forms import OrderRenewal, RetirePepper, RotatePepper, RotateTeam
from app.accounts.models import AccountState, User
from app.accounts.views import Renewal
from app.cli import installation, key_files, process, rotating, rulebook
from app.cli.database import Roles, database
from app.cli.door import Json, group, settings_here
from app.cli.errand import office_as
from app.cli.speech import answer, progress
from app.errors import CannotStart
from app.keyholders import custodians
from app.keyholders.ages import ages
from app.keyholders.backends import open_keys
from app.keyholders.manager import InstalledKeys, key_name
from app.keyholders.register import Register
from app.settings import Settings
from app.work import Caller, Office

keys = group("The keys: what there is, how old, and drawing them anew.")

# After so many days a key is due (NIST SP 800-57). What is not in this table has no term.
DAYS: Final = {"pepper": 365, "wrap": 365, "log": 365, "team": 365, "compartment": 730, "rehearsal": 365}
# A sign-in that began before a pepper was renewed has long ended after this.
RETIRE_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Line:
    """One key as it is told: which class, since when, when due, and what still hangs on an older one."""

    key: str
    name: str
    since: str
    due: str
    overdue: bool
    told: str


@keys.command("check")
def check_(json_: Json = False) -> None:
    """Whether the key files open, are ours alone, and fit each other. Shows no key."""
    settings = settings_here()
    installation.require(settings)
    told = rulebook.keys(settings)
    answer(told, [f"{name}: {words}" for name, words in told.items()], as_json=json_)


@keys.command("list")
def list_(json_: Json = False) -> None:
    """Each key: what it is, since when, when it is due, and what still hangs on an older one."""
    with _here() as (settings, office, manager, _):
        found = [*_in_files(settings, manager, office.housekeep(under_peppers)), *office.housekeep(_in_database)]
    lines = [f"{each.key:<12} {each.name:<11} {each.since:<11} due {each.due:<11} {each.told}" for each in found]
    answer({"keys": [asdict(each) for each in found]}, lines, as_json=json_)


@keys.command("rotate")
def rotate_(
    which: Annotated[str, typer.Argument(help="pepper, team, compartment, wrap or log.")],
    name: Annotated[str | None, typer.Argument(help="Which team; else all of them.")] = None,
    json_: Json = False,
) -> None:
    """Draw keys anew. Cut short, it goes on when it is said again; whoever is at work notices nothing."""
    if name is not None and which != "team":
        raise CannotStart("Only a team is named.")
    with _here() as (settings, office, manager, roles):
        match which:
            case "pepper":
                lines = _pepper(office, manager)
            case "team":
                lines = _teams(office, name)
            case "compartment":
                lines = _compartments(office)
            case "escrow":
                raise CannotStart("The recovery key is on paper: amana custodians replace")
            case "wrap":
                lines = rotating.wrapping_key(office, manager)
            case "log":
                lines = rotating.log_key(settings, roles, office)
            case "register":
                raise CannotStart("This program cannot draw the key register anew yet.")
            case _:
                raise CannotStart("Say which: pepper, team, compartment, wrap or log.")
    answer({"rotated": which, "said": lines}, lines, as_json=json_)


@keys.command("move")
def move_(
    to: Annotated[str, typer.Argument(help="/path/of/module.so:NAME, as AMANA_HSM will say; or: files")],
    unlock: Annotated[Path, typer.Option("--unlock", help="The secret of the new place: the PIN, or the files' own.")],
    copies: Annotated[Path | None, typer.Option("--copies", help="Back to files: where their copies are kept.")] = None,
    json_: Json = False,
) -> None:
    """Keys from files into a hardware module, or kept copies of them back. Services are stopped meanwhile."""
    if (to == "files") is (copies is None):
        raise CannotStart("Back to files goes with --copies FOLDER, the copies of staff.key and log.key; else not.")
    process.harden()
    settings = settings_here()
    installation.require(settings)
    from app.cli import moving

    with database(settings) as roles:
        if copies is not None:
            lines = moving.back_to_files(settings, roles, copies, unlock)
        elif settings.hsm:
            raise CannotStart("The keys are in a module already, and a module gives none to another.")
        else:
            lines = moving.into_module(settings, roles, to, unlock)
    answer({"moved": to, "said": lines}, lines, as_json=json_)


@keys.command("retire")
def retire_(json_: Json = False) -> None:
    """Destroy old peppers, once everybody has signed in since they were renewed."""
    with _here() as (_, office, manager, _):
        *old, newest = manager.generations("pepper")
        drawn = manager.since(key_name("pepper", newest))
        if not old:
            raise CannotStart("There is no old pepper.")
        if drawn is None or clock.now() - drawn < RETIRE_AFTER:
            raise CannotStart("The pepper was renewed within the last day. A sign-in may still be using the old one.")
        for generation in old:
            # The entry first: that a secret is gone must not be unsaid.
            office.perform(Caller.operator(), rotation.retire_pepper, RetirePepper(old=generation))
            manager.retire("pepper", generation)
    told = [
        f"Pepper {generation} is destroyed here. In a copy of staff.key kept elsewhere it is not." for generation in old
    ]
    answer({"retired": old}, told, as_json=json_)


def under_peppers(session: Session) -> dict[int, int]:
    """How many people's keys are sealed under each generation of the pepper."""
    working = (AccountState.ENROLLED, AccountState.ACTIVE)
    rows = session.execute(
        select(User.pepper, func.count().label("number")).where(User.state.in_(working)).group_by(User.pepper)
    )
    return {row.pepper: row.number for row in rows}


def _pepper(office: Office, manager: InstalledKeys) -> list[str]:
    *old, newest = manager.generations("pepper")
    if old:
        raise CannotStart("There is an older pepper still. When everybody has signed in: amana keys retire")
    office.perform(Caller.operator(), rotation.rotate_pepper, RotatePepper(old=newest, new=newest + 1))
    manager.renew("pepper")
    return [
        f"Pepper {newest + 1} is used from now on; each person's key follows as they sign in.",
        "When everybody has: amana keys retire. Renew your copy of staff.key kept elsewhere.",
    ]


def _teams(office: Office, name: str | None) -> list[str]:
    found = [each.name for each in office.housekeep(ages) if each.what == "team"]
    if name is not None and name not in found:
        raise CannotStart(f"There is no team {name} with a key. There are: {' '.join(found)}")
    told = []
    for team in [name] if name is not None else found:
        made = office.perform(Caller.operator(), rotation.rotate_team, RotateTeam.model_validate({"team": team}))
        told.append(f"{team}: key {made.generation} from now on; members seal what went before to it as they sign in.")
    return told


def _compartments(office: Office) -> list[str]:
    """Order all keys of cases drawn before now, portion by portion."""
    count = sum(each.count for each in office.housekeep(ages) if each.what == "compartment")
    form, ordered = OrderRenewal(before=clock.now()), 0
    with progress("Ordering", count) as told:
        while True:
            done: Renewal = office.perform(Caller.operator(), rotation.order_renewal, form)
            ordered += done.ordered
            told(ordered)
            if not done.left:
                break
    return [f"{ordered} keys of cases are drawn anew as those who hold them sign in. How far: amana keys list"]


def _in_files(settings: Settings, manager: InstalledKeys, under: dict[int, int]) -> Iterator[Line]:
    made = datetime.fromisoformat(installation.require(settings).made_at)
    for generation in manager.generations("pepper"):
        name = key_name("pepper", generation)
        told = f"{under.get(generation, 0)} people's keys under it"
        yield _line("pepper", str(generation), manager.since(name) or made, told)
    wrap = key_name("wrap", manager.generations("wrap")[-1])
    yield _line("wrap", "", manager.since(wrap) or made, "for secrets of the installation; nothing is sealed under it")
    yield _line("register", "", manager.since("register") or made, "vouches for public keys", term="none")
    log, generation = worker.check_key(settings, key_files.log_key(settings))
    yield _line("log", "", log.since(key_name("log", generation)) or made, f"key {generation} signs the checkpoints")


def _in_database(session: Session) -> Iterator[Line]:
    for each in ages(session):
        match each.what:
            case "team":
                yield _line(
                    "team", each.name, each.since, f"key {each.generation}; {each.behind} still sealed to older"
                )
            case "escrow":
                seen = custodians.seen_at(session)
                tried = f"tried {seen.date()}" if seen else "never tried: amana custodians test"
                told = f"key {each.generation}, on paper; {each.behind} grants on older shares; {tried}"
                yield _line("escrow", "", each.since, told, from_=seen or each.since, term="rehearsal")
            case "compartment":
                told = f"{each.count} keys of cases; {each.behind} to be drawn anew by who holds them"
                yield _line("compartment", "", each.since, told)


def _line(
    key: str, name: str, since: datetime | None, told: str, *, from_: datetime | None = None, term: str = ""
) -> Line:
    days = DAYS.get(term or key)
    began = from_ or since
    due = None if began is None or days is None else began + timedelta(days=days)
    return Line(
        key, name, str(since.date()) if since else "-", str(due.date()) if due else "-",
        due is not None and due < clock.now(), told + (" OVERDUE" if due is not None and due < clock.now() else ""),
    )  # fmt: skip


@contextmanager
def _here() -> Iterator[tuple[Settings, Office, InstalledKeys, Roles]]:
    process.harden()
    settings = settings_here()
    installation.require(settings)
    manager = open_keys(settings, "staff")
    with database(settings) as roles, office_as(settings, roles, "app", Register.of(manager)) as office:
        yield settings, office, manager, roles

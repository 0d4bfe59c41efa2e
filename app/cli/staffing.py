"""``amana doctor --staff``: which steps today's people can take, and what waits for somebody who does not exist.

Counts of roles and duties, never what anybody did: this says what an office lacks, and judges no one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.accounts import lacking, undertakings
from app.accounts.models import AccountState, RoleHolding, User
from app.accounts.rules import TEAMS
from app.cli.doctor import Finding, Level
from app.keyholders import custodians, holders
from app.keyholders.models import Keyholder
from app.policy.engine import Policy

# What is done, by which role, how many of them it takes, and the seat that is empty without them. From the
# smallest office that can keep its promises: whoever signs second is somebody else than who signed first.
STEPS: Final = (
    ("accounts are taken", "intake_officer", 1, "an intake officer"),
    ("somebody stands in when an account is taken", "intake_officer", 2, "a second intake officer"),
    ("what cooperation means in law is assessed", "legal_reviewer", 1, "a legal reviewer"),
    ("legal matters are signed twice", "legal_reviewer", 2, "a second legal reviewer, perhaps from outside"),
    ("threats, places and needs are worked on", "caseworker", 1, "a caseworker"),
    ("a place is decided by two", "caseworker", 2, "a second caseworker"),
    ("a refusal is overridden by two who did not decide", "caseworker", 3, "a third caseworker"),
    ("public reports are coded", "narrative_editor", 1, "a narrative editor"),
    ("coding is repeated by somebody else", "narrative_editor", 2, "a second narrative editor"),
    ("texts are tried for who is recognised", "reid_reviewer", 1, "a re-identification reviewer, perhaps from outside"),
    ("texts are approved", "approver", 1, "an approver"),
    ("the log is read by somebody who does nothing else", "auditor", 1, "an auditor, perhaps from outside"),
    ("colleagues are invited and shut out", "administrator", 1, "an administrator"),
    ("an administrator can be shut out by another", "administrator", 2, "a second administrator"),
)  # fmt: skip
# Of whom a line names no more; the administrator's pages list them all.
NAMED_MAX: Final = 20
INTAKE_SIDE: Final = frozenset({"intake", "legal"})


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in: their code, roles, and the teams whose key they hold and lead."""

    code: str
    roles: frozenset[str]
    teams: frozenset[str]
    leads: frozenset[str]
    deputies: frozenset[str]


def examine(session: Session, policy: Policy, *, digits_do: bool) -> list[Finding]:
    """What works with today's people, what waits, what must not be, and what single people lack; worst first."""
    people = _people(session)
    lacks = _lacking(session, policy, digits_do=digits_do)
    found = [*_wall(people), *_teams(session, people), *_steps(people), *_custodians(session), *lacks]
    return sorted(found, key=lambda finding: finding.level)


def _lacking(session: Session, policy: Policy, *, digits_do: bool) -> Iterator[Finding]:
    """What an administrator reads on Today, with codes in the place of names."""
    kinds = (
        ("factor", Level.ATTENTION, lacking.second_factor(policy, digits_do=digits_do),
         "no second factor of the kind their role needs; they add a security key under My account",
         "everybody has a second factor of the kind their role needs"),
        ("team key", Level.NOTE, lacking.team_key(),
         "no team's key yet; the lead of their team lets them in", "everybody whose role works in a team has its key"),
        ("undertaking", Level.NOTE, lacking.time(clock.now()),
         f"an undertaking that ends within {undertakings.WARN_DAYS} days; they sign it anew under My account",
         f"no undertaking ends within {undertakings.WARN_DAYS} days"),
    )  # fmt: skip
    for check, level, lack, words, fine in kinds:
        codes = session.scalars(select(User.code).where(lack).order_by(User.code)).all()
        if codes:
            more = f" and {len(codes) - NAMED_MAX} more" if len(codes) > NAMED_MAX else ""
            yield Finding(level, check, f"{' '.join(codes[:NAMED_MAX])}{more}: {words}")
        else:
            yield Finding(Level.FINE, check, fine)


def _steps(people: list[Person]) -> Iterator[Finding]:
    for step, role, needed, seat in STEPS:
        there = sum(role in person.roles for person in people)
        if there >= needed:
            yield Finding(Level.FINE, "works", f"{step}: {there} {'can' if there == 1 else 'could'}")
        else:
            yield Finding(Level.NOTE, "waits", f"{step}: this seat is empty: {seat}")


def _teams(session: Session, people: list[Person]) -> Iterator[Finding]:
    there = set(session.scalars(select(Keyholder.name).where(Keyholder.kind == "team", Keyholder.ended_at.is_(None))))
    for team in TEAMS:
        leads = [person.code for person in people if team in person.leads]
        deputies = [person.code for person in people if team in person.deputies]
        if team not in there:
            yield Finding(Level.NOTE, "team", f"{team}: no key yet: its lead has not signed up")
        elif not leads and not deputies:
            help_ = f"amana custodians recover --team {team}"
            yield Finding(
                Level.ATTENTION, "team", f"{team}: neither lead nor deputy; nobody can let anybody in. {help_}"
            )
        elif not deputies:
            words = f"{team}: no deputy. If {leads[0]} is gone, it takes the custodians"
            yield Finding(Level.ATTENTION, "team", words)
        else:
            yield Finding(
                Level.FINE, "team", f"{team}: led by {' '.join(leads) or 'nobody'}, deputy {' '.join(deputies)}"
            )


def _wall(people: list[Person]) -> Iterator[Finding]:
    both = [person.code for person in people if "protection" in person.teams and person.teams & INTAKE_SIDE]
    if both:
        words = f"{' '.join(both)} hold team keys on both sides of the wall: take them out of one team"
        yield Finding(Level.ATTENTION, "wall", words)
    else:
        yield Finding(Level.FINE, "wall", "nobody holds team keys on both sides")
    hats = [p.code for p in people if "caseworker" in p.roles and p.roles & {"intake_officer", "legal_reviewer"}]
    if hats:
        words = f"{' '.join(hats)} work on both sides: cases are granted to them singly on one of the two"
        yield Finding(Level.NOTE, "two hats", words)


def _custodians(session: Session) -> Iterator[Finding]:
    _, needed, numbers = custodians.sets_of(session).newest
    seen = custodians.seen_at(session)
    tried = f"tried on {seen.date()}" if seen else "never tried: amana custodians test"
    level = Level.FINE if seen else Level.NOTE
    yield Finding(level, "custodians", f"{needed} of {len(numbers)} shares give the recovery key back; {tried}")


def _people(session: Session) -> list[Person]:
    working = (AccountState.ENROLLED, AccountState.ACTIVE)
    users = session.scalars(select(User).where(User.state.in_(working)).order_by(User.code)).all()
    roles: dict[object, set[str]] = {}
    for holding in session.scalars(select(RoleHolding).where(RoleHolding.ended_at.is_(None))):
        roles.setdefault(holding.user_id, set()).add(holding.role)
    teams = {team.id: team for team in session.scalars(select(Keyholder).where(Keyholder.kind == "team"))}
    found = []
    for user in users:
        held = list(holders.memberships_of(session, user.keyholder_id)) if user.keyholder_id else []
        now = [m for m in held if m.generation == teams[m.team_id].generation]
        found.append(Person(
            user.code, frozenset(roles.get(user.id, ())),
            frozenset(str(teams[m.team_id].name) for m in held),
            frozenset(str(teams[m.team_id].name) for m in now if m.lead),
            frozenset(str(teams[m.team_id].name) for m in now if m.deputy),
        ))  # fmt: skip
    return found

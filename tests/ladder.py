"""Every right has its ladder: who tries, what comes of it, and what the log says after each rung.

A ladder is climbed through the office, one rung after another, on one action. After each
rung exactly one new entry must stand in the log, and it must say no more and no less than
what happened there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.accounts import actions as accounts
from app.accounts import rules
from app.accounts.forms import LeaveTeam
from app.cases import actions as cases
from app.cases.forms import GiveGrant, Opening
from app.cases.models import Case
from app.errors import NotFound, Refusal, StepUpNeeded
from app.pseudonyms import references
from app.work import Action, Caller, Form, Justification, Reasoned
from tests.conftest import Database
from tests.unharmed import seen_in_clear
from tests.world import World

CANARY = "CANARY-"


@dataclass(frozen=True)
class Said:
    """One entry of the log, as an auditor reads it."""

    view: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.view.get(name)

    @property
    def rule(self) -> str:
        return str(self.view["policy"]["rule"])

    @property
    def cases(self) -> list[str]:
        return [subject["case"] for subject in self.view["subjects"]]


class Log:
    """The access log of one test, read with the auditor's own right to the database.

    Second factors that the world gives where a rule asks for one are not part of a story; ``steps`` tells them too.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.steps = False
        self._read: set[UUID] = set()
        self.fresh()

    def fresh(self) -> list[Said]:
        """The entries since the last time this was asked, oldest first."""
        # A walk asks a thousand times: what was read is not fetched again.
        with self._database.connect("auditor") as auditor:
            rows = auditor.execute(
                "SELECT entry, body FROM entry_bodies WHERE NOT entry = ANY(%s) ORDER BY entry", [list(self._read)]
            ).fetchall()
        self._read |= {entry for entry, _ in rows}
        views = [json.loads(bytes(body)) for _, body in rows]
        return [Said(view) for view in views if self.steps or not _of_a_step(view)]

    def last(self) -> Said:
        """The newest entry; there must be a new one."""
        return self.fresh()[-1]


def _of_a_step(view: dict[str, Any]) -> bool:
    # Codes drawn anew are the world's too: whoever has one left draws others before they go on.
    drawn = view["action"] == "account.renew_factor" and (view.get("codes") or {}).get("asked") == "CODES"
    given = view["action"] == "signin.step_up" or drawn
    return bool((given and view["outcome"] == "done") or view["outcome"] == StepUpNeeded.code)


@dataclass(frozen=True)
class Rung:
    """One try.

    who      login of a member of the cast, or "anonymous", "operator"
    outcome  "done", or the code of the refusal
    rule     the @id that the entry names: of the rule that allowed or forbade; "no-rule" if none
             allows; "none" where no rule was asked or the state refused
    form, subject   what this one brings instead of what the ladder brings
    """

    who: str
    outcome: str
    rule: str
    form: Form | None = None
    subject: object = None


def climb(
    world: World, log: Log, action: Action, *rungs: Rung, form: Form | None = None, subject: object = None
) -> Any:  # fmt: skip
    """Try every rung in order; returns the view of the last one that was allowed.

    raises  AssertionError at the first rung where the answer, or the entry, is another
    """
    view: Any = None
    log.fresh()
    for number, rung in enumerate(rungs, start=1):
        brought, about = rung.form or form, rung.subject or subject
        caller = _caller(world, rung.who)
        outcome = "done"
        try:
            view = _performed(world, rung, caller, action, brought, about)
        except Refusal as refusal:
            outcome = refusal.code
        where = f"{action.name}, rung {number}: {rung.who}"
        assert outcome == rung.outcome, f"{where}: {outcome} instead of {rung.outcome}"
        said = [entry for entry in log.fresh() if entry.operation != "combine"]
        if outcome != "done" and caller.actor.kind == "Anonymous":
            assert said == [], f"{where}: a stranger's refusal is counted, not logged"
            continue
        assert len(said) == 1, f"{where}: {len(said)} entries"
        _says(said[0], where, caller, action, rung, brought, about)
    return view


def _performed(
    world: World, rung: Rung, caller: Caller, action: Action, brought: Form | None, about: object
) -> Any:  # fmt: skip
    try:
        return world.office.perform(caller, action, brought, subject=about)
    except StepUpNeeded:
        if rung.outcome == StepUpNeeded.code:
            raise
        world.step_up(rung.who, action, about)
    return world.office.perform(caller, action, brought, subject=about)


def _caller(world: World, who: str) -> Caller:
    if who == "anonymous":
        return Caller.anonymous()
    return Caller.operator() if who == "operator" else world[who]


def _says(
    said: Said, where: str, caller: Caller, action: Action, rung: Rung, form: Form | None, about: object
) -> None:  # fmt: skip
    """The entry names who, what, the outcome and the rule, and of a refused row only what was asked for."""
    assert (said.action, said.actor) == (action.name, caller.actor.code), where
    assert said.roles == sorted(caller.actor.roles), where
    assert (said.outcome, said.rule) == (rung.outcome, rung.rule), f"{where}: {said.outcome}, {said.rule}"
    if isinstance(form, Reasoned):
        assert said.justification == form.justification.value, where
        assert said.cites == (str(form.cites) if form.cites else None), where
    if rung.outcome == "done":
        assert said.operation == action.operation, where
        assert action.on is not Case or about in said.cases, where
        assert not isinstance(form, Opening) or _opened(said) >= set(form.fields), where
        return
    assert said.operation == "refuse", where
    assert (said.cases, said.fields, said.rows, said.words) == ([], None, None, None), f"{where}: it says too much"
    assert said.sought == sought(about), where
    assert said.codes == ({"target": str(about)} if isinstance(about, UUID) else None), where


def sought(about: object) -> str | None:
    """The case reference somebody asked for by name, if it is one."""
    try:
        return references.read(about) if isinstance(about, str) else None
    except NotFound:
        return None


def _opened(said: Said) -> set[str]:
    return {field.split(".")[1] for field in said.fields or ()}


# Circumstances that ladders of several domains begin with.


def opening(why: str, *fields: str, cites: UUID | None = None, words: str | None = None) -> Opening:
    """A request to open fields of a row for a reason; "words" if no field is named."""
    return Opening(fields=fields or ("words",), justification=Justification(why), cites=cites, words=words)


def grant(world: World, login: str, *compartments: Any, hours: float | None = None) -> GiveGrant:
    """A grant to somebody, for so many hours or without an end."""
    until = None if hours is None else clock.now() + timedelta(hours=hours)
    return GiveGrant(user=world.members[login].code, compartments=frozenset(compartments), until=until)


def handed(world: World) -> str:
    """A case with an account, handed to legal whole."""
    reference = world.case()
    world.testimony(reference)
    world.hand_to_legal(reference)
    return reference


def with_an_onlooker(world: World) -> str:
    """A case of which the narrative lead holds RELEASE: a grant, and no part in any of this work."""
    reference = world.case()
    world.do("intake", cases.give, grant(world, "narrative-lead", "RELEASE"), subject=reference)
    return reference


def outside_the_team(world: World, login: str, *roles: str) -> None:
    """A colleague with these roles and no team: what they hold was granted to them singly."""
    world.invite(login, roles=roles)
    team: Any = rules.TEAM_OF[roles[0]]
    world.do("administrator", accounts.leave_team, LeaveTeam(team=team), subject=world.members[login].code)
    for member in (login, f"{team}-lead"):
        next_request(world, member)


def only_on_duty(world: World, login: str) -> str:
    """Somebody of the duty team alone, on duty for two days: nobody's everyday work is theirs."""
    world.invite(login, roles=("caseworker",), duty="duty")
    world.do("protection-lead", accounts.leave_team, LeaveTeam(team="protection"), subject=world.members[login].code)
    for member in (login, "protection-lead", "protection"):
        next_request(world, member)
    world.on_duty(login, hours=48)
    return login


def with_a_night(world: World) -> str:
    """A case of protection's, while "night" is on duty."""
    only_on_duty(world, "night")
    reference = world.case()
    world.hand_to_protection(reference)
    return reference


def next_request(world: World, login: str) -> None:
    """A member's next request: roles, teams and keys are read afresh from their session."""
    world.members[login].caller = world.signins.caller(world.members[login].token)


def close_every_case(database: Database) -> None:
    """At once, behind the product's back: closing by two would ask much of a test that is about something else."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE cases SET state = 'CLOSING'")


def end_roles(database: Database, world: World, login: str) -> None:
    """Somebody loses every role. No action of the product ends one yet, so the owner does it."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE role_holdings SET ended_at = now() WHERE user_id = (SELECT id FROM users WHERE code = %s)",
            (world.members[login].code,),
        )
    next_request(world, login)


@pytest.fixture
def log(world: World, database: Database, caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    """The log of a story. When the story ends, every canary in it is hunted."""
    caplog.set_level(logging.INFO, logger="amana")
    yield Log(database)
    # At a fixture's end ``caplog.text`` tells of that end alone, so the story's own part is asked for.
    said = " ".join(caplog.handler.format(record) for record in caplog.get_records("call"))
    assert CANARY not in said, "a canary in the operational log"
    assert seen_in_clear(database) == [], "a canary in clear in the database"

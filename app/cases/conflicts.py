"""A conflict of interest: one person is to have nothing to do with one case.

While it stands the case is to them as if it were not there. The forbidding itself is where grants are counted
(``keyholders.reach``), so that no action and no question can forget it; here it is declared and lifted.
Rejected: taking keys away and nothing more. Most of what somebody holds they hold through their team, and its
key cannot be taken from one member.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import Select

from app.accounts.models import User
from app.cases.forms import StaffCode
from app.cases.models import Case
from app.cases.steps import apart
from app.cases.views import Stored
from app.errors import Conflict, NotFound
from app.keyholders import grants, holders
from app.keyholders.grants import COMPARTMENTS
from app.keyholders.models import ConflictOfInterest
from app.work import Form, Reading, Work, action, query
from app.work.forms import Reason

Why = Literal["FAMILY", "SAME_TOWN", "FRIEND_OR_ENEMY", "EARLIER_ROLE", "OTHER"]
WHY: Final = get_args(Why)
PAGE: Final = 25
# To whose leads a key passes that nobody else holds: the team that is given it when a case is opened.
_OF_TEAM: Final = {
    "IDENTITY": "intake", "TESTIMONY": "intake", "RELEASE": "intake", "LEGAL": "legal",
    "THREAT": "protection", "CARE": "protection", "LOCATION": "protection",
}  # fmt: skip


class Declare(Form):
    """Whose conflict, and why.

    about   a colleague's code; None for oneself
    reason  with the words, sealed under the case: who is kin to whom stands nowhere in clear
    """

    reason: Why
    words: Reason | None = None
    about: StaffCode | None = None

    @model_validator(mode="after")
    def _said(self) -> Declare:
        if self.reason == "OTHER" and self.words is None:
            raise ValueError("another reason is said in words")
        return self


class Lift(Form):
    words: Reason


@dataclass(frozen=True)
class Declared:
    """That a case is closed to somebody from now on."""

    id: UUID
    reference: str
    about: str


@dataclass(frozen=True)
class ConflictLine:
    """One conflict, in codes and times; never why."""

    id: UUID
    reference: str
    about: str
    declared_by: str
    declared_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


def whose(work: Work, _case: Case, form: Declare) -> dict[str, Any]:
    """Whose conflict it is."""
    return {"target": _person(work, form).code}


@action("conflict.declare", operation="revoke", on=Case, about=whose)
def declare(work: Work, case: Case, form: Declare) -> Declared:
    """Close a case to somebody from this commit on: their own keys go, and their teams' count for them no more."""
    person = _person(work, form)
    if person.keyholder_id is None:
        raise Conflict("This colleague has no key yet: the invitation is still open.")
    # Whoever gives them a key at this moment locks them too: one of the two sees the other.
    work.lock(person)
    if apart(work, [case.id], [person.keyholder_id]):
        raise Conflict("This conflict is declared already.")
    work.justify(case.id, _under(work, case), f"{form.reason}: {form.words}" if form.words else form.reason)
    work.flush()
    # Before it stands: whoever declares their own opens each key a last time, to seal it to the others.
    taken, left = _take_all(work, case, person.keyholder_id)
    stands = ConflictOfInterest(
        case_id=case.id, holder_id=person.keyholder_id, about=person.code, declared_by=work.actor.code,
        declared_at=work.now, lifted_by=None, lifted_at=None,
    )  # fmt: skip
    work.add(stands)
    work.record(stands, recipient=person.id, compartments="+".join(taken) or "none", left="+".join(left) or "none")
    return Declared(stands.id, case.reference, person.code)


def standing(work: Work, stands: ConflictOfInterest, _form: Lift) -> dict[str, Any]:
    """Nothing more than the row says; auditors are told of it and hold no case, so it is not there to be lifted."""
    if not work.held(stands.case_id):
        raise NotFound
    return {}


@action("conflict.lift", operation="alter", on=ConflictOfInterest, about=standing)
def lift(work: Work, stands: ConflictOfInterest, form: Lift) -> Stored:
    """Let somebody work with a case again. No key comes back by that but what their team holds."""
    work.lock(stands)
    stands.lift(by=work.actor.code, at=work.now)
    case = work.one(Case, Case.id == stands.case_id)
    work.justify(case.id, _under(work, case), form.words)
    work.record(stands)
    return Stored(stands.id, "conflicts", "LIFTED")


@query("conflict.of_case")
def of_case(reading: Reading, reference: str) -> tuple[ConflictLine, ...]:
    """What was declared about a case, the newest first, for a lead who holds a key of it."""
    case = reading.fetch(Case, reference)
    found = reading.execute(_told(reading).where(ConflictOfInterest.case_id == case.id)) if reading.actor.leads else ()
    return tuple(_line(*row) for row in found)


@query("conflict.list")
def conflicts(reading: Reading, page: int = 0) -> tuple[ConflictLine, ...]:
    """What was declared, the newest first, 25 a page: an auditor is told of all, a lead of their own cases."""
    if not (reading.actor.leads or "auditor" in reading.actor.roles):
        return ()
    return tuple(_line(*row) for row in reading.execute(_told(reading).limit(PAGE).offset(PAGE * page)))


def _person(work: Work, form: Declare) -> User:
    found = work.first(User, User.code == (form.about or work.actor.code))
    if found is None:
        raise NotFound
    return found


def _under(work: Work, case: Case) -> str:
    """Where the words are sealed: under something that the leads of the case hold."""
    held = work.held(case.id)
    return next(each for each in ("TESTIMONY", "THREAT", "CARE", "LEGAL", "RELEASE", *COMPARTMENTS) if each in held)


def _take_all(work: Work, case: Case, holder: UUID) -> tuple[list[str], list[str]]:
    """End every grant of a case that somebody holds themself.

    returns  the compartments that were taken; and those which nobody else holds and whoever declares it cannot
             pass on: they stay sealed to them and count for nobody, until custodians give the case back
    """
    taken: list[str] = []
    left: list[str] = []
    mine = work.held(case.id)
    escrow = holders.escrow(work.session).id
    for compartment in COMPARTMENTS:
        people = {grant.keyholder_id for grant in work.granted(case.id, compartment)} - {escrow}
        if holder not in people:
            continue
        others = {grant.keyholder_id for grant in work.granted(case.id, compartment) if not grant.dormant} - {escrow}
        if not others - {holder} and not (compartment in mine and _pass_on(work, case, compartment, holder)):
            left.append(compartment)
        elif compartment in mine:
            work.take(case.id, compartment, holder)
            taken.append(compartment)
        else:
            # Who holds it draws its key anew when they come in next.
            grants.end_one(work.session, case.id, compartment, holder, at=work.now)
            taken.append(compartment)
    return taken, left


def _pass_on(work: Work, case: Case, compartment: str, holder: UUID) -> bool:
    """Seal what only one person holds to the leads of the team that works with it; whether there is one."""
    if compartment in work.by_name(case.id):
        return False
    leads = set(holders.leads_of(work.session, work.team(_OF_TEAM[compartment]))) - {holder}
    leads -= {lead for _, lead in apart(work, [case.id], leads)}
    for lead in sorted(leads):
        work.give(case.id, compartment, lead)
    work.flush()
    return bool(leads)


def _told(reading: Reading) -> Select[Any]:
    newest = ConflictOfInterest.declared_at.desc(), ConflictOfInterest.id
    told = reading.rows(ConflictOfInterest).join(Case, Case.id == ConflictOfInterest.case_id)
    return told.add_columns(Case.reference).order_by(*newest)


def _line(row: ConflictOfInterest, reference: str) -> ConflictLine:
    return ConflictLine(
        row.id, reference, row.about, row.declared_by, row.declared_at, row.lifted_by, row.lifted_at
    )  # fmt: skip

"""What the worker does about a check-in that did not come about: it calls people, rung by rung.

It holds no key: of the case it knows the reference and the moment, and of the people only who
could be given the row at all. Whoever could not is not called, since they could do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.accounts.rota import TEAM as DUTY
from app.accounts.rota import on_rota
from app.cases.models import Case, CaseState
from app.cases.within_reach import within_reach
from app.errors import Conflict
from app.jobs import Job, later
from app.protection.models import SPOKEN, CheckIn, CheckInState, Escalation, EscalationStep
from app.protection.rungs import GRACE, TO_FIND, Call, EscalationState, People, Rung, climb, first, grace_over
from app.work import Work, action

# Who answers for everybody whom protection keeps safe.
LEADS_OF: Final = "protection"
CALLED: Final = "CALLED"
ESCALATE, CLIMB = "checkin.escalate", "checkin.climb"
# What the worker does before anything else, and whatever the clock did.
ALARMS: Final = frozenset({ESCALATE, CLIMB})


@dataclass(frozen=True)
class Called:
    """A rung as it was called."""

    id: UUID
    rung: int


@action("checkin.escalate", operation="alter", on=CheckIn, creates=True)
def escalate(work: Work, check_in: CheckIn) -> Called:
    """Call the first rung, once the grace is over. Of those met by then, or called already, a Conflict is the end."""
    work.lock(check_in)
    if spoken_since(work, check_in):
        raise Conflict("This check-in came about.")
    if work.first(Escalation, Escalation.check_in_id == check_in.id) is not None:
        raise Conflict("People are called for this check-in already.")
    call = first(standing_by(work, check_in), due_at=check_in.due_at, now=work.now)
    escalation = Escalation(
        case_id=check_in.case_id, check_in_id=check_in.id, state=EscalationState.CALLING, missed_at=check_in.due_at,
        at=work.now, rung=call.rung, next_at=call.next_at, acknowledged_by=None, acknowledged_at=None,
    )  # fmt: skip
    work.add(escalation)
    work.flush()
    return _call(work, escalation, call)


@action("checkin.climb", operation="alter", on=Escalation)
def climb_on(work: Work, escalation: Escalation) -> Called:
    """Call the next rung: nobody answered, or nothing came of the answer. A Conflict where it is not the time."""
    work.lock(escalation)
    if escalation.next_at is None:
        raise Conflict("Nobody is called any more.")
    check_in = work.one(CheckIn, CheckIn.id == escalation.check_in_id)
    mine = EscalationStep.escalation_id == escalation.id, EscalationStep.person.is_not(None)
    called = work.session.scalars(select(EscalationStep.person).where(*mine, EscalationStep.what == CALLED).distinct())
    call = climb(
        Rung(escalation.rung), frozenset(person for person in called if person), standing_by(work, check_in),
        next_at=escalation.next_at, now=work.now,
    )  # fmt: skip
    escalation.call(call)
    return _call(work, escalation, call)


def spoken_since(work: Work, check_in: CheckIn) -> bool:
    """Whether somebody spoke with them: then, or at a later time that was agreed on. Missed and noted is not spoken."""
    here = or_(CheckIn.id == check_in.id, CheckIn.due_at > check_in.due_at)
    met = exists().where(CheckIn.case_id == check_in.case_id, here, CheckIn.state.in_(SPOKEN))
    return bool(work.session.scalar(select(met)))


def mend(session: Session, now: datetime) -> None:
    """Ask again for each step that nobody is to do: a clock set back, or a job that was lost, shall silence nobody.

    Asked twice is no harm: what was done already answers Conflict.
    """
    session.execute(
        update(Job).where(Job.action == CLIMB, Job.done_at.is_(None), Job.due_at > now + TO_FIND).values(due_at=now)
    )
    asked = exists().where(Job.done_at.is_(None), Job.subject_id == Escalation.id, Job.action == CLIMB)
    waiting = select(Escalation.id, Escalation.next_at).where(Escalation.next_at.is_not(None), ~asked)
    for row, next_at in session.execute(waiting).all():
        later(session, CLIMB, row, min(next_at or now, now + TO_FIND))
    asked = exists().where(Job.done_at.is_(None), Job.subject_id == CheckIn.id, Job.action == ESCALATE)
    called, met = exists().where(Escalation.check_in_id == CheckIn.id), aliased(CheckIn)
    spoken = exists().where(met.case_id == CheckIn.case_id, met.due_at > CheckIn.due_at, met.state.in_(SPOKEN))
    unmet = CheckIn.state.in_((CheckInState.SCHEDULED, CheckInState.MISSED)), CheckIn.due_at < now - GRACE
    for row, due_at in session.execute(
        select(CheckIn.id, CheckIn.due_at).join(Case, Case.id == CheckIn.case_id)
        .where(*unmet, ~asked, ~called, ~spoken, Case.state == CaseState.OPEN)
    ).all():  # fmt: skip
        later(session, ESCALATE, row, grace_over(due_at))


def note(work: Work, escalation: Escalation, what: str, person: str | None) -> None:
    """Keep one step for those who ask afterwards how it went."""
    work.add(
        EscalationStep(
            case_id=escalation.case_id, escalation_id=escalation.id, what=what, rung=escalation.rung, person=person,
            at=work.now,
        )
    )  # fmt: skip


def _call(work: Work, escalation: Escalation, call: Call) -> Called:
    for person in sorted(call.people):
        note(work, escalation, CALLED, person)
    if not call.people:
        note(work, escalation, CALLED, None)
    work.later("checkin.climb", escalation.id, at=call.next_at)
    work.record(escalation, rung=int(call.rung), called=len(call.people))
    return Called(escalation.id, call.rung)


def standing_by(work: Work, check_in: CheckIn) -> People:
    """Who stands on each rung at this moment, of those who could be given this check-in.

    The caseworker who planned it, or if they are gone whoever holds it; the first on the rota; and with the lead
    the second on the rota, who is there for when the first does not answer.
    """
    near = within_reach(work, check_in.case_id, CheckIn.compartment)
    holding = [each for each in near if each.holds]
    leads = {each.code for each in holding if LEADS_OF in each.leads}
    chosen = {each.code for each in holding if each.code == check_in.planned_by or each.by_name} - leads
    chosen |= {each.code for each in holding if each.code == check_in.planned_by}
    duty = {each.user: each.code for each in near if DUTY in each.teams}
    first_, second = ({duty[user] for user in on_rota(work, rung) if user in duty} for rung in (1, 2))
    return {
        Rung.CASEWORKER: frozenset(chosen or {each.code for each in holding} - leads),
        Rung.DUTY: frozenset(first_),
        Rung.LEAD: frozenset(leads | second),
    }

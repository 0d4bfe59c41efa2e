"""Answering an alarm: a named person says that they see to it, and then what they found out.

Whoever is on duty now is told of alarms by what sleeps at their team, and so learns of a case
that somebody is missed there; nothing more, unless they break the glass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select

from app import jobs
from app.accounts.rota import TEAM, on_duty
from app.cases.models import Case, CaseState
from app.cases.views import Stored
from app.cases.within_reach import holds_any_day
from app.errors import NotFound
from app.protection.escalating import CLIMB, note
from app.protection.forms import ReportMissing
from app.protection.models import CheckIn, Escalation, EscalationStep
from app.protection.rungs import OPEN, EscalationState
from app.protection.views import Alarm, AlarmLine, AlarmStep
from app.work import Reading, Work, action, query

PAGE: Final = 25
STEPS_MAX: Final = 50
CASE_MAX: Final = 5


def answering(work: Work, escalation: Escalation, _form: Any = None) -> dict[str, Any]:
    """Whether the caller holds it any day, or is on duty now: what sleeps at the duty team is reached here too."""
    about = set()
    if holds_any_day(work, escalation.case_id, escalation.compartment):
        about.add("holder")
    if on_duty(work, work.actor.id) is not None:
        about.add("on_duty")
    return {"target": work.actor.code, "target_roles": frozenset(about)}


@action("checkin.acknowledge", operation="alter", on=Escalation, about=answering, reaches="ASLEEP")
def acknowledge(work: Work, escalation: Escalation) -> Stored:
    """Say that I see to it. Nobody else is called for an hour; then, with nothing noted, the next rung is."""
    work.lock(escalation)
    jobs.drop(work.session, CLIMB, escalation.id, work.now)
    until = escalation.acknowledge(work.actor.code, work.now)
    note(work, escalation, escalation.state, work.actor.code)
    work.later("checkin.climb", escalation.id, at=until)
    work.record(escalation, rung=escalation.rung, seconds=round((work.now - escalation.at).total_seconds()))
    return _stored(escalation)


@action("checkin.report", operation="alter", on=Escalation, about=answering, reaches="ASLEEP")
def report(work: Work, escalation: Escalation, form: ReportMissing) -> Stored:
    """Note that we know where they are, or that nobody does."""
    work.lock(escalation)
    jobs.drop(work.session, CLIMB, escalation.id, work.now)
    escalation.end(EscalationState(form.state))
    note(work, escalation, escalation.state, work.actor.code)
    work.record(escalation, state=escalation.state)
    return _stored(escalation)


def spoken(work: Work, check_in: CheckIn) -> int:
    """End every alarm of this person that is not older than the talk we have just had. Returns how many."""
    mine = Escalation.case_id == check_in.case_id, Escalation.missed_at <= check_in.due_at
    ended = work.all(Escalation, *mine, Escalation.state.in_(OPEN), order=Escalation.id)
    for escalation in ended:
        work.lock(escalation)
        jobs.drop(work.session, CLIMB, escalation.id, work.now)
        escalation.end(EscalationState.SPOKEN)
        note(work, escalation, escalation.state, work.actor.code)
    return len(ended)


@query("escalation.list", reaches="ASLEEP")
def alarms(reading: Reading, page: int = 0) -> tuple[AlarmLine, ...]:
    """Whom we look for at this moment: nobody has answered first, then the highest rung, 25 a page."""
    calling = Escalation.state == EscalationState.CALLING
    found = (
        _lines(reading).where(Escalation.state.in_(OPEN))
        .order_by(calling.desc(), Escalation.rung.desc(), Escalation.at, Escalation.id)
        .limit(PAGE).offset(PAGE * page)
    )  # fmt: skip
    return tuple(AlarmLine(*row) for row in _ask(reading, found))


@query("escalation.show", reaches="ASLEEP")
def alarm(reading: Reading, row: UUID) -> Alarm:
    """One alarm, and what happened so far."""
    found = _ask(reading, _lines(reading).where(Escalation.id == row))
    if not found:
        raise NotFound
    return _whole(reading, AlarmLine(*found[0]))


@query("escalation.case")
def of_case(reading: Reading, reference: str) -> tuple[Alarm, ...]:
    """The latest five alarms about one person, the newest first, with what happened."""
    about = reading.fetch(Case, reference)
    found = _lines(reading).where(Escalation.case_id == about.id).order_by(Escalation.at.desc()).limit(CASE_MAX)
    return tuple(_whole(reading, AlarmLine(*row)) for row in reading.execute(found))


def _lines(reading: Reading) -> Select[*tuple[Any, ...]]:
    return (
        reading.rows(Escalation)
        .join(Case, Case.id == Escalation.case_id)
        .where(Case.state != CaseState.DESTROYED)
        .with_only_columns(
            Escalation.id, Case.reference, Escalation.check_in_id, Escalation.state, Escalation.missed_at,
            Escalation.at, Escalation.rung, Escalation.next_at, Escalation.acknowledged_by,
            Escalation.acknowledged_at, Case.synthetic,
        )
    )  # fmt: skip


def _ask(reading: Reading, found: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """What sleeps at the duty team counts for whoever is on duty now, and for nobody else."""
    on_call = TEAM in reading.actor.teams and on_duty(reading, reading.actor.id) is not None
    return reading.execute(found, asleep=on_call)


def _whole(reading: Reading, line: AlarmLine) -> Alarm:
    mine = EscalationStep.escalation_id == line.id
    latest = reading.all(EscalationStep, mine, order=EscalationStep.id.desc(), limit=STEPS_MAX)
    steps = tuple(AlarmStep(step.what, step.rung, step.person, step.at) for step in reversed(latest))
    return Alarm(**vars(line), steps=steps)


def _stored(escalation: Escalation) -> Stored:
    return Stored(escalation.id, "escalations", escalation.state)

"""Protection's queues, made of clear columns only: when we speak, and whose assessment has run out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, case, exists, literal, null, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.cases.models import Case, CaseState
from app.cases.steps import held_since, how_many, passed_on, working_on
from app.errors import Unprocessable
from app.protection.models import SPOKEN, CheckIn, CheckInState, ThreatAssessment
from app.protection.rungs import GRACE
from app.protection.views import CheckInLine, SafetyNumbers, ThreatLine
from app.work import Reading, query

PAGE: Final = 25
WEEK: Final = timedelta(days=7)
# Whoever works tonight sees what falls due after midnight: a call at one o'clock is no matter of tomorrow.
SHIFT: Final = timedelta(hours=8)

DUE: Final = ("MISSED", "TODAY", "WEEK")
LAPSED: Final = ("OVERDUE", "NONE")


@query("check_in.list")
def check_ins(reading: Reading, page: int = 0, standing: str | None = None) -> tuple[CheckInLine, ...]:
    """Missed, due today, due in the next seven days: across my cases, the most urgent first, 25 a page."""
    statement = _due(reading, standing).limit(PAGE).offset(PAGE * page)
    return tuple(CheckInLine(*row) for row in reading.execute(statement))


@query("check_in.show")
def check_in(reading: Reading, row: UUID) -> CheckInLine:
    """One time at which we speak, and how it stands."""
    found = reading.fetch(CheckIn, row)
    statement = _lines(reading).where(CheckIn.id == found.id)
    return CheckInLine(*reading.execute(statement)[0])


@query("check_in.case")
def of_case(reading: Reading, reference: str) -> tuple[CheckInLine, ...]:
    """The times at which we speak with one person, the latest first."""
    about = reading.fetch(Case, reference)
    statement = _lines(reading).where(CheckIn.case_id == about.id).order_by(CheckIn.due_at.desc()).limit(PAGE)
    return tuple(CheckInLine(*row) for row in reading.execute(statement))


@query("threat.overdue")
def threats(reading: Reading, page: int = 0, standing: str | None = None) -> tuple[ThreatLine, ...]:
    """Cases whose last threat assessment has run out, the gravest first, then those without any, 25 a page."""
    statement = _threats(reading, standing).limit(PAGE).offset(PAGE * page)
    return tuple(ThreatLine(*row) for row in reading.execute(statement))


@query("safety.count")
def count(reading: Reading) -> SafetyNumbers:
    """How long each of these lists is, and what was passed on to us and waits."""
    return SafetyNumbers(
        overdue=how_many(reading, _threats(reading, "OVERDUE")),
        unassessed=how_many(reading, _threats(reading, "NONE")),
        missed=how_many(reading, _due(reading, "MISSED")),
        today=how_many(reading, _due(reading, "TODAY")),
        week=how_many(reading, _due(reading, "WEEK")),
        handoffs=how_many(reading, passed_on(reading)),
    )


def _known(standing: str | None, among: tuple[str, ...]) -> tuple[str, ...]:
    """The list that is asked for, or all; nobody is told that a list is empty for a word they misspelt."""
    if standing is not None and standing not in among:
        raise Unprocessable("There is no such list.")
    return among if standing is None else (standing,)


def _due(reading: Reading, standing: str | None) -> Select[*tuple[Any, ...]]:
    stands = _standing(reading)
    wanted = _known(standing, DUE)
    rank = case((stands == "MISSED", 0), else_=1)
    return _lines(reading).where(stands.in_(wanted), Case.state == CaseState.OPEN).order_by(
        rank, CheckIn.due_at, CheckIn.id
    )  # fmt: skip


def _lines(reading: Reading) -> Select[*tuple[Any, ...]]:
    return (
        reading.rows(CheckIn)
        .join(Case, Case.id == CheckIn.case_id)
        .with_only_columns(
            CheckIn.id, Case.reference, _standing(reading).label("standing"), CheckIn.state, CheckIn.due_at,
            CheckIn.planned_by, Case.synthetic,
        )
    )  # fmt: skip


def _standing(reading: Reading) -> Any:
    """How a check-in stands at this moment. What was noted as missed waits until somebody has spoken with them."""
    later = aliased(CheckIn)
    spoken_since = exists().where(
        later.case_id == CheckIn.case_id, later.due_at > CheckIn.due_at, later.state.in_(SPOKEN)
    )
    tonight = datetime.combine(reading.today + timedelta(days=1), time(), reading.settings.zone)
    waits = CheckIn.state == CheckInState.SCHEDULED
    return case(
        ((CheckIn.state == CheckInState.MISSED) & ~spoken_since, "MISSED"),
        (~waits, "SETTLED"),
        (CheckIn.due_at + GRACE < reading.now, "MISSED"),
        (CheckIn.due_at < max(tonight, reading.now + SHIFT), "TODAY"),
        (CheckIn.due_at < tonight + WEEK, "WEEK"),
        else_="LATER",
    )


def _threats(reading: Reading, standing: str | None) -> Select[*tuple[Any, ...]]:
    last = (
        reading.rows(ThreatAssessment)
        .ext(distinct_on(ThreatAssessment.case_id))
        .order_by(ThreatAssessment.case_id, ThreatAssessment.state_at.desc(), ThreatAssessment.id.desc())
        .subquery()
    )
    # A graver level has the shorter term: so the gravest come first, and no level is read.
    term = last.c.valid_until - last.c.state_at
    overdue = (
        select(
            Case.reference, literal("OVERDUE").label("standing"), last.c.valid_until.label("since"),
            last.c.written_by.label("by"), Case.synthetic, term.label("term"), Case.id.label("id"),
        )
        .join(last, last.c.case_id == Case.id)
        .where(last.c.valid_until <= reading.now, Case.state == CaseState.OPEN)
    )  # fmt: skip
    # THREAT alone is what a lead holds from the opening on; with the name it was handed over.
    unassessed = (
        working_on(reading, "THREAT", "IDENTITY")
        .outerjoin(last, last.c.case_id == Case.id)
        .with_only_columns(
            Case.reference, literal("NONE").label("standing"), held_since(reading, "IDENTITY").label("since"),
            null().label("by"), Case.synthetic, literal(timedelta()).label("term"), Case.id.label("id"),
        )
        .where(last.c.id.is_(None))
    )  # fmt: skip
    both = overdue.union_all(unassessed).subquery()
    found = select(both.c.reference, both.c.standing, both.c.since, both.c.by, both.c.synthetic)
    return found.where(both.c.standing.in_(_known(standing, LAPSED))).order_by(
        (both.c.standing == "OVERDUE").desc(), both.c.term, both.c.since, both.c.id
    )

"""Legal's queue, made of clear columns only: who has taken which case, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import aliased

from app.cases.involved import had_a_part
from app.cases.models import Case, CaseState
from app.cases.steps import held_since, how_many, passed_on, working_on
from app.errors import NotFound, Unprocessable
from app.legal import course
from app.legal.course import State
from app.legal.models import (
    OFFERED,
    PROPOSED,
    RETURNED,
    WRITABLE,
    Assurance,
    MitigationAssessment,
    MitigationFactor,
    MitigationStep,
)
from app.legal.moves import STEPS_MAX
from app.legal.views import AssessmentLine, AssuranceLine, Course, Kept, ReviewLine, ReviewNumbers, Running, StepLine
from app.work import Reading, query

PAGE: Final = 25
NOTES_MAX: Final = 200
KEPT_MAX: Final = 1_000

STANDINGS: Final = ("UNASSIGNED", "MINE", "TAKEN", "WRITTEN")


@query("review.list")
def reviews(reading: Reading, page: int = 0, standing: str | None = None) -> tuple[ReviewLine, ...]:
    """Cases handed to legal of which I hold the keys: unassigned first, the longest waiting first, 25 a page."""
    statement = _reviews(reading, standing).limit(PAGE).offset(PAGE * page)
    return tuple(ReviewLine(*row) for row in reading.execute(statement))


@query("review.count")
def count(reading: Reading) -> ReviewNumbers:
    """How long each of these lists is, and what was passed on to us and waits."""
    return ReviewNumbers(
        unassigned=how_many(reading, _reviews(reading, "UNASSIGNED")),
        mine=how_many(reading, _reviews(reading, "MINE")),
        taken=how_many(reading, _reviews(reading, "TAKEN")),
        written=how_many(reading, _reviews(reading, "WRITTEN")),
        handoffs=how_many(reading, passed_on(reading)),
    )


@query("mitigation.list")
def assessments(reading: Reading, reference: str) -> tuple[AssessmentLine, ...]:
    """The assessments of one case, the newest first, with what was kept of each; mute. For holders of LEGAL."""
    about = reading.fetch(Case, reference)
    if "LEGAL" not in reading.held(about.id):
        raise NotFound
    mine = MitigationAssessment.case_id == about.id
    rows = reading.all(MitigationAssessment, mine, order=MitigationAssessment.id.desc(), limit=NOTES_MAX)
    order = MitigationFactor.version.desc()
    kept = reading.all(MitigationFactor, MitigationFactor.case_id == about.id, order=order, limit=KEPT_MAX)
    return tuple(
        _assessment(row, about.reference, [each for each in kept if each.assessment_id == row.id]) for row in rows
    )


@query("mitigation.waiting")
def to_sign(reading: Reading, page: int = 0) -> tuple[AssessmentLine, ...]:
    """Assessments colleagues wrote that wait for a second signature, the longest waiting first, 25 a page."""
    return _of_page(reading, _to_sign(reading), page)


@query("mitigation.returned")
def returned(reading: Reading, page: int = 0) -> tuple[AssessmentLine, ...]:
    """Assessments of mine that came back with questions, the longest waiting first, 25 a page."""
    return _of_page(reading, _returned(reading), page)


@query("mitigation.course")
def course_of(reading: Reading, reference: str) -> Course:
    """Where the course of a mitigation stands, what can follow, and its steps, the newest first; mute."""
    about = reading.fetch(Case, reference)
    if "LEGAL" not in reading.held(about.id):
        raise NotFound
    rows = reading.all(MitigationStep, MitigationStep.case_id == about.id, order=MitigationStep.number, limit=STEPS_MAX)
    history = [State(row.state) for row in rows]
    lines = tuple(
        StepLine(row.id, row.number, row.state, row.recorded_at, row.recorded_by, row.due_on, row.assessment_id)
        for row in reversed(rows)
    )
    following = course.next_steps(history)
    return Course(
        about.reference, str(course.stands(history)), lines, tuple(state for state in State if state in following),
        had_a_part(reading, about.id), reading.today,
    )  # fmt: skip


@query("mitigation.running")
def running(reading: Reading, page: int = 0) -> tuple[Running, ...]:
    """What runs out within a month or is over, in open cases of which I hold LEGAL; the earliest first, 25 a page."""
    later = aliased(MitigationStep)
    newer = exists().where(later.case_id == MitigationStep.case_id, later.number > MitigationStep.number)
    soon = reading.today + timedelta(days=course.WARN_DAYS)
    statement = (
        reading.rows(MitigationStep)
        .where(MitigationStep.due_on <= soon, ~newer)
        .join(Case, Case.id == MitigationStep.case_id)
        .add_columns(Case.reference)
        .where(Case.state == CaseState.OPEN)
        .order_by(MitigationStep.due_on, MitigationStep.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return tuple(
        Running(reference, row.due_on, row.due_on < reading.today) for row, reference in reading.execute(statement)
    )


@query("assurance.list")
def assurances(reading: Reading, reference: str) -> tuple[AssuranceLine, ...]:
    """What others promised in one case, the newest first, mute. For those who hold LEGAL of it."""
    about = reading.fetch(Case, reference)
    if "LEGAL" not in reading.held(about.id):
        raise NotFound
    rows = reading.all(Assurance, Assurance.case_id == about.id, order=Assurance.id.desc(), limit=NOTES_MAX)
    return tuple(_assurance(reading, row, about.reference) for row in rows)


@query("assurance.waiting")
def waiting(reading: Reading, page: int = 0) -> tuple[AssuranceLine, ...]:
    """Promises that colleagues drafted and that wait for my signature, the longest waiting first, 25 a page."""
    mine = reading.rows(Assurance).where(Assurance.state == OFFERED, Assurance.drafted_by != reading.actor.code)
    statement = (
        mine.join(Case, Case.id == Assurance.case_id)
        .add_columns(Case.reference)
        .where(Case.state == CaseState.OPEN)
        .order_by(Assurance.state_at, Assurance.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return tuple(_assurance(reading, row, reference) for row, reference in reading.execute(statement))


def _assurance(reading: Reading, row: Assurance, reference: str) -> AssuranceLine:
    return AssuranceLine(
        row.id, reference, row.standing(today=reading.today), row.state_at, row.drafted_by, row.signed_by,
        row.starts_on.isoformat(), row.until.isoformat() if row.until else None,
    )  # fmt: skip


def _to_sign(reading: Reading) -> Select[*tuple[Any, ...]]:
    authors = MitigationAssessment.authors
    return _with_case(reading, MitigationAssessment.state == PROPOSED, ~authors.contains([reading.actor.code]))


def _returned(reading: Reading) -> Select[*tuple[Any, ...]]:
    authors = MitigationAssessment.authors
    return _with_case(reading, MitigationAssessment.state == RETURNED, authors.contains([reading.actor.code]))


def _with_case(reading: Reading, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Assessments of open cases, each with the reference of its case."""
    found = reading.rows(MitigationAssessment).where(*conditions)
    return (
        found.join(Case, Case.id == MitigationAssessment.case_id)
        .add_columns(Case.reference)
        .where(Case.state == CaseState.OPEN)
        .order_by(MitigationAssessment.state_at, MitigationAssessment.id)
    )


def _of_page(reading: Reading, statement: Select[*tuple[Any, ...]], page: int) -> tuple[AssessmentLine, ...]:
    found = reading.execute(statement.limit(PAGE).offset(PAGE * page))
    return tuple(_assessment(row, reference) for row, reference in found)


def _assessment(
    row: MitigationAssessment, reference: str, kept: Sequence[MitigationFactor] = ()
) -> AssessmentLine:  # fmt: skip
    return AssessmentLine(
        row.id, reference, row.state, row.state_at, tuple(row.authors), row.signed_by, row.version, row.follows_id,
        tuple(Kept(each.factor, each.version, each.written_by, each.written_at) for each in kept),
    )  # fmt: skip


def _reviews(reading: Reading, standing: str | None) -> Select[*tuple[Any, ...]]:
    if standing is not None and standing not in STANDINGS:
        raise Unprocessable("There is no such list of reviews.")
    note = reading.rows(MitigationAssessment).subquery()
    draft = note.c.state.in_(WRITABLE)
    mine = draft & note.c.authors.contains([reading.actor.code])
    of_case = (
        select(
            note.c.case_id,
            func.max(note.c.authors[1]).filter(draft).label("by"),
            func.max(note.c.state_at).filter(draft).label("taken_at"),
            func.max(note.c.state_at).filter(~draft).label("written_at"),
            func.count().filter(mine).label("mine"),
            func.count().filter(~draft).label("written"),
        )
        .group_by(note.c.case_id)
        .subquery()
    )
    stands = case(
        (of_case.c.mine > 0, "MINE"), (of_case.c.by.is_not(None), "TAKEN"), (of_case.c.written > 0, "WRITTEN"),
        else_="UNASSIGNED",
    )  # fmt: skip
    rank = case((stands == "UNASSIGNED", 0), (stands == "MINE", 1), (stands == "TAKEN", 2), else_=3)
    since = func.coalesce(of_case.c.taken_at, of_case.c.written_at, held_since(reading, "TESTIMONY"))
    written = func.coalesce(of_case.c.written, 0)
    # LEGAL alone is what a lead holds from the opening on; with the account it was handed over.
    return (
        working_on(reading, "TESTIMONY", "LEGAL")
        .outerjoin(of_case, of_case.c.case_id == Case.id)
        .with_only_columns(
            Case.reference, stands.label("standing"), since.label("since"), of_case.c.by, written.label("written"),
            Case.synthetic,
        )
        .where(stands == standing if standing else Case.id.is_not(None))
        .order_by(rank, since, Case.id)
    )  # fmt: skip

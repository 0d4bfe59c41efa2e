"""The course of a mitigation on the pages: where it stands, the step that follows, its report, what runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.legal import course as rules
from app.legal import moves, queries
from app.legal.course import Clock, State
from app.legal.views import AssessmentLine, Course, Running, StepLine
from app.web.casefile import CaseFile, Shown, case_page, tab_file
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.web.today import Task
from app.web.visits import opened
from app.work import Caller

router = APIRouter()

TAB: Final = "legal"


@dataclass(frozen=True)
class CoursePage:
    """Where it stands, and its steps, the newest first: opened under a visit, else shut.

    clock   whether a day can begin or end to run where it stands
    serves  the assessment that a visit from here cites
    """

    course: Course
    steps: tuple[tuple[StepLine, Shown | None], ...]
    clock: bool
    serves: UUID | None


@dataclass(frozen=True)
class StepPage:
    """One step before it is recorded.

    stays   it moves nothing: a day begins or ends to run
    whose   whom the step can be of, ``grounds`` whether it is about a breach, ``paper`` whether it needs one
    clocks  what can begin to run with it, or end
    files   where the paper may lie
    signed  the assessment it would rest on
    """

    course: Course
    to: str
    stays: bool
    whose: tuple[str, ...]
    breach: bool
    paper: bool
    by_two: bool
    clocks: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    signed: AssessmentLine | None

    @property
    def reports(self) -> bool:
        """Whether it is the report, which is written by somebody who had no part in the case."""
        return self.to == rules.REPORTED


@router.get("/cases/{reference}/legal/course")
def course(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Where the course stands, since when, what can follow, and what was recorded."""
    file = tab_file(desk, visitor, reference, TAB)
    told = _course(desk, visitor, file)
    shown = {each.record.id: each for each in opened(request, desk, visitor, file, "mitigation_steps")}
    lines: tuple[AssessmentLine, ...] = desk.ask(visitor, queries.assessments, file.view.reference)
    body = CoursePage(
        told, tuple((step, shown.get(step.id)) for step in told.steps), bool(_clocks(told, told.state)),
        lines[0].id if lines else None,
    )  # fmt: skip
    return case_page(request, desk, visitor, file, "legal/course.html", TAB, body)


@router.get("/cases/{reference}/legal/course/{step}")
def step_page(reference: str, step: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One step: whose, when, why, and its paper."""
    return _step(request, desk, visitor, reference, step)(sheet(request), 200)


@router.post("/cases/{reference}/legal/course/{step}")
def record(reference: str, step: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Record it; what was typed stays on the page if something is missing or has changed meanwhile."""
    again = _step(request, desk, visitor, reference, step)
    file = tab_file(desk, visitor, reference, TAB)
    base = f"/cases/{file.view.reference}/legal/course"
    if step == rules.REPORTED:
        return save(
            request, desk, visitor, given, moves.report, subject=file.view.reference, then=base, again=again,
            step=(moves.report, file.view.reference),
        )  # fmt: skip
    return save(
        request, desk, visitor, given, moves.move, subject=file.view.reference, then=base, again=again,
        shape=lambda fields: fields | {"to": [step]},
    )  # fmt: skip


def tasks(desk: Desk, visitor: Caller) -> list[Task]:
    """Days that run out within a month, or have, as work of today. They warn; nobody is bound by them here."""
    running: tuple[Running, ...] = desk.ask(visitor, queries.running)
    soon, over = N_("A day that runs in a mitigation is near"), N_("A day that ran in a mitigation is past")
    return [
        Task(over if each.late else soon, f"/cases/{each.reference}/legal/course", each.reference,
             each.on.isoformat(), each.late)
        for each in running
    ]  # fmt: skip


def _course(desk: Desk, visitor: Caller, file: CaseFile) -> Course:
    told: Course = desk.ask(visitor, queries.course_of, file.view.reference)
    return told


def _step(
    request: Request, desk: Desk, visitor: Caller, reference: str, to: str
) -> Callable[[Sheet, int], Response]:  # fmt: skip
    """Shows the page of a step that can follow, or of where it stands, where a day can begin or end to run."""
    file = tab_file(desk, visitor, reference, TAB)
    told = _course(desk, visitor, file)
    clocks = _clocks(told, to)
    stays = to == told.state and bool(clocks)
    if to not in set(State) or (not stays and to not in told.following and request.method == "GET"):
        raise NotFound
    state = State(to)
    lines: tuple[AssessmentLine, ...] = desk.ask(visitor, queries.assessments, file.view.reference)
    body = StepPage(
        course=told,
        to=to,
        stays=stays,
        whose=tuple(each for each in rules.Whose if each in rules.WHOSE[state]),
        breach=state in rules.BREACHES and not stays,
        paper=state in rules.ON_PAPER and not stays,
        by_two=state in rules.BY_TWO and not stays,
        clocks=clocks,
        files=tuple((str(each.id), str(number)) for number, each in enumerate(file.records("attachments"), 1)),
        signed=next((line for line in lines if line.state in {"SIGNED", "DISSENTED"}), None),
    )

    def again(filled: Sheet, status: int) -> Response:
        return case_page(
            request, desk, visitor, file, "legal/course_step.html", TAB, body, sheet=filled, status=status
        )  # fmt: skip

    return again


def _clocks(told: Course, to: str) -> tuple[str, ...]:
    """What can begin to run with a step to this state; and an end, where something runs."""
    starts = [clock for clock, states in rules.STARTS_IN.items() if to in states]
    return (*starts, Clock.MET) if told.due_on is not None else tuple(starts)

"""The steps of the course of a mitigation, recorded one after another, and the report that one of them is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.cases.forms import Opening
from app.cases.involved import had_a_part
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.legal import course
from app.legal.course import State, Step, Whose
from app.legal.forms import MoveMitigation, ReportCooperation
from app.legal.models import DISSENTED, SIGNED, MitigationAssessment, MitigationStep
from app.testimonies.models import Attachment
from app.work import Work, action

STEPS_MAX: Final = 200


def part(work: Work, case: Case, _form: ReportCooperation) -> dict[str, Any]:
    """To the rules whoever had a part in a case is one of its authors."""
    return {"authors": frozenset({work.actor.code}) if had_a_part(work, case.id) else frozenset()}


@action("mitigation.move", operation="collect", on=Case, creates=True)
def move(work: Work, case: Case, form: MoveMitigation) -> Stored:
    """Record a step of a court, an authority, the witness or the office; the report is an action of its own."""
    if form.to is course.REPORTED:
        raise Conflict("A report is written on its own page, by somebody who had no part in the case.")
    brought = form.instrument is not None or form.attachment is not None
    step = Step(form.to, form.whose, brought, form.ground, form.clock)
    return _record(work, case, form, step)


@action("mitigation.report", operation="collect", on=Case, creates=True, about=part)
def report(work: Work, case: Case, form: ReportCooperation) -> Stored:
    """Write the report of somebody's cooperation for a court. Who had a part in the case is kept from it by a rule."""
    return _record(work, case, form, Step(course.REPORTED, Whose.OFFICE, instrument=True))


@action("mitigation_step.open", operation="consult", on=MitigationStep, opens=(MitigationStep,))
def open_step(work: Work, step: MitigationStep, form: Opening) -> Opened:
    """Open what was recorded of one step."""
    return open_fields(work, step, form)


def steps_of(work: Work, case: Case) -> Sequence[MitigationStep]:
    """Every step of a case, the oldest first."""
    return work.all(
        MitigationStep, MitigationStep.case_id == case.id, order=MitigationStep.number, limit=STEPS_MAX
    )  # fmt: skip


def _record(work: Work, case: Case, form: MoveMitigation | ReportCooperation, step: Step) -> Stored:
    case.must_be_open()
    # Two who record at one moment: the second finds the step of the first, which they have not seen.
    work.lock(case)
    steps = steps_of(work, case)
    number = steps[-1].number if steps else 0
    if number != form.seen:
        raise Conflict("A step was recorded since you looked. See where the course stands now; your words are below.")
    if len(steps) >= STEPS_MAX:
        raise Conflict("This course holds as many steps as it can.")
    runs_from = form.runs_from if isinstance(form, MoveMitigation) else None
    if max(form.happened_on, runs_from or form.happened_on) > work.today:
        raise Conflict("A step is recorded after it was taken, and a day begins to run from something that happened.")
    before = steps[-1].due_on if steps else None
    course.must_follow([State(each.state) for each in steps], step, running=before is not None)
    row = MitigationStep(
        case_id=case.id, number=number + 1, state=str(step.to), recorded_by=work.actor.code, recorded_at=work.now,
        due_on=course.due_after(step, runs_from, before), assessment_id=_signed_by_two(work, case, steps, step),
        attachment_id=_file(work, case, form.attachment),
    )  # fmt: skip
    told = {
        "whose": step.whose, "authority": form.authority, "happened_on": form.happened_on.isoformat(),
        "reason": form.reason, "ground": step.ground, "clock": step.clock, "instrument": form.instrument,
        "runs_from": runs_from.isoformat() if runs_from else None,
        "instrument_sha256": hashlib.sha256(form.instrument.encode()).hexdigest() if form.instrument else None,
    }  # fmt: skip
    for column, value in told.items():
        work.seal(row, column, None if value is None else str(value))
    work.add(row)
    # Where it stands is legal's alone, and the entry is read by every team of the case.
    work.record(row, number=row.number)
    return Stored(row.id, "mitigation_steps", row.state)


def _signed_by_two(work: Work, case: Case, steps: Sequence[MitigationStep], step: Step) -> UUID | None:
    """The assessment that this step rests on: the one that stands, signed by two or with the dissent of one.

    Whether what was agreed was done is judged anew: by one that was signed since it began, and that no step rests on.
    """
    if step.to not in course.BY_TWO:
        return None
    if steps and steps[-1].state == step.to:
        return steps[-1].assessment_id
    found = work.first(
        MitigationAssessment, MitigationAssessment.case_id == case.id,
        MitigationAssessment.state.in_((SIGNED, DISSENTED)), order=MitigationAssessment.id.desc(),
    )  # fmt: skip
    used = {each.assessment_id for each in steps}
    began = next((each.recorded_at for each in reversed(steps) if each.state == State.PERFORMING), None)
    anew = step.to is not State.PERFORMED or (
        found is not None and found.id not in used and (began is None or found.state_at >= began)
    )
    if found is None or not anew:
        raise Conflict(
            "Two people sign an assessment of it first, and this step rests on that."
            if found is None
            else "Two people sign another assessment since it began, of what was done: this step rests on that."
        )
    return found.id


def _file(work: Work, case: Case, wanted: UUID | None) -> UUID | None:
    """A file of this case, for whoever holds the account. It is not opened: its hash was kept when it came in."""
    if wanted is None:
        return None
    return work.one(Attachment, Attachment.id == wanted, Attachment.case_id == case.id).id

"""The second signature of an assessment: by somebody who wrote none of it, of the very version they read."""

from __future__ import annotations

from app.cases.steps import open_case_of
from app.cases.views import Stored
from app.errors import Conflict
from app.legal.actions import kept_of
from app.legal.forms import FACTORS, OfVersion, ReturnAssessment, SecondSignature
from app.legal.models import DRAFT, RETURNED, MitigationAssessment, SecondReading
from app.work import Work, action


@action("mitigation.propose", operation="alter", on=MitigationAssessment)
def propose(work: Work, assessment: MitigationAssessment, form: OfVersion) -> Stored:
    """Send it to second signature, with an answer to every factor. "Cannot be said yet" is one."""
    _locked(work, assessment)
    if {row.factor for row in kept_of(work, assessment)} != set(FACTORS):
        raise Conflict("A factor has no answer yet. That it cannot be said yet is an answer too.")
    assessment.propose(version=form.version, at=work.now)
    return _moved(work, assessment)


@action("mitigation.withdraw", operation="alter", on=MitigationAssessment)
def withdraw(work: Work, assessment: MitigationAssessment, form: OfVersion) -> Stored:
    """Who wrote it takes it back before it is signed, to go on writing."""
    _locked(work, assessment)
    assessment.leave(DRAFT, version=form.version, at=work.now)
    return _moved(work, assessment)


@action("mitigation.return", operation="alter", on=MitigationAssessment)
def send_back(work: Work, assessment: MitigationAssessment, form: ReturnAssessment) -> Stored:
    """The second reader has questions: who wrote it finds them on Today."""
    _locked(work, assessment)
    assessment.leave(RETURNED, version=form.version, at=work.now)
    _answer(work, assessment, RETURNED, form.words)
    return _moved(work, assessment)


@action("mitigation.sign", operation="alter", on=MitigationAssessment, second=True)
def sign(work: Work, assessment: MitigationAssessment, form: SecondSignature) -> Stored:
    """Sign it as the second, or dissent: both texts stay, and neither is changed any more.

    What it follows is superseded by it.
    """
    _locked(work, assessment)
    assessment.sign(form.answer, by=work.actor.code, version=form.version, at=work.now)
    _answer(work, assessment, form.answer, form.words)
    if assessment.follows_id is not None:
        before = work.one(MitigationAssessment, MitigationAssessment.id == assessment.follows_id)
        work.lock(before)
        before.supersede(at=work.now)
    return _moved(work, assessment)


def _locked(work: Work, assessment: MitigationAssessment) -> None:
    # Who signs while another writes or takes it back: the second finds the version and state the first left.
    work.lock(assessment)
    open_case_of(work, assessment)


def _answer(work: Work, assessment: MitigationAssessment, answer: str, words: str | None) -> None:
    reading = SecondReading(
        case_id=assessment.case_id, assessment_id=assessment.id, version=assessment.version, answer=answer,
        read_by=work.actor.code, read_at=work.now,
    )  # fmt: skip
    work.seal(reading, "words", words)
    work.add(reading)
    work.record(reading)


def _moved(work: Work, assessment: MitigationAssessment) -> Stored:
    work.record(assessment, version=assessment.version)
    return Stored(assessment.id, "mitigation_assessments", assessment.state)

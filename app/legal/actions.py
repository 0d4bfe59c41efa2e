"""Taking a case for review, and the factors of its assessment: written one by one, read as they stood."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.legal.forms import FACTORS, ReadAssessment, WriteFactor
from app.legal.models import DRAFT, OPEN, SUPERSEDED, MitigationAssessment, MitigationFactor, SecondReading
from app.legal.views import AssessmentRead, FactorRead, SecondRead
from app.testimonies.appended import Claim
from app.testimonies.models import Segment
from app.work import Plain, Work, action

# Kept rows of one assessment; whoever needs more begins the next one.
VERSIONS_MAX: Final = 200
READINGS_MAX: Final = 50
_TOLD: Final = ("finding", "reasons", "contrary_evidence")
_CITED: Final = ("passages", "evidence", "against")


@action("mitigation.take", operation="alter", on=Case, creates=True)
def take(work: Work, case: Case) -> Stored:
    """Take a case for review: an empty draft of mine, which reading the account can cite."""
    case.must_be_open()
    # Two who take at one moment: the second must find the draft of the first.
    work.lock(case)
    taken = _open_of(work, case)
    if taken is not None:
        mine = work.actor.code in taken.authors
        raise Conflict("You have taken this case already." if mine else "A colleague has taken this case.")
    draft = _begin(work, case)
    work.record(draft)
    return Stored(draft.id, "mitigation_assessments", draft.state)


@action("mitigation.write", operation="collect", on=Case, creates=True)
def write(work: Work, case: Case, form: WriteFactor) -> Stored:
    """Keep one factor of the open assessment, beside what was kept of it before. Whoever writes is an author."""
    case.must_be_open()
    work.lock(case)
    assessment = _open_of(work, case) or _begin(work, case)
    work.flush()
    work.lock(assessment)
    version = assessment.write(by=work.actor.code, at=work.now)
    kept = kept_of(work, assessment)
    if len(kept) >= VERSIONS_MAX:
        raise Conflict("This assessment holds as many versions as it can. Send it to second signature as it is.")
    if next((row.version for row in kept if row.factor == form.factor), 0) != form.seen:
        raise Conflict("This factor was kept anew since you read it. Read what stands there now; your text is below.")
    _must_be_there(work, case, form)
    factor = MitigationFactor(
        case_id=case.id, assessment_id=assessment.id, factor=form.factor, version=version,
        written_by=work.actor.code, written_at=work.now,
    )  # fmt: skip
    for column in _TOLD:
        work.seal(factor, column, getattr(form, column))
    for column in _CITED:
        rows = [str(row) for row in dict.fromkeys(getattr(form, column))]
        work.seal(factor, column, json.dumps(rows) if rows else None)
    work.add(factor)
    work.record(assessment, version=version)
    return Stored(assessment.id, "mitigation_assessments", assessment.state)


@action("mitigation.open", operation="consult", on=MitigationFactor, opens=(MitigationFactor,))
def open_factor(work: Work, factor: MitigationFactor, form: Opening) -> Opened:
    """Open one factor as it was kept once."""
    return open_fields(work, factor, form)


@action("second_reading.open", operation="consult", on=SecondReading, opens=(SecondReading,))
def open_reading(work: Work, reading: SecondReading, form: Opening) -> Opened:
    """Open what a second reader said."""
    return open_fields(work, reading, form)


@action(
    "mitigation.read", operation="consult", on=MitigationAssessment, opens=(MitigationFactor, SecondReading)
)  # fmt: skip
def read(work: Work, assessment: MitigationAssessment, form: ReadAssessment) -> AssessmentRead:
    """Open an assessment whole: every factor as it stood at a version, and what second readers said until then."""
    version = assessment.version if form.version is None else form.version
    case = work.one(Case, Case.id == assessment.case_id)
    kept = [row for row in kept_of(work, assessment) if row.version <= version]
    newest = (next((row for row in kept if row.factor == factor), None) for factor in FACTORS)
    readings = work.all(
        SecondReading, SecondReading.assessment_id == assessment.id, SecondReading.version <= version,
        order=SecondReading.id, limit=READINGS_MAX,
    )  # fmt: skip
    view = AssessmentRead(
        assessment.id, case.reference, assessment.state, version, tuple(_read(work, row) for row in newest if row),
        tuple(SecondRead(row.answer, row.version, row.read_by, row.read_at, work.open(row, "words"))
              for row in readings),
    )  # fmt: skip
    work.record(assessment, version=version)
    return view


def kept_of(work: Work, assessment: MitigationAssessment) -> Sequence[MitigationFactor]:
    """Everything that was kept of an assessment, the newest first."""
    return work.all(
        MitigationFactor, MitigationFactor.assessment_id == assessment.id, order=MitigationFactor.version.desc(),
        limit=VERSIONS_MAX,
    )  # fmt: skip


def _read(work: Work, row: MitigationFactor) -> FactorRead:
    cited = {column: _rows(work.open(row, column)) for column in _CITED}
    return FactorRead(
        row.factor, row.version, row.written_by, row.written_at, {column: work.open(row, column) for column in _TOLD},
        **cited,
    )  # fmt: skip


def _rows(packed: Plain | None) -> tuple[Plain, ...]:
    return tuple(Plain(row.encode()) for row in json.loads(packed.raw())) if packed else ()


def _open_of(work: Work, case: Case) -> MitigationAssessment | None:
    return work.first(
        MitigationAssessment, MitigationAssessment.case_id == case.id, MitigationAssessment.state.in_(OPEN)
    )


def _begin(work: Work, case: Case) -> MitigationAssessment:
    """A draft of mine; it follows the one that two signed last, if there is one."""
    before = work.first(
        MitigationAssessment, MitigationAssessment.case_id == case.id, MitigationAssessment.state != SUPERSEDED
    )
    draft = MitigationAssessment(
        case_id=case.id, state=DRAFT, state_at=work.now, authors=[work.actor.code],
        version=before.version if before else 0, follows_id=before.id if before else None,
    )  # fmt: skip
    work.add(draft)
    return draft


def _must_be_there(work: Work, case: Case, form: WriteFactor) -> None:
    """Whatever is cited lies in this case, and whoever cites it holds the account."""
    for table, wanted in ((Segment, form.passages), (Claim, (*form.evidence, *form.against))):
        _all_of(work, table, case, wanted)


def _all_of(work: Work, table: type[Segment] | type[Claim], case: Case, wanted: Iterable[UUID]) -> None:
    for row in dict.fromkeys(wanted):
        work.one(table, table.id == row, table.case_id == case.id)

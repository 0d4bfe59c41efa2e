"""Taking a case for review, writing and reading mitigation notes."""

from __future__ import annotations

import json

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.legal.forms import WriteNote
from app.legal.models import DRAFT, MitigationAssessment
from app.work import Work, action


@action("mitigation.take", operation="alter", on=Case, creates=True)
def take(work: Work, case: Case) -> Stored:
    """Take a case for review: an empty draft of mine, which reading the account can cite."""
    case.must_be_open()
    # Two who take at one moment: the second must find the draft of the first.
    work.lock(case)
    taken = work.first(
        MitigationAssessment, MitigationAssessment.case_id == case.id, MitigationAssessment.state == DRAFT
    )
    if taken is not None:
        mine = taken.written_by == work.actor.code
        raise Conflict("You have taken this case already." if mine else "A colleague has taken this case.")
    draft = MitigationAssessment(case_id=case.id, state=DRAFT, state_at=work.now, written_by=work.actor.code)
    work.add(draft)
    work.record(draft)
    return Stored(draft.id, "mitigation_assessments", draft.state)


@action("mitigation.write", operation="collect", on=Case, creates=True)
def write(work: Work, case: Case, form: WriteNote) -> Stored:
    """Keep a first view on one factor, in my draft if I have one. Signing it, by two, comes after."""
    case.must_be_open()
    note = _draft_of_mine(work, case) or MitigationAssessment(
        case_id=case.id, state=DRAFT, state_at=work.now, written_by=work.actor.code
    )  # fmt: skip
    work.seal(note, "factor", form.factor)
    work.seal(note, "finding", form.finding)
    work.seal(note, "reasons", form.reasons)
    work.seal(note, "passages", json.dumps(form.passages, ensure_ascii=False) if form.passages else None)
    work.seal(note, "contrary_evidence", form.contrary_evidence)
    note.state, note.state_at = "NOT_RAISED", work.now
    work.add(note)
    work.record(note)
    return Stored(note.id, "mitigation_assessments", note.state)


@action("mitigation.open", operation="consult", on=MitigationAssessment, opens=(MitigationAssessment,))
def open_note(work: Work, note: MitigationAssessment, form: Opening) -> Opened:
    """Open a mitigation note."""
    return open_fields(work, note, form)


def _draft_of_mine(work: Work, case: Case) -> MitigationAssessment | None:
    work.lock(case)
    return work.first(
        MitigationAssessment,
        MitigationAssessment.case_id == case.id,
        MitigationAssessment.state == DRAFT,
        MitigationAssessment.written_by == work.actor.code,
    )

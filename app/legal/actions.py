"""Writing and reading mitigation notes."""

from __future__ import annotations

import json

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.legal.forms import WriteNote
from app.legal.models import MitigationAssessment
from app.work import Work, action


@action("mitigation.write", operation="collect", on=Case, creates=True)
def write(work: Work, case: Case, form: WriteNote) -> Stored:
    """Keep a first view on one factor. Signing it, by two, comes after."""
    case.must_be_open()
    note = MitigationAssessment(case_id=case.id, state="NOT_RAISED", state_at=work.now, written_by=work.actor.code)
    work.seal(note, "factor", form.factor)
    work.seal(note, "finding", form.finding)
    work.seal(note, "reasons", form.reasons)
    work.seal(note, "passages", json.dumps(form.passages, ensure_ascii=False) if form.passages else None)
    work.seal(note, "contrary_evidence", form.contrary_evidence)
    work.add(note)
    work.record(note)
    return Stored(note.id, "mitigation_assessments", note.state)


@action("mitigation.open", operation="consult", on=MitigationAssessment, opens=(MitigationAssessment,))
def open_note(work: Work, note: MitigationAssessment, form: Opening) -> Opened:
    """Open a mitigation note."""
    return open_fields(work, note, form)

"""Keeping what was printed about somebody, reading it, and coding it in the frame."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.narratives.forms import CodeReport, RecordReport
from app.narratives.models import Coding, PublicReport
from app.narratives.rules import CODERS_MAX, FRAME
from app.work import Work, action


def coders(work: Work, report: PublicReport, _form: CodeReport) -> dict[str, Any]:
    """Who has coded this report in the frame in force: the second coder is somebody else."""
    # Two coders at one moment: the second must see what the first did.
    work.lock(report)
    return {"authors": frozenset(coding.coded_by for coding in _codings(work, report))}


@action("public_report.record", operation="collect", on=Case, creates=True)
def record(work: Work, case: Case, form: RecordReport) -> Stored:
    """Keep what one source printed. Another source that says otherwise is kept beside it."""
    case.must_be_open()
    case.must_be_a_public_report()
    report = PublicReport(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    for column in type(form).model_fields:
        work.seal(report, column, getattr(form, column))
    work.add(report)
    work.record(report)
    return Stored(report.id, "public_reports")


@action("public_report.open", operation="consult", on=PublicReport, opens=(PublicReport,))
def open_report(work: Work, report: PublicReport, form: Opening) -> Opened:
    """Open what a source printed."""
    return open_fields(work, report, form)


@action("narrative.code", operation="collect", on=PublicReport, creates=True, about=coders)
def code(work: Work, report: PublicReport, form: CodeReport) -> Stored:
    """Keep one coder's reading of a report, the first or the second; a third would only outvote."""
    open_case_of(work, report)
    number = len(_codings(work, report)) + 1
    if number > CODERS_MAX:
        raise Conflict("Two people have coded this report.")
    coding = Coding(
        case_id=report.case_id, report_id=report.id, number=number, frame_version=FRAME.version,
        coded_by=work.actor.code, coded_at=work.now,
    )  # fmt: skip
    work.seal(coding, "codes", json.dumps(form.codes))
    work.add(coding)
    work.record(coding, frame=FRAME.version, number=number)
    return Stored(coding.id, "codings")


@action("narrative.open_coding", operation="consult", on=Coding, opens=(Coding,))
def open_coding(work: Work, coding: Coding, form: Opening) -> Opened:
    """Open how somebody coded a report."""
    return open_fields(work, coding, form)


def _codings(work: Work, report: PublicReport) -> Sequence[Coding]:
    return work.all(Coding, Coding.report_id == report.id, Coding.frame_version == FRAME.version)

"""Which public reports wait to be coded, made of clear columns only.

Who coded one first is not told: the second reads for themself.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, case, false, func, select

from app.cases.models import Case, CaseState
from app.cases.steps import how_many
from app.errors import Denied, Unprocessable
from app.narratives.models import Coding, PublicReport
from app.narratives.rules import CODERS_MAX, FRAME
from app.narratives.views import CodingNumbers, ReportLine
from app.policy.actor import Circumstances, Subject
from app.work import Reading, query

PAGE: Final = 25
STANDINGS: Final = ("FIRST", "SECOND")


@query("coding.waiting")
def waiting(reading: Reading, page: int = 0, standing: str | None = None) -> tuple[ReportLine, ...]:
    """Public reports that I may code now, the longest waiting first, 25 a page."""
    statement = _waiting(reading, standing).limit(PAGE).offset(PAGE * page)
    return tuple(ReportLine(*row) for row in reading.execute(statement))


@query("coding.count")
def count(reading: Reading) -> CodingNumbers:
    """How long each of these lists is."""
    return CodingNumbers(*(how_many(reading, _waiting(reading, standing)) for standing in STANDINGS))


def _waiting(reading: Reading, standing: str | None) -> Select[*tuple[Any, ...]]:
    if standing is not None and standing not in STANDINGS:
        raise Unprocessable("There is no such list of reports.")
    coding = reading.rows(Coding).where(Coding.frame_version == FRAME.version).subquery()
    coded = (
        select(
            coding.c.report_id,
            func.count().label("number"),
            func.max(coding.c.coded_at).label("at"),
            func.count().filter(coding.c.coded_by == reading.actor.code).label("mine"),
        )
        .group_by(coding.c.report_id)
        .subquery()
    )
    number = func.coalesce(coded.c.number, 0)
    stands = case((number == 0, "FIRST"), else_="SECOND")
    since = func.coalesce(coded.c.at, PublicReport.recorded_at)
    mine = number < CODERS_MAX, func.coalesce(coded.c.mine, 0) == 0, Case.state == CaseState.OPEN
    return (
        reading.rows(PublicReport)
        .join(Case, Case.id == PublicReport.case_id)
        .outerjoin(coded, coded.c.report_id == PublicReport.id)
        .with_only_columns(Case.reference, stands.label("standing"), since.label("since"), Case.synthetic)
        # Others read reports too; for whom no rule would let a coding through, none waits.
        .where(*mine if _codes(reading) else [false()])
        .where(stands == standing if standing else Case.id.is_not(None))
        .order_by(stands.desc(), since, PublicReport.id)
    )


def _codes(reading: Reading) -> bool:
    about = Subject(table="public_reports", compartment="RELEASE", held=frozenset({"RELEASE"}))
    try:
        reading.policy.decide(
            reading.actor, "narrative.code", about, Circumstances(profile=reading.settings.profile)
        )  # fmt: skip
    except Denied:
        return False
    return True

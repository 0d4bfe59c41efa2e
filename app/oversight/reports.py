"""A month of the log in numbers, and all that was done to one case: what a lawyer is shown.

The report of a case lists its entries by their number in the case, 1 to n without a gap
(a trigger of the database gives them). So it shows that nothing is left out, and not only
that what is shown is there; up to the checkpoint it names, anybody can check that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Integer, Select, Text, cast, func, select

from app.accounts.steps import called
from app.audit.models import SAID, EntryBody, EntrySubject, Place, SignedCheckpoint
from app.cases import glass
from app.cases.models import Case
from app.errors import NotFound
from app.oversight.filters import conditions
from app.oversight.forms import AskCase, Filters
from app.oversight.models import Inquiry
from app.oversight.queries import OPENINGS
from app.oversight.views import CaseLine, CaseReport, Figures
from app.pseudonyms import references
from app.work import Work, action

DAYS: Final = 28
# On a page, and on paper.
LINES, LINES_WHOLE = 50, 500
REVEALS: Final = (
    "person.reveal", "person.reveal_document", "person.reveal_contact", "person.reveal_claim",
    "person.reveal_finding", "location.reveal",
)  # fmt: skip
# Within a day, two, three; later; not yet.
SOON_HOURS: Final = (24, 48, 72)


@action("log.figures", operation="verify")
def figures(work: Work) -> Figures:
    """Four weeks in numbers: openings by role and hour, refusals and reveals by day, how long reviews took."""
    first = work.today - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    since = Filters(from_day=first)
    refused = since.model_copy(update={"refused": True})
    answered = work.execute(
        work.rows(Inquiry).where(Inquiry.asked_at >= datetime.combine(first, time(), work.settings.zone))
    )
    reviews = (
        ("glass", _hours(glass.review_times(work, since=datetime.combine(first, time(), work.settings.zone)))),
        ("inquiry", _hours((row.asked_at, row.answered_at) for (row,) in answered)),
    )
    work.record(days=DAYS)
    return Figures(
        first.isoformat(), work.today.isoformat(), _by_role(work, since), _by_day(work, refused, days),
        _by_day(work, since, days, SAID["action"].in_(REVEALS) & (SAID["outcome"] == "done")), reviews,
    )  # fmt: skip


@action("log.case_report", operation="verify")
def case_report(work: Work, form: AskCase) -> CaseReport:
    """All entries about a case in their order, and how far a checkpoint covers them."""
    reference = references.read(form.reference)
    about = work.rows(EntrySubject).join(Case, Case.id == EntrySubject.case_id).where(Case.reference == reference)
    last, there, cases = work.execute(
        about.with_only_columns(
            func.max(EntrySubject.seq), func.count(), func.array_agg(cast(Case.id, Text).distinct())
        )
    )[0]
    if not last:
        raise NotFound
    signed = work.first(SignedCheckpoint, order=SignedCheckpoint.size.desc())
    size = signed.size if signed else 0
    covered = _covered(work, about, size)
    most = LINES_WHOLE if form.whole else LINES
    lines = _report_lines(work, about, form.behind, most + 1)
    work.record(number=last, behind=form.behind, asked_case=reference)
    return CaseReport(
        reference=reference, last=last, covered=covered, size=size, note=signed.note if signed else "",
        signed_at=signed.at if signed else None, gapless=there == last and len(cases) == 1,
        operations=_operations(work, about), lines=lines[:most], more=len(lines) > most,
    )  # fmt: skip


def _covered(work: Work, about: Select[Any], size: int) -> int:
    """The number up to which every entry of the case stands under the checkpoint."""
    placed = about.outerjoin(Place, Place.entry == EntrySubject.entry)
    outside = placed.where((Place.leaf_index >= size) | Place.leaf_index.is_(None))
    ((first,),) = work.execute(outside.with_only_columns(func.min(EntrySubject.seq)))
    ((last,),) = work.execute(about.with_only_columns(func.max(EntrySubject.seq)))
    return int(last) if first is None else int(first) - 1


def _report_lines(work: Work, about: Select[Any], behind: int, most: int) -> tuple[CaseLine, ...]:
    found = work.execute(
        about.where(EntrySubject.seq > behind)
        .outerjoin(Place, Place.entry == EntrySubject.entry)
        .outerjoin(EntryBody, EntryBody.entry == EntrySubject.entry)
        .with_only_columns(EntrySubject.seq, Place.leaf_index, EntryBody.view)
        .order_by(EntrySubject.seq)
        .limit(most)
    )
    named = called(work, {UUID(view["recipient"]) for _, _, view in found if view and view.get("recipient")})
    return tuple(
        CaseLine(seq, place, view, named.get((view or {}).get("recipient") or "")) for seq, place, view in found
    )


def _operations(work: Work, about: Select[Any]) -> tuple[tuple[str, int], ...]:
    told = about.join(EntryBody, EntryBody.entry == EntrySubject.entry)
    counted = told.with_only_columns(SAID["operation"], func.count()).group_by(SAID["operation"])
    return tuple((str(name), int(number)) for name, number in work.execute(counted.order_by(SAID["operation"])))


def _by_role(work: Work, form: Filters) -> tuple[tuple[str, tuple[int, ...]], ...]:
    role = func.jsonb_array_elements_text(EntryBody.view["roles"]).label("role")
    hour = cast(func.extract("hour", _local(work)), Integer).label("hour")
    opened = SAID["operation"].in_(OPENINGS) & (SAID["outcome"] == "done")
    each = work.rows(EntryBody).where(*conditions(work, form), opened).with_only_columns(role, hour).subquery()
    counted = select(each.c.role, each.c.hour, func.count()).group_by(each.c.role, each.c.hour)
    table: dict[str, list[int]] = {}
    for name, at, number in work.execute(counted):
        table.setdefault(name, [0] * 24)[at] = number
    return tuple((name, tuple(table[name])) for name in sorted(table))


def _by_day(
    work: Work, form: Filters, days: list[date], *more: ColumnElement[bool]
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    day = cast(_local(work), Date).label("day")
    those = work.rows(EntryBody).where(*conditions(work, form), *more).with_only_columns(day).subquery()
    counted = dict(work.execute(select(those.c.day, func.count()).group_by(those.c.day)))
    return tuple((each.isoformat(), int(counted.get(each, 0))) for each in days)


def _local(work: Work) -> ColumnElement[Any]:
    return func.timezone(work.settings.zone.key, cast(EntryBody.view["at"].astext, DateTime(timezone=True)))


def _hours(times: Iterable[tuple[datetime | None, datetime | None]]) -> tuple[int, ...]:
    """How many were judged within each of the times of the office, later, and not yet."""
    counted = [0] * (len(SOON_HOURS) + 2)
    for begun, done in times:
        if begun is None or done is None:
            counted[-1] += 1
            continue
        took = (done - begun).total_seconds() / 3600
        counted[next((n for n, most in enumerate(SOON_HOURS) if took <= most), len(SOON_HOURS))] += 1
    return tuple(counted)

"""Breaking glass: for half an hour, one case, one sign-in, because somebody may die or be seized.

No key comes of it: what sleeps at the duty team counts while the glass is broken, and the
clock ends that. Whoever breaks it says why; the leads of the case, the team's lead and the
auditors are told at once, without content; an auditor judges it within days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import model_validator
from sqlalchemy import Select, func, or_, select

from app.accounts.models import AccountState, RoleHolding, User
from app.accounts.rota import on_duty
from app.cases.models import Case, CaseState
from app.cases.queries import records_of
from app.cases.views import RecordLine
from app.errors import Conflict, NotFound
from app.keyholders.models import BreakGlass, Grant, Membership
from app.keyholders.reach import awake, sleeping
from app.pseudonyms import references
from app.work import Reading, Work, action, query
from app.work.actions import opening_of
from app.work.forms import Form, Line, Stated
from app.work.wall import account_seen

PAGE: Final = 25
# Why it was what the auditor says it was. Codes: words of theirs would lie open, and might tell of a case.
WHY: Final = {
    "JUSTIFIED": frozenset({"LIFE_WAS_AT_RISK", "IN_GOOD_FAITH", "HOLDERS_OUT_OF_REACH"}),
    "MISUSE": frozenset({"NO_LIFE_AT_RISK", "HOLDERS_IN_REACH", "OPENED_MORE_THAN_NEEDED", "OWN_INTEREST"}),
}
Why = Literal[
    "LIFE_WAS_AT_RISK", "IN_GOOD_FAITH", "HOLDERS_OUT_OF_REACH",
    "NO_LIFE_AT_RISK", "HOLDERS_IN_REACH", "OPENED_MORE_THAN_NEEDED", "OWN_INTEREST",
]  # fmt: skip


class Break(Stated):
    """Which case, and why: the words are sealed under it, for those who hold it any day."""

    reference: Line


class Review(Form):
    """What an auditor finds, and why."""

    verdict: Literal["JUSTIFIED", "MISUSE"]
    why: Why

    @model_validator(mode="after")
    def _fits(self) -> Review:
        if self.why not in WHY[self.verdict]:
            raise ValueError("a reason of this verdict")
        return self


@dataclass(frozen=True)
class Broken:
    """A glass as it stands now."""

    id: UUID
    reference: str
    until: datetime
    verdict: str | None = None


@dataclass(frozen=True)
class GlassLine:
    """That glass was broken: by whom, over which case, until when, and what came of it.

    standing  OPEN, TO_REVIEW, OVERDUE, JUSTIFIED or MISUSE; computed, so that a stopped worker hides nothing
    mine      whether it is the caller's own
    here      whether it is of this very sign-in: only there does it open anything
    """

    id: UUID
    reference: str
    used_by: str
    at: datetime
    until: datetime
    review_due_at: datetime
    standing: str
    why: str | None
    reviewed_by: str | None
    mine: bool
    here: bool


@dataclass(frozen=True)
class GlassNumbers:
    """How many stand open, wait for a review, and wait too long."""

    open: int
    to_review: int
    overdue: int


def breaker(work: Work, _row: None, form: Break) -> dict[str, Any]:
    """Whether the caller is on duty now, and of the case what shuts one side to whoever holds the other.

    Of a case that is not there nothing is known, so the rules answer alike; only then is it looked for.
    """
    about: dict[str, Any] = {"target": work.actor.code}
    if on_duty(work, work.actor.id) is not None:
        about["target_roles"] = frozenset({"on_duty"})
    case = work.first(Case, Case.reference == _reference(form.reference))
    if case is not None:
        about["held"] = work.held(case.id)
        if account_seen(work.session, work.actor.id, case.id):
            about["seen"] = frozenset({"TESTIMONY"})
    return about


def standing(work: Work, glass: BreakGlass, _form: None) -> dict[str, Any]:
    """Nothing more than the row says; over a case that was destroyed nothing is open, before any rule speaks."""
    if work.session.scalar(select(Case.state).where(Case.id == glass.case_id)) == CaseState.DESTROYED:
        raise NotFound
    return {}


@action("access.break_glass", operation="grant", creates=True, about=breaker, reaches="ASLEEP")
def break_glass(work: Work, form: Break) -> Broken:
    """Wake what sleeps of one case, for this sign-in, for half an hour at most."""
    case = work.fetch(Case, references.read(form.reference))
    asleep = sleeping(work.session, work.actor.keyholders, case.id, at=work.now)
    # Whoever holds it any day is told no more than a stranger: there is nothing here to break.
    if not asleep:
        raise NotFound
    shift = on_duty(work, work.actor.id)
    assert shift is not None and form.words is not None  # noqa: PT018  the rules ask for both
    assert work.actor.id is not None and work.actor.sign_in is not None  # noqa: PT018  both belong to a user
    # Two at one moment: the second must see the first.
    work.lock(shift)
    here = BreakGlass.case_id == case.id, BreakGlass.sign_in == work.actor.sign_in, BreakGlass.until > work.now
    if work.first(BreakGlass, *here) is not None:
        raise Conflict("You have broken this glass already, and it is open still.")
    ends = work.now + timedelta(minutes=work.settings.break_glass_minutes_max)
    glass = BreakGlass(
        user_id=work.actor.id, used_by=work.actor.code, put_by=shift.set_by, shift_id=shift.id,
        sign_in=work.actor.sign_in, case_id=case.id, at=work.now, until=ends,
        commitment=work.justify(case.id, _under(asleep), form.words),
        review_due_at=work.now + timedelta(hours=work.settings.break_glass_review_hours_max),
        verdict=None, why=None, reviewed_by=None, reviewed_at=None,
    )  # fmt: skip
    work.add(glass)
    told = _told(work, case)
    work.record(glass, compartments="+".join(sorted(asleep)), shift=shift.id, leads=told[0], auditors=told[1])
    return Broken(glass.id, case.reference, glass.until)


@action("break_glass.end", operation="revoke", on=BreakGlass, about=standing)
def end(work: Work, glass: BreakGlass) -> Broken:
    """Let the keys sleep again before the time is over."""
    work.lock(glass)
    glass.end(at=work.now)
    work.record(glass)
    return _broken(work, glass)


@action("break_glass.review", operation="verify", on=BreakGlass)
def review(work: Work, glass: BreakGlass, form: Review) -> Broken:
    """Judge it by its entries, in codes. Nothing of the case is opened for that."""
    work.lock(glass)
    glass.review(form.verdict, form.why, by=work.actor.code, at=work.now)
    work.record(glass, verdict=form.verdict, why=form.why)
    return _broken(work, glass)


@query("break_glass.list", reaches="ASLEEP")
def glasses(reading: Reading, page: int = 0) -> tuple[GlassLine, ...]:
    """What waits longest for its review first, then what was reviewed, 25 a page.

    An auditor is told of all, a lead of their cases and of those the team could break into,
    everybody else of their own.
    """
    # A verdict goes to the end, the newest first; before it stands what is due first.
    found = _mine(reading).order_by(
        BreakGlass.reviewed_at.desc().nulls_first(), BreakGlass.review_due_at, BreakGlass.id
    )  # fmt: skip
    return tuple(_line(reading, *row) for row in reading.execute(found.limit(PAGE).offset(PAGE * page)))


@query("break_glass.show", reaches="ASLEEP")
def show(reading: Reading, row: UUID) -> GlassLine:
    """One of them."""
    found = reading.execute(_mine(reading).where(BreakGlass.id == row))
    if not found:
        raise NotFound
    return _line(reading, *found[0])


@query("break_glass.count", reaches="ASLEEP")
def count(reading: Reading) -> GlassNumbers:
    """How many of those I am told of stand open, wait for a review, and wait too long."""
    mine = _mine(reading).where(BreakGlass.verdict.is_(None)).subquery()
    over, late = mine.c.until <= reading.now, mine.c.review_due_at <= reading.now
    each = (func.count().filter(which) for which in (~over, over & ~late, over & late))
    return GlassNumbers(*reading.execute(select(*each))[0])


@query("break_glass.records", reaches="WOKEN")
def records(reading: Reading, row: UUID) -> tuple[RecordLine, ...]:
    """What I can open while my glass is broken: rows and names of fields. NotFound when it is not, or no more."""
    here = BreakGlass.sign_in == reading.actor.sign_in, BreakGlass.until > reading.now
    glass = reading.one(BreakGlass, BreakGlass.id == row, *here)
    # Keys that were taken back meanwhile, or destroyed with the case, reach it no more.
    reading.one(Case, Case.id == glass.case_id)
    woken = reading.held(glass.case_id)
    found = records_of(reading, glass.case_id, woken)
    return tuple(each for each in found if (opens := opening_of(each.table)) and opens.reaches == "WOKEN")


def review_times(reading: Reading, since: datetime) -> list[tuple[datetime, datetime | None]]:
    """When each glass broken since then was broken, and when it was judged, if it was: for an auditor's figures."""
    told = reading.rows(BreakGlass).where(BreakGlass.at >= since)
    return [
        (at, reviewed)
        for at, reviewed in reading.execute(told.with_only_columns(BreakGlass.at, BreakGlass.reviewed_at))
    ]


def _reference(typed: str) -> str:
    try:
        return references.read(typed)
    except NotFound:
        return ""


def _under(asleep: frozenset[str]) -> str:
    """Where the words are sealed: with the threat, which those who answer for the case hold any day."""
    return "THREAT" if "THREAT" in asleep else min(asleep)


def _told(work: Work, case: Case) -> tuple[int, int]:
    """How many leads and how many auditors have it on their Today from this moment on."""
    held = select(Grant.keyholder_id).where(Grant.case_id == case.id, awake(work.now))
    asleep = select(Grant.keyholder_id).where(Grant.case_id == case.id, Grant.dormant, Grant.revoked_at.is_(None))
    leads = Membership.ended_at.is_(None), or_(Membership.lead, Membership.deputy)
    holds = or_(Membership.member_id.in_(held), Membership.team_id.in_(held), Membership.team_id.in_(asleep))
    active = User.state == AccountState.ACTIVE
    of_case = select(func.count(func.distinct(User.id))).join(Membership, Membership.member_id == User.keyholder_id)
    auditors = select(func.count(func.distinct(User.id))).join(RoleHolding, RoleHolding.user_id == User.id)
    holding = RoleHolding.role == "auditor", RoleHolding.ended_at.is_(None)
    return (
        int(work.session.scalar(of_case.where(*leads, holds, active)) or 0),
        int(work.session.scalar(auditors.where(*holding, active)) or 0),
    )


def _mine(reading: Reading) -> Select[Any]:
    told = reading.rows(BreakGlass).join(Case, Case.id == BreakGlass.case_id).add_columns(Case.reference)
    # It is judged whatever became of the case: nobody gets out of that by having it destroyed.
    if "auditor" in reading.actor.roles:
        return told
    told = told.where(Case.state != CaseState.DESTROYED)
    if reading.actor.leads:
        return told
    # Others who hold a key of the case find it among those who looked.
    return told.where(BreakGlass.user_id == reading.actor.id)


def _line(reading: Reading, glass: BreakGlass, reference: str) -> GlassLine:
    waits = "OVERDUE" if glass.review_due_at <= reading.now else "TO_REVIEW"
    return GlassLine(
        glass.id, reference, glass.used_by, glass.at, glass.until, glass.review_due_at,
        "OPEN" if glass.until > reading.now else glass.verdict or waits, glass.why, glass.reviewed_by,
        glass.user_id == reading.actor.id, glass.sign_in == reading.actor.sign_in,
    )  # fmt: skip


def _broken(work: Work, glass: BreakGlass) -> Broken:
    (about,) = work.subjects()
    return Broken(glass.id, about.reference, glass.until, glass.verdict)

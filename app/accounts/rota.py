"""Who is on duty, from when until when, on which of two rungs. Whom to call is nobody's secret here.

The lead writes the rota; whoever stands on it may pass their time on to another member, and
to nobody else: so nobody comes to be on duty who was not put there by somebody who was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import Select, case, exists

from app.accounts.factors import carried
from app.accounts.models import AccountState, Shift, User
from app.accounts.steps import recipient
from app.errors import Conflict
from app.keyholders.models import Keyholder, Membership
from app.work import Reading, Work, action, query
from app.work.forms import Form, Moment

TEAM: Final = "duty"
# Longer than this nobody is on duty at a stretch.
SHIFT_DAYS_MAX: Final = 14
# A telephone that lies broken at night must not be what keeps the door shut.
FACTORS_MIN: Final = 2
PAGE: Final = 50
StaffCode = Annotated[str, StringConstraints(pattern=r"^S-[3-9A-Z]{6}$")]


class FewFactors(Conflict):
    """Said of somebody else, who alone can mend it."""

    code = "factors.few"
    sentence = (
        "Whoever is on duty has two second factors, so that losing one at night shuts nobody out. This colleague has "
        "fewer: under My account they add a security key, or draw their recovery codes anew."
    )


class SetShift(Form):
    """Put somebody on the rota: rung 1 is called first, rung 2 if nobody answers."""

    rung: Annotated[int, Field(ge=1, le=2)]
    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _a_time(self) -> SetShift:
        if not timedelta() < self.ends_at - self.starts_at <= timedelta(days=SHIFT_DAYS_MAX):
            raise ValueError("a time on duty has an end, within two weeks")
        return self


class PassShift(Form):
    """Pass one's own time on duty, or what is left of it, to another member."""

    to: StaffCode


@dataclass(frozen=True)
class ShiftKept:
    """A time on duty as it stands now."""

    id: UUID
    user: str
    rung: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ShiftLine(ShiftKept):
    """The same on a list. ``now``: it is running; ``mine``: it is the caller's own."""

    display_name: str
    now: bool
    mine: bool


def member(work: Work, user: User, _form: SetShift) -> dict[str, Any]:
    """The teams of whoever is put on the rota."""
    return _of(work, user.code)


def successor(work: Work, _shift: Shift, form: PassShift) -> dict[str, Any]:
    """The teams of whoever takes it over."""
    return _of(work, form.to)


@action("rota.set", operation="alter", on=User, about=member)
def set_shift(work: Work, user: User, form: SetShift) -> ShiftKept:
    """Put a member of the duty team on the rota."""
    _alone(work)
    if form.ends_at <= work.now:
        raise Conflict("That time is over.")
    return _keep(work, user, form.rung, form.starts_at, form.ends_at)


@action("rota.cut", operation="alter", on=Shift)
def cut(work: Work, shift: Shift) -> ShiftKept:
    """End a time on duty now; one that has not begun is struck off."""
    _alone(work)
    work.lock(shift)
    shift.cut(at=work.now)
    work.record(shift, rung=shift.rung, of=shift.person)
    return _kept(shift)


@action("rota.take_over", operation="alter", on=Shift, about=successor)
def take_over(work: Work, shift: Shift, form: PassShift) -> ShiftKept:
    """Have another member take over one's own time, or what is left of it."""
    _alone(work)
    work.lock(shift)
    if form.to == shift.person:
        raise Conflict("That time is theirs already.")
    rung, starts_at, ends_at = shift.rung, max(shift.starts_at, work.now), shift.ends_at
    shift.cut(at=work.now)
    work.flush()
    return _keep(work, work.one(User, User.code == form.to), rung, starts_at, ends_at)


@query("rota.now")
def on_duty_now(reading: Reading) -> tuple[ShiftLine, ...]:
    """Who is on duty at this moment, the first rung first. Only who is in the team still counts."""
    return _lines(reading, Shift.starts_at <= reading.now)


@query("rota.list")
def rota(reading: Reading, page: int = 0) -> tuple[ShiftLine, ...]:
    """The rota from now on, fifty lines a page."""
    return _lines(reading, page=page)


def on_duty(work: Reading, user: UUID | None) -> Shift | None:
    """The time on duty that runs for somebody now; None if there is none."""
    now = Shift.user_id == user, Shift.starts_at <= work.now, Shift.ends_at > work.now
    return work.first(Shift, *now, order=Shift.rung)


def on_rota(work: Work, rung: int) -> frozenset[UUID]:
    """Whose time on duty on a rung runs now."""
    now = Shift.starts_at <= work.now, Shift.ends_at > work.now
    return frozenset(shift.user_id for shift in work.all(Shift, *now, Shift.rung == rung))


def _of(work: Work, code: str) -> dict[str, Any]:
    given = recipient(work, code)
    return {"team": TEAM, "target": given.row.code, "target_teams": given.teams}


def _alone(work: Work) -> None:
    # One change of the rota at a time: two at one moment could each find the other's hours free.
    work.lock(work.team(TEAM))


def _keep(work: Work, user: User, rung: int, starts_at: datetime, ends_at: datetime) -> ShiftKept:
    if user.state != AccountState.ACTIVE:
        raise Conflict("This colleague has not signed in yet or is gone.")
    if carried(work, user) < FACTORS_MIN:
        raise FewFactors
    same_time = Shift.starts_at < ends_at, Shift.ends_at > starts_at, Shift.ends_at > Shift.starts_at
    if work.first(Shift, *same_time, Shift.rung == rung) is not None:
        raise Conflict("Somebody is on this rung in that time already.")
    # On two rungs at once a person would be the only one whom the second call reaches, too.
    if work.first(Shift, *same_time, Shift.user_id == user.id) is not None:
        raise Conflict("They are on duty in that time already.")
    shift = Shift(
        user_id=user.id, person=user.code, rung=rung, starts_at=starts_at, ends_at=ends_at,
        set_by=work.actor.code, set_at=work.now,
    )  # fmt: skip
    work.add(shift)
    work.record(shift, rung=rung, of=user.code)
    return _kept(shift)


def _kept(shift: Shift) -> ShiftKept:
    return ShiftKept(shift.id, shift.person, shift.rung, shift.starts_at, shift.ends_at)


def _lines(reading: Reading, *which: Any, page: int = 0) -> tuple[ShiftLine, ...]:
    in_team = exists().where(
        Membership.member_id == User.keyholder_id, Membership.ended_at.is_(None),
        Membership.team_id == Keyholder.id, Keyholder.name == TEAM, Keyholder.kind == "team",
    )  # fmt: skip
    # What was struck off has no length.
    to_come = Shift.ends_at > reading.now, Shift.ends_at > Shift.starts_at
    running = case((Shift.starts_at > reading.now, Shift.starts_at))
    found: Select[Any] = (
        reading.rows(Shift).join(User, User.id == Shift.user_id)
        .where(*to_come, *which, User.state == AccountState.ACTIVE, in_team)
        .order_by(Shift.starts_at > reading.now, running, Shift.rung).limit(PAGE).offset(PAGE * page)
        .add_columns(User.display_name)
    )  # fmt: skip
    return tuple(
        ShiftLine(
            shift.id, shift.person, shift.rung, shift.starts_at, shift.ends_at, name,
            shift.starts_at <= reading.now, shift.user_id == reading.actor.id,
        )
        for shift, name in reading.execute(found)
    )  # fmt: skip

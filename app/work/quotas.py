"""How many cases somebody opens: an alarm at the set number, an end at the cap. Both numbers are settings.

Asked only when a case is opened that this reader has not opened within the last minutes. Who takes
cases from the drawer one after the other is stopped; who reads on in those that lie open is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import TIMESTAMP, Select, Uuid, bindparam, distinct, func, select
from sqlalchemy.orm import Session

from app.audit.models import Combination
from app.clock import NIGHT_FROM_HOUR, at_night
from app.db import CaseRow
from app.errors import TooManyCases
from app.keyholders.models import Keyholder
from app.settings import Settings
from app.work import wall
from app.work.caller import Caller
from app.work.subjects import Found
from app.work.wall import Counted

_MINE: Final = Combination.user_id == bindparam("reader", type_=Uuid())
_AT: Final = TIMESTAMP(timezone=True)
# One reader's openings wait for each other here, so that many at one moment are many.
_TURN: Final = (
    select(Keyholder.id).where(Keyholder.id == bindparam("holder", type_=Uuid())).with_for_update(key_share=True)
)
_CASES: Final = func.count(distinct(Combination.case_id))
_OTHERS: Final = select(
    *(
        _CASES.filter(Combination.counted_at > bindparam(name, type_=_AT), *more)
        for name, more in (("soon", ()), ("day", ()), ("day", (Combination.who,)), ("night", ()))
    )
).where(
    _MINE,
    Combination.case_id != bindparam("case", type_=Uuid()),
    Combination.counted_at > bindparam("least", type_=_AT),
)


@dataclass(frozen=True)
class Lately:
    """Distinct cases that somebody opened, this one among them.

    soon      within ten minutes
    today     since the office's day began
    revealed  of those, how many whose identity or place was opened
    tonight   since the night began; 0 by day
    """

    soon: int
    today: int
    revealed: int
    tonight: int


def count(session: Session, caller: Caller, found: Found, settings: Settings, *, at: datetime, urgent: bool) -> Counted:
    """Count the case of a row that is about to be opened, unless it lies open already. Raises TooManyCases."""
    row, reader = found.row, wall.reader(caller.actor)
    # The red line of a case stands on every page of a visit and is no case more.
    if reader is None or not isinstance(row, CaseRow) or row.opens_with_visit or row.printed:
        return Counted()
    revealing = str(row.compartment) in wall.WHO
    if found.known.open and (not revealing or "who" in found.known.here):
        return Counted()
    lately = _lately(session, caller, reader, row.case_id, at=at, zone=settings.zone, revealing=revealing)
    alarm, cases = judge(lately, settings, urgent=urgent, revealing=revealing)
    return Counted(row.case_id, alarm, cases)


def _lately(
    session: Session, caller: Caller, reader: UUID, case: UUID, *, at: datetime, zone: ZoneInfo, revealing: bool
) -> Lately:
    """This case and the others; whoever else opens one for this reader waits until this is done."""
    session.execute(_TURN, {"holder": caller.keyring.holder if caller.keyring is not None else None})
    day, night = _begun(at, zone, 0), _begun(at, zone, NIGHT_FROM_HOUR)
    soon = at - wall.OPEN_FOR
    asked = {"reader": reader, "case": case, "soon": soon, "day": day, "night": night, "least": min(soon, day, night)}
    others = session.execute(_OTHERS, asked).one()
    tonight = others[3] + 1 if at_night(at, zone) else 0
    return Lately(others[0] + 1, others[1] + 1, others[2] + revealing, tonight)


def judge(lately: Lately, settings: Settings, *, urgent: bool, revealing: bool) -> tuple[str | None, int]:
    """The alarm this opening raises, if any, and its number of cases.

    raises  TooManyCases beyond a cap, unless a life is at risk
    """
    caps = (
        ("cases.soon", lately.soon, settings.cases_opened_alert, settings.cases_opened_stop),
        ("cases.today", lately.today, settings.cases_opened_day_alert, settings.cases_opened_day_stop),
        ("reveals.today", lately.revealed if revealing else 0, settings.reveals_day_alert, settings.reveals_day_stop),
    )
    for code, cases, _, cap in caps:
        if cases > cap:
            if not urgent:
                raise TooManyCases
            return code, cases
    if lately.tonight == settings.night_cases_alert:
        return "cases.night", lately.tonight
    return next(((code, cases) for code, cases, number, _ in caps if cases == number), (None, 0))


def opened_today(at: datetime, zone: ZoneInfo) -> Select[UUID, int, int]:
    """For each reader: how many cases they opened since the office's day began, and at how many there was an alarm."""
    alarmed = _CASES.filter(Combination.alarm.is_not(None))
    since = Combination.counted_at > _begun(at, zone, 0)
    return select(Combination.user_id, _CASES, alarmed).where(since).group_by(Combination.user_id)


def _begun(at: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """When it was last this hour, by the office's clock."""
    here = at.astimezone(zone)
    begun = datetime.combine(here.date(), time(hour), zone)
    return begun if begun <= here else datetime.combine(here.date() - timedelta(days=1), time(hour), zone)

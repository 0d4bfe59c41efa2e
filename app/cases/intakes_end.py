"""Who somebody is, is intake's to know while they talk with them and some days after; then it is protection's.

The end is a date on the grants: nothing has to come and take them, and the machine could not. The account stays
intake's, and so does nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.accounts.models import User
from app.cases.models import Case
from app.keyholders import holders
from app.work import Reading, Work

ENDS: Final = "IDENTITY"
# Whoever hands over long after the last conversation still has the day to finish what they began.
LEAST: Final = timedelta(days=1)


def end_of(reading: Reading, case: Case) -> datetime:
    """When intake's keys to who it is end; of a case that is not handed to protection yet: would, if it were now."""
    if case.intake_until is not None:
        return case.intake_until
    last = case.talked_at or reading.now
    return max(last + timedelta(days=reading.settings.intake_identity_days), reading.now + LEAST)


def begin(work: Work, case: Case) -> int:
    """Protection knows who it is from now on: give what intake holds of that its end. Returns how many keys."""
    until = end_of(work, case)
    ending = work.limit(case.id, ENDS, _intake(work, case), until=until)
    case.intake_until = until
    return ending


def talked(work: Work, case: Case) -> None:
    """There was a conversation: the end moves, for those whose key has not ended yet.

    A key that somebody was given for hours keeps its own end, and whoever does not hold it can move none.
    """
    work.lock(case)
    case.talked_at = work.now
    if case.intake_until is None or ENDS not in work.held(case.id):
        return
    was, case.intake_until = case.intake_until, None
    case.intake_until = end_of(work, case)
    work.limit(case.id, ENDS, _intake(work, case), until=case.intake_until, was=was)


def until(work: Work, case: Case, compartment: str, holder: UUID, asked: datetime | None) -> datetime | None:
    """When a grant ends that is given now: no colleague of intake's is given who it is for ever any more."""
    handed = compartment == ENDS and case.intake_until is not None
    if asked is not None or not handed or holder not in _intake(work, case):
        return asked
    return end_of(work, case) if end_of(work, case) > work.now else work.now + LEAST


def _intake(work: Work, case: Case) -> frozenset[UUID]:
    """Everybody of the intake team, and whoever opened the case. Escrow is in every team, and keeps its keys."""
    team = work.team("intake")
    members = {each.member_id for each in holders.members_of(work.session, team.id, team.generation)}
    opener = work.first(User, User.code == case.opened_by)
    if opener is not None and opener.keyholder_id is not None:
        members.add(opener.keyholder_id)
    return frozenset(members - {holders.escrow(work.session).id})

"""Keys that lie asleep at the duty team, for the night on which nobody who holds the case can be reached.

Sealed by whoever acts, of what they hold themself: so no key comes out of nothing. Of
somebody still inside the group there are none (their names are two people's alone), and
none where the witness said no.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from app.accounts.rota import TEAM
from app.cases.models import Case
from app.db import among
from app.keyholders import holders
from app.keyholders.models import Grant, Keyholder
from app.keyholders.reach import live
from app.work import Work

SLEEPING: Final = frozenset({"IDENTITY", "LOCATION", "THREAT"})
# What an entry says where no key was laid to sleep, or taken from there.
NONE: Final = "none"


def lay_by(work: Work, case: Case, *, only_more: bool = False) -> str:
    """Seal to the duty team, asleep, what it would need and I hold. Returns which compartments were added.

    only_more  only where something sleeps there already: what is recorded later is to be found too
    """
    team = _duty(work)
    if team is None or not holders.staffed(work.session, team) or work.by_name(case.id):
        return NONE
    has = {grant.compartment for grant in _asleep(work, case, team)}
    if only_more and not has:
        return NONE
    given = sorted((SLEEPING & work.held(case.id)) - has)
    for compartment in given:
        work.give(case.id, compartment, team.id, dormant=True)
    return "+".join(given) or NONE


def take_back(work: Work, case: Case) -> str:
    """The witness said no: nothing of this case sleeps anywhere any more. Returns which compartments did.

    What I hold gets a new key. What I do not hold I cannot seal anew: there the grant is ended,
    and the key changes with the next revocation by somebody who holds it.
    """
    team = _duty(work)
    asleep = [] if team is None else _asleep(work, case, team)
    held = work.held(case.id)
    for grant in asleep:
        if grant.compartment in held:
            work.take(case.id, grant.compartment, grant.keyholder_id)
    left = [grant.id for grant in asleep if grant.compartment not in held]
    work.session.execute(update(Grant).where(among(Grant.id, left)).values(revoked_at=work.now))
    return "+".join(sorted({grant.compartment for grant in asleep})) or NONE


def _duty(work: Work) -> Keyholder | None:
    return work.first(Keyholder, Keyholder.kind == "team", Keyholder.name == TEAM)


def _asleep(work: Work, case: Case, team: Keyholder) -> list[Grant]:
    mine = Grant.case_id == case.id, Grant.keyholder_id == team.id, Grant.dormant, live(work.now)
    return list(work.session.scalars(select(Grant).where(*mine)).all())

"""Keys that are drawn anew by order of whoever runs the machine, who holds none of them.

A team's pair is new at once for what is sealed next. A case's keys are only ordered here: drawing one
takes somebody who holds it, so it happens in their next sign-in (app/cases/renewal.py).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update

from app.accounts.forms import MoveKeys, OrderRenewal, RetirePepper, RotateInstalled, RotatePepper, RotateTeam
from app.accounts.models import AccountState, User
from app.accounts.views import KeyChanged, KeysMoved, PepperChanged, Renewal, TeamChange
from app.errors import Conflict
from app.keyholders import holders
from app.keyholders.ages import held_by_somebody
from app.keyholders.models import CaseKey
from app.work import Work, action


@action("key.rotate_team", operation="key")
def rotate_team(work: Work, form: RotateTeam) -> TeamChange:
    """A new key pair for a team. Its members seal what went before to it, as they come in."""
    team = work.team(form.team)
    work.lock(team)
    holders.new_team_generation(work.session, team, by=UUID(int=0), at=work.now)
    work.record(team, team=form.team, generation=team.generation)
    return TeamChange(form.team, "all", team.generation)


@action("key.order_renewal", operation="key")
def order_renewal(work: Work, form: OrderRenewal) -> Renewal:
    """Order that a portion of the keys of cases be drawn anew by whoever holds them."""
    waiting = (CaseKey.created_at < form.before, ~CaseKey.renew, held_by_somebody())
    portion = (
        select(CaseKey.case_id, CaseKey.compartment).where(*waiting)
        .order_by(CaseKey.case_id, CaseKey.compartment).limit(form.portion).with_for_update()
    )  # fmt: skip
    chosen = work.session.execute(portion).all()
    for case, compartment in chosen:
        work.session.execute(
            update(CaseKey).where(CaseKey.case_id == case, CaseKey.compartment == compartment).values(renew=True)
        )
    left = work.session.scalar(select(func.count()).select_from(CaseKey).where(*waiting)) or 0
    work.record(count=len(chosen), left=left)
    return Renewal(len(chosen), left)


@action("key.rotate_pepper", operation="key")
def rotate_pepper(work: Work, form: RotatePepper) -> PepperChanged:
    """Note that a fresh pepper takes the place of the one in use; each person's key follows as they sign in."""
    work.record(old=form.old, new=form.new)
    return PepperChanged(form.new)


@action("key.retire_pepper", operation="key")
def retire_pepper(work: Work, form: RetirePepper) -> PepperChanged:
    """Note that an old pepper is destroyed. Refused while somebody's key is still sealed under it."""
    if still_under(work, form.old):
        raise Conflict("Somebody has not signed in since the pepper was renewed. Their key would be lost with it.")
    work.record(old=form.old)
    return PepperChanged(form.old)


@action("key.rotate_installed", operation="key")
def rotate_installed(work: Work, form: RotateInstalled) -> KeyChanged:
    """Note that another key takes the place of one that the key manager holds."""
    work.record(key=form.key, old=form.old, new=form.new)
    return KeyChanged(form.key, form.new)


@action("key.move", operation="key")
def move_keys(work: Work, form: MoveKeys) -> KeysMoved:
    """Note that the installation's keys are kept in another place, where each was tried."""
    work.record(to=form.to)
    return KeysMoved(form.to)


def still_under(work: Work, pepper: int) -> int:
    """How many people's keys are sealed under a generation of the pepper, of those who may still sign in."""
    working = (AccountState.ENROLLED, AccountState.ACTIVE)
    return work.session.scalar(
        select(func.count()).select_from(User).where(User.pepper == pepper, User.state.in_(working))
    ) or 0  # fmt: skip

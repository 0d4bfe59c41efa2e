"""What custodians do together on the command line: deal the recovery key anew, try it, name a team's lead.

Each needs the key that enough of their shares give back; nobody at a page has it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from app.accounts.forms import RecoverTeam, Redeal, SharesSeen
from app.accounts.models import AccountState, User
from app.accounts.steps import named_lead
from app.accounts.views import EscrowResealed, KeyShares, Redealt, TeamChange
from app.errors import Conflict, NotFound
from app.keyholders import custodians, grants, holders, resealing
from app.keyholders.keyring import Keyring
from app.keyholders.models import Keyholder, ShareMark
from app.work import Reading, Work, action, query

# After so long it should be tried again whether the shares still give the key back.
TRIED_DAYS: Final = 365


@action("custodians.replace", operation="key")
def replace(work: Work, form: Redeal) -> Redealt:
    """Deal another recovery key: from now on everything is sealed to it, and the old shares go out of use."""
    ring = recovery_ring(work)
    if form.needed > len(form.marks):
        raise Conflict("More shares would be needed than there are.")
    teams = custodians.replace(
        work.session, ring, form.escrow_public, form.marks, form.needed, at=work.now
    )  # fmt: skip
    escrow = holders.escrow(work.session)
    left = resealing.stale(work.session, escrow)
    work.record(escrow, generation=escrow.generation, teams=teams, left=left)
    return Redealt(escrow.generation, teams, left)


@action("custodians.reseal", operation="key")
def reseal(work: Work) -> EscrowResealed:
    """Seal what older shares open to the present recovery key, a portion at a time."""
    escrow = holders.escrow(work.session)
    done = resealing.reseal(work.session, recovery_ring(work), escrow)
    work.record(escrow, grants=done.grants, left=done.left)
    return EscrowResealed(done.grants, done.left)


@action("custodians.test", operation="key")
def test(work: Work, form: SharesSeen) -> int:
    """Note that shares were brought and gave the recovery key back. Nothing is opened with it."""
    recovery_ring(work)
    seen = custodians.see(work.session, form.marks, at=work.now)
    work.record(holders.escrow(work.session), shares=seen)
    return seen


@action("custodians.recover_team", operation="key", about=named_lead)
def recover_team(work: Work, form: RecoverTeam) -> TeamChange:
    """Make somebody lead of a team that has neither lead nor deputy, with every generation of its key."""
    ring, team = recovery_ring(work), work.team(form.team)
    _refuse_led(work, team)
    user = work.one(User, User.code == form.to)
    if user.keyholder_id is None or user.state == AccountState.DISABLED:
        raise Conflict("This colleague has no key yet: the invitation is still open.")
    member = holders.called(work.session, user.keyholder_id, "person", user.code)
    if grants.holds_by_name(work.session, member, at=work.now):
        raise Conflict("They know who somebody still inside a group is, and no lead may. They pass that on first.")
    for generation in range(1, team.generation + 1):
        private = ring.private(team.id, generation)
        holders.admit(work.session, private, team, generation, member, by=ring.holder, at=work.now, lead=True)
    work.record(user, account=user.code, team=form.team, recipient=user.id)
    return TeamChange(form.team, user.code, team.generation)


@query("custodians.shares")
def shares(reading: Reading) -> KeyShares:
    """Until when a custodian's share is wanted again. Asks for no share and tells of none."""
    if "key_custodian" not in reading.actor.roles:
        raise NotFound
    dealt = reading.all(ShareMark, order=ShareMark.generation.desc())
    present = [mark for mark in dealt if mark.generation == dealt[0].generation]
    # As ``custodians.seen_at`` counts: by the last of those that had to be there.
    seen = sorted((mark.seen_at for mark in present if mark.seen_at is not None), reverse=True)
    needed = present[0].needed
    last = seen[needed - 1] if len(seen) >= needed else present[0].dealt_at
    due = (last + timedelta(days=TRIED_DAYS)).astimezone(reading.settings.zone).date()
    return KeyShares(due, due < reading.today)


def recovery_ring(work: Work) -> Keyring:
    """The ring with the recovery key on it; Conflict for a caller who did not bring enough shares."""
    ring = work.caller.keyring
    if ring is None or ring.holder != holders.escrow(work.session).id:
        raise Conflict("This takes the custodians, with enough of their shares.")
    return ring


def _refuse_led(work: Work, team: Keyholder) -> None:
    leads = holders.leads_of(work.session, team)
    working = (AccountState.ENROLLED, AccountState.ACTIVE)
    if work.session.scalar(select(User.id).where(User.keyholder_id.in_(leads), User.state.in_(working)).limit(1)):
        raise Conflict("This team has a lead or a deputy, who can let somebody in.")

"""What can be done about accounts, teams and sign-ins."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from app.accounts import rules, undertakings
from app.accounts.factors import check_second_factor, factor_of, new_codes, new_totp, roles_of, spelled, totp_key
from app.accounts.forms import Enrolment, Entering, Found, Invite, JoinTeam, LeaveTeam, Reseal, Shut
from app.accounts.models import AccountState, Device, RoleHolding, SignIn, User
from app.accounts.steps import end_services_of, joiner, leaver, newcomer, whose
from app.accounts.tokens import renew, token_hash
from app.accounts.views import Enrolled, Entered, FoundOffice, Invited, Left, TeamChange, TeamResealed
from app.crypto import boxes
from app.errors import Conflict, NotFound, SignInRefused
from app.keyholders import custodians, grants, holders, register, resealing
from app.keyholders.models import Keyholder, Membership
from app.pseudonyms import references
from app.work import Work, action

# Whose sessions are short: those who could change who works here.
NARROW_ROLES = frozenset({"administrator", "key_custodian"})


@action("office.found", operation="key")
def found(work: Work, form: Found) -> FoundOffice:
    """Name the founding leads and the first administrator; keep the public half of escrow.

    The operator names people and nothing more: each team's key pair is made in its
    lead's own sign-up.
    """
    if work.session.scalar(select(User.id).limit(1)) is not None:
        raise Conflict("This office has its founders already.")
    escrow = holders.register(work.session, holders.ESCROW, form.escrow_public, at=work.now)
    custodians.enter_marks(work.session, escrow, form.marks, form.needed, at=work.now)
    invited = tuple(
        _invite(work, founder.login_name, founder.display_name, frozenset({founder.role}), founder.team)
        for founder in form.founders
    )
    work.record(escrow, count=len(invited))
    return FoundOffice(invited)


@action("account.invite", operation="key", about=newcomer)
def invite(work: Work, form: Invite) -> Invited:
    """Invite a colleague by a code that works once, within a day."""
    if work.first(User, User.login_name == form.login_name) is not None:
        raise Conflict("There is an account of that name.")
    return _invite(work, form.login_name, form.display_name, frozenset(form.roles), None)


@action("account.invite_again", operation="key", on=User)
def invite_again(work: Work, user: User) -> Invited:
    """Draw another code for an invitation nobody has used; the one before opens nothing any more."""
    work.lock(user)
    code, before, signature = rules.recovery_code(), user.invitation(), user.invite_vouched
    user.invite_again(rules.code_hash(code), until=work.now + timedelta(hours=work.settings.invite_hours_max))
    # An invitation that nobody gave is not made good by drawing it again.
    register.must_know(work.session, before, signature)
    user.invite_vouched = register.vouch(work.session, user.invitation())
    work.record(user, account=user.code)
    assert user.invite_until is not None
    return Invited(user.code, user.login_name, code, user.invite_until)


@action("account.accept", operation="key")
def accept(work: Work, form: Enrolment) -> Enrolled:
    """Make the newcomer's keys, their second factor and recovery codes; found their team and what goes with it."""
    user = work.session.scalars(
        select(User).where(User.invite_hash == form.invite_hash).with_for_update()
    ).one_or_none()
    if user is None or user.invite_until is None or user.invite_until <= work.now:
        raise SignInRefused("This invitation opens nothing. Ask for a new one.")
    register.must_know(work.session, user.invitation(), user.invite_vouched)
    holder, private = holders.make(work.session, "person", at=work.now, name=user.code)
    totp = new_totp()
    user.accept(
        keyholder=holder.id,
        salt=form.salt,
        pepper=form.pepper,
        sealed_private=boxes.seal_box(form.wrapping_key, private.raw, context=user.id.bytes),
        sealed_totp=boxes.seal_box(totp_key(private.raw), totp, context=user.id.bytes),
    )
    codes = new_codes(work, user)
    for team in (user.founds_team, *rules.FOUNDED_WITH.get(user.founds_team, ())) if user.founds_team else ():
        holders.found_team(work.session, team, holder, at=work.now)
    # In the same go, so that nobody stands before closed doors on their first day.
    undertakings.put_down(work, user, form.undertaking, form.language)
    work.record(user, account=user.code, undertaking=form.undertaking)
    return Enrolled(
        user=user.code,
        login_name=user.login_name,
        totp_secret=spelled(totp),
        totp_uri=rules.totp_uri(totp, user.login_name),
        recovery_codes=codes,
    )


@action("signin.enter", operation="sign-in")
def enter(work: Work, form: Entering) -> Entered:
    """Check the second factor and open a session; the third one ends the oldest."""
    user = work.session.get_one(User, form.user_id, with_for_update=True)
    if user.state not in {AccountState.ENROLLED, AccountState.ACTIVE}:
        raise SignInRefused
    check_second_factor(work, user, form.private_raw, form)
    user.state = AccountState.ACTIVE
    if form.renewed is not None:
        _renew_pepper(user, form.private_raw, *form.renewed)
    roles = roles_of(work, user.id)
    device = secrets.token_urlsafe(24)
    hours, idle_minutes = _session_limits(work, roles)
    signed_in = SignIn(
        user_id=user.id,
        token_hash=b"",
        sealed_private=b"",
        started_at=work.now,
        seen_at=work.now,
        ends_at=work.now + timedelta(hours=hours),
        idle_seconds_max=60 * idle_minutes,
        second_factor_at=work.now,
        ended_at=None,
    )
    token = renew(signed_in, form.private_raw)
    _end_oldest(work, user.id)
    work.session.add(signed_in)
    work.session.add(Device(user_id=user.id, token_hash=token_hash(device), at=work.now))
    work.record(signed_in, account=user.code, factor=factor_of(form))
    return Entered(token, device, user.code, tuple(sorted(roles)), signed_in.ends_at)


@action("signin.leave", operation="sign-in", keyless=True)
def leave(work: Work) -> Left:
    """End this session."""
    return end(work, SignIn.id == work.actor.sign_in)


@action("signin.leave_everywhere", operation="sign-in", keyless=True)
def leave_everywhere(work: Work) -> Left:
    """End every session of mine, this one too."""
    return end(work, SignIn.user_id == work.actor.id)


@action("signin.close_lane", operation="sign-in", on=User)
def close_lane(work: Work, user: User) -> None:
    """Note that guessing at an account was stopped; its own devices are not affected."""
    work.record(user, account=user.code)


@action("signin.suspect_key", operation="sign-in", on=User)
def suspect_key(work: Work, user: User) -> None:
    """Note that there are two of one security key: one of them counts what the other has not signed."""
    work.record(user, account=user.code, alarm="key.copied")


@action("account.disable", operation="revoke", on=User)
def disable(work: Work, user: User, form: Shut) -> TeamChange:
    """Shut an account: its sessions end, and each of its teams gets a new key for new seals."""
    work.lock(user)
    _refuse_last_administrator(work, user)
    user.disable(at=work.now)
    work.session.execute(
        update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None)).values(ended_at=work.now)
    )
    if user.keyholder_id is not None:
        for team_id in {m.team_id for m in holders.memberships_of(work.session, user.keyholder_id)}:
            _remove(work, work.session.get_one(Keyholder, team_id), user.keyholder_id)
    # A service acts in the name of whoever made it: nobody is left to answer for it.
    ended = end_services_of(work, user)
    work.record(user, account=user.code, why=form.why or "NOT_SAID", services=ended)
    return TeamChange("all", user.code, 0)


@action("team.add", operation="grant", on=User, about=joiner)
def join_team(work: Work, user: User, form: JoinTeam) -> TeamChange:
    """Seal the team's key to a new member. Only somebody who holds that key can."""
    team = work.team(form.team)
    if user.keyholder_id is None or user.state == AccountState.DISABLED:
        raise Conflict("This colleague has no key yet: the invitation is still open.")
    if any(m.team_id == team.id for m in holders.memberships_of(work.session, user.keyholder_id)):
        raise Conflict("Already in this team.")
    assert work.caller.keyring is not None
    member = holders.called(work.session, user.keyholder_id, "person", user.code)
    if form.deputy and grants.holds_by_name(work.session, member, at=work.now):
        raise Conflict("They know who somebody still inside a group is, and no lead may. They pass that on first.")
    holders.share_team(work.session, work.caller.keyring, team, member, at=work.now, deputy=form.deputy)
    work.record(user, account=user.code, team=form.team, recipient=user.id)
    return TeamChange(form.team, user.code, team.generation)


@action("team.remove", operation="revoke", on=User, about=leaver)
def leave_team(work: Work, user: User, form: LeaveTeam) -> TeamChange:
    """Remove a member: a new generation of the team's key from this moment for what is sealed next."""
    team = work.team(form.team)
    if user.keyholder_id is None:
        raise NotFound
    _remove(work, team, user.keyholder_id)
    work.record(user, account=user.code, team=form.team, services=end_services_of(work, user, form.team))
    return TeamChange(form.team, user.code, team.generation)


@action("team.reseal", operation="key", about=whose)
def reseal(work: Work, form: Reseal) -> TeamResealed:
    """Seal what an older generation of my team's key opens to the present one, a portion at a time."""
    team = work.team(form.team)
    assert work.caller.keyring is not None
    done = resealing.reseal(work.session, work.caller.keyring, team)
    work.record(team, team=form.team, grants=done.grants, envelopes=done.envelopes, left=done.left)
    return TeamResealed(form.team, done.grants, done.envelopes, done.left)


def _invite(work: Work, login: str, name: str, roles: frozenset[str], team: str | None) -> Invited:
    code = rules.recovery_code()
    user = User(
        code=references.staff_code(),
        login_name=login,
        display_name=name,
        state=AccountState.INVITED,
        invite_hash=rules.code_hash(code),
        invite_until=work.now + timedelta(hours=work.settings.invite_hours_max),
        founds_team=team,
        invited_by=work.actor.code,
        created_at=work.now,
    )
    user.invite_vouched = register.vouch(work.session, user.invitation())
    work.add(user)
    work.flush()
    for role in sorted(roles):
        work.add(RoleHolding(user_id=user.id, role=role, assigned_by=work.actor.code, at=work.now, ended_at=None))
    work.record(user, account=user.code)
    assert user.invite_until is not None
    return Invited(user.code, login, code, user.invite_until)


def _renew_pepper(user: User, private_raw: bytes, pepper: int, salt: bytes, key: bytes) -> None:
    """Seal somebody's key under the pepper that has taken the place of theirs."""
    # A passphrase that was changed while this one was being stretched has its own salt: theirs stands.
    if user.salt == salt and user.pepper < pepper:
        user.pepper, user.sealed_private = pepper, boxes.seal_box(key, private_raw, context=user.id.bytes)


def _refuse_last_administrator(work: Work, user: User) -> None:
    """Nobody could invite anybody again. The rows are locked: two who shut each other are one after the other."""
    administrators = work.session.scalars(
        select(User)
        .join(RoleHolding, RoleHolding.user_id == User.id)
        .where(RoleHolding.role == "administrator", RoleHolding.ended_at.is_(None))
        .order_by(User.id)
        .with_for_update(of=User)
        .execution_options(populate_existing=True)
    ).all()
    left = [each for each in administrators if each.state == AccountState.ACTIVE and each.id != user.id]
    if user in administrators and not left:
        raise Conflict("This is the last administrator. Invite another first.")


def _session_limits(work: Work, roles: frozenset[str]) -> tuple[int, int]:
    """Hours in all and minutes idle that a session of these roles may last."""
    if roles & NARROW_ROLES:
        return work.settings.narrow_session_hours_max, work.settings.narrow_session_idle_minutes_max
    return work.settings.session_hours_max, work.settings.session_idle_minutes_max


def _end_oldest(work: Work, user_id: UUID) -> None:
    open_now = work.session.scalars(
        select(SignIn)
        .where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.ends_at > work.now)
        .order_by(SignIn.started_at.desc(), SignIn.id.desc())
    ).all()
    for old in open_now[work.settings.sessions_per_person_max - 1 :]:
        old.ended_at = work.now


def end(work: Work, *which: ColumnElement[bool]) -> Left:
    """End the sessions that are meant and still open, and say how many."""
    ended = work.session.execute(
        update(SignIn).where(*which, SignIn.ended_at.is_(None)).values(ended_at=work.now).returning(SignIn.id)
    ).all()
    work.record(count=len(ended))
    return Left(len(ended))


def _remove(work: Work, team: Keyholder, member: UUID) -> None:
    ended = work.session.execute(
        update(Membership)
        .where(Membership.team_id == team.id, Membership.member_id == member, Membership.ended_at.is_(None))
        .values(ended_at=work.now)
        .returning(Membership.id)
    ).all()
    if not ended:
        raise NotFound
    holders.new_team_generation(work.session, team, by=work.actor.id or UUID(int=0), at=work.now)

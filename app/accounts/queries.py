"""Who works here, for those who need to address a colleague, and for who keeps the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select

from app.accounts import lacking, undertakings
from app.accounts.lacking import WORKS
from app.accounts.models import AccountState, Device, RecoveryCode, RoleHolding, SignIn, User
from app.accounts.rules import TEAMS
from app.accounts.views import (
    Account,
    Attention,
    Colleague,
    DeviceLine,
    KeyAge,
    Me,
    Member,
    SessionLine,
    TeamView,
)  # fmt: skip
from app.errors import Denied, NotFound
from app.keyholders.models import Keyholder, Membership, PublicKey
from app.policy.actor import Circumstances, Subject
from app.work import Reading, query, quotas

PAGE = 50
# A list to choose from is whole: whoever is not on it could be asked by nobody.
CHOSEN_FROM_MAX: Final = 1000
# After so many days without a sign-in somebody should ask whether the account is still wanted.
IDLE_DAYS: Final = 60
Which = Literal["all", "without-factor", "without-team", "lapsed", "idle", "unsigned", "ending"]


@query("account.list")
def colleagues(reading: Reading, page: int = 0) -> tuple[Colleague, ...]:
    """Fifty accounts a page, by name."""
    users = reading.execute(reading.rows(User).order_by(User.login_name).limit(PAGE).offset(PAGE * page))
    return tuple(Colleague(**each) for each in _told(reading, [user for (user,) in users]))


@query("account.at_work")
def at_work(reading: Reading) -> tuple[Colleague, ...]:
    """Whom the caller can ask for something, by name: who can sign in and has a role. Not the caller."""
    wanted = reading.rows(User).where(User.state == AccountState.ACTIVE, User.id != reading.actor.id)
    users = reading.execute(wanted.order_by(User.login_name).limit(CHOSEN_FROM_MAX))
    told = (Colleague(**each) for each in _told(reading, [user for (user,) in users]))
    return tuple(each for each in told if each.roles)


@query("account.colleague")
def colleague(reading: Reading, code: str) -> Colleague:
    """One of the office by code, whatever became of them."""
    (told,) = _told(reading, [reading.fetch(User, code)])
    return Colleague(**told)


@query("account.me", keyless=True)
def me(reading: Reading) -> Me:
    """The caller's own account."""
    mine = reading.one(User, User.id == reading.actor.id)
    (told,) = _told(reading, [mine])
    return Me(**told, language=mine.language, shortcuts=mine.shortcuts)


@query("account.sessions")
def sessions(reading: Reading) -> tuple[SessionLine, ...]:
    """Where my own account is signed in now, newest first."""
    mine = reading.all(
        SignIn, SignIn.user_id == reading.actor.id, *_open(reading), order=SignIn.started_at.desc()
    )  # fmt: skip
    here = reading.actor.sign_in
    return tuple(SessionLine(s.id, s.started_at, s.seen_at, s.ends_at, s.id == here) for s in mine)


@query("account.devices")
def devices(reading: Reading) -> tuple[DeviceLine, ...]:
    """When new devices signed in to my account, newest first."""
    mine = reading.all(Device, Device.user_id == reading.actor.id, order=Device.at.desc(), limit=PAGE)
    return tuple(DeviceLine(device.at) for device in mine)


@query("account.codes_left")
def codes_left(reading: Reading) -> int:
    """How many of my recovery codes have not been used."""
    mine = reading.all(RecoveryCode, RecoveryCode.user_id == reading.actor.id, RecoveryCode.used_at.is_(None))
    return len(mine)


@query("account.people")
def people(reading: Reading, which: Which = "all", page: int = 0) -> tuple[Account, ...]:
    """Fifty accounts a page as an administrator needs them, or those that ask for attention."""
    reading.need("accounts")
    chosen = _accounts(reading, which).order_by(User.login_name).limit(PAGE).offset(PAGE * page)
    return _shown(reading, reading.execute(chosen))


@query("account.one")
def one(reading: Reading, code: str) -> Account:
    """One account, as an administrator needs it."""
    reading.need("accounts")
    (found,) = _shown(
        reading, reading.execute(_accounts(reading, "all").where(User.id == reading.fetch(User, code).id))
    )
    return found


@query("account.attention")
def attention(reading: Reading) -> Attention:
    """How many accounts ask for an administrator's attention, by why."""
    reading.need("accounts")

    # All of them in one statement: Today asks for every number each time.
    seen, wanted = _kinds(reading)
    every = reading.rows(User).outerjoin(seen, seen.c.user_id == User.id)
    numbers = every.with_only_columns(
        *(func.count().filter(wanted[which])
          for which in ("without-factor", "without-team", "lapsed", "idle", "unsigned", "ending"))
    )  # fmt: skip
    return Attention(*reading.execute(numbers)[0])


@query("key.ages")
def key_ages(reading: Reading) -> tuple[KeyAge, ...]:
    """Since when each key is in use: every team's, escrow's, and the oldest of the colleagues'."""
    reading.need("accounts")
    rows = reading.execute(
        reading.rows(Keyholder)
        .join(PublicKey, (PublicKey.keyholder_id == Keyholder.id) & (PublicKey.generation == Keyholder.generation))
        .where(Keyholder.kind.in_(["team", "escrow", "person"]), Keyholder.ended_at.is_(None))
        .order_by(PublicKey.created_at)
        .with_only_columns(Keyholder.kind, Keyholder.name, Keyholder.generation, PublicKey.created_at)
    )
    found: dict[str, KeyAge] = {}
    for kind, name, generation, at in rows:
        # A person's key bears their code: of all colleagues the oldest is told, and no one's.
        said = kind if kind == "person" else name or kind
        found.setdefault(said, KeyAge(said, generation, at.date()))
    return tuple(found.values())


@query("team.show")
def team(reading: Reading, name: str) -> TeamView:
    """A team and who is in it, for its members; for its lead, whom a rule would let them add."""
    if name not in TEAMS or name not in reading.actor.teams:
        raise NotFound
    holder = reading.one(Keyholder, Keyholder.kind == "team", Keyholder.name == name)
    rows = reading.execute(
        reading.rows(Membership)
        .join(User, User.keyholder_id == Membership.member_id)
        .where(Membership.team_id == holder.id, Membership.generation == holder.generation,
               Membership.ended_at.is_(None))
        .order_by(Membership.lead.desc(), Membership.deputy.desc(), User.display_name)
        .add_columns(User)
    )  # fmt: skip
    leads = name in reading.actor.leads
    # A colleague is not told who has let theirs run out, nor what somebody opened.
    signed = undertakings.ends(reading, [user.id for _, user in rows]) if leads else {}
    opened = _opened_today(reading) if leads else {}
    members = tuple(
        Member(
            user.code, user.display_name, user.state, m.lead, m.deputy, m.added_at.date(),
            _day(reading, signed.get(user.id)), _in_force(reading, signed.get(user.id)) if leads else None,
            *opened.get(user.id, (0, 0)),
        )
        for m, user in rows
    )  # fmt: skip
    return TeamView(name, holder.generation, members, _candidates(reading, name), leads)


def _day(reading: Reading, when: datetime | None) -> date | None:
    """The day in the office, and no hour: nobody's working day is drawn from it."""
    return None if when is None else when.astimezone(reading.settings.zone).date()


def _in_force(reading: Reading, until: datetime | None) -> bool:
    return until is not None and until > reading.now


@query("team.alarms")
def alarms(reading: Reading) -> int:
    """In how many cases members of the teams I lead have reached a set number of openings today."""
    mine = reading.all(Keyholder, Keyholder.kind == "team", Keyholder.name.in_(reading.actor.leads))
    among = (Membership.team_id.in_([team.id for team in mine]), Membership.ended_at.is_(None))
    rows = reading.execute(
        reading.rows(User).join(Membership, User.keyholder_id == Membership.member_id).where(*among).distinct()
    )
    opened = _opened_today(reading) if mine else {}
    return sum(opened.get(user.id, (0, 0))[1] for (user,) in rows)


def _opened_today(reading: Reading) -> dict[UUID, tuple[int, int]]:
    asked = quotas.opened_today(reading.now, reading.settings.zone)
    return {reader: (cases, alarmed) for reader, cases, alarmed in reading.execute(asked)}


def _candidates(reading: Reading, team: str) -> tuple[Colleague, ...]:
    if team not in reading.actor.leads:
        return ()
    signed = User.state.in_(WORKS), ~undertakings.lapsed(reading.now)
    with_key = reading.all(User, *signed, order=User.display_name, limit=1000)
    told = (Colleague(**each) for each in _told(reading, with_key))
    return tuple(each for each in told if team not in each.teams and _may_join(reading, each, team))


def _may_join(reading: Reading, colleague: Colleague, team: str) -> bool:
    about = Subject(
        table="users", state=colleague.state, team=team, target_roles=frozenset(colleague.roles),
        target_teams=frozenset(colleague.teams) | {team}, target_undertaken=True,
    )  # fmt: skip
    try:
        # As it will be once they have confirmed it.
        reading.policy.decide(reading.actor, "team.add", about, Circumstances(stepped=True))
    except Denied:
        return False
    return True


def _accounts(reading: Reading, which: Which) -> Select[Any]:
    """Accounts with their last sign-in and whether they lack a second factor; narrowed to one kind of attention."""
    seen, wanted = _kinds(reading)
    narrowed = () if which == "all" else (wanted[which],)
    return (
        reading.rows(User).outerjoin(seen, seen.c.user_id == User.id).where(*narrowed)
        .add_columns(seen.c.at, wanted["without-factor"])
    )  # fmt: skip


def _kinds(reading: Reading) -> tuple[Subquery, dict[str, ColumnElement[bool]]]:
    """When everybody signed in last, and of accounts joined to that what asks for attention."""
    signed_in = reading.rows(SignIn).subquery()
    last = select(signed_in.c.user_id, func.max(signed_in.c.started_at).label("at")).group_by(signed_in.c.user_id)
    seen = last.subquery()
    idle = func.coalesce(seen.c.at, User.created_at) < reading.now - timedelta(days=IDLE_DAYS)
    works = User.state.in_(WORKS)
    return seen, {
        "without-factor": lacking.second_factor(reading.policy, digits_do=reading.settings.digits_do),
        "without-team": lacking.team_key(),
        "lapsed": and_(User.state == AccountState.INVITED, User.invite_until <= reading.now),
        "idle": and_(works, idle),
        "unsigned": and_(works, undertakings.lapsed(reading.now)),
        "ending": lacking.time(reading.now),
    }


def _shown(reading: Reading, rows: Iterable[Any]) -> tuple[Account, ...]:
    found = [(user, last, lacks) for user, last, lacks in rows]
    users = [user for user, _, _ in found]
    open_now = _open_sessions(reading, [user.id for user in users])
    signed = undertakings.ends(reading, [user.id for user in users])
    return tuple(
        Account(
            **told,
            last_day=_day(reading, last),
            second_factor=not lacks,
            invited_until=user.invite_until,
            lapsed=user.invite_until is not None and user.invite_until <= reading.now,
            sessions=open_now.get(user.id, 0),
            undertaken_until=_day(reading, signed.get(user.id)),
            undertaken=_in_force(reading, signed.get(user.id)),
        )
        for told, (user, last, lacks) in zip(_told(reading, users), found, strict=True)
    )


def _open_sessions(reading: Reading, users: list[UUID]) -> dict[UUID, int]:
    mine = reading.rows(SignIn).where(SignIn.user_id.in_(users), *_open(reading)).subquery()
    return dict(reading.execute(select(mine.c.user_id, func.count()).group_by(mine.c.user_id)))


def _open(reading: Reading) -> tuple[ColumnElement[bool], ...]:
    idle = func.extract("epoch", reading.now - SignIn.seen_at)
    return SignIn.ended_at.is_(None), SignIn.ends_at > reading.now, idle <= SignIn.idle_seconds_max


def _told(reading: Reading, users: Sequence[User]) -> list[dict[str, Any]]:
    """What may be told of colleagues, with three questions for however many they are."""
    roles: dict[UUID, list[str]] = {}
    held = RoleHolding.user_id.in_([user.id for user in users])
    for holding in reading.all(RoleHolding, held, RoleHolding.ended_at.is_(None), limit=10 * len(users) + 1):
        roles.setdefault(holding.user_id, []).append(holding.role)
    teams = {t.id: str(t.name) for t in reading.all(Keyholder, Keyholder.kind == "team")}
    memberships: dict[UUID | None, list[Membership]] = {}
    mine = reading.rows(Membership).where(
        Membership.member_id.in_([user.keyholder_id for user in users if user.keyholder_id]),
        Membership.ended_at.is_(None),
    )
    for (membership,) in reading.execute(mine):
        memberships.setdefault(membership.member_id, []).append(membership)
    return [
        {
            "user": user.code,
            "login_name": user.login_name,
            "display_name": user.display_name,
            "state": user.state,
            "roles": tuple(sorted(roles.get(user.id, ()))),
            "teams": tuple(sorted({teams[m.team_id] for m in memberships.get(user.keyholder_id, ())})),
            "leads": tuple(
                sorted({teams[m.team_id] for m in memberships.get(user.keyholder_id, ()) if m.lead or m.deputy})
            ),
        }
        for user in users
    ]

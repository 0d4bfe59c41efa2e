"""Who is behind a token: what is asked of the database, and the Caller that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from app import clock
from app.accounts import rules, services, undertakings
from app.accounts.covering import COVERED_AFTER, ENDS_AFTER, Covered, InSession
from app.accounts.lanes import SERVICES, Lanes
from app.accounts.models import AccountState, RoleHolding, SecurityKey, SignIn, User
from app.accounts.tokens import page_secret, token_hash, token_key
from app.crypto import boxes, hpke
from app.errors import NotSignedIn, Unavailable
from app.keyholders import holders
from app.keyholders.keyring import Keyring
from app.keyholders.models import Keyholder, Membership, PublicKey
from app.keyholders.register import Register
from app.policy.actor import Actor
from app.settings import Settings
from app.work import Caller, Office

# Idle time is measured in minutes; noting every request would be a write per read.
TOUCHED_AFTER: Final = timedelta(seconds=20)
# For how long after its end a session still says whose it was.
LATE: Final = timedelta(hours=24)

# Statements are made once: building one costs more than the database takes to answer it.
# Sign-in, account, roles and team keys of whoever a token belongs to: all in one question, so
# that they are of one moment, and one trip. One row for each team key.
_ROLES = (
    select(func.array_agg(RoleHolding.role))
    .where(RoleHolding.user_id == User.id, RoleHolding.ended_at.is_(None))
    .scalar_subquery()
)
_KEYED = exists().where(SecurityKey.user_id == User.id, SecurityKey.removed_at.is_(None))
BEHIND_TOKEN = (
    select(
        SignIn.id, SignIn.seen_at, SignIn.ended_at, SignIn.ends_at, SignIn.started_at, SignIn.idle_seconds_max,
        SignIn.sealed_private.label("sealed_key"), SignIn.second_factor_at, SignIn.user_id,
        User.code, User.state, User.keyholder_id.label("holder"), _ROLES.label("roles"),
        undertakings.last(User.id).label("undertaken_until"), _KEYED.label("keyed"),
        Membership.team_id, Membership.generation, Membership.sealed_private, Membership.lead, Membership.deputy,
        Membership.member_id, Membership.vouched, Keyholder.name.label("team"), PublicKey.public,
    )
    .join(User, User.id == SignIn.user_id)
    .outerjoin(Membership, (Membership.member_id == User.keyholder_id) & Membership.ended_at.is_(None))
    .outerjoin(Keyholder, Keyholder.id == Membership.team_id)
    .outerjoin(
        PublicKey, (PublicKey.keyholder_id == Membership.team_id) & (PublicKey.generation == Membership.generation)
    )
    .where(SignIn.token_hash == bindparam("token_hash"))
)  # fmt: skip

# Under names of their own: this is asked beside other questions, for accounts and sessions among them.
_MINE, _ME = aliased(SignIn, name="my_sign_in"), aliased(User, name="me")
_ROLE, _TEAM = aliased(RoleHolding, name="my_role"), aliased(Membership, name="my_team")
_MY_ROLES = (
    select(func.array_agg(_ROLE.role)).where(_ROLE.user_id == _ME.id, _ROLE.ended_at.is_(None)).scalar_subquery()
)
_MY_TEAMS = (
    select(func.array_agg(_TEAM.team_id))
    .where(_TEAM.member_id == _ME.keyholder_id, _TEAM.ended_at.is_(None))
    .scalar_subquery()
)
STILL = (
    select(_MINE.ended_at, _ME.state, _MY_ROLES, _MY_TEAMS)
    .join(_ME, _ME.id == _MINE.user_id)
    .where(_MINE.id == bindparam("sign_in"))
)


def recheck(session: Session, caller: Caller) -> None:
    """Raise NotSignedIn unless a caller's sign-in, account, roles and teams are what they were a moment ago."""
    actor = caller.actor
    if actor.kind == "Service" and actor.id is not None and not services.still_there(session, actor.id):
        raise NotSignedIn
    if actor.kind != "User" or actor.sign_in is None:
        return
    judge(caller, session.execute(STILL, {"sign_in": actor.sign_in}).one_or_none())


def judge(caller: Caller, found: Sequence[Any] | None) -> None:
    actor = caller.actor
    if found is None or found[0] is not None or found[1] != AccountState.ACTIVE:
        raise NotSignedIn
    mine = actor.keyholders - {caller.keyring.holder} if caller.keyring else actor.keyholders
    if frozenset(found[2] or ()) != actor.roles or not mine <= frozenset(found[3] or ()):
        raise NotSignedIn


@dataclass(frozen=True)
class EndedSession:
    """Whose a session was, the holder of their key, and what proves that a form came from one of its pages."""

    user_id: UUID
    holder: UUID
    page_secret: bytes = field(repr=False)


class _State(Enum):
    OPEN, COVERED, OVER = range(3)


class Bearers:
    """Whoever brings a token to one process: read afresh each time, so that a role taken a second ago is gone."""

    def __init__(self, office: Office, settings: Settings, lanes: Lanes, in_session: InSession) -> None:
        self._office, self._settings, self._lanes, self._in_session = office, settings, lanes, in_session

    def caller(self, token: str) -> Caller:
        """The caller a token belongs to.

        raises  NotSignedIn for one that is unknown, ended, idle too long or too old; Covered in a conversation
        """
        if token.startswith(rules.SERVICE_PREFIX) and 40 <= len(token) <= 64:
            return self._service(token)
        rows, at = self._rows(token), clock.now()
        state = self._state(rows[0], at)
        if state is not _State.OPEN:
            raise Covered if state is _State.COVERED else NotSignedIn
        if at - rows[0].seen_at > TOUCHED_AFTER:
            touched = update(SignIn).where(SignIn.id == rows[0].id).values(seen_at=at)
            self._office.housekeep(lambda session: session.execute(touched))
        return self._caller(rows, token, at)

    def covered(self, token: str) -> Caller:
        """The caller of a covered session, for a second factor and nothing else; NotSignedIn for every other."""
        rows, at = self._rows(token), clock.now()
        if self._state(rows[0], at) is not _State.COVERED:
            raise NotSignedIn
        return self._caller(rows, token, at)

    def ended(self, token: str) -> EndedSession | None:
        """Whose session a token was, if it ended or was covered within the last day; None otherwise.

        For what somebody sends a moment too late. It opens nothing of theirs: what is kept is sealed to them.
        """
        try:
            found, at = self._rows(token)[0], clock.now()
        except NotSignedIn:
            return None
        idle = COVERED_AFTER if self._talks(found) else timedelta(seconds=found.idle_seconds_max)
        over = min(each for each in (found.ended_at, found.ends_at, found.seen_at + idle) if each is not None)
        if not over <= at < over + LATE:
            return None
        return EndedSession(found.user_id, found.holder, page_secret(found.id, _private(found, token)))

    def _rows(self, token: str) -> Sequence[Any]:
        """What is behind the token of an account in use, which may be over; NotSignedIn if nothing is."""
        if not 40 <= len(token) <= 64:
            raise NotSignedIn
        rows = self._office.look_up(BEHIND_TOKEN, {"token_hash": token_hash(token)})
        if not rows or rows[0].state != AccountState.ACTIVE or rows[0].holder is None:
            raise NotSignedIn
        return rows

    def _state(self, found: Any, at: datetime) -> _State:
        if found.ended_at is not None or not found.started_at <= at < found.ends_at:
            return _State.OVER
        idle, most = at - found.seen_at, timedelta(seconds=found.idle_seconds_max)
        # Asked of nobody who is at work: whoever was away for minutes waits for one question more.
        if idle > min(most, COVERED_AFTER) and self._talks(found):
            return _State.COVERED if idle <= ENDS_AFTER else _State.OVER
        return _State.OPEN if idle <= most else _State.OVER

    def _talks(self, found: Any) -> bool:
        talks: bool = self._office.housekeep(lambda session: self._in_session(session, found.code))
        return talks

    def _caller(self, rows: Sequence[Any], token: str, at: datetime) -> Caller:
        private = hpke.PrivateKey.from_raw(_private(rows[0], token))
        return caller_of(self._office.register, rows, private, at, digits_do=self._settings.digits_do)

    def _service(self, token: str) -> Caller:
        """The caller of a service's token. What opens none is counted in a lane that no right one waits in."""
        found: Caller | None = self._office.housekeep(lambda session: services.caller(session, token))
        if found is not None:
            return found
        self._lanes.count(SERVICES, None)
        raise NotSignedIn


def _private(session: Any, token: str) -> bytes:
    return boxes.open_box(token_key(token), session.sealed_key, context=session.id.bytes)


def caller_of(
    register: Register | None, rows: Sequence[Row[Any]], private: hpke.PrivateKey, at: datetime, *, digits_do: bool
) -> Caller:  # fmt: skip
    """The caller behind one row for each generation of each team's key they hold, or one without any.

    digits_do  whether six digits are enough of a second factor for every role here

    A membership the office did not make counts for nothing here too: neither key nor lead.
    """
    found, teams = rows[0], [row for row in rows if row.team_id is not None]
    if register is None:
        raise Unavailable
    memberships = holders.known_only(register, teams)
    publics = {(m.team_id, m.generation): bytes(m.public) for m in memberships}
    keyring = Keyring(found.holder, private, memberships=memberships, publics=publics)
    actor = Actor(
        kind="User",
        code=found.code,
        id=found.user_id,
        roles=frozenset(found.roles or ()),
        teams=frozenset(str(m.team) for m in memberships),
        leads=frozenset(str(m.team) for m in memberships if m.lead or m.deputy),
        keyholders=keyring.holders,
        sign_in=found.id,
        second_factor_at=found.second_factor_at,
        undertaken=found.undertaken_until is not None and at < found.undertaken_until,
        keyed=found.keyed or digits_do,
    )
    return Caller(
        actor, keyring, idle_seconds=found.idle_seconds_max, undertaken_until=found.undertaken_until,
        page_secret=page_secret(found.id, private.raw),
    )  # fmt: skip

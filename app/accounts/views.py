"""What goes out about accounts. The list of fields is the disclosure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class Invited:
    """The code is shown once, to whoever invited; only its hash is kept."""

    user: str
    login_name: str
    invitation: str
    until: datetime


@dataclass(frozen=True)
class FoundOffice:
    invitations: tuple[Invited, ...]


@dataclass(frozen=True)
class Enrolled:
    """The second factor's secret and the recovery codes: shown once, never again."""

    user: str
    login_name: str
    totp_secret: str
    totp_uri: str
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True)
class Renewed:
    """What was drawn anew of the second factor; what was not is empty. Shown once, never again.

    token   the session's from now on; the one before opens nothing
    """

    user: str
    totp_secret: str = ""
    totp_uri: str = ""
    recovery_codes: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Entered:
    """A sign-in. The token exists only here and with the caller."""

    token: str
    device: str
    user: str
    roles: tuple[str, ...]
    ends_at: datetime


@dataclass(frozen=True)
class KeyQuestion:
    """What a security key is asked to sign. Bytes in base64url.

    keys        numbers of keys that may answer; before sign-in some of them are invented
    transports  for each, how a browser may reach it, if that is told
    """

    challenge: str
    rp_id: str
    timeout_ms: int
    keys: tuple[str, ...]
    transports: tuple[str, ...]


@dataclass(frozen=True)
class NewKeyQuestion:
    """What a new security key is asked for. ``taken``: numbers of keys that are the account's already."""

    challenge: str
    rp_id: str
    timeout_ms: int
    owner: str
    owner_name: str
    taken: tuple[str, ...]
    algorithms: tuple[int, ...]


@dataclass(frozen=True)
class KeyLine:
    """One of my security keys."""

    id: UUID
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class SecondFactors:
    """What I can confirm with.

    asked   whether my role signs in with a security key
    digits  whether six digits are taken from me
    """

    keys: tuple[KeyLine, ...]
    codes_left: int
    asked: bool
    digits: bool


@dataclass(frozen=True)
class Left:
    ended: int


@dataclass(frozen=True)
class Changed:
    """How many other sessions ended. ``token``: this one's from now on; the one before opens nothing."""

    ended: int
    token: str = field(repr=False)


@dataclass(frozen=True)
class Colleague:
    """Who works here: no content, no keys."""

    user: str
    login_name: str
    display_name: str
    state: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    leads: tuple[str, ...]


@dataclass(frozen=True)
class Me(Colleague):
    """My own account, with what is nobody else's business."""

    language: str
    shortcuts: bool


@dataclass(frozen=True)
class Preferred:
    language: str
    shortcuts: bool


@dataclass(frozen=True)
class Account(Colleague):
    """An account as an administrator sees it: days, not hours; nobody's working day is drawn from it.

    lapsed   an invitation that was not used in time
    sessions how many are open now
    """

    last_day: date | None
    second_factor: bool
    invited_until: datetime | None
    lapsed: bool
    sessions: int
    undertaken_until: date | None
    undertaken: bool


@dataclass(frozen=True)
class SessionLine:
    """One of my own sessions; ``here`` is the one that asks."""

    id: UUID
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    here: bool


@dataclass(frozen=True)
class DeviceLine:
    """A device that has signed in to my account before."""

    at: datetime


@dataclass(frozen=True)
class Attention:
    """What waits for an administrator, each number the length of a list of accounts.

    without_factor  who has no second factor of the kind their role needs
    without_team    whose role works in a team, and who holds the key of none yet
    ending          whose undertaking holds, and for thirty days at most
    """

    without_factor: int
    without_team: int
    lapsed: int
    idle: int
    unsigned: int
    ending: int


@dataclass(frozen=True)
class Member:
    """Somebody in a team. Until when their undertaking holds, and whether it does, is for the lead; None for others."""

    user: str
    display_name: str
    state: str
    lead: bool
    deputy: bool
    since: date
    undertaken_until: date | None
    undertaken: bool | None
    # For the team's lead: cases they opened today, and at how many of them a set number was reached.
    opened: int = 0
    alarms: int = 0


@dataclass(frozen=True)
class TeamView:
    """A team as its members see it; ``candidates`` are whom a rule would let its lead add."""

    team: str
    generation: int
    members: tuple[Member, ...]
    candidates: tuple[Colleague, ...]
    leads: bool


@dataclass(frozen=True)
class KeyAge:
    """Since when a key is in use: a team's, escrow's, or the oldest of the colleagues'."""

    whose: str
    generation: int
    since: date


@dataclass(frozen=True)
class TeamChange:
    team: str
    user: str
    generation: int


@dataclass(frozen=True)
class TeamResealed:
    """How much was sealed anew, and how much is still sealed to an older key."""

    team: str
    grants: int
    envelopes: int
    left: int


@dataclass(frozen=True)
class ServiceMade:
    """The token is shown once, to whoever made the service; only its hash is kept."""

    user: str
    token: str
    ends_at: datetime


@dataclass(frozen=True)
class ServiceEnded:
    user: str
    grants: int


@dataclass(frozen=True)
class ServiceLine:
    """A program that may sign in: whose, what for, until when."""

    user: str
    name: str
    team: str
    purpose: str
    made_by: str
    ends_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Redealt:
    """Another recovery key: its generation, how many team keys it holds already, how many grants follow."""

    generation: int
    teams: int
    left: int


@dataclass(frozen=True)
class EscrowResealed:
    """How many grants were sealed to the present recovery key, and how many are still to do."""

    grants: int
    left: int


@dataclass(frozen=True)
class Renewal:
    """How many keys of cases were ordered to be drawn anew, and how many still have to be ordered."""

    ordered: int
    left: int


@dataclass(frozen=True)
class PepperChanged:
    pepper: int


@dataclass(frozen=True)
class KeyShares:
    """Until when the shares of the recovery key are to be tried again, and whether that day has passed."""

    due: date
    late: bool


@dataclass(frozen=True)
class KeyChanged:
    key: str
    generation: int


@dataclass(frozen=True)
class KeysMoved:
    to: str

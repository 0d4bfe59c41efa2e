"""What goes out about accounts. The list of fields is the disclosure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
class Entered:
    """A sign-in. The token exists only here and with the caller."""

    token: str
    device: str
    user: str
    roles: tuple[str, ...]
    ends_at: datetime


@dataclass(frozen=True)
class Left:
    ended: int


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
class TeamChange:
    team: str
    user: str
    generation: int

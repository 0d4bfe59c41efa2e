"""Who asks: what a rule may know of a caller. No key, no name, no address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal["User", "Witness", "Anonymous", "Operator", "Service"]


@dataclass(frozen=True)
class Actor:
    """One caller for one request.

    code       pseudonymous, as it stands in the log: ``S-7QK3MW``, ``witness``, ``operator``
    keyholders whose private keys are on the caller's ring; their live grants are the row scope
    sign_in    the sign-in this request belongs to, for ``combine`` and for ending it
    undertaken whether the undertaking of secrecy they signed is in force
    keyed      whether they have a security key, or six digits do for every role here
    """

    kind: Kind
    code: str
    id: UUID | None = None
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()
    keyholders: frozenset[UUID] = frozenset()
    sign_in: UUID | None = None
    second_factor_at: datetime | None = None
    undertaken: bool = False
    keyed: bool = False

    @property
    def known(self) -> bool:
        """Whether this is somebody of ours from outside this process: what they are refused is written down."""
        return self.kind in {"User", "Operator"} or (self.kind == "Service" and self.id is not None)

    def entity(self) -> dict[str, Any]:
        """This caller as a Cedar entity."""
        return {
            "uid": {"type": self.kind, "id": self.code},
            "attrs": {
                "code": self.code,
                "roles": sorted(self.roles),
                "teams": sorted(self.teams),
                "leads": sorted(self.leads),
                "undertaken": self.undertaken,
                "keyed": self.keyed,
            },
            "parents": [],
        }


ANONYMOUS = Actor("Anonymous", "anonymous")
OPERATOR = Actor("Operator", "operator")


@dataclass(frozen=True)
class Subject:
    """What a rule may know of the row an action is about: never content.

    origin   of a case: how the office came to know of somebody; "none" of every other row
    held     compartments of this case the caller's ring can open now
    woken    those of them that it can open only because they broke glass
    seen     which of LOCATION and TESTIMONY of this case the caller has ever opened
    by_name  compartments of the case that named people alone may hold
    apart    whether a declared conflict keeps the caller from this case
    authors  codes of those who made or signed the row
    target_apart  whether one keeps whoever a key is meant for from it
    target_undertaken  whether the undertaking of whoever a key is meant for is in force; of a team, one member's
    """

    table: str = "none"
    state: str = "none"
    compartment: str = "none"
    origin: str = "none"
    team: str = "none"
    held: frozenset[str] = frozenset()
    woken: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    by_name: frozenset[str] = frozenset()
    apart: bool = False
    authors: frozenset[str] = frozenset()
    target_roles: frozenset[str] = frozenset()
    target_teams: frozenset[str] = frozenset()
    target: str = "none"
    target_held: frozenset[str] = frozenset()
    target_apart: bool = False
    target_undertaken: bool = False

    def entity(self) -> dict[str, Any]:
        """This row as a Cedar entity."""
        return {
            "uid": {"type": "Record", "id": self.table},
            "attrs": {
                "state": self.state,
                "compartment": self.compartment,
                "origin": self.origin,
                "team": self.team,
                "held": sorted(self.held),
                "woken": sorted(self.woken),
                "seen": sorted(self.seen),
                "by_name": sorted(self.by_name),
                "apart": self.apart,
                "authors": sorted(self.authors),
                "target_roles": sorted(self.target_roles),
                "target_teams": sorted(self.target_teams),
                "target": self.target,
                "target_held": sorted(self.target_held),
                "target_apart": self.target_apart,
                "target_undertaken": self.target_undertaken,
            },
            "parents": [],
        }


@dataclass(frozen=True)
class Circumstances:
    """What the caller declared, and the installation's profile.

    fresh  whether their second factor is not older than a few minutes
    stepped  whether a second factor was given for this very action, minutes ago
    """

    justification: str = "none"
    cited: bool = False
    words: bool = False
    boxed: bool = False
    fresh: bool = False
    compartments: frozenset[str] = frozenset()
    profile: str = "ngo"
    stepped: bool = False

    def context(self) -> dict[str, Any]:
        """These circumstances as a Cedar context."""
        return {
            "justification": self.justification,
            "cited": self.cited,
            "words": self.words,
            "boxed": self.boxed,
            "fresh": self.fresh,
            "compartments": sorted(self.compartments),
            "profile": self.profile,
            "stepped": self.stepped,
        }

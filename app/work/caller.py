"""A caller for one request: who they are, and the keys they brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.clock import uuid7
from app.keyholders.keyring import Keyring
from app.policy.actor import ANONYMOUS, OPERATOR, Actor


@dataclass(frozen=True)
class Caller:
    """Made by a door after it knows who calls; ``host`` is which of our processes asks."""

    actor: Actor
    keyring: Keyring | None = None
    host: str = "app"
    request: UUID = field(default_factory=uuid7)
    # After how long without a request this session ends; 0 where there is none.
    idle_seconds: int = 0
    # Until when the undertaking of secrecy holds; None for whoever has signed none.
    undertaken_until: datetime | None = None
    # Of the pages of this session alone: proves that a form came from one of them.
    page_secret: bytes = field(default=b"", repr=False)

    @classmethod
    def anonymous(cls, host: str = "app") -> Caller:
        """Somebody at a door, before or without signing in. Holds no key."""
        return cls(ANONYMOUS, host=host)

    @classmethod
    def operator(cls) -> Caller:
        """Whoever runs the command line on the host. Holds no key."""
        return cls(OPERATOR, host="cli")

    @classmethod
    def service(cls, name: str) -> Caller:
        """A process of ours: the worker, the sequencer. Holds no key."""
        return cls(Actor("Service", name), host=name)

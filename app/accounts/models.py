"""Accounts, roles held, sign-ins, second factors, and what throttles guessing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Row, Table
from app.errors import Conflict, SignInRefused
from app.keyholders.register import invitation_fact


class AccountState(StrEnum):
    INVITED = "INVITED"
    ENROLLED = "ENROLLED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class User(Row):
    """One account. Names of staff are clear; what they may open is not decided here."""

    __tablename__ = "users"
    scopes = frozenset({"staff"})
    author = "code"
    addressed_by = "code"

    code: Mapped[str] = mapped_column(unique=True)
    login_name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    state: Mapped[str]
    keyholder_id: Mapped[UUID | None] = mapped_column(ForeignKey("keyholders.id"))
    salt: Mapped[bytes | None]
    # Under which generation of the pepper; an old one lives until its last person has signed in.
    pepper: Mapped[int] = mapped_column(default=1)
    # The private key, sealed under passphrase and pepper; the TOTP secret, sealed under that key.
    sealed_private: Mapped[bytes | None]
    sealed_totp: Mapped[bytes | None]
    totp_last_step: Mapped[int] = mapped_column(default=0)
    invite_hash: Mapped[bytes | None] = mapped_column(unique=True)
    invite_until: Mapped[datetime | None]
    # The register's signature on the invitation: an account that nobody invited is not made.
    invite_vouched: Mapped[bytes | None]
    # The team whose key this person makes in their own sign-up; None for everybody later.
    founds_team: Mapped[str | None]
    invited_by: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    # Of one's own pages alone: no colleague is shown them.
    language: Mapped[str] = mapped_column(default="en")
    shortcuts: Mapped[bool] = mapped_column(default=True)

    def invitation(self) -> bytes:
        """What the register vouches for about an open invitation."""
        return invitation_fact(self.id, self.code, self.invite_hash or b"", self.founds_team)

    def accept(
        self, *, keyholder: UUID, salt: bytes, pepper: int, sealed_private: bytes, sealed_totp: bytes
    ) -> None:  # fmt: skip
        """The invitation is used up; the first sign-in with the second factor makes it active."""
        if self.state != AccountState.INVITED:
            raise Conflict
        self.state = AccountState.ENROLLED
        self.keyholder_id, self.salt, self.pepper = keyholder, salt, pepper
        self.sealed_private, self.sealed_totp = sealed_private, sealed_totp
        self.invite_hash = self.invite_until = self.invite_vouched = None

    def invite_again(self, code_hash: bytes, *, until: datetime) -> None:
        if self.state != AccountState.INVITED:
            raise Conflict("This invitation was used, or its account is shut.")
        self.invite_hash, self.invite_until = code_hash, until

    def disable(self, *, at: datetime) -> None:
        if self.state == AccountState.DISABLED:
            raise Conflict("This account is disabled already.")
        self.state, self.disabled_at = AccountState.DISABLED, at
        self.invite_hash = self.invite_until = self.invite_vouched = None


class Undertaking(Row):
    """That somebody has signed what they keep to themselves: which text, in which language, until when.

    Signed anew it is another row; none is ever changed.
    """

    __tablename__ = "undertakings"
    scopes = frozenset({"staff"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    text_version: Mapped[str]
    language: Mapped[str]
    signed_at: Mapped[datetime]
    until: Mapped[datetime]


class Shift(Row):
    """A time on duty: whose, on which rung, from when until when. The database lets no two overlap on a rung."""

    __tablename__ = "shifts"
    __table_args__ = (CheckConstraint("rung IN (1, 2)", name="rung"),)
    scopes = frozenset({"staff"})
    # It belongs to whoever it puts on duty: they alone pass it on.
    author = "person"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    person: Mapped[str]
    rung: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    set_by: Mapped[str]
    set_at: Mapped[datetime]

    def cut(self, *, at: datetime) -> None:
        """End it now; what has not begun has no length any more."""
        if self.ends_at <= max(at, self.starts_at):
            raise Conflict("This time is over.")
        self.ends_at = max(at, self.starts_at)


class Service(Row):
    """A program that signs in with a token, for one purpose, until a day: made by whoever leads a team.

    Its key pair lies here sealed under the token, which is shown once and not stored. No team
    shares a key with it and escrow has no copy: what it holds is what somebody granted it.
    """

    __tablename__ = "services"
    scopes = frozenset({"staff"})
    author = "made_by"
    addressed_by = "code"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    team: Mapped[str]
    purpose: Mapped[str]
    keyholder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sealed_private: Mapped[bytes]
    made_by: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"team": self.team}

    def end(self, *, at: datetime) -> None:
        """Its key goes: even the token and this row together open nothing any more."""
        if self.ended_at is not None:
            raise Conflict("This service has ended already.")
        self.ended_at, self.sealed_private = at, b""


class RoleHolding(Row):
    """A role somebody holds, from whom, since when."""

    __tablename__ = "role_holdings"
    scopes = frozenset({"staff"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str]
    assigned_by: Mapped[str]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Row):
    """One code that stands in for the second factor, once. 120 bits, so a plain hash is enough."""

    __tablename__ = "recovery_codes"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    used_at: Mapped[datetime | None]


class SecurityKey(Row):
    """A security key of somebody: what tells its signatures from others', and what its owner calls it.

    Nothing of it is sealed. A key is shown before the passphrase has opened anything, so that a stranger's tries
    lock nobody out; and what it signs with never leaves it. Whoever steals this table learns who has how many.
    """

    __tablename__ = "security_keys"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    # How often it has signed, by its own count; keys that are copied between machines say 0 for ever.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[str]
    name: Mapped[str]
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    def use(self, sign_count: int, *, at: datetime) -> None:
        """Note that it has signed. SignInRefused unless its count went on: a copy of it counts on its own."""
        if self.removed_at is not None or not goes_on(self.sign_count, sign_count):
            raise SignInRefused
        self.sign_count, self.last_used_at = sign_count, at

    def rename(self, name: str) -> None:
        if self.removed_at is not None:
            raise Conflict("This security key is removed already.")
        self.name = name

    def remove(self, *, at: datetime) -> None:
        """It signs for nobody any more; the row stays, since the log speaks of it."""
        if self.removed_at is not None:
            raise Conflict("This security key is removed already.")
        self.removed_at, self.public_key = at, b""


def goes_on(before: int, now: int) -> bool:
    """Whether a security key's count of its own signatures is one that the same key can have reached."""
    return now > before or now == before == 0


class SignIn(Row):
    """A session. The private key lies here sealed under a key that exists only with the caller."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_open", "user_id", postgresql_where="ended_at IS NULL"),)
    unguarded = "idle touches; beginning and ending have entries"
    scopes = frozenset({"own", "accounts"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sealed_private: Mapped[bytes]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    idle_seconds_max: Mapped[int]
    second_factor_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StepUp(Row):
    """A second factor given for one action about one case, waiting to be used once.

    bound_to  the case, or the row where it lies in none
    visit_id  during which it was used: what it opened stays open for as long as that visit
    """

    __tablename__ = "step_ups"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    sign_in: Mapped[UUID] = mapped_column(index=True)
    action: Mapped[str]
    bound_to: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    visit_id: Mapped[UUID | None]


class Device(Row):
    """A device that has signed in before: its tries are counted apart from strangers'."""

    __tablename__ = "devices"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    at: Mapped[datetime]


class Throttle(Table):
    """Failed tries of one lane: a login name as strangers or as a known device try it."""

    __tablename__ = "throttles"
    unguarded = "counts tries of people we do not know"

    lane: Mapped[bytes] = mapped_column(primary_key=True)
    tries: Mapped[int]
    wait_until: Mapped[datetime | None]


class WitnessKey(Row):
    """A witness's private key, sealed under their receipt; found by a hash of its handle."""

    __tablename__ = "witness_keys"
    scopes = frozenset({"own"})
    owner = "keyholder_id"

    keyholder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"), unique=True)
    handle_hash: Mapped[bytes] = mapped_column(unique=True)
    # Of what is shown to the database to be told who looked: only the receipt leads to it.
    looking_hash: Mapped[bytes] = mapped_column(unique=True)
    sealed_private: Mapped[bytes]
    at: Mapped[datetime]

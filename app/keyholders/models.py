"""Key holders, their generations, memberships, case keys, grants and envelopes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Row, Table
from app.errors import Conflict
from app.keyholders.register import case_key_fact, index_fact, member_fact, share_fact

KINDS = ("person", "team", "witness", "service", "escrow")


class Keyholder(Row):
    """Somebody or something that has a key pair; ``generation`` is the one in use."""

    __tablename__ = "keyholders"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        # Every case is sealed to escrow: a second one would be somebody else's.
        Index("one_escrow", "kind", unique=True, postgresql_where="kind = 'escrow' AND ended_at IS NULL"),
    )
    scopes = frozenset({"staff"})

    kind: Mapped[str]
    # A team's: which one of the domain (intake, legal ...). A person's or a service's: their code,
    # so that nobody can pass off one colleague's key as another's.
    name: Mapped[str | None] = mapped_column(unique=True)
    generation: Mapped[int]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PublicKey(Table):
    """The public half of one generation. Old ones stay, since old seals name them."""

    __tablename__ = "public_keys"
    scopes = frozenset({"staff"})

    keyholder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[bytes]
    created_at: Mapped[datetime]
    # The register's signature. A witness's key has none: the portal that takes it cannot sign,
    # and nothing is sealed to a witness but by whoever they brought the key to.
    vouched: Mapped[bytes | None]


class Membership(Row):
    """A team's private key of one generation, sealed to one member's public key."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("team_id", "generation", "member_id"),)
    scopes = frozenset({"staff"})

    team_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    generation: Mapped[int]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"), index=True)
    sealed_private: Mapped[bytes]
    lead: Mapped[bool]
    deputy: Mapped[bool]
    added_by: Mapped[UUID]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    vouched: Mapped[bytes]

    def fact(self) -> bytes:
        """What the register vouches for about this row."""
        return member_fact(self.team_id, self.generation, self.member_id, lead=self.lead, deputy=self.deputy)


class CaseKey(Table):
    """That a compartment of a case has this generation of key. The key itself is only in grants.

    ``commitment`` fits that key alone: whoever writes the database could else seal a key of
    their own to the holders, and read all that is sealed with it next.
    """

    __tablename__ = "case_keys"
    scopes = frozenset({"case"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    compartment: Mapped[str] = mapped_column(primary_key=True)
    generation: Mapped[int]
    created_at: Mapped[datetime]
    commitment: Mapped[bytes]
    # Held by two named people, and by no team, lead or service: who somebody still inside the group is.
    by_name: Mapped[bool]
    # Ordered to be drawn anew: whoever holds it does so in their next sign-in.
    renew: Mapped[bool] = mapped_column(default=False)
    vouched: Mapped[bytes]

    def fact(self) -> bytes:
        """What the register vouches for about this row."""
        return case_key_fact(self.case_id, self.compartment, self.generation, self.commitment, self.by_name)


class Grant(Row):
    """One compartment key of one case, sealed to one keyholder."""

    __tablename__ = "grants"
    __table_args__ = (
        Index("ix_grants_holder", "keyholder_id", "compartment", "case_id"),
        Index("ix_grants_case", "case_id", "compartment", "generation"),
    )
    scopes = frozenset({"case"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    compartment: Mapped[str]
    generation: Mapped[int]
    keyholder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    keyholder_generation: Mapped[int]
    sealed_key: Mapped[bytes]
    granted_by: Mapped[UUID]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    # Asleep: it opens nothing and gives nobody a row, until somebody on duty breaks the glass over its case.
    dormant: Mapped[bool]
    # Made with the compartment's key by whoever gave this: holder, public key, end and sleep are bound to it.
    tag: Mapped[bytes]


class ConflictOfInterest(Row):
    """That one person is to have nothing to do with one case. While it stands no grant counts for them, not
    their teams' either, and none can be given to them.

    Why, is nowhere in clear: "kin of S-7QK3MW" would say who the case is about. The words lie sealed under the
    case; here stands only who and since when.
    """

    __tablename__ = "conflicts"
    __table_args__ = (
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        CheckConstraint("lifted_by <> about", name="two"),
        Index("ix_conflicts_standing", "holder_id", "case_id", unique=True, postgresql_where="lifted_at IS NULL"),
    )
    scopes = frozenset({"case", "log"})
    author = "declared_by"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    # Whose it is, and who said so, by their codes.
    about: Mapped[str]
    declared_by: Mapped[str]
    declared_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]

    def lift(self, *, by: str, at: datetime) -> None:
        """It stands no longer. No key comes back by that. Raises Conflict the second time."""
        if self.lifted_at is not None:
            raise Conflict("This was lifted already.")
        self.lifted_by, self.lifted_at = by, at

    def facts(self) -> dict[str, Any]:
        """Whose it is: they never lift it themself."""
        return super().facts() | {"target": self.about}


class BreakGlass(Row):
    """That somebody on duty woke the sleeping grants of one case: for one sign-in, until a moment.

    No key is sealed to anybody for it. What is woken lies sealed to their team already, and
    sleeps again by the clock alone: a stopped worker leaves nothing open.
    """

    __tablename__ = "break_glasses"
    __table_args__ = (
        CheckConstraint("verdict IN ('JUSTIFIED', 'MISUSE')", name="verdict"),
        Index("ix_break_glasses_sign_in", "sign_in", "case_id"),
    )
    scopes = frozenset({"own", "case", "log"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    used_by: Mapped[str]
    # Who put them on the rota: like its user, never its reviewer.
    put_by: Mapped[str]
    shift_id: Mapped[UUID] = mapped_column(ForeignKey("shifts.id"))
    sign_in: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    # Of the words given with it, which lie sealed under the case: each opening's entry carries it.
    commitment: Mapped[bytes]
    at: Mapped[datetime]
    until: Mapped[datetime]
    review_due_at: Mapped[datetime]
    verdict: Mapped[str | None]
    why: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]

    def end(self, *, at: datetime) -> None:
        """Let the keys sleep again before the time is over; Conflict once it is."""
        if self.until <= at:
            raise Conflict("This is over already.")
        self.until = at

    def review(self, verdict: str, why: str, *, by: str, at: datetime) -> None:
        """Say what it was. Only of what is over, and once; Conflict otherwise."""
        if self.until > at:
            raise Conflict("This is still open. It is reviewed when it is over.")
        if self.verdict is not None:
            raise Conflict("This has been reviewed already.")
        self.verdict, self.why, self.reviewed_by, self.reviewed_at = verdict, why, by, at

    def facts(self) -> dict[str, Any]:
        """Who broke it, and who put them on duty: neither of them judges it."""
        return {"authors": frozenset({self.used_by, self.put_by}), "target": self.used_by}


class Envelope(Row):
    """A key for what is not under a case: sealed to a team, and to a witness if there is one.

    The one who makes it cannot open it again: submissions and hand-offs rest on that.
    """

    __tablename__ = "envelopes"
    scopes = frozenset({"team", "receipt"})

    # Nobody's, once the case that its rows belong to is destroyed.
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("keyholders.id"), index=True)
    team_generation: Mapped[int]
    sealed_for_team: Mapped[bytes]
    witness_id: Mapped[UUID | None] = mapped_column(ForeignKey("keyholders.id"), index=True)
    sealed_for_witness: Mapped[bytes | None]
    at: Mapped[datetime]


class IndexKey(Row):
    """Which envelope holds the key under which a team can ask whether somebody is known.

    Signed, and with a commitment to the key: whoever writes the database could else put an
    envelope of their own here, and be told by the next record, name by name, who came.
    """

    __tablename__ = "index_keys"
    scopes = frozenset({"staff"})

    team_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"), unique=True)
    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelopes.id"))
    commitment: Mapped[bytes]
    vouched: Mapped[bytes]
    made_at: Mapped[datetime]

    def fact(self) -> bytes:
        """What the register vouches for about this row."""
        return index_fact(self.envelope_id, self.team_id, self.commitment)


class ShareMark(Row):
    """By what one paper share of escrow's key is known again; the share itself is with its custodian.

    Signed: whoever writes the database could else have good shares called forged.
    """

    __tablename__ = "share_marks"
    __table_args__ = (UniqueConstraint("keyholder_id", "generation", "number"),)
    scopes = frozenset({"staff"})

    keyholder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    generation: Mapped[int]
    number: Mapped[int]
    # How many of its set give the key back.
    needed: Mapped[int]
    mark: Mapped[bytes]
    dealt_at: Mapped[datetime]
    # When a ceremony last found it good.
    seen_at: Mapped[datetime | None]
    vouched: Mapped[bytes]

    def fact(self) -> bytes:
        """What the register vouches for about this row."""
        return share_fact(self.keyholder_id, self.generation, self.number, self.needed, self.mark)

"""The office's register: which public keys, members and case keys are the office's own.

All of these lie in the database, and whoever owns the database can write there. So each
row carries a signature by a key that only the staff process holds; its public half lies
outside the database. Nothing is sealed to a key that the register does not vouch for.

The register travels with the session, as the guard against stray writes does: what is
handed from function to function can be forgotten once, and once is enough.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.crypto import signing
from app.crypto.statements import statement
from app.errors import CannotStart, PlantedKey, SealBroken, Unavailable

log = logging.getLogger("amana.keyholders")

# Signatures found good, by their hash: a caller's memberships are read with every request.
REMEMBERED_MAX: Final = 20_000


class Voucher(Protocol):
    """The part of a key manager that can vouch."""

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key."""

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""


class Register:
    """Checks what was vouched for. With a voucher it can also vouch; the portal's cannot."""

    def __init__(self, public: bytes, voucher: Voucher | None = None) -> None:
        self._public = public
        self._voucher = voucher
        self._good: set[bytes] = set()

    @classmethod
    def of(cls, voucher: Voucher) -> Register:
        """The register of a process that holds its key."""
        return cls(voucher.register(), voucher)

    def vouch(self, fact: bytes) -> bytes:
        """Sign a fact; Unavailable in a process that may only check."""
        if self._voucher is None:
            raise Unavailable("This process does not hold the key of the register.")
        return self._voucher.vouch(fact)

    def knows(self, fact: bytes, signature: bytes | None) -> bool:
        """Whether exactly this fact was vouched for."""
        if signature is None:
            return False
        mark = hashlib.sha256(signature + fact).digest()
        if mark in self._good:
            return True
        try:
            signing.verify(self._public, fact, signature)
        except SealBroken:
            return False
        if len(self._good) >= REMEMBERED_MAX:
            self._good.clear()
        self._good.add(mark)
        return True


def trust_line(public: bytes) -> str:
    """How the public half is written down for a process that only checks."""
    return f"register {public.hex()}\n"


def read_trust(path: Path) -> bytes:
    """The public half from such a file; CannotStart if it is missing or holds something else."""
    try:
        word, _, written = path.read_text().strip().partition(" ")
        public = bytes.fromhex(written)
    except FileNotFoundError:
        raise CannotStart(f"{path.name} is missing. Restore it; it is no secret.") from None
    except ValueError:
        word, public = "", b""
    if word != "register" or len(public) != 32:
        raise CannotStart(f"{path.name} does not hold the register's key. Restore it; it is no secret.")
    return public


def register_of(session: Session) -> Register:
    """The register this session's process brought; Unavailable if it brought none."""
    found: Register | None = session.info.get("register")
    if found is None:
        raise Unavailable("This process does not know the office's register.")
    return found


def vouch(session: Session, fact: bytes) -> bytes:
    """The register's signature on a fact that this action makes true."""
    return register_of(session).vouch(fact)


def must_know(session: Session, fact: bytes, signature: bytes | None) -> None:
    """Raises PlantedKey unless the office made this row: nothing is sealed to it."""
    if not register_of(session).knows(fact, signature):
        raise PlantedKey("not in the register")


def say_planted(count: int) -> None:
    """Say aloud that there were rows nobody of the office made; they were left out."""
    log.critical("%d rows of keys that nobody here made were left out", count)


def note_planted(session: Session, count: int) -> None:
    """Have the action under way add an entry about rows it left out."""
    session.info["planted"] = session.info.get("planted", 0) + count


# Facts, each under a label of its own. The layouts stand in README.md beside this file.


def holder_fact(holder: UUID, kind: str, name: str | None, generation: int, public: bytes) -> bytes:
    """That this public key is this holder's: a person's by their code, a team's by its name."""
    parts = (holder.bytes, kind.encode(), (name or "").encode(), generation.to_bytes(2, "big"), public)
    return statement("amana/register/holder/v1", *parts)


def member_fact(team: UUID, generation: int, member: UUID, *, lead: bool, deputy: bool) -> bytes:
    """That somebody was let into one generation of a team, and as what."""
    duty = bytes([lead, deputy])
    return statement("amana/register/member/v1", team.bytes, generation.to_bytes(2, "big"), member.bytes, duty)


def case_key_fact(case: UUID, compartment: str, generation: int, commitment: bytes, by_name: bool) -> bytes:
    """That this is the key of a compartment, by its commitment, and whether named people alone may hold it."""
    parts = (case.bytes, compartment.encode(), generation.to_bytes(2, "big"), commitment, bytes([by_name]))
    return statement("amana/register/case-key/v1", *parts)


def index_fact(envelope: UUID, team: UUID, commitment: bytes) -> bytes:
    """That this envelope holds the key of a team's look-up index: nobody can put one of their own in its place."""
    return statement("amana/register/index/v1", envelope.bytes, team.bytes, commitment)


def share_fact(holder: UUID, generation: int, number: int, needed: int, mark: bytes) -> bytes:
    """That a share with this mark was dealt, and how many of its set are needed."""
    parts = (holder.bytes, generation.to_bytes(2, "big"), bytes([number, needed]), mark)
    return statement("amana/register/share/v1", *parts)


def invitation_fact(user: UUID, code: str, invite_hash: bytes, founds_team: str | None) -> bytes:
    """That the office invited somebody under this code, and whether to found a team."""
    return statement(
        "amana/register/invitation/v1", user.bytes, code.encode(), invite_hash, (founds_team or "").encode()
    )

"""Escrow's key on paper: dealt to custodians, joined again by enough of them, known share by share.

The whole key exists only in the process of a ceremony, and only until it ends. What is stored is a
mark of each share: it names a forged one, and gives nobody a share.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.crypto import hpke, kdf, shares
from app.errors import Conflict
from app.keyholders import holders
from app.keyholders.keyring import Keyring, membership_info
from app.keyholders.models import Grant, Keyholder, Membership, PublicKey, ShareMark
from app.keyholders.register import must_know, vouch

# By default three of five. With sixteen a round table is full, and SLIP-39 too.
CUSTODIANS: Final = 5
NEEDED: Final = 3
MOST: Final = 16


@dataclass(frozen=True)
class Dealt:
    """A fresh recovery key and its shares, before anybody has one. Prints as numbers only."""

    private: hpke.PrivateKey = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    needed: int

    @property
    def marks(self) -> tuple[bytes, ...]:
        """By what each share is known again."""
        return tuple(shares.mark(line) for line in self.lines)


def deal(needed: int = NEEDED, custodians: int = CUSTODIANS) -> Dealt:
    """A fresh recovery key, and lines of words of which any ``needed`` give it back.

    raises   ValueError unless 2 <= needed <= custodians <= 16
    """
    secret = secrets.token_bytes(32)
    return Dealt(key_of(secret), tuple(shares.split(secret, needed, custodians)), needed)


def key_of(secret: bytes) -> hpke.PrivateKey:
    """The private key that a joined secret stands for."""
    return hpke.PrivateKey.from_raw(kdf.derive(secret, "amana/escrow/v1", hpke.PRIVATE_BYTES))


def enter_marks(
    session: Session, escrow: Keyholder, marks: Sequence[bytes], needed: int, *, at: datetime
) -> None:  # fmt: skip
    """Keep the marks of the shares of escrow's present key."""
    for number, mark in enumerate(marks, 1):
        row = ShareMark(
            keyholder_id=escrow.id, generation=escrow.generation, number=number, needed=needed, mark=mark,
            dealt_at=at, seen_at=None,
        )  # fmt: skip
        row.vouched = vouch(session, row.fact())
        session.add(row)
    session.flush()


@dataclass(frozen=True)
class Sets:
    """The sets of shares there are, newest first: to tell one share at a time what it is.

    A set is (generation, how many are needed, mark -> number of the share).
    """

    sets: tuple[tuple[int, int, dict[bytes, int]], ...]

    def place(self, line: str, position: int, given: Collection[str] = ()) -> tuple[int, int]:
        """The generation and number of one share; the ``position``th to be given, after those ``given``.

        raises   BadShare naming it if it is mistyped, forged, of another set than the first, or there already
        """
        mark = shares.mark(line)
        for generation, _, numbers in self.sets:
            if mark not in numbers:
                continue
            others = [self.place(other, place) for place, other in enumerate(given, 1)]
            if others and (others[0][0] != generation or (generation, numbers[mark]) in others):
                break
            return generation, numbers[mark]
        raise shares.BadShare(position)

    def needed(self, generation: int) -> int:
        """How many shares of a generation's set give the key back."""
        return next(needed for found, needed, _ in self.sets if found == generation)

    @property
    def newest(self) -> tuple[int, int, dict[bytes, int]]:
        """The set whose key is in use."""
        return self.sets[0]


def sets_of(session: Session) -> Sets:
    """Every set whose key something is still sealed to; raises Conflict if none was ever dealt."""
    escrow = holders.escrow(session)
    rows = session.scalars(
        select(ShareMark).where(ShareMark.keyholder_id == escrow.id).order_by(ShareMark.generation.desc())
    ).all()
    found: dict[int, tuple[int, dict[bytes, int]]] = {}
    for row in rows:
        must_know(session, row.fact(), row.vouched)
        found.setdefault(row.generation, (row.needed, {}))[1][bytes(row.mark)] = row.number
    wanted = {escrow.generation, *stale_generations(session, escrow)}
    if escrow.generation not in found:
        raise Conflict("No shares of the recovery key were dealt here.")
    return Sets(tuple((each, *found[each]) for each in found if each in wanted))


def stale_generations(session: Session, escrow: Keyholder) -> frozenset[int]:
    """Older generations of escrow's key that grants are still sealed to: a replacement that was cut short."""
    older = select(Grant.keyholder_generation).where(
        Grant.keyholder_id == escrow.id, Grant.revoked_at.is_(None), Grant.keyholder_generation < escrow.generation
    )
    return frozenset(session.scalars(older.distinct()))


def joined(session: Session, lines: Sequence[str]) -> Keyring:
    """A ring with escrow's key on it, from enough shares of one set.

    raises   BadShare naming the share that does not belong; SharesDoNotJoin for too few
    """
    known, escrow = sets_of(session), holders.escrow(session)
    places = [known.place(line, position, lines[: position - 1]) for position, line in enumerate(lines, 1)]
    if not places or len(places) < known.needed(places[0][0]):
        raise shares.SharesDoNotJoin
    private = key_of(shares.join([shares.spelled(line) for line in lines]))
    generation = places[0][0]
    public = session.get_one(PublicKey, (escrow.id, generation))
    if bytes(public.public) != private.public:
        raise shares.SharesDoNotJoin
    memberships = session.scalars(
        select(Membership).where(Membership.member_id == escrow.id, Membership.ended_at.is_(None))
    ).all()
    return Keyring(escrow.id, private, generation, memberships if generation == escrow.generation else ())


def replace(
    session: Session, keyring: Keyring, public: bytes, marks: Sequence[bytes], needed: int, *, at: datetime
) -> int:
    """Another key pair for escrow, with its marks; returns how many team keys were sealed to it at once.

    The copies of the teams' keys are few and go in this transaction, so there is never a moment at
    which half of them are behind. Grants follow in portions.

    raises   Conflict while an earlier replacement is under way, and for shares that were replaced
    """
    escrow = session.scalars(
        select(Keyholder).where(Keyholder.id == holders.escrow(session).id).with_for_update()
    ).one()
    if stale_generations(session, escrow):
        raise Conflict("An earlier replacement has not come to its end. Finish that one first.")
    if keyring.generations(escrow.id) != {escrow.generation}:
        raise Conflict("These shares have been replaced.")
    memberships = [
        (row, keyring.private(row.team_id, row.generation)) for row in holders.memberships_of(session, escrow.id)
    ]
    holders.next_generation(session, escrow, public, at=at)
    enter_marks(session, escrow, marks, needed, at=at)
    for row, private in memberships:
        info = membership_info(row.team_id, row.generation, escrow.id)
        row.sealed_private = hpke.seal_to(public, private.raw, info=info)
    return len(memberships)


def see(session: Session, marks: Collection[bytes], *, at: datetime) -> int:
    """Note that the shares with these marks were found good; returns how many."""
    rows = session.scalars(select(ShareMark).where(ShareMark.mark.in_(marks))).all()
    for row in rows:
        row.seen_at = at
    return len(rows)


def seen_at(session: Session) -> datetime | None:
    """When enough shares of the present set were last found good: by the last of those that had to be there."""
    escrow = holders.escrow(session)
    mine = (ShareMark.keyholder_id == escrow.id) & (ShareMark.generation == escrow.generation)
    seen = session.scalars(
        select(ShareMark.seen_at).where(mine, ShareMark.seen_at.is_not(None)).order_by(ShareMark.seen_at.desc())
    ).all()
    needed = session.scalar(select(func.max(ShareMark.needed)).where(mine)) or 0
    return seen[needed - 1] if needed and len(seen) >= needed else None

"""The private keys one signed-in caller can use, for the time of one request.

A keyring is made from what the caller brought (their own private key); team keys are
opened from their memberships only when something needs them. It prints as a blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.crypto import hpke
from app.errors import PlantedKey, SealBroken
from app.keyholders.models import Membership


def membership_info(team: UUID, generation: int, member: UUID) -> bytes:
    """What a sealed team key is bound to: ``label || team[16] || generation[2] || member[16]``."""
    return b"amana/membership/v1" + team.bytes + generation.to_bytes(2, "big") + member.bytes


class Keyring:
    """Private keys by holder and generation. Never stored, never printed."""

    __slots__ = ("_own", "_publics", "_sealed", "holder", "holders")

    def __init__(
        self,
        holder: UUID,
        own: hpke.PrivateKey,
        generation: int = 1,
        memberships: Iterable[Membership | Row[Any]] = (),
        publics: Mapping[tuple[UUID, int], bytes] | None = None,
    ) -> None:
        self.holder = holder
        self._own: dict[tuple[UUID, int], hpke.PrivateKey] = {(holder, generation): own}
        self._sealed = {(m.team_id, m.generation): bytes(m.sealed_private) for m in memberships}
        self._publics = publics or {}
        self.holders = frozenset({holder} | {team for team, _ in self._sealed})

    def __repr__(self) -> str:
        return "<keyring>"

    def __reduce__(self) -> str:
        raise TypeError("a keyring is not stored")

    def private(self, holder: UUID, generation: int) -> hpke.PrivateKey:
        """The private key of a holder on this ring; raises SealBroken if it is not there."""
        key = self._own.get((holder, generation))
        if key is None:
            key = self._open_team(holder, generation)
            self._own[(holder, generation)] = key
        return key

    def holds(self, holder: UUID) -> bool:
        """Whether a holder is on this ring: the caller, or a team they are in."""
        return holder in self.holders

    def generations(self, team: UUID) -> frozenset[int]:
        """The generations of a holder's key that are on this ring."""
        return frozenset(generation for holder, generation in (*self._sealed, *self._own) if holder == team)

    def _open_team(self, team: UUID, generation: int) -> hpke.PrivateKey:
        sealed = self._sealed.get((team, generation))
        if sealed is None:
            raise SealBroken("not on this keyring")
        mine = next(key for (holder, _), key in self._own.items() if holder == self.holder)
        info = membership_info(team, generation, self.holder)
        private = hpke.PrivateKey.from_raw(hpke.open_with(mine, sealed, info=info))
        # What others seal to must be what we open: a stranger's public key beside ours is told by any member.
        if self._publics.get((team, generation), private.public) != private.public:
            raise PlantedKey("a team's public key that is not its members'")
        return private

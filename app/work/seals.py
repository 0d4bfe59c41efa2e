"""Sealing and opening cells with the keys of one request. Only ``Work`` holds one of these.

A cell is sealed where its row is known: table, column, row, case, compartment and
generation are bound into it, so a ciphertext moved anywhere else does not open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto import fields
from app.db import CaseRow, EnvelopeRow, Sealed, Table, sealed_columns, tables
from app.errors import Conflict, NotFound, SealBroken
from app.keyholders import grants
from app.keyholders.keyring import Keyring
from app.keyholders.models import Envelope, Grant
from app.work.plain import Plain

ENVELOPE = "ENVELOPE"
# Rows are re-sealed in the revoking transaction, so a case is worked through in portions.
PORTION = 200


class Seals:
    """The keys one request has opened so far, forgotten with it."""

    def __init__(
        self, session: Session, keyring: Keyring | None, at: datetime, reaching: Mapping[str, Any] | None = None
    ) -> None:  # fmt: skip
        self._session = session
        # Holds what ``reach`` gives: whether more than everyday grants count.
        self._reaching = reaching
        self._keyring = keyring
        self._at = at
        self._keys: dict[tuple[UUID, str, int], bytes] = {}
        # Grants that were asked together with a row, for the generation then in use.
        self._offered: dict[tuple[UUID, str, int], grants.Key] = {}
        # Rows of case_keys this transaction has locked: nobody moves them before it ends.
        self._generations: dict[tuple[UUID, str], int] = {}
        # The states of their cases, locked with them.
        self._states: dict[UUID, str] = {}

    def __repr__(self) -> str:
        return "<seals>"

    def seal(self, row: CaseRow | EnvelopeRow, column: str, plaintext: bytes) -> Sealed:
        """Seal a value for one cell under the generation now in use. Raises Conflict in a case that is closed."""
        scope, compartment = _scope(row)
        generation = 1
        if isinstance(row, CaseRow):
            generation = self._generation(scope, compartment)
            # Asked under the lock: what the action read of the case may be a moment old, and it closed since.
            if self._states[scope] != "OPEN" and not row.after_closing:
                raise Conflict("This case is closed.")
        cell = _cell(row, column, generation)
        return Sealed(fields.seal(self._key(row, generation), cell, plaintext))

    def open(self, row: CaseRow | EnvelopeRow, column: str) -> Plain | None:
        """Open one cell; None if nothing was given there. Raises SealBroken."""
        sealed: Sealed | None = getattr(row, column)
        if sealed is None:
            return None
        generation = fields.generation_of(sealed.raw)
        return Plain(fields.open_cell(self._key(row, generation), _cell(row, column, generation), sealed.raw))

    def room(self, row: CaseRow | EnvelopeRow, column: str) -> int:
        """At most how many bytes a cell holds, without opening it; 0 if nothing was given there."""
        sealed: Sealed | None = getattr(row, column)
        return 0 if sealed is None else fields.room(sealed.raw)

    def remember(self, scope: UUID, compartment: str, generation: int, key: bytes) -> None:
        """Keep a key that this request has just made."""
        self._keys[(scope, compartment, generation)] = key

    def offer(self, key: grants.Key) -> None:
        """A grant that was asked together with a row: opened when something needs it."""
        self._offered[(key.case_id, key.compartment, key.generation)] = key

    def rotate(self, case: UUID, compartment: str, *, without: UUID | None, by: UUID) -> int:
        """A new generation of a compartment key, and every cell under it sealed anew.

        returns  how many cells were sealed again

        All in the transaction of the revocation: after the commit the old key opens
        nothing that is stored. Files keep their bytes; only their sealed key changes.
        """
        old = self._standing(case, grants.generation_to_end(self._session, case, compartment))
        held = self._key_of(case, compartment, old)
        new, key = grants.rotate(self._session, case, compartment, held, without=without, by=by, at=self._at)
        self._generations[(case, compartment)] = new
        self._keys[(case, compartment, new)] = key
        count = 0
        for row in _rows_under(self._session, case, compartment):
            for column in sealed_columns(type(row)):
                plain = self.open(row, column)
                if plain is not None:
                    cell = _cell(row, column, new)
                    setattr(row, column, Sealed(fields.seal(key, cell, plain.raw())))
                    count += 1
        return count

    def give(
        self, case: UUID, compartment: str, holder: UUID, *, by: UUID, until: datetime | None = None,
        dormant: bool = False,
    ) -> Grant:  # fmt: skip
        """Seal a compartment key I hold to another holder."""
        generation = self._generation(case, compartment)
        key = self._key_of(case, compartment, generation)
        return grants.seal_grant(
            self._session, key, case, compartment, generation, holder, by=by, at=self._at, until=until,
            dormant=dormant,
        )  # fmt: skip

    def limit(
        self, case: UUID, compartment: str, holders: Collection[UUID], *, by: UUID, until: datetime,
        was: datetime | None,
    ) -> int:  # fmt: skip
        """Give what these holders have of a compartment I hold an end."""
        key = self._key_of(case, compartment, self._generation(case, compartment))
        return grants.limit(
            self._session, key, case, compartment, holders, by=by, at=self._at, until=until, was=was
        )  # fmt: skip

    def _generation(self, case: UUID, compartment: str) -> int:
        """The generation now in use, asked for once: its row stays locked until this transaction ends."""
        found = self._generations.get((case, compartment))
        if found is None:
            found = self._standing(case, grants.generation_of(self._session, case, compartment))
            self._generations[(case, compartment)] = found
        return found

    def _standing(self, case: UUID, found: tuple[int, str]) -> int:
        generation, self._states[case] = found
        if self._states[case] == "DESTROYED":
            raise NotFound
        return generation

    def _key(self, row: CaseRow | EnvelopeRow, generation: int) -> bytes:
        scope, compartment = _scope(row)
        if compartment == ENVELOPE and (scope, ENVELOPE, 1) not in self._keys:
            envelope = self._session.get_one(Envelope, scope)
            self._keys[(scope, ENVELOPE, 1)] = grants.open_envelope(self._ring(), envelope)
        return self._key_of(scope, compartment, generation)

    def _key_of(self, scope: UUID, compartment: str, generation: int) -> bytes:
        found = self._keys.get((scope, compartment, generation))
        if found is None:
            asked = self._offered.get((scope, compartment, generation))
            found = grants.open_key(
                self._session, self._ring(), scope, compartment, generation, at=self._at, asked=asked,
                reaching=self._reaching,
            )  # fmt: skip
            self._keys[(scope, compartment, generation)] = found
        return found

    def _ring(self) -> Keyring:
        if self._keyring is None:
            raise SealBroken("no keyring")
        return self._keyring


def compartment_in(row: Table) -> str:
    """The compartment a row of a case is sealed under; empty for any other row."""
    return str(row.compartment) if isinstance(row, CaseRow) else ""


def compartment_of(row: CaseRow | EnvelopeRow) -> str:
    """The compartment a row is sealed under."""
    return _scope(row)[1]


def _scope(row: CaseRow | EnvelopeRow) -> tuple[UUID, str]:
    if isinstance(row, EnvelopeRow):
        return row.envelope_id, ENVELOPE
    return row.case_id, str(row.compartment)


def _cell(row: CaseRow | EnvelopeRow, column: str, generation: int) -> fields.Cell:
    scope, compartment = _scope(row)
    return fields.Cell(row.__tablename__, column, row.id, scope, compartment, generation)


def _rows_under(session: Session, case: UUID, compartment: str) -> Iterator[CaseRow]:
    for table in tables().values():
        if issubclass(table, CaseRow) and sealed_columns(table):
            statement = select(table).where(table.case_id == case)
            if isinstance(table.compartment, str):
                if table.compartment != compartment:
                    continue
            else:
                statement = statement.where(table.compartment == compartment)
            yield from session.scalars(statement.execution_options(yield_per=PORTION)).all()

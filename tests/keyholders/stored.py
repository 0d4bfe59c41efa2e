"""Looking at what is stored the way a thief of the database would, with keys of one's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto import fields, hpke
from app.db import CaseRow, Sealed, sealed_columns, tables
from app.errors import SealBroken
from app.keyholders import grants
from app.keyholders.models import Grant, Keyholder
from tests.conftest import Database


@dataclass(frozen=True)
class StoredCell:
    """One sealed value of a case as it lies in the database, and where it lies."""

    cell: fields.Cell
    sealed: bytes


def cells(database: Database, compartment: str) -> list[StoredCell]:
    """Every sealed value under one compartment, of all cases."""
    with Session(database.engine("owner")) as session:
        return list(_cells(session, compartment))


def _cells(session: Session, compartment: str) -> Iterator[StoredCell]:
    for name, table in sorted(tables().items()):
        if not issubclass(table, CaseRow):
            continue
        for row in session.scalars(select(table)):
            for column in sealed_columns(table):
                sealed: Sealed | None = getattr(row, column)
                if sealed is not None and str(row.compartment) == compartment:
                    generation = fields.generation_of(sealed.raw)
                    cell = fields.Cell(name, column, row.id, row.case_id, compartment, generation)
                    yield StoredCell(cell, sealed.raw)


def opens(stored: StoredCell, key: bytes) -> bool:
    """Whether a compartment key opens a stored cell."""
    try:
        fields.open_cell(key, stored.cell, stored.sealed)
    except SealBroken:
        return False
    return True


def key_of(
    database: Database, private: hpke.PrivateKey, holder: UUID, compartment: str, generation: int,
    case: UUID | None = None,
) -> bytes:  # fmt: skip
    """The compartment key inside the grant of a holder, live or not, opened with their private key.

    case   which one, where the holder has the compartment of several
    """
    with Session(database.engine("owner")) as session:
        wanted = select(Grant).where(
            Grant.keyholder_id == holder, Grant.compartment == compartment, Grant.generation == generation
        )
        grant = session.scalars(wanted if case is None else wanted.where(Grant.case_id == case)).one()
        info = grants.grant_info(grant.case_id, compartment, generation, holder)
        return hpke.open_with(private, grant.sealed_key, info=info)


def holder_named(database: Database, kind: str, name: str | None = None) -> Keyholder:
    with Session(database.engine("owner"), expire_on_commit=False) as session:
        wanted = select(Keyholder).where(Keyholder.kind == kind)
        return session.scalars(wanted if name is None else wanted.where(Keyholder.name == name)).one()

"""Tables, the mute type of a sealed column, and the guard against stray writes.

Rows stay in the hallway (app/work.py). A table says here what rows of it a caller can
ever be given: its *scopes*. One that says nothing cannot be read through the hallway.
"""

from __future__ import annotations

import select
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Engine,
    ForeignKey,
    LargeBinary,
    MetaData,
    Uuid,
    any_,
    create_engine,
    event,
    literal,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
)
from sqlalchemy.types import TypeDecorator

from app.clock import uuid7

SCOPES: Final = frozenset({"compartment", "case", "own", "team", "receipt", "staff", "accounts", "log", "clock"})


class StrayWrite(RuntimeError):
    """Something tried to write outside an action: a defect, never an answer."""


class Sealed:
    """Stored and mute: knows its bytes, shows nothing. Opened only by ``Work.open``."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return "<sealed>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)


class SealedType(TypeDecorator[Sealed]):
    """Carries ciphertext only. It cannot open: a column type does not see its row, so a
    ciphertext moved to another row would open there unnoticed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise StrayWrite("a sealed column takes only what Work.seal made")
        return None if value is None else value.raw

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), Sealed: SealedType, bytes: LargeBinary}

    # Which rows a caller can ever be given; empty means none, and asking raises.
    scopes: ClassVar[frozenset[str]] = frozenset()
    # A table whose rows change without an entry says here why that is harmless.
    unguarded: ClassVar[str] = ""
    # The column by which the outside addresses a row.
    addressed_by: ClassVar[str] = "id"

    # The column that holds the code of whoever made a row: rules about one's own work ask for it.
    author: ClassVar[str] = ""

    def facts(self) -> dict[str, Any]:
        """What a rule may know of this row: its state and who made it. Never content."""
        known: dict[str, Any] = {}
        if self.author:
            known["authors"] = frozenset({getattr(self, self.author)})
        if "state" in self.__mapper__.columns:
            known["state"] = self.state  # type: ignore[attr-defined]
        return known


class Row(Table):
    """A row with an id made by us before it is stored, because seals are bound to it."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)

    def __init__(self, **given: Any) -> None:
        given.setdefault("id", uuid7())
        super().__init__(**given)


class CaseRow(Row):
    """A row under one case, sealed with the key of one compartment of it.

    ``compartment`` is fixed for the table, or a column where rows differ.
    """

    __abstract__ = True

    scopes = frozenset({"compartment"})
    # Of identity or place, and yet shown for the reason of the visit: how to approach somebody.
    opens_with_visit: ClassVar[bool] = False
    # Printed for everybody to read: who reads many of these takes nobody's case out of the drawer.
    printed: ClassVar[bool] = False
    # Written of a closed case too: why somebody opened it, what the witness wants to become of it.
    after_closing: ClassVar[bool] = False
    # The state in which a row holds nothing any more: it is listed no longer.
    emptied: ClassVar[str] = ""
    # The clear column that says when something of it falls due, and the states in which it still does;
    # without such a state the newest row of a case counts alone.
    due: ClassVar[str] = ""
    due_in: ClassVar[frozenset[str]] = frozenset()
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    if TYPE_CHECKING:
        compartment: Any


class EnvelopeRow(Row):
    """A row sealed with the key of one envelope: to a team, and perhaps to a witness."""

    __abstract__ = True

    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelopes.id"), index=True)


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether a column of ids is one of these, told as one array.

    ``IN`` has a statement of its own for each number of ids, and each is compiled and prepared anew.
    """
    return column == any_(literal([*values], ARRAY(Uuid)))


def sealed_columns(table: type[Table]) -> list[str]:
    """Names of the sealed columns of a table, in their order."""
    return [column.key for column in table.__mapper__.columns if isinstance(column.type, SealedType)]


def shown_columns(table: type[Table]) -> list[str]:
    """Those of them that may be shown to somebody; the key of a file only works, and is shown to nobody."""
    return [name for name in sealed_columns(table) if name not in getattr(table, "never_shown", ())]


def tables() -> dict[str, type[Table]]:
    """Every mapped table by its name."""
    return _tables(len(Table.metadata.tables))


@lru_cache(maxsize=1)
def _tables(_count: int) -> dict[str, type[Table]]:
    # Asked several times a request: made anew only where another part has been loaded since.
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Table.registry.mappers}


def engine_for(url: str, *, connections_max: int = 12, wait_seconds: int = 2) -> Engine:
    """An engine that never prints a bound value and refuses rather than queues.

    ``hide_parameters`` keeps values out of exceptions; the text of a database error is
    never shown either, since PostgreSQL repeats values in its DETAIL.
    """
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=connections_max,
        max_overflow=0,
        pool_timeout=wait_seconds,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
    )
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool take another connection instead of one that its server has left.

    An idle line has nothing to say. If there is something to read, it is the server's farewell
    or its end, and asking costs no round trip, as ``pool_pre_ping`` would at every use.
    """
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if line.poll(0):
        raise DisconnectionError


@event.listens_for(Session, "before_flush")
def _no_stray_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    if not session.info.get("hallway"):
        raise StrayWrite("a flush outside an action")


@event.listens_for(Session, "do_orm_execute")
def _no_stray_statement(state: ORMExecuteState) -> None:
    if not state.is_select and not state.session.info.get("hallway"):
        raise StrayWrite("a statement that writes, outside an action")

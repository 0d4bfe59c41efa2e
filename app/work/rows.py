"""Which rows a caller can be given. A table that declares no scope raises; nothing returns everything.

Each scope is one condition. A table may declare several; a caller gets the rows that any
scope gives which both the table declares and a rule lets this kind of caller use.
A statement is made once for all callers and run with the values of one: to build it costs
more than to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    false,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.audit.models import SAID, EntryBody
from app.db import SCOPES, CaseRow, EnvelopeRow, Table, tables
from app.errors import NotFound
from app.keyholders.models import Envelope, Grant
from app.keyholders.reach import HOLDERS, counts, declared, reach
from app.policy.actor import Actor

T = TypeVar("T", bound=Table)
# Under a name of its own: grants are rows too, and theirs would else be compared with themselves.
_MINE: Final = aliased(Grant, name="mine")


@lru_cache(maxsize=1)
def tables_filled() -> CompoundSelect[str]:
    """The names of tables that hold a row of one ``case``, whoever may be given it: where to ask, never what to show.

    A case has rows in a few of some forty tables, and each of the others would cost a question.
    """
    holding = (
        select(literal_column(f"'{name}'", Text)).where(exists().where(table.case_id == bindparam("case", type_=Uuid)))
        for name, table in sorted(tables().items())
        if issubclass(table, CaseRow)
    )
    return union_all(*holding)


class NoScope(RuntimeError):
    """A table was read that says of no row who may be given it: a defect."""


def scoped(table: type[T], allowed: frozenset[str]) -> Select[T]:
    """``SELECT`` of a table with a caller's scope as its ``WHERE``; it is run with what ``bound`` gives."""
    return _select(table, _usable(table, allowed))


def in_scope(table: type[Table], allowed: frozenset[str]) -> ColumnElement[bool]:
    """The same scope as a condition."""
    return _condition(table, _usable(table, allowed))


def bound(actor: Actor, at: datetime, reaching: str = "HELD") -> dict[str, Any]:
    """The values of one caller for statements that were made once for all of them.

    reaching  whose keys count: see ``Action.reaches``
    """
    return {
        **reach(glass=actor.sign_in if reaching == "WOKEN" else None, asleep=reaching == "ASLEEP"),
        "holders": [*actor.keyholders],
        "at": at,
        "me": actor.id,
        # An entry names its actor by a code, and witnesses share one.
        "my_code": actor.code if actor.kind == "User" else None,
    }


def addressed(column: ColumnElement[Any], key: object) -> object:
    """The key, if it could be in that column; NotFound otherwise, as for one that is not there."""
    if isinstance(column.type, Uuid):
        try:
            return key if isinstance(key, UUID) else UUID(str(key))
        except ValueError:
            raise NotFound from None
    # References and codes are plain ASCII; the database could not even be asked for a NUL.
    if not (isinstance(key, str) and key.isascii() and key.isprintable()):
        raise NotFound
    return key


def case_of(row: Table) -> set[UUID]:
    """The case an entry about this row belongs to."""
    if row.__tablename__ == "cases":
        return {row.id}  # type: ignore[attr-defined]
    case = getattr(row, "case_id", None)
    return set() if case is None else {case}


def _usable(table: type[Table], allowed: frozenset[str]) -> frozenset[str]:
    if not table.scopes or not table.scopes <= SCOPES:
        raise NoScope(f"{table.__tablename__} declares no row scope")
    return table.scopes & allowed


@lru_cache(maxsize=512)
def _select(table: type[T], scopes: frozenset[str]) -> Select[T]:
    return select(table).where(_condition(table, scopes))


@lru_cache(maxsize=512)
def _condition(table: type[Table], scopes: frozenset[str]) -> ColumnElement[bool]:
    return or_(false(), *(_CONDITIONS[name](table) for name in sorted(scopes)))


def _held(table: type[Table], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    columns = table.__mapper__.columns
    case = columns["case_id"] if "case_id" in columns else columns["id"]
    return exists().where(_MINE.case_id == case, _MINE.keyholder_id == any_(HOLDERS), counts(_MINE), *more)


def _compartment(table: type[Table]) -> ColumnElement[bool]:
    return _held(table, _MINE.compartment == table.compartment)  # type: ignore[attr-defined]


def _case(table: type[Table]) -> ColumnElement[bool]:
    return _held(table)


def _own(table: type[Table]) -> ColumnElement[bool]:
    # Who has neither id nor code of their own is nobody here: nothing equals NULL.
    if table is EntryBody:
        mine: ColumnElement[bool] = SAID["actor"] == bindparam("my_code", type_=Text())
        return mine
    owner: ColumnElement[UUID] = table.__mapper__.columns[getattr(table, "owner", "user_id")]
    return owner == bindparam("me", type_=Uuid())


def _envelopes(table: type[Table], holder: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    if table is Envelope:
        return holder == any_(HOLDERS)
    if issubclass(table, EnvelopeRow):
        mine = exists().where(Envelope.id == table.envelope_id, holder == any_(HOLDERS))
        # A team's envelope opens to each member: of a case they are to have nothing to do with, nothing waits for them.
        case = table.__mapper__.columns.get("case_id")
        return mine if case is None else mine & ~declared(case)
    raise NoScope(f"{table.__tablename__} is not sealed in an envelope")


def _team(table: type[Table]) -> ColumnElement[bool]:
    return _envelopes(table, Envelope.team_id)


def _receipt(table: type[Table]) -> ColumnElement[bool]:
    return _envelopes(table, Envelope.witness_id)


def _all(_table: type[Table]) -> ColumnElement[bool]:
    return true()


_CONDITIONS: Final[dict[str, Callable[[type[Table]], ColumnElement[bool]]]] = {
    "compartment": _compartment,
    "case": _case,
    "own": _own,
    "team": _team,
    "receipt": _receipt,
    "staff": _all,
    "accounts": _all,
    "log": _all,
    "clock": _all,
}

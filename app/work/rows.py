"""Which rows a caller can be given. A table that declares no scope raises; nothing returns everything.

Each scope is one condition. A table may declare several; a caller gets the rows that any
scope gives which both the table declares and a rule lets this kind of caller use.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, exists, false, or_, select, true

from app.audit.models import EntryBody
from app.db import SCOPES, EnvelopeRow, Table, among
from app.keyholders.grants import live
from app.keyholders.models import Envelope, Grant
from app.policy.actor import Actor

T = TypeVar("T", bound=Table)


class NoScope(RuntimeError):
    """A table was read that says of no row who may be given it: a defect."""


def scoped(table: type[T], actor: Actor, allowed: frozenset[str], at: datetime) -> Select[T]:
    """``SELECT`` of a table with this caller's scope as its ``WHERE``."""
    if not table.scopes or not table.scopes <= SCOPES:
        raise NoScope(f"{table.__tablename__} declares no row scope")
    conditions = [_CONDITIONS[name](table, actor, at) for name in sorted(table.scopes & allowed)]
    return select(table).where(or_(false(), *conditions))


def _held(table: type[Table], actor: Actor, at: datetime, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    columns = table.__mapper__.columns
    case = columns["case_id"] if "case_id" in columns else columns["id"]
    mine = among(Grant.keyholder_id, actor.keyholders)
    return exists().where(Grant.case_id == case, mine, live(at), *more)


def _compartment(table: type[Table], actor: Actor, at: datetime) -> ColumnElement[bool]:
    return _held(table, actor, at, Grant.compartment == table.compartment)  # type: ignore[attr-defined]


def _case(table: type[Table], actor: Actor, at: datetime) -> ColumnElement[bool]:
    return _held(table, actor, at)


def _own(table: type[Table], actor: Actor, _at: datetime) -> ColumnElement[bool]:
    if table is EntryBody:
        # An entry names its actor by a code, and witnesses share one.
        mine: ColumnElement[bool] = EntryBody.view["actor"].astext == actor.code
        return mine if actor.kind == "User" else false()
    owner: Any = table.__mapper__.columns[getattr(table, "owner", "user_id")]
    return owner == actor.id if actor.id else false()


def _envelopes(table: type[Table], holder: Any, actor: Actor) -> ColumnElement[bool]:
    if table is Envelope:
        return among(holder, actor.keyholders)
    if issubclass(table, EnvelopeRow):
        return exists().where(Envelope.id == table.envelope_id, among(holder, actor.keyholders))
    raise NoScope(f"{table.__tablename__} is not sealed in an envelope")


def _team(table: type[Table], actor: Actor, _at: datetime) -> ColumnElement[bool]:
    return _envelopes(table, Envelope.team_id, actor)


def _receipt(table: type[Table], actor: Actor, _at: datetime) -> ColumnElement[bool]:
    return _envelopes(table, Envelope.witness_id, actor)


def _all(_table: type[Table], _actor: Actor, _at: datetime) -> ColumnElement[bool]:
    return true()


_CONDITIONS: Final[dict[str, Callable[[type[Table], Actor, datetime], ColumnElement[bool]]]] = {
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

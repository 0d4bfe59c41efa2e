"""The subject of an action, and in the same question what decides whether it may be touched.

Whether the caller is still who they were, the row through their scope, what they hold and have
opened of its case, where the item they cite stands, and the grant that opens the row if it is to
be opened: all of one moment, and one trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, null, select, true
from sqlalchemy.orm import Session

from app.db import CaseRow, Table, tables
from app.errors import Conflict, NotFound
from app.keyholders.grants import Key, key_beside
from app.work import wall
from app.work.caller import Caller
from app.work.rows import in_scope

# In the place of what is known of a case, for what lies in none.
_NOTHING: Final = (null(), null(), null())


@dataclass(frozen=True, eq=False)
class Standing:
    """How a sign-in stands now.

    question  of at most one row, for ``sign_in``; all of its tables under names of their own
    judge     raises NotSignedIn if the answer is not what the caller was a moment ago
    """

    question: Select[*tuple[Any, ...]]
    judge: Callable[[Caller, Sequence[Any] | None], None]


@dataclass(frozen=True)
class Cited:
    """Where an item that a form cites stands, for each kind of item it may be; None if it is not in scope."""

    kinds: tuple[str, ...] = ()
    found: Sequence[UUID | None] = ()

    def stands(self, case: UUID | None) -> bool:
        """Whether it is an item of this case; of one that lies in none, whether it is there at all."""
        pairs = zip(self.kinds, self.found, strict=True)
        return any(
            found is not None and (case is None or found == case or not _in_case(tables()[kind]))
            for kind, found in pairs
        )


@dataclass(frozen=True)
class Found:
    """A subject, and what was asked with it."""

    row: Table
    known: wall.Known
    cited: Cited
    key: Key | None = None


def fetch(
    session: Session, caller: Caller, table: type[Table], address: object, *,
    allowed: frozenset[str], given: Mapping[str, Any], kinds: tuple[str, ...], cites: UUID | None,
    standing: Standing | None, opens: bool,
) -> Found:  # fmt: skip
    """A subject by its outside address. Raises NotSignedIn first, and then NotFound.

    given  the caller's values for statements that were made once: see ``bound``
    """
    actor = caller.actor
    given = dict(given) | {
        "address": address, "cites": cites, "sign_in": actor.sign_in, "reader": wall.reader(actor),
        "ring": caller.keyring.holder if caller.keyring is not None else None,
    }  # fmt: skip
    kinds = _known(kinds)
    answer = session.execute(_question(table, allowed, kinds, standing, opens), given).one_or_none()
    before = 0
    if standing is not None:
        standing.judge(caller, answer)
        before = len(standing.question.selected_columns)
    if answer is None or answer[before] is None:
        raise NotFound
    row, held, past, apart, *rest = answer[before:]
    cited, key = rest[: len(kinds)], rest[len(kinds) :]
    granted = Key(*key) if key and key[0] is not None else None
    return Found(row, wall.Known.read(held, past, apart), Cited(kinds, cited), granted)


def cited(
    session: Session, key: UUID, kinds: tuple[str, ...], *, allowed: frozenset[str], given: Mapping[str, Any]
) -> Cited:
    """The same of an item alone."""
    kinds = _known(kinds)
    return Cited(kinds, session.execute(_items(allowed, kinds), dict(given) | {"cites": key}).one())


def agreed(session: Session, key: UUID, case: UUID, *, today: date) -> bool:
    """Whether a consent of this case stands now. Raises Conflict for one that is due to be confirmed again."""
    consents: Any = tables()["consents"]
    asked = select(consents).where(consents.id == key, consents.case_id == case)
    # Held to the end: a withdrawal that has committed is seen here, and one under way waits for what goes out now.
    held = asked.with_for_update(read=True).execution_options(populate_existing=True)
    found = session.scalars(held).first()
    standing = None if found is None else found.standing(today=today)
    if standing == "RECONFIRM_DUE":
        raise Conflict("The witness has to be asked again before this consent can be cited: it is due to be confirmed.")
    return bool(standing == "GRANTED")


def _known(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind in tables())


def _in_case(table: type[Table]) -> bool:
    return "case_id" in table.__mapper__.columns


@lru_cache(maxsize=1024)
def _question(
    table: type[Table], allowed: frozenset[str], kinds: tuple[str, ...], standing: Standing | None, opens: bool
) -> Select[*tuple[Any, ...]]:
    columns = table.__mapper__.columns
    address = columns[table.addressed_by]
    mine = (address == bindparam("address", type_=address.type)) & in_scope(table, allowed)
    case = columns["id"] if table.__tablename__ == "cases" else columns.get("case_id")
    asked: list[Any] = [table, *(wall.known(case) if case is not None else _NOTHING), *_places(allowed, kinds)]
    # The caller's row comes first and alone: whether they may be told anything is known even where nothing is found.
    whole = (
        select(*asked).where(mine) if standing is None else standing.question.add_columns(*asked).outerjoin(table, mine)
    )
    if not (opens and issubclass(table, CaseRow)):
        return whole
    key = key_beside(table.case_id, table.compartment)
    return whole.add_columns(*key.c).outerjoin(key, true())


@lru_cache(maxsize=256)
def _items(allowed: frozenset[str], kinds: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    return select(*_places(allowed, kinds))


def _places(allowed: frozenset[str], kinds: tuple[str, ...]) -> list[ColumnElement[Any]]:
    """For each kind the case of the cited item, or its id where it is of no case."""
    found: list[ColumnElement[Any]] = []
    for table in (tables()[kind] for kind in kinds):
        columns = table.__mapper__.columns
        item = select(columns["case_id"] if _in_case(table) else columns["id"])
        cites = bindparam("cites", type_=Uuid())
        found.append(item.where(columns["id"] == cites, in_scope(table, allowed)).scalar_subquery())
    return found

"""What an auditor need not look at first: openings while on duty, and what one's own interview joins.

The entry says so itself, in the code ``expected``. It excuses nothing: such entries stand in every list.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, select
from sqlalchemy.orm import Session

from app.db import tables
from app.policy.actor import Actor

ON_DUTY: Final = "on_duty"
OWN_SESSION: Final = "own_session"
# The team whose members stand on the rota: of nobody else it is asked.
_DUTY: Final = "duty"


def opening(session: Session, actor: Actor, *, at: datetime) -> str | None:
    """Why an opening is no surprise, if it is none."""
    if _DUTY not in actor.teams:
        return None
    return ON_DUTY if session.scalar(_on_the_rota(), {"me": actor.id, "at": at}) else None


def joining(session: Session, actor: Actor, case: UUID, *, at: datetime) -> str | None:
    """Why it is no surprise that both sides of this case were opened in one sitting, if it is none."""
    if session.scalar(_in_session(), {"my_code": actor.code, "case": case}):
        return OWN_SESSION
    return opening(session, actor, at=at)


@cache
def _on_the_rota() -> Select[tuple[bool]]:
    columns = _columns("shifts")
    mine = columns["user_id"] == bindparam("me"), columns["starts_at"] <= bindparam("at")
    return select(exists().where(*mine, columns["ends_at"] > bindparam("at")))


@cache
def _in_session() -> Select[tuple[bool]]:
    columns = _columns("testimonies")
    mine = columns["taken_by"] == bindparam("my_code"), columns["case_id"] == bindparam("case")
    return select(exists().where(*mine, columns["state"] == "IN_SESSION"))


def _columns(table: str) -> dict[str, ColumnElement[Any]]:
    return dict(tables()[table].__mapper__.columns)

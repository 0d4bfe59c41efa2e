"""Who had a part in a case: took it in, cared for the witness, or opened what was said.

A report on somebody's cooperation is written by none of these. Three records are asked, since no one of them has
all: the log knows who did anything as intake or casework, for as long as its bodies are kept; what a sign-in
opened of a case is noted apart; and every row keeps who made it until the case is destroyed.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import array

from app.audit.models import SAID, Combination, EntryBody, EntrySubject
from app.db import CaseRow, tables
from app.policy.actor import Actor
from app.work import Reading

ROLES: Final = ("intake_officer", "caseworker")
# What only intake and casework write. Legal writes beside the account too: restrictions of a passage, a promise.
_THEIRS: Final = frozenset({"IDENTITY", "LOCATION", "THREAT", "CARE"})
ACCOUNT: Final = frozenset({
    "testimonies", "segments", "session_events", "safety_answers", "read_backs", "prior_accounts", "paper_sessions",
})  # fmt: skip


def had_a_part(reading: Reading, case: UUID) -> bool:
    """Whether whoever asks had a part in this case."""
    me = reading.actor
    asked = or_(_opened(me, case), *_made(me, case), _did(me, case))
    return bool(reading.execute(select(asked))[0][0])


def _opened(me: Actor, case: UUID) -> ColumnElement[bool]:
    return exists().where(Combination.user_id == me.id, Combination.case_id == case, Combination.what)


def _did(me: Actor, case: UUID) -> ColumnElement[bool]:
    return exists().where(
        EntrySubject.case_id == case, EntryBody.entry == EntrySubject.entry, SAID["actor"] == me.code,
        SAID["outcome"] == "done", EntryBody.view["roles"].has_any(array(ROLES)),
    )  # fmt: skip


def _made(me: Actor, case: UUID) -> list[ColumnElement[bool]]:
    theirs = [
        table for name, table in sorted(tables().items())
        if issubclass(table, CaseRow) and table.author
        and (name in ACCOUNT or (isinstance(table.compartment, str) and table.compartment in _THEIRS))
    ]  # fmt: skip
    columns = [table.__mapper__.columns for table in theirs]
    return [
        exists().where(each["case_id"] == case, each[table.author] == me.code)
        for table, each in zip(theirs, columns, strict=True)
    ]

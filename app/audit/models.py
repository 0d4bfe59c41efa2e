"""The access log's tables. The app may only add; where an entry stands is said elsewhere.

``entries`` never changes. ``places`` is filled by the sequencer. ``entry_bodies`` may be
deleted by the eraser once its term is over: the tree still verifies without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FetchedValue,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.db import Table

UNGUARDED = "it is the log itself"


class XID8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id: filled by the server, never by us."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name by which PostgreSQL knows it."""
        return "xid8"


class Entry(Table):
    """That something was done or refused. ``commitment`` is SHA-256(salt || body), 32 bytes.

    ``tx`` lets the database refuse a commit that changed something and appended nothing;
    the app has no right to write it, so it cannot be forged.
    """

    __tablename__ = "entries"
    # The server's value is never read back: the portal's role may not select here.
    __mapper_args__ = {"eager_defaults": False}
    unguarded = UNGUARDED
    scopes = frozenset({"log"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tx: Mapped[int] = mapped_column(XID8, server_default=FetchedValue(), index=True)
    commitment: Mapped[bytes]


# What an auditor asks for, as the body has it. Written out, and not with bound names: a question is
# answered from an index only if both are spelled alike.
_SAID: Final = {
    "actor": "view ->> 'actor'",
    "action": "view ->> 'action'",
    "operation": "view ->> 'operation'",
    "outcome": "view ->> 'outcome'",
    "justification": "view ->> 'justification'",
    "rule": "view #>> '{policy,rule}'",
    "cites": "view ->> 'cites'",
    "request": "view ->> 'request'",
    "sought": "view ->> 'sought'",
}
# Of most entries these are not there, or say nothing: such entries are left out of their index.
_SELDOM: Final = {
    "outcome": "view ->> 'outcome' <> 'done'",
    **{name: f"{_SAID[name]} IS NOT NULL" for name in ("justification", "cites", "request", "sought")},
}
# Somebody opened or asked for more than is usual.
_ALARMED: Final = (
    "(view -> 'codes' ? 'alarm' OR view #>> '{codes,in_vain}' = 'true' OR view ->> 'outcome' = 'quota.cases')"
)
_OF_A_SUBMISSION: Final = "view ->> 'action' IN ('submission.open', 'submission.open_file')"


class EntryBody(Table):
    """Salt and canonical body of an entry, until its term ends."""

    __tablename__ = "entry_bodies"
    __table_args__ = (
        *(
            # With the entry behind it: a page is read from where the one before it ended, in order.
            Index(f"ix_entry_bodies_{name}", text(f"({said})"), "entry", postgresql_where=_SELDOM.get(name))
            for name, said in _SAID.items()
        ),
        Index("ix_entry_bodies_alarmed", "entry", postgresql_where=_ALARMED),
        # What was opened of a submission: it stands in no case, so no number of a case leads to it.
        Index("ix_entry_bodies_submission", text("(view #>> '{rows,0}')"), "entry", postgresql_where=_OF_A_SUBMISSION),
    )
    unguarded = UNGUARDED
    scopes = frozenset({"log", "own"})

    entry: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    salt: Mapped[bytes]
    # The exact bytes that were committed to; ``view`` is the same for searching.
    body: Mapped[bytes] = mapped_column(LargeBinary)
    view: Mapped[dict[str, object]] = mapped_column(JSONB)


SAID: Final[Mapping[str, ColumnElement[str]]] = {
    name: literal_column(f"({said})".replace("view", "entry_bodies.view"), Text()) for name, said in _SAID.items()
}
ALARMED: Final[ColumnElement[bool]] = literal_column(_ALARMED.replace("view", "entry_bodies.view"), Boolean())
# The entry itself says why it is no surprise.
EXPECTED: Final[ColumnElement[bool]] = literal_column(
    "(entry_bodies.view #> '{codes,expected}' IS NOT NULL)", Boolean()
)
IN_VAIN: Final = EntryBody.view["codes"]["in_vain"].astext == "true"


class EntrySubject(Table):
    """Which cases an entry is about, and as which of that case's entries: 1, 2, 3 ... without gap."""

    __tablename__ = "entry_subjects"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)
    unguarded = UNGUARDED
    scopes = frozenset({"case", "log"})

    entry: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class SubjectCounter(Table):
    """The last number given out for a case. Moved only by the function ``take_subject_seq``."""

    __tablename__ = "subject_counters"
    unguarded = "moved by a database function that an entry's own trigger checks"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class Place(Table):
    """Where an entry stands in the tree: dense from 0. Written once, by the sequencer."""

    __tablename__ = "places"
    unguarded = "filled after the commit, by the sequencer"
    scopes = frozenset({"log"})

    entry: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    leaf_index: Mapped[int] = mapped_column(BigInteger, unique=True)


class SignedCheckpoint(Table):
    """Every checkpoint that was signed: the second place that a restored tile folder meets."""

    __tablename__ = "checkpoints"
    unguarded = "the sequencer's own record"
    scopes = frozenset({"log", "staff"})

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    at: Mapped[datetime]


class Combination(Table):
    """What one sign-in has opened of one case: to note when both sides of the wall were, and to count cases.

    ``who`` identity or place, ``what`` the account, ``place`` the place itself: whoever has
    opened one of the last two of a case does not open the other, whatever they hold later.
    ``counted_at`` when it was last counted among the cases this reader opens, and ``alarm`` which
    set number that reached (app/work/quotas.py).
    """

    __tablename__ = "combinations"
    __table_args__ = (Index("ix_combinations_counted", "user_id", "counted_at"),)
    unguarded = "derived from entries: `combine` is noted once per sign-in and case, and cases are counted"
    scopes = frozenset({"own"})

    sign_in: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[UUID]
    who: Mapped[bool]
    what: Mapped[bool]
    place: Mapped[bool]
    counted_at: Mapped[datetime]
    alarm: Mapped[str | None]

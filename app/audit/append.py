"""Appending an entry inside the caller's transaction. The only writer of the log.

What an entry may hold is typed: codes, ids, references, field names, counts. There is no
field into which a sentence would fit.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.audit.canonical import canonical, commitment
from app.clock import uuid7

OPERATIONS: Final = frozenset(
    {
        "collect", "alter", "consult", "disclose", "combine", "erase",
        "sign-in", "grant", "revoke", "key", "policy", "release", "verify", "refuse",
    }
)  # fmt: skip

# A code, a field name, a reference, a role: nothing with a blank in it, nothing long.
_CODE: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")

# One statement: the log is on the way of everything, and each more costs a round trip.
_ENTRY: Final = """
    WITH entry AS (INSERT INTO entries (id, commitment) VALUES (:id, :commitment)){more}
    INSERT INTO entry_bodies (entry, salt, body, view)
    VALUES (:id, :salt, :body, convert_from(:body, 'UTF8')::jsonb)
"""
_SUBJECTS: Final = """, subjects AS (
        INSERT INTO entry_subjects (entry, case_id, seq)
        SELECT :id, * FROM unnest(CAST(:cases AS uuid[]), CAST(:seqs AS bigint[])))"""
_NAMED: Final = text("""
    SELECT id, reference, take_subject_seq(id) AS seq FROM (
        SELECT id, reference FROM cases WHERE id = ANY(CAST(:cases AS uuid[])) ORDER BY id OFFSET 0
    ) AS ordered
""")
_WITHOUT: Final = text(_ENTRY.format(more=""))
_WITH_SUBJECTS: Final = text(_ENTRY.format(more=_SUBJECTS))


class NotACode(TypeError):
    """Something that is not a code was offered to the log: a defect, stopped before it is written."""


@dataclass(frozen=True)
class CaseSubject:
    """One case an entry is about, by row id and reference, and rows of it that were touched.

    seq   its number among the case's entries, if it was taken for this one entry already
    """

    case_id: UUID
    reference: str
    rows: tuple[UUID, ...] = ()
    seq: int | None = None


@dataclass(frozen=True)
class Draft:
    """One entry before it has its number. Every text in it must be a code."""

    operation: str
    action: str
    actor: str
    at: datetime
    roles: Iterable[str] = ()
    rule: str = "none"
    policy_hash: str = "none"
    subjects: tuple[CaseSubject, ...] = ()
    rows: tuple[UUID, ...] = ()
    fields: tuple[str, ...] = ()
    purpose: str = "none"
    justification: str = "none"
    cites: UUID | None = None
    recipient: UUID | None = None
    outcome: str = "done"
    request: UUID | None = None
    host: str = "none"
    sought: str | None = None
    words: bytes | None = None
    codes: Mapping[str, str | int | bool | UUID] = field(default_factory=dict)


def name_subjects(session: Session, cases: Iterable[UUID], rows: tuple[UUID, ...]) -> tuple[CaseSubject, ...]:
    """The subjects of one entry: their references, and a number of each, in one question.

    A number is taken under its case's lock, in order of case id as ``append`` does it.
    """
    session.flush()
    named = session.connection().execute(_NAMED, {"cases": [*cases]}).all()
    return tuple(CaseSubject(row.id, row.reference, rows, row.seq) for row in named)


def append(session: Session, draft: Draft) -> UUID:
    """Write one entry in this transaction. Returns its id.

    Subjects take their number in order of case id, so two entries about the same two
    cases cannot wait for each other.
    """
    entry_id = uuid7()
    ordered = sorted(draft.subjects, key=lambda subject: subject.case_id)
    numbered = [(subject, subject.seq or _take(session, subject.case_id)) for subject in ordered]
    view = _view(entry_id, draft, numbered)
    body, salt = canonical(view), secrets.token_bytes(16)
    values = {"id": entry_id, "commitment": commitment(salt, body), "salt": salt, "body": body}
    if numbered:
        values |= {"cases": [s.case_id for s, _ in numbered], "seqs": [seq for _, seq in numbered]}
    # What the action changed goes first: a constraint that refuses it speaks before the log does.
    session.flush()
    session.connection().execute(_WITH_SUBJECTS if numbered else _WITHOUT, values)
    return entry_id


def code(word: str) -> str:
    """The text, if it is a code; raises NotACode otherwise."""
    if not _CODE.fullmatch(word):
        raise NotACode("the log takes codes, not words")
    return word


def _take(session: Session, case_id: UUID) -> int:
    return int(session.execute(select(func.take_subject_seq(case_id))).scalar_one())


def _view(entry_id: UUID, draft: Draft, numbered: list[tuple[CaseSubject, int]]) -> dict[str, Any]:
    if draft.operation not in OPERATIONS:
        raise NotACode("not one of the operations")
    view: dict[str, Any] = {
        "v": 1,
        "id": str(entry_id),
        "at": draft.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "operation": draft.operation,
        "action": code(draft.action),
        "actor": code(draft.actor),
        "roles": sorted(code(role) for role in draft.roles),
        "policy": {"rule": code(draft.rule), "set": code(draft.policy_hash)},
        "subjects": [
            {"case": code(s.reference), "seq": seq, "rows": [str(row) for row in s.rows]} for s, seq in numbered
        ],
        "outcome": code(draft.outcome),
        "host": code(draft.host),
    }
    optional: dict[str, Any] = {
        "rows": [str(row) for row in draft.rows],
        "fields": sorted({code(name) for name in draft.fields}),
        "purpose": code(draft.purpose) if draft.purpose != "none" else None,
        "justification": code(draft.justification) if draft.justification != "none" else None,
        "cites": _text(draft.cites),
        "recipient": _text(draft.recipient),
        "request": _text(draft.request),
        "sought": code(draft.sought) if draft.sought else None,
        "words": draft.words.hex() if draft.words else None,
        "codes": {code(name): _typed(value) for name, value in draft.codes.items()},
    }
    return view | {name: value for name, value in optional.items() if value}


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _typed(value: str | int | bool | UUID) -> str | int | bool:
    if isinstance(value, UUID):
        return str(value)
    return code(value) if isinstance(value, str) else value

"""What others promised about the words: written by legal work, read out before the first question, laid on passages.

Whether an admission may be kept follows from what was read to the witness and stands today, never from a box that
somebody ticks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened
from app.errors import Conflict, NotFound
from app.testimonies.models import Segment, Testimony
from app.testimonies.rules import STATEMENT_VERSION
from app.testimonies.terms_models import TermsOfUse, UseRestriction
from app.work import Plain, Reading, Reasoned, Work, action, query

# Promises in one case: those that ended among them.
TERMS_MAX: Final = 50
# Rules laid on the passages of one account.
RESTRICTIONS_MAX: Final = 2000
_READ: Final = ("kind", "strength", "issuer", "rules", "proceedings", "conditions", "exceptions")


@dataclass(frozen=True)
class Standing:
    """Which statement of limits is true today, by its clear columns.

    version  changes with each promise that begins or ends, so that no two texts of one case share one
    changed  whether any promise ever began here
    admits   whether one in force lets an admission be kept
    """

    version: str
    changed: bool
    admits: bool
    in_force: tuple[UUID, ...]


@dataclass(frozen=True)
class StatementLine:
    """Which statement of limits an account needs now, mute.

    again  whether the one that was read out is no longer true
    """

    version: str
    promised: bool
    admits: bool
    again: bool


@dataclass(frozen=True)
class PromiseRead:
    """One promise as it is read out. ``rules``: use, subject and effect by code; ``forums``: jurisdiction and body."""

    id: UUID
    starts_on: str
    until: str | None
    values: Mapping[str, Plain | None]
    rules: tuple[tuple[Plain, ...], ...]
    forums: tuple[tuple[Plain, ...], ...]


@dataclass(frozen=True)
class StatementRead:
    """The statement of limits as it is true today; with no promise it says that there is none."""

    id: UUID
    version: str
    promises: tuple[PromiseRead, ...]


@dataclass(frozen=True)
class Terms:
    """What legal work hands over when a promise comes into force."""

    assurance: UUID
    starts_on: date
    until: date | None
    admits: bool
    values: Mapping[str, str | None]


class ReadStatement(Reasoned):
    """Open the promises that are read out, for a reason."""


@query("terms.standing")
def standing_of(reading: Reading, row: UUID) -> StatementLine:
    """Which statement of limits an account needs now, and whether the one that was read is still true."""
    testimony = reading.fetch(Testimony, row)
    found = standing(reading, testimony.case_id)
    read = testimony.statement_version
    return StatementLine(
        found.version, bool(found.in_force), found.admits, found.changed and read not in {None, found.version}
    )


@action("terms.open", operation="consult", on=TermsOfUse, opens=(TermsOfUse,))
def open_terms(work: Work, terms: TermsOfUse, form: Opening) -> Opened:
    """Open one promise as it is read out."""
    return open_fields(work, terms, form)


@action("restriction.open", operation="consult", on=UseRestriction, opens=(UseRestriction,))
def open_restriction(work: Work, restriction: UseRestriction, form: Opening) -> Opened:
    """Open what holds for the uses of one passage."""
    return open_fields(work, restriction, form)


@action("terms.read", operation="consult", on=Testimony, opens=(TermsOfUse,))
def read_statement(work: Work, testimony: Testimony, form: ReadStatement) -> StatementRead:
    """Open the promises in force, as they are read out to the witness."""
    found = standing(work, testimony.case_id)
    view = StatementRead(testimony.id, found.version, tuple(_read(work, each) for each in _rows(work, found)))
    work.record(testimony, promises=len(view.promises))
    return view


def standing(reading: Reading, case: UUID) -> Standing:
    """How the promises of a case stand today."""
    rows = reading.all(TermsOfUse, TermsOfUse.case_id == case, order=TermsOfUse.id, limit=TERMS_MAX)
    started = [row for row in rows if row.started(reading.today)]
    stand = [row for row in started if not row.over(reading.today)]
    changes = 2 * len(started) - len(stand)
    return Standing(
        f"{STATEMENT_VERSION}.{changes}" if changes else STATEMENT_VERSION, bool(changes),
        any(row.admits for row in stand), tuple(row.id for row in stand),
    )  # fmt: skip


def write(work: Work, case: Case, terms: Terms) -> TermsOfUse:
    """Lent to legal work: a promise came into force, and this is what is read out of it."""
    if len(work.all(TermsOfUse, TermsOfUse.case_id == case.id, limit=TERMS_MAX)) == TERMS_MAX:
        raise Conflict("This case holds as many promises as one can.")
    row = TermsOfUse(
        case_id=case.id, assurance_id=terms.assurance, starts_on=terms.starts_on, until=terms.until, ended_at=None,
        admits=terms.admits, written_by=work.actor.code, written_at=work.now,
    )  # fmt: skip
    for column in _READ:
        work.seal(row, column, terms.values[column])
    work.add(row)
    return row


def end(work: Work, assurance: UUID, *, rules: bool) -> None:
    """Lent to legal work: a promise is no more, and is not read out any longer.

    rules   whether what it laid on words ends with it: only where the body that gave it is no more
    """
    row = work.one(TermsOfUse, TermsOfUse.assurance_id == assurance)
    work.lock(row)
    row.end(at=work.now)
    if rules:
        laid = UseRestriction.assurance_id == assurance, UseRestriction.state == "IN_EFFECT"
        for restriction in work.all(UseRestriction, *laid, limit=RESTRICTIONS_MAX):
            restriction.end(at=work.now)


def admitted(reading: Reading, testimony: Testimony) -> bool:
    """Whether an admission may be kept now: a promise stood when the limits were read, and nothing changed since."""
    if not testimony.admissions:
        return False
    found = standing(reading, testimony.case_id)
    return found.admits and found.version == testimony.statement_version


def keeps_admissions(work: Work, testimony: Testimony) -> bool:
    """The same for an action that keeps one: held to its end, so that a promise taken back meanwhile comes first."""
    if testimony.admissions:
        for row in work.all(TermsOfUse, TermsOfUse.case_id == testimony.case_id, limit=TERMS_MAX):
            work.lock(row, shared=True)
    return admitted(work, testimony)


def must_be_told(work: Work, testimony: Testimony) -> None:
    """Refuse to go on where what was read out is no longer true."""
    found = standing(work, testimony.case_id)
    if found.changed and found.version != testimony.statement_version:
        raise Conflict("What protects these words has changed since the limits were read. Read them out once more.")


def lay(work: Work, testimony: Testimony, segments: Iterable[Segment | None]) -> int:
    """Lay the promises in force on passages as they are kept; returns how many rules.

    None among the segments stands for the answers of the account, once for each promise.
    """
    found = standing(work, testimony.case_id)
    about = [*segments]
    if not found.in_force or not about:
        return 0
    work.flush()
    kept = work.all(UseRestriction, UseRestriction.testimony_id == testimony.id, limit=RESTRICTIONS_MAX)
    there = {(row.segment_id, row.assurance_id) for row in kept}
    count = 0
    for terms in _rows(work, found):
        rules = work.open(terms, "rules")
        for key in (each.id if each is not None else None for each in about):
            if (key, terms.assurance_id) not in there:
                _add(work, testimony, key, terms.assurance_id, rules.raw() if rules else b"{}", None)
                count += 1
    return count


def tighten(work: Work, segment: Segment, rules: Mapping[str, Any], reason: str) -> UseRestriction:
    """Lent to legal work: what a reviewer makes stricter for one passage, from now on."""
    testimony = work.one(Testimony, Testimony.id == segment.testimony_id)
    return _add(work, testimony, segment.id, None, json.dumps(rules).encode(), reason)


def laid(work: Work, testimony: Testimony) -> Sequence[UseRestriction]:
    """Every rule laid on the passages of an account, in the order of its making."""
    return work.all(
        UseRestriction, UseRestriction.testimony_id == testimony.id, order=UseRestriction.id, limit=RESTRICTIONS_MAX
    )


def _add(
    work: Work, testimony: Testimony, segment: UUID | None, assurance: UUID | None, rules: bytes, reason: str | None
) -> UseRestriction:  # fmt: skip
    row = UseRestriction(
        case_id=testimony.case_id, testimony_id=testimony.id, segment_id=segment, assurance_id=assurance,
        state="IN_EFFECT", since=work.now, until=None, set_by=work.actor.code,
    )  # fmt: skip
    work.seal(row, "rules", rules)
    work.seal(row, "reason", reason)
    work.add(row)
    return row


def _rows(work: Work, found: Standing) -> list[TermsOfUse]:
    return [work.one(TermsOfUse, TermsOfUse.id == key) for key in found.in_force]


def _read(work: Work, terms: TermsOfUse) -> PromiseRead:
    opened = {name: work.open(terms, name) for name in _READ}
    packed = opened.pop("rules")
    if packed is None:
        raise NotFound
    held: Any = json.loads(packed.raw())
    plain = {
        name: [tuple(Plain(code.encode()) for code in line) for line in held[name]] for name in ("rules", "forums")
    }
    until = terms.until.isoformat() if terms.until else None
    rules, forums = (tuple(plain[name]) for name in ("rules", "forums"))
    return PromiseRead(terms.id, terms.starts_on.isoformat(), until, opened, rules, forums)

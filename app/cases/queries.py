"""Questions about cases that disclose nothing sealed. No grant: no row, no count, no difference."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import User
from app.audit.models import Combination, EntryBody, EntrySubject
from app.cases.intakes_end import end_of
from app.cases.models import Case, Handoff, Visit
from app.cases.steps import how_many, passed_on
from app.cases.takeover_models import Passing, TakeoverCase
from app.cases.views import CaseLine, CaseView, GrantLine, HandoffLine, Look, RecordLine, VisitLine
from app.db import CaseRow, SealedType, shown_columns, tables
from app.keyholders.models import CaseKey, Grant, Keyholder
from app.keyholders.reach import live
from app.work import Reading, query
from app.work.rows import tables_filled

PAGE = 25
# Rows of one table in one case: an account may have hundreds of segments.
RECORDS_MAX = 1000
# What may mean that somebody is in danger comes before the rest of a queue.
URGENT = ("SAFETY", "THREAT")


@query("case.list")
def cases(reading: Reading, page: int = 0) -> tuple[CaseLine, ...]:
    """My own cases, newest first, 25 a page."""
    statement = reading.rows(Case).order_by(Case.opened_at.desc(), Case.id).limit(PAGE).offset(PAGE * page)
    mine = [case for (case,) in reading.execute(statement)]
    held = reading.held_in(case.id for case in mine)
    return tuple(_line(case, held.get(case.id, frozenset())) for case in mine)


@query("case.count")
def count(reading: Reading) -> int:
    """How many cases I hold a grant of."""
    mine = reading.rows(Case).subquery()
    return int(reading.execute(select(func.count()).select_from(mine))[0][0])


@query("case.show")
def show(reading: Reading, reference: str) -> CaseView:
    """One case: what is recorded in the compartments I hold, by row and field name."""
    case = reading.fetch(Case, reference)
    held = reading.held(case.id)
    return CaseView(
        reference=case.reference,
        state=case.state,
        pathway=case.pathway,
        origin=case.origin,
        opened_by=case.opened_by,
        opened_at=case.opened_at,
        synthetic=case.synthetic,
        held=tuple(sorted(held)),
        by_name=_by_name(reading, case.id),
        records=tuple(records_of(reading, case.id, held)),
        grants=tuple(_grants(reading, case.id)),
        kept_until=case.kept_until,
        custodian=case.custodian,
        intake_until=end_of(reading, case),
    )


@query("case.looked")
def looked(reading: Reading, reference: str, page: int = 0) -> tuple[Look, ...]:
    """Who looked at a case: every entry about it, newest first, in codes."""
    case = reading.fetch(Case, reference)
    mine = reading.rows(EntrySubject).where(EntrySubject.case_id == case.id).subquery()
    statement = (
        select(mine.c.seq, EntryBody.view)
        .join(EntryBody, EntryBody.entry == mine.c.entry)
        .order_by(mine.c.seq.desc())
        .limit(50)
        .offset(50 * page)
    )
    return tuple(_look(seq, view) for seq, view in reading.execute(statement))


@query("case.visiting")
def visiting(reading: Reading, reference: str) -> tuple[VisitLine, ...]:
    """My visits of a case that are under way in this session, the newest first."""
    case = reading.fetch(Case, reference)
    rows = reading.all(
        Visit, Visit.case_id == case.id, Visit.sign_in == reading.actor.sign_in, Visit.until > reading.now,
        order=Visit.until.desc(),
    )  # fmt: skip
    return tuple(
        VisitLine(v.id, v.justification, v.cites, v.row_id, tuple((v.fields or "").split()), v.until) for v in rows
    )


@query("case.stepped")
def stepped(reading: Reading, reference: str) -> bool:
    """Whether a second factor that I gave during this visit still opens who the case is about."""
    return reading.stepped(reading.fetch(Case, reference).id)


@query("case.sides")
def sides(reading: Reading, reference: str) -> frozenset[str]:
    """Which sides of a case I have opened in this session: WHO it is, WHAT was said. Both are `combine`."""
    case = reading.fetch(Case, reference)
    here = Combination.case_id == case.id, Combination.sign_in == reading.actor.sign_in
    found = reading.first(Combination, *here)
    opened = {"WHO": found is not None and found.who, "WHAT": found is not None and found.what}
    return frozenset(side for side, was in opened.items() if was)


@query("handoff.list")
def handoffs(reading: Reading, page: int = 0, filed: bool = False) -> tuple[HandoffLine, ...]:
    """What was passed on to my teams and waits, danger first, then the oldest, 25 a page; or what was filed.

    The case is named when it is opened.
    """
    waiting = (Handoff.kind.in_(URGENT).desc(), Handoff.at, Handoff.id)
    order = (Handoff.state_at.desc(), Handoff.id) if filed else waiting
    statement = passed_on(reading, filed=filed).order_by(*order).limit(PAGE).offset(PAGE * page)
    return tuple(_handoff(each) for (each,) in reading.execute(statement))


@query("handoff.count")
def count_handoffs(reading: Reading) -> int:
    """How much was passed on to my teams and is not filed yet."""
    return how_many(reading, passed_on(reading))


@query("handoff.show")
def show_handoff(reading: Reading, row: UUID) -> HandoffLine:
    """One thing that was passed on to my teams: its kind and how far it has come."""
    return _handoff(reading.fetch(Handoff, row))


def _handoff(row: Handoff) -> HandoffLine:
    return HandoffLine(row.id, row.kind, row.from_team, row.sent_by, row.at.date().isoformat(), row.state, row.due_at)


def _line(case: Case, held: frozenset[str]) -> CaseLine:
    return CaseLine(
        case.reference, case.state, case.pathway, case.origin, case.opened_at, case.synthetic, tuple(sorted(held)),
        case.custodian,
    )  # fmt: skip


def records_of(reading: Reading, case: UUID, held: frozenset[str]) -> list[RecordLine]:
    """The rows of a case in some compartments, by table and field name; nothing of what they say."""
    found = []
    every = tables()
    for (name,) in sorted(reading.execute(tables_filled(), case=case)):
        table = every[name]
        # The scope would give no row of a compartment I do not hold; not asking saves the question.
        if issubclass(table, CaseRow) and (not isinstance(table.compartment, str) or table.compartment in held):
            rows = reading.all(table, table.case_id == case, order=table.id, limit=RECORDS_MAX)
            found += [_record(name, row) for row in rows if not _emptied(row)]
    return found


def _emptied(row: CaseRow) -> bool:
    return bool(row.emptied) and getattr(row, "state", "") == row.emptied


def _record(name: str, row: CaseRow) -> RecordLine:
    given = tuple(column for column in shown_columns(type(row)) if getattr(row, column) is not None)
    clear = {
        column.key: str(getattr(row, column.key))
        for column in type(row).__mapper__.columns
        if not isinstance(column.type, SealedType)
        and column.key not in {"id", "case_id", "compartment"}
        and getattr(row, column.key) is not None
    }
    return RecordLine(name, row.id, str(row.compartment), given, clear)


def _by_name(reading: Reading, case: UUID) -> tuple[str, ...]:
    return tuple(key.compartment for key in reading.all(CaseKey, CaseKey.case_id == case, CaseKey.by_name.is_(True)))


def _grants(reading: Reading, case: UUID) -> list[GrantLine]:
    rows = reading.all(Grant, Grant.case_id == case, live(reading.now), order=Grant.compartment, limit=200)
    given = [grant.keyholder_id for grant in rows]
    people = {u.keyholder_id: u.code for u in reading.all(User, User.keyholder_id.in_(given), limit=200)}
    teams = {
        t.id: f"{t.name or t.kind}" for t in reading.all(Keyholder, Keyholder.kind.in_(["team", "escrow", "service"]))
    }
    covers = TakeoverCase.case_id == case, TakeoverCase.state == Passing.DONE, TakeoverCase.until > reading.now
    covered = {(line.holder_id, line.until): line.about for line in reading.all(TakeoverCase, *covers)}
    return [
        GrantLine(
            g.id,
            people.get(g.keyholder_id) or teams.get(g.keyholder_id, "?"),
            g.compartment,
            g.generation,
            g.until,
            g.dormant,
            covered.get((g.keyholder_id, g.until)),
        )
        for g in sorted(rows, key=lambda grant: (grant.compartment, grant.id))
    ]


def _look(seq: int, view: dict[str, object]) -> Look:
    roles = view.get("roles")
    return Look(
        seq=seq,
        at=str(view["at"]),
        operation=str(view["operation"]),
        action=str(view["action"]),
        roles=tuple(str(role) for role in roles) if isinstance(roles, list) else (),
        justification=str(view["justification"]) if "justification" in view else None,
        outcome=str(view["outcome"]),
    )

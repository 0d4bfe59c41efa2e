"""Parts lent to other domains: opening fields of a row, knowing a grant's target, cases one can work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, exists, func, select

from app.accounts import undertakings
from app.accounts.steps import Recipient, recipient
from app.cases.forms import GiveGrant, HandOver, OpenCase, Opening
from app.cases.models import Case, CaseState, Handoff, HandoffState
from app.cases.views import Opened
from app.db import CaseRow, EnvelopeRow, among, shown_columns
from app.errors import Unprocessable
from app.keyholders.holders import leads_of, memberships_of
from app.keyholders.models import ConflictOfInterest, Grant, Keyholder
from app.keyholders.reach import awake
from app.work import Reading, Work

# What each domain does once somebody who was inside a group is out, by the name of its count in the entry.
WHEN_OUT: Final[dict[str, Callable[[Work, UUID], int]]] = {}


def open_fields(work: Work, row: CaseRow | EnvelopeRow, form: Opening) -> Opened:
    """Open the named sealed fields of one row and record it. The only way a cell is shown.

    Refuses a name that is not a sealed field of the row before anything is opened.
    """
    if not set(form.fields) <= set(shown_columns(type(row))):
        raise Unprocessable("That record has no such field.")
    values = {name: work.open(row, name) for name in dict.fromkeys(form.fields)}
    work.record(row)
    return Opened(row.__tablename__, row.id, values)


def open_case_of(work: Work, row: CaseRow) -> Case:
    """The case of a row, which must be open for changes."""
    case = work.one(Case, Case.id == row.case_id)
    case.must_be_open()
    return case


def pass_on(work: Work, case: UUID, kind: str, to_team: str, words: str) -> Handoff:
    """Seal facts about a case to another team. Whoever sent them cannot open them again."""
    # Not under the case's keys, so nothing else would see that it closed, or was destroyed, a moment ago.
    about = work.one(Case, Case.id == case)
    work.lock(about, shared=True)
    about.must_be_open()
    envelope = work.envelope(to_team)
    handoff = Handoff(
        envelope_id=envelope.id, case_id=case, kind=kind, to_team=to_team,
        from_team=next(iter(sorted(work.actor.teams)), "none"), sent_by=work.actor.code, at=work.now,
        state=HandoffState.SENT, state_at=work.now,
    )  # fmt: skip
    work.seal(handoff, "words", words)
    work.add(handoff)
    work.record(handoff, recipient=envelope.team_id, kind=kind)
    return handoff


def knower(work: Work, _row: None, form: OpenCase) -> dict[str, Any]:
    """Of somebody still inside the group: who besides the opener is to know who it is."""
    if form.beside is None:
        return {}
    given = recipient(work, form.beside)
    return {
        "target": given.row.code, "target_roles": duties(work, given), "target_teams": given.teams,
        "by_name": frozenset({"IDENTITY"}), "target_undertaken": given.undertaken,
    }  # fmt: skip


def receiver(work: Work, case: Case, form: GiveGrant) -> dict[str, Any]:
    """Roles, teams and live holdings, on this case, of whom a grant is meant for."""
    given = recipient(work, form.user)
    # Two grants to one person at one moment: the second must see what the first gave.
    work.lock(given.row)
    return {
        "target": given.row.code,
        "target_roles": duties(work, given),
        "target_teams": given.teams,
        "target_held": work.held_by(given.holder, case),
        "target_undertaken": given.undertaken,
        "target_apart": bool(apart(work, [case.id], [given.holder])),
        "by_name": work.by_name(case.id),
    }


def taker(work: Work, _case: Case, form: HandOver) -> dict[str, Any]:
    """The team a case is handed to, and whether anybody there may open it."""
    team = work.team(form.team)
    return {"team": form.team, "target_undertaken": undertakings.in_force_in(work, team)}


def duties(work: Work, given: Recipient) -> frozenset[str]:
    """Somebody's roles; to the rules a lead or deputy is a role beside the others."""
    leads = any(each.lead or each.deputy for each in memberships_of(work.session, given.holder))
    return given.roles | ({"team_lead"} if leads else frozenset())


def apart(work: Work, cases: Iterable[UUID], people: Iterable[UUID]) -> frozenset[tuple[UUID, UUID]]:
    """Pairs of these cases and holders that are to have nothing to do with each other."""
    standing = ConflictOfInterest.lifted_at.is_(None), among(ConflictOfInterest.case_id, cases)
    found = select(ConflictOfInterest.case_id, ConflictOfInterest.holder_id).where(*standing)
    rows = work.session.execute(found.where(among(ConflictOfInterest.holder_id, people))).all()
    return frozenset((case, holder) for case, holder in rows)


def working_on(reading: Reading, *compartments: str) -> Select[Case]:
    """Open cases of mine of which I hold each of these compartments."""
    mine = [*reading.actor.keyholders]
    held = (
        exists().where(
            Grant.case_id == Case.id, Grant.keyholder_id.in_(mine), Grant.compartment == compartment, awake(reading.now)
        )
        for compartment in compartments
    )
    return reading.rows(Case).where(Case.state == CaseState.OPEN, *held)


def held_since(reading: Reading, compartment: str) -> ScalarSelect[datetime]:
    """Since when I hold a compartment of the case of each row; for an order, and to say how long a case waits."""
    mine = [*reading.actor.keyholders]
    return (
        select(func.min(Grant.at))
        .where(Grant.case_id == Case.id, Grant.keyholder_id.in_(mine), Grant.compartment == compartment, ~Grant.dormant)
        .correlate(Case)
        .scalar_subquery()
    )


def whom_to_ask(work: Work, cases: Iterable[UUID]) -> frozenset[str]:
    """Codes of colleagues who can speak about these cases, one for each: the lead of a team that holds who
    it is about, else somebody who holds it themself. Nothing tells which colleague answers for which case.
    """
    holders_of: dict[UUID, list[Keyholder]] = {case: [] for case in cases}
    if not holders_of:
        return frozenset()
    found = work.session.execute(
        select(Grant.case_id, Keyholder)
        .join(Keyholder, Keyholder.id == Grant.keyholder_id)
        .where(among(Grant.case_id, holders_of), Grant.compartment == "IDENTITY", awake(work.now))
        .where(Keyholder.kind.in_(("team", "person")), Keyholder.ended_at.is_(None))
        .order_by(Grant.at, Grant.id)
    ).all()
    for case, holder in found:
        holders_of[case].append(holder)
    said = (_speaks_for(work, case, held) for case, held in holders_of.items())
    return frozenset(code for code in said if code is not None)


def _speaks_for(work: Work, case: UUID, held: list[Keyholder]) -> str | None:
    teams = [holder for holder in held if holder.kind == "team"] or [work.team("intake")]
    leads = [lead for team in teams for lead in leads_of(work.session, team)]
    people = {holder.id: str(holder.name) for holder in held if holder.kind == "person"}
    # Who is to have nothing to do with it is not named as who knows of it.
    out = {holder for _, holder in apart(work, [case], [*leads, *people])}
    leads = [lead for lead in leads if lead not in out]
    people = {holder: name for holder, name in people.items() if holder not in out}
    # A lead who holds it, then whoever holds it, then the lead of the team that does.
    of_all = [*(lead for lead in leads if lead in people), *people, *leads]
    return next((str(work.session.get_one(Keyholder, holder).name) for holder in of_all), None)


def how_many(reading: Reading, statement: Select[*tuple[Any, ...]]) -> int:
    """How many rows a list has in all, so that a number and the list it leads to cannot differ."""
    return int(reading.execute(select(func.count()).select_from(statement.subquery()))[0][0])


def passed_on(reading: Reading, *, filed: bool = False) -> Select[Handoff]:
    """What was passed on to my teams: what waits, or what was filed."""
    state = Handoff.state == HandoffState.FILED
    return reading.rows(Handoff).where(state if filed else ~state)

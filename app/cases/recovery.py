"""A case whose holders are gone, given back by the custodians: to named people, each by the work they do.

Whoever runs the machine runs the ceremony too. They name nobody they are themself, and nobody alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.accounts.ceremonies import recovery_ring
from app.accounts.models import AccountState, User
from app.accounts.steps import Recipient, recipient
from app.cases.forms import RecoverCase
from app.cases.models import Case
from app.cases.steps import apart, duties
from app.cases.views import FromCustodians, Recovered
from app.errors import Conflict, NotFound
from app.keyholders.grants import COMPARTMENTS
from app.keyholders.keyring import Keyring
from app.keyholders.models import Grant, Keyholder, Membership
from app.pseudonyms import references
from app.work import Reading, Work, action, query

# As at the opening of a case: nobody gets by recovery what their work would not have brought them.
WORKS_ON: Final[Mapping[str, frozenset[str]]] = {
    "intake_officer": frozenset({"IDENTITY", "TESTIMONY", "RELEASE"}),
    "legal_reviewer": frozenset({"LEGAL"}),
    "caseworker": frozenset({"THREAT", "CARE", "LOCATION"}),
    "narrative_editor": frozenset({"RELEASE"}),
}
NAMED_MAX: Final = 2
# For so long Today says what the custodians gave.
TOLD_DAYS: Final = 30
PAGE: Final = 25


def named(work: Work, _row: None, form: RecoverCase) -> dict[str, Any]:
    """Of all who are named: their roles together, whether one of them runs the machine, and whether one
    would hold account and address.
    """
    case = _case(work, form)
    people = [recipient(work, code) for code in sorted(form.to)]
    themself = sorted(form.to & form.run_by)
    both = frozenset({"TESTIMONY", "LOCATION"})
    held = [work.held_by(each.holder, case) | _worked_on(each) for each in people]
    return {
        "target": themself[0] if themself else people[0].row.code,
        "authors": form.run_by,
        "target_roles": frozenset().union(*(each.roles for each in people)),
        "target_undertaken": all(each.undertaken for each in people),
        "target_apart": bool(apart(work, [case.id], [each.holder for each in people])),
        "target_held": next((each for each in held if both <= each), frozenset()),
    }


@action("custodians.recover_case", operation="key", about=named)
def recover_case(work: Work, form: RecoverCase) -> Recovered:
    """Seal the compartments of a case to named people, from what is sealed to the recovery key."""
    ring, case = recovery_ring(work), _case(work, form)
    case.must_be_open()
    # One ceremony at a time: two who each name a second person would together name four.
    work.lock(case)
    _refuse_other_shares(work, ring, case)
    by_name, given = work.by_name(case.id), {}
    for code in sorted(form.to):
        person = recipient(work, code)
        if not person.active:
            raise Conflict("This colleague has not signed in yet or is gone, so nothing can be sealed to them.")
        wanted = _worked_on(person) - (by_name if "team_lead" in duties(work, person) else frozenset())
        # What their team holds they have already.
        wanted -= work.held_by(person.holder, case)
        for compartment in sorted(wanted & by_name):
            _refuse_a_third(work, case, compartment)
        for compartment in sorted(wanted):
            work.give(case.id, compartment, person.holder)
        work.flush()
        given[code] = (person, tuple(sorted(wanted)))
    if not any(wanted for _, wanted in given.values()):
        raise Conflict("They hold everything that their work is about.")
    told: dict[str, Any] = {}
    for place, (person, what) in enumerate(given.values(), 1):
        told |= {f"person_{place}": person.row.id, f"compartments_{place}": "+".join(what) or "none"}
    work.record(case, people=len(given), **told)
    reached = frozenset().union(*(_worked_on(person) for person, _ in given.values()))
    return Recovered(
        case.reference, tuple((code, wanted) for code, (_, wanted) in given.items()),
        tuple(each for each in COMPARTMENTS if each not in reached),
    )  # fmt: skip


@query("custodians.given")
def given_to_me(reading: Reading, page: int = 0) -> tuple[FromCustodians, ...]:
    """What the custodians gave me in the last month, newest first, 25 a page: compartments of cases, teams to lead."""
    since, mine = reading.now - timedelta(days=TOLD_DAYS), [*reading.actor.keyholders]
    by_escrow = Keyholder.kind == "escrow"
    cases = (
        reading.rows(Grant)
        .join(Case, Case.id == Grant.case_id)
        .join(Keyholder, (Keyholder.id == Grant.granted_by) & by_escrow)
        # Ended ones too: a key that was drawn anew since is held by a grant of whoever drew it.
        .where(Grant.keyholder_id.in_(mine), Grant.at > since, ~Grant.dormant)
        .with_only_columns(Case.reference.label("what"), Grant.at.label("at"), Grant.compartment.label("compartment"))
    )
    team = aliased(Keyholder)
    teams = (
        reading.rows(Membership)
        .join(team, team.id == Membership.team_id)
        .join(Keyholder, (Keyholder.id == Membership.added_by) & by_escrow)
        .where(Membership.member_id.in_(mine), Membership.ended_at.is_(None), Membership.added_at > since)
        .with_only_columns(team.name, Membership.added_at, null())
    )
    both = cases.union_all(teams).subquery()
    parts = func.array_remove(func.array_agg(aggregate_order_by(both.c.compartment, both.c.compartment)), None)
    newest = select(both.c.what, both.c.at, parts).group_by(both.c.what, both.c.at)
    newest = newest.order_by(both.c.at.desc(), both.c.what).limit(PAGE).offset(PAGE * page)
    return tuple(
        FromCustodians(what if held else None, None if held else what, tuple(held), _day(reading, at))
        for what, at, held in reading.execute(newest)
    )


def _day(reading: Reading, at: datetime) -> date:
    return at.astimezone(reading.settings.zone).date()


def _case(work: Work, form: RecoverCase) -> Case:
    # The operator is given no case's row: only what the custodians name is looked up, by its reference.
    case = work.session.scalar(select(Case).where(Case.reference == references.read(form.case)))
    if case is None:
        raise NotFound
    return case


def _worked_on(person: Recipient) -> frozenset[str]:
    return frozenset().union(*(WORKS_ON.get(role, frozenset()) for role in person.roles))


def _grants(work: Work, case: Case) -> list[Grant]:
    return [grant for compartment in COMPARTMENTS for grant in work.granted(case.id, compartment)]


def _refuse_other_shares(work: Work, ring: Keyring, case: Case) -> None:
    mine = ring.generations(ring.holder)
    if any(g.keyholder_id == ring.holder and g.keyholder_generation not in mine for g in _grants(work, case)):
        raise Conflict("This case is not yet sealed to these shares. Finish the replacement: amana custodians replace")


def _refuse_a_third(work: Work, case: Case, compartment: str) -> None:
    """Two people who work here know who somebody inside a group is: an account that was shut counts no more."""
    holders = [grant.keyholder_id for grant in work.granted(case.id, compartment)]
    here = select(User.id).where(User.keyholder_id.in_(holders), User.state == AccountState.ACTIVE)
    if len(work.session.scalars(here).all()) >= NAMED_MAX:
        raise Conflict("Two people know who this is, and nobody else may. Take the key from one of them first.")

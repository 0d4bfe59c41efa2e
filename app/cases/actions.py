"""What can be done with a case as such: open, hand over, grant, revoke, pass facts on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.accounts.steps import Recipient, recipient
from app.cases import intakes_end
from app.cases.forms import BeginVisit, GiveGrant, HandOver, OpenCase, Opening, RevokeGrant, SendHandoff
from app.cases.models import Case, CaseState, Clearance, Handoff, Justification, Origin, Visit
from app.cases.steps import WHEN_OUT, knower, open_fields, pass_on, receiver, taker
from app.cases.views import CaseOpened, Granted, HandoffOpened, Opened, Revoked, Sent, Stored, Visited
from app.clock import uuid7
from app.errors import Conflict, NotFound, Unprocessable
from app.keyholders import grants, holders
from app.keyholders.models import Keyholder
from app.pseudonyms import references
from app.work import Work, action
from app.work.forms import Reasoned

# How long a reason holds: for a case, and for a row of identity or place.
VISIT_MINUTES: Final = 60
REVEAL_MINUTES: Final = 2

# Who somebody still inside the group is, is known to so many.
NAMED_MAX: Final = 2

# What a team works with, once a case is handed to it.
WORKS_WITH: Final = {
    "legal": frozenset({"TESTIMONY", "LEGAL"}),
    "protection": frozenset({"IDENTITY", "THREAT", "CARE"}),
}


@action("case.open", operation="collect", creates=True, about=knower)
def open_case(work: Work, form: OpenCase) -> CaseOpened:
    """Draw a reference, make the seven keys, seal each to those who start with it."""
    if (form.exit_stage == "INSIDE") != (form.beside is not None):
        raise Unprocessable(
            "Two people know who somebody still inside the group is. Name the colleague, or say that they are out."
        )
    if form.beside is not None and form.origin == Origin.PUBLIC_REPORT:
        raise Unprocessable("A public report is nobody who came to us. Open a case of their own for whoever did.")
    case = Case(
        reference=references.draw(),
        state=CaseState.OPEN,
        state_at=work.now,
        pathway=form.pathway,
        origin=form.origin,
        synthetic=work.settings.demo,
        opened_by=work.actor.code,
        opened_at=work.now,
    )
    work.add(case)
    work.flush()
    if form.beside is not None:
        work.open_case_keys(case.id, _holders_of_one_inside(work, form.beside), by_name={"IDENTITY"})
    else:
        first = _holders_of_a_report if case.origin == Origin.PUBLIC_REPORT else _first_holders
        work.open_case_keys(case.id, first(work))
    work.add(
        Clearance(
            case_id=case.id,
            subject_token=uuid7(),
            state="NOT_CLEARED",
            valid_until=None,
            page_on_overdue=False,
        )
    )
    work.record(case)
    return CaseOpened(case.reference, case.state)


@action("case.hand_over", operation="grant", on=Case, about=taker)
def hand_over(work: Work, case: Case, form: HandOver) -> Granted:
    """Give a team the compartments it works with, as far as I hold them.

    The officer holds TESTIMONY and IDENTITY, the leads of the other teams hold theirs from
    the opening: so nobody needs a key they should not have in order to hand over.
    """
    work.lock(case)
    case.must_be_open()
    team = work.team(form.team)
    if not holders.staffed(work.session, team):
        raise Conflict("Nobody is in that team.")
    has = {c for c in WORKS_WITH[form.team] if _holds(work, case, c, team.id)}
    given = sorted((WORKS_WITH[form.team] & work.held(case.id)) - has - work.by_name(case.id))
    if not given:
        raise Conflict("That team has everything you could give it.")
    for compartment in given:
        work.give(case.id, compartment, team.id)
    ending = intakes_end.begin(work, case) if form.team == "protection" and intakes_end.ENDS in given else 0
    work.record(case, recipient=team.id, compartments="+".join(given), ending=ending)
    return Granted(case.reference, form.team, tuple(given), None)


@action("grant.give", operation="grant", on=Case, about=receiver)
def give(work: Work, case: Case, form: GiveGrant) -> Granted:
    """Let one colleague open compartments of this case."""
    case.must_be_open()
    if form.until is not None and form.until <= work.now:
        raise Conflict("That time is over.")
    given = recipient(work, form.user)
    if not given.active:
        raise Conflict("This colleague has not signed in yet or is gone, so nothing can be sealed to them.")
    until = _until(form, given)
    for compartment in work.by_name(case.id) & form.compartments:
        _no_third(work, case, compartment)
    for compartment in sorted(form.compartments):
        if _holds(work, case, compartment, given.holder):
            raise Conflict("They hold that already.")
        end = intakes_end.until(work, case, compartment, given.holder, until)
        work.give(case.id, compartment, given.holder, end)
    work.record(case, recipient=given.row.id, compartments="+".join(sorted(form.compartments)))
    return Granted(case.reference, given.row.code, tuple(sorted(form.compartments)), until)


@action("case.came_out", operation="grant", on=Case)
def came_out(work: Work, case: Case) -> Stored:
    """Whoever was inside the group is out: who it is, is held from now on as in any other case."""
    case.must_be_open()
    if "IDENTITY" not in work.by_name(case.id):
        raise Conflict("This case is held as any other already.")
    grants.end_by_name(work.session, case.id, "IDENTITY")
    leads = holders.leads_of(work.session, work.team("intake"))
    for lead in leads:
        if not _holds(work, case, "IDENTITY", lead):
            work.give(case.id, "IDENTITY", lead)
    work.flush()
    counts: dict[str, Any] = {name: told(work, case.id) for name, told in sorted(WHEN_OUT.items())}
    work.record(case, leads=len(leads), **counts)
    return Stored(case.id, "cases", case.state)


@action("grant.revoke", operation="revoke", on=Case)
def revoke(work: Work, case: Case, form: RevokeGrant) -> Revoked:
    """Take compartments back: a new key, every cell sealed again with it, in this transaction."""
    holder, recipient = _revoked_holder(work, form)
    resealed = 0
    for compartment in sorted(form.compartments):
        if not _holds(work, case, compartment, holder):
            raise NotFound
        if not _others(work, case, compartment, holder):
            raise Conflict("Nobody else could open it then. Give it to a colleague first.")
        resealed += work.take(case.id, compartment, holder)
    work.record(
        case, recipient=recipient,
        compartments="+".join(sorted(form.compartments)), resealed=resealed,
    )  # fmt: skip
    return Revoked(case.reference, tuple(sorted(form.compartments)), resealed)


@action("case.visit", operation="consult", on=Case)
def visit(work: Work, case: Case, form: BeginVisit) -> Visited:
    """Begin a visit: an hour with a case, or two minutes with one row of identity or place.

    The code and what it cites are checked here once for all openings; whether they allow an
    opening is decided at each.
    """
    assert work.actor.id is not None
    assert work.actor.sign_in is not None
    reason = Reasoned(justification=form.justification, cites=form.cites)
    if not work.cited(reason, case):
        raise Unprocessable("This reason must name the item of the case that it serves.")
    if form.compartment is not None and form.compartment not in work.held(case.id):
        raise NotFound
    words = work.justify(case.id, form.compartment, form.words) if form.compartment and form.words else None
    minutes = REVEAL_MINUTES if form.row else VISIT_MINUTES
    begun = Visit(
        user_id=work.actor.id, sign_in=work.actor.sign_in, case_id=case.id, row_id=form.row,
        fields=" ".join(form.fields) or None, justification=form.justification.value, cites=form.cites,
        commitment=words, until=work.now + timedelta(minutes=minutes),
    )  # fmt: skip
    work.add(begun)
    work.record(begun, minutes=minutes, reveal=form.row is not None)
    return Visited(begun.id, case.reference, begun.until)


@action("case.leave", operation="alter", on=Visit)
def leave(work: Work, visit: Visit) -> Visited:
    """End a visit before its time."""
    visit.leave(at=work.now)
    case = work.one(Case, Case.id == visit.case_id)
    work.record(visit, case=case.id)
    return Visited(visit.id, case.reference, visit.until)


@action("handoff.send", operation="disclose", on=Case)
def send(work: Work, case: Case, form: SendHandoff) -> Sent:
    """Pass facts to another team. Once sent, only that team can open them."""
    if form.to_team in work.actor.teams:
        raise Conflict("That is your own team.")
    handoff = pass_on(work, case.id, form.kind, form.to_team, form.words)
    return Sent(handoff.id)


@action("handoff.open", operation="consult", on=Handoff, opens=(Handoff,))
def open_handoff(work: Work, handoff: Handoff, form: Opening) -> HandoffOpened:
    """Read what another team passed on to mine; only now is it told which case it is about."""
    work.lock(handoff)
    handoff.read(at=work.now)
    opened = open_fields(work, handoff, form)
    (about,) = work.subjects()
    held = tuple(sorted(work.held(handoff.case_id)))
    return HandoffOpened(opened.table, opened.id, opened.values, about.reference, held)


@action("handoff.file", operation="alter", on=Handoff)
def file(work: Work, handoff: Handoff) -> Stored:
    """Note that what was passed on stands in my team's own records, so that it waits no longer."""
    work.lock(handoff)
    handoff.file(at=work.now)
    work.record(handoff)
    return Stored(handoff.id, "handoffs", handoff.state)


@action("justification.open", operation="consult", on=Justification, opens=(Justification,))
def open_justification(work: Work, row: Justification, form: Opening) -> Opened:
    """Read why somebody opened something, for those who hold that compartment."""
    return open_fields(work, row, form)


def _first_holders(work: Work) -> dict[str, list[UUID]]:
    assert work.caller.keyring is not None
    me = work.caller.keyring.holder
    intake, legal, protection = (
        holders.leads_of(work.session, work.team(name)) for name in ("intake", "legal", "protection")
    )
    for leads in (intake, legal, protection):
        if not leads:
            raise Conflict("One of the teams has no lead, so nobody there could be given this case.")
    return {
        "IDENTITY": [me, *intake],
        "TESTIMONY": [me, *intake],
        "RELEASE": [me],
        "LEGAL": legal,
        "THREAT": protection,
        "CARE": protection,
        "LOCATION": protection,
    }


def _holders_of_one_inside(work: Work, beside: str) -> dict[str, list[UUID]]:
    """Who it is, is known to two people by name; the account goes where it goes in every case."""
    second = recipient(work, beside)
    if not second.active:
        raise Conflict("This colleague has not signed in yet or is gone, so nothing can be sealed to them.")
    first = _first_holders(work)
    assert work.caller.keyring is not None
    return first | {"IDENTITY": [work.caller.keyring.holder, second.holder]}


def _no_third(work: Work, case: Case, compartment: str) -> None:
    # Two who each see one holder could else bring in a second at one moment.
    work.lock(case)
    escrow = holders.escrow(work.session).id
    if sum(grant.keyholder_id != escrow for grant in work.granted(case.id, compartment)) >= NAMED_MAX:
        raise Conflict("Two people know who this is, and nobody else may. Take the key from one of them first.")


def _holders_of_a_report(work: Work) -> dict[str, list[UUID]]:
    """Of what was published only RELEASE is ever worked with: intake files it, the narrative team codes it.

    Nobody but escrow gets a key to who, where or what somebody said, so no later mistake can
    put a person into the case. The team gets its key if somebody leads it, else intake gives
    it singly later.
    """
    assert work.caller.keyring is not None
    intake = holders.leads_of(work.session, work.team("intake"))
    team = work.first(Keyholder, Keyholder.kind == "team", Keyholder.name == "narrative")
    narrative = [team.id] if team is not None and holders.leads_of(work.session, team) else []
    return {"RELEASE": [work.caller.keyring.holder, *intake, *narrative]}


def _holds(work: Work, case: Case, compartment: str, holder: UUID) -> bool:
    return any(grant.keyholder_id == holder for grant in work.granted(case.id, compartment))


def _others(work: Work, case: Case, compartment: str, holder: UUID) -> bool:
    """Whether somebody besides this holder, and besides escrow, can open a compartment any day."""
    lasting = (grant for grant in work.granted(case.id, compartment) if not grant.dormant and grant.until is None)
    people = {grant.keyholder_id for grant in lasting} - {holder}
    return bool(people - {holders.escrow(work.session).id})


def _until(form: GiveGrant, given: Recipient) -> datetime | None:
    """When a grant ends: a service's with the service at the latest, whoever forgets to say so."""
    if given.ends_at is None:
        return form.until
    if form.until is not None and form.until > given.ends_at:
        raise Conflict("This service ends before that time.")
    return form.until or given.ends_at


def _revoked_holder(work: Work, form: RevokeGrant) -> tuple[UUID, UUID]:
    if (form.user is None) == (form.team is None):
        raise Conflict("Name either a colleague or a team.")
    if form.team is not None:
        team = work.team(form.team)
        return team.id, team.id
    given = recipient(work, str(form.user))
    return given.holder, given.row.id

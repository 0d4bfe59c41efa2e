"""Who may be left holding a case, and what two who act at one moment may not bring about."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import JoinTeam, LeaveTeam
from app.cases import actions as cases
from app.cases.forms import GiveGrant, HandOver, OpenCase, Opening, RevokeGrant
from app.errors import Conflict, Denied, NotFound, NotSignedIn, Refusal
from app.intake import actions as intake
from app.intake import queries
from app.intake.forms import Link, Triage
from app.protection import actions as protection
from app.testimonies import actions as testimonies
from app.testimonies.forms import StartSession
from app.work import Justification
from tests.ladder import next_request, outside_the_team
from tests.world import World


def at_once(*works: Callable[[], Any]) -> list[str]:
    """Run these at one moment; what came of each, sorted: a refusal's code, or "done"."""
    barrier, outcomes = threading.Barrier(len(works)), list[str]()

    def run(work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            work()
            outcomes.append("done")
        except Refusal as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_the_last_holder_of_a_compartment_cannot_be_shut_out(world: World) -> None:
    reference = world.case()
    world.testimony(reference, upto="TRIAGED")
    form = {code: RevokeGrant(user=world.members[code].code, compartments=frozenset({"TESTIMONY"}))
            for code in ("intake", "intake-lead")}  # fmt: skip

    world.do("intake", cases.revoke, form["intake-lead"], subject=reference)
    with pytest.raises(Conflict):
        world.do("intake", cases.revoke, form["intake"], subject=reference)

    assert "TESTIMONY" in world.show("intake", reference).held


def test_a_case_is_not_opened_while_a_team_has_no_lead(world: World) -> None:
    world.do("administrator", accounts.disable, subject=world.members["protection-lead"].code)

    with pytest.raises(Conflict, match="conflict"):
        world.do("intake", cases.open_case, OpenCase())


def test_a_team_of_nobody_is_given_nothing(world: World) -> None:
    reference = world.case()
    for login in ("legal", "legal-lead"):
        leave = LeaveTeam(team="legal")
        world.do("administrator", accounts.leave_team, leave, subject=world.members[login].code)

    with pytest.raises(Conflict):
        world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)


@pytest.mark.abuse("E08")
def test_who_leads_protection_opens_no_case(world: World) -> None:
    """Intake officer and deputy of protection in one person would hold account and address of it."""
    outside_the_team(world, "both-sides", "caseworker", "intake_officer")
    code = world.members["both-sides"].code
    world.do("protection-lead", accounts.join_team, JoinTeam(team="protection", deputy=True), subject=code)
    next_request(world, "both-sides")

    with pytest.raises(Denied) as refused:
        world.do("both-sides", cases.open_case, OpenCase())

    assert refused.value.rule == "no-opening-from-across-the-wall"


@pytest.mark.abuse("E08")
def test_two_grants_at_one_moment_do_not_give_place_and_account(world: World) -> None:
    outside_the_team(world, "two-hats", "legal_reviewer", "caseworker")
    next_request(world, "legal")
    code = world.members["two-hats"].code
    for _ in range(5):
        reference = world.whole_case("en")
        place, account = (
            GiveGrant(user=code, compartments=frozenset({compartment})) for compartment in ("LOCATION", "TESTIMONY")
        )

        outcomes = at_once(
            partial(world.do, "protection-lead", cases.give, place, subject=reference),
            partial(world.do, "intake", cases.give, account, subject=reference),
        )

        assert outcomes == ["denied", "done"]


@pytest.mark.abuse("E08")
def test_let_into_two_teams_at_one_moment_the_wall_stands(world: World) -> None:
    both = world.invite("two-teams", roles=("narrative_editor", "intake_officer", "caseworker")).code

    outcomes = at_once(
        lambda: world.do("intake-lead", accounts.join_team, JoinTeam(team="intake"), subject=both),
        lambda: world.do("protection-lead", accounts.join_team, JoinTeam(team="protection"), subject=both),
    )

    assert outcomes == ["denied", "done"]


def test_two_administrators_cannot_shut_each_other(world: World) -> None:
    second = world.invite("administrator-two", roles=("administrator",))
    first = world.members["administrator"]

    outcomes = at_once(
        lambda: world.do("administrator", accounts.disable, subject=second.code),
        lambda: world.do("administrator-two", accounts.disable, subject=first.code),
    )

    assert outcomes.count("done") == 1


@pytest.mark.abuse("E04")
@pytest.mark.parametrize("how", ["disabled", "signed out", "out of the team"])
def test_a_request_that_began_before_somebody_was_shut_out_ends_there(world: World, how: str) -> None:
    """A body may be sent slowly: the caller was found when its head arrived."""
    reference = world.whole_case("en")
    stale, code = world["legal"], world.members["legal"].code
    segment, note = (world.row("legal", reference, table) for table in ("segments", "mitigation_assessments"))

    if how == "disabled":
        world.do("administrator", accounts.disable, subject=code)
    elif how == "signed out":
        world.do("legal", accounts.leave_everywhere)
    else:
        world.do("legal-lead", accounts.leave_team, LeaveTeam(team="legal"), subject=code)
    world.members["legal"].caller = stale

    with pytest.raises(NotSignedIn):
        world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)
    # Nor are they told any more what there is and what is not.
    with pytest.raises(NotSignedIn):
        world.open(
            "legal", testimonies.open_segment, clock.uuid7(), "text", justification="LEGAL_ASSESSMENT", cites=note
        )


@pytest.mark.abuse("F06")
def test_a_withdrawn_consent_stops_the_account_before_its_next_step(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="READY")
    for consent in [r.id for r in world.show("intake", reference).records if r.table == "consents"]:
        world.do("intake", testimonies.withdraw, subject=consent)
    form = StartSession(place="OFFICE", custody_status="FREE", guard_present=False)

    with pytest.raises(Conflict):
        world.do("intake", testimonies.start_session, form, subject=testimony)


def test_a_submission_is_linked_only_where_the_account_is_held(world: World) -> None:
    """And without ringing the alarm of a broken seal."""
    _, submission = world.submit()
    reference = world.case("intake-lead")
    code = world.members["intake"].code
    world.do("intake-lead", cases.give, GiveGrant(user=code, compartments=frozenset({"IDENTITY"})), subject=reference)

    with pytest.raises(NotFound):
        world.do("intake", intake.link, Link(case=reference), subject=submission)


def test_reading_a_submission_does_not_undo_what_was_decided(world: World) -> None:
    for _ in range(5):
        _, submission = world.submit()
        reading = Opening(fields=("account",), justification=Justification.WITNESS_REQUEST)
        at_once(
            partial(world.do, "intake", intake.open_submission, reading, subject=submission),
            partial(world.do, "intake-lead", intake.triage, Triage(decision="NOT_OURS"), subject=submission),
        )

        shown = world.office.ask(world["intake"], queries.show, submission)
        assert shown.state == "DECLINED"


@pytest.mark.abuse("E08")
def test_who_has_seen_the_place_does_not_read_the_account_later(world: World) -> None:
    """The place for some hours first, given back, and the account afterwards; also after signing in again."""
    reference = world.whole_case("en")
    segment, note = (world.row("legal", reference, table) for table in ("segments", "mitigation_assessments"))
    place = world.row("protection", reference, "residences")
    outside_the_team(world, "boxed", "legal_reviewer")
    code = world.members["boxed"].code
    until = clock.in_(hours=7)
    box = GiveGrant(user=code, compartments=frozenset({"LOCATION"}), until=until)
    world.do("protection-lead", cases.give, box, subject=reference)
    world.open("boxed", protection.reveal_residence, place, "place", justification="DEMAND", words="A court asks.")
    back = RevokeGrant(user=code, compartments=frozenset({"LOCATION"}))
    world.do("protection-lead", cases.revoke, back, subject=reference)
    for compartment in ("TESTIMONY", "LEGAL"):
        given = GiveGrant(user=code, compartments=frozenset({compartment}))
        world.do("intake" if compartment == "TESTIMONY" else "legal-lead", cases.give, given, subject=reference)

    with pytest.raises(Denied) as refused:
        world.open("boxed", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)

    assert refused.value.rule == "no-account-for-who-holds-the-place"

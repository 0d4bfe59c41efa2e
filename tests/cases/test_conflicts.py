"""A declared conflict of interest: from that commit on the case is not there for one person, whatever they held."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import Invite
from app.cases import actions as cases
from app.cases import conflicts, queries
from app.cases.conflicts import Declare, Lift
from app.cases.forms import SendHandoff
from app.cases.models import Case
from app.cases.steps import whom_to_ask
from app.errors import Conflict, Denied, NotFound, Refusal
from app.people import actions as people
from app.policy.engine import Policy
from app.policy.proofs import APART
from app.settings import Settings
from app.work import Office, Work, wall
from app.work.actions import ACTIONS
from tests.cases.canaries import Planted, plant
from tests.cases.every_action import requests
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, grant, opening
from tests.world import World

MINE = Declare(reason="FAMILY", words="his mother is my aunt")


def of(world: World, login: str, **given: Any) -> Declare:
    return Declare(**{"reason": "SAME_TOWN", "about": world.members[login].code, **given})


def refused(world: World, who: str, planted: Planted) -> dict[str, str]:
    """Every action of the product about one case, tried by somebody; what each came to."""
    found = {}
    for name, (form, subject) in requests(world, planted).items():
        table = ACTIONS[name].on
        if table is None or not (table.__tablename__ == "cases" or "case_id" in table.__mapper__.columns):
            continue
        try:
            world.office.perform(world[who], ACTIONS[name], form, subject=subject)
        except Refusal as refusal:
            found[name] = refusal.code
        else:
            found[name] = "done"
    return found


# who declares


def test_ladder_of_declaring(world: World, log: Log) -> None:
    world.invite("stranger", roles=("intake_officer",))
    reference = world.whole_case("en")
    lead = of(world, "protection")

    view = climb(
        world, log, conflicts.declare,
        Rung("anonymous", "not_found", "none"),
        Rung("stranger", "not_found", "none", MINE),
        Rung("auditor", "not_found", "none", MINE),
        Rung("administrator", "not_found", "none", MINE),
        Rung("protection", "denied", "no-rule", of(world, "intake")),
        Rung("protection-lead", "done", "holder-declares-a-conflict", lead),
        Rung("protection", "not_found", "none", MINE),
        Rung("intake", "done", "holder-declares-a-conflict", MINE),
        subject=reference,
    )  # fmt: skip

    assert view.about == world.members["intake"].code


def test_the_entry_says_whose_keys_went_and_never_why(world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    world.do("intake", conflicts.declare, MINE, subject=reference)

    (said,) = log.fresh()
    assert (said.operation, said.action, said.cases) == ("revoke", "conflict.declare", [reference])
    assert said.codes == {"compartments": "IDENTITY+TESTIMONY+RELEASE", "left": "none"}
    assert said.words is not None, "the fingerprint of the words"
    assert "FAMILY" not in str(said)
    words = world.open(
        "intake-lead", cases.open_justification, world.row("intake-lead", reference, "justifications"), "words",
        justification="INCIDENT",
    )  # fmt: skip
    assert "FAMILY: his mother is my aunt" in str(words)


def test_another_reason_is_said_in_words() -> None:
    with pytest.raises(ValueError, match="another reason"):
        Declare(reason="OTHER")


def test_a_colleague_who_never_signed_up_has_nothing_to_close(world: World) -> None:
    form = Invite(login_name="never", display_name="Never Came", roles=frozenset({"caseworker"}))
    invited = world.do("administrator", accounts.invite, form)
    with pytest.raises(Conflict) as refusal:
        world.do("intake-lead", conflicts.declare, MINE.model_copy(update={"about": invited.user}),
                 subject=world.case())  # fmt: skip
    assert "no key yet" in refusal.value.sentence


# what it does


@pytest.mark.abuse("E04")
@pytest.mark.parametrize("who", ["intake", "legal", "protection"])
def test_whoever_is_apart_does_nothing_whatever_they_held(world: World, log: Log, who: str) -> None:
    planted = plant(world)
    assert world.show(who, planted.reference).held, "the control: it was there"
    world.apart(planted.reference, who, by=f"{who}-lead")

    after = refused(world, who, planted)

    # Their own visit, ended; what they began on duty, taken back: both lie in the case all the same.
    assert {name for name, outcome in after.items() if outcome != "not_found"} <= {
        "case.leave", "break_glass.end", "break_glass.review", "case.came_out", "public_report.record",
        "narrative.code", "public_report.open", "narrative.open_coding", "takeover.pass",
    }  # fmt: skip
    assert "done" not in {after.get("case.leave"), after.get("takeover.pass")}
    assert planted.reference not in {line.reference for line in world.office.ask(world[who], queries.cases)}
    for asked in (queries.show, queries.looked, queries.visiting, conflicts.of_case):
        with pytest.raises(NotFound):
            world.office.ask(world[who], asked, planted.reference)


def test_what_was_passed_on_to_the_team_is_not_there_for_whoever_is_apart(world: World) -> None:
    reference = world.case()
    form = SendHandoff(kind="SAFETY", to_team="protection", words="Somebody waits outside.")
    passed = world.do("intake", cases.send, form, subject=reference).id
    world.hand_to_protection(reference)
    world.apart(reference, "protection", by="protection-lead")

    assert world.office.ask(world["protection"], queries.count_handoffs) == 0
    assert world.office.ask(world["protection-lead"], queries.count_handoffs) == 1
    with pytest.raises(NotFound):
        world.do("protection", cases.open_handoff, opening("SAFETY"), subject=passed)


def test_on_duty_nobody_breaks_glass_over_a_case_they_are_apart_from(world: World) -> None:
    planted = plant(world)
    world.apart(planted.reference, "protection", by="protection-lead")
    with pytest.raises(NotFound):
        world.break_glass(planted.reference)


@pytest.mark.abuse("E04")
def test_it_is_gone_on_both_of_two_programs_at_once(
    world: World, database: Database, policy: Policy, office: Office
) -> None:
    other = Office(database.engine("app"), policy, register=office.register)
    reference = world.case()
    assert other.ask(world["intake"], queries.show, reference), "the control"

    world.do("intake", conflicts.declare, MINE, subject=reference)

    with pytest.raises(NotFound):
        other.ask(world["intake"], queries.show, reference)
    assert other.ask(world["intake-lead"], queries.show, reference)


def test_no_key_is_given_to_whoever_is_apart(world: World, log: Log) -> None:
    reference = world.whole_case("en")
    world.invite("another", roles=("caseworker",))
    world.apart(reference, "another", by="protection-lead")

    climb(
        world, log, cases.give, Rung("protection", "denied", "no-key-to-who-is-apart"),
        form=grant(world, "another", "LOCATION"), subject=reference,
    )  # fmt: skip


def test_what_only_they_held_goes_to_the_lead(world: World) -> None:
    reference = world.case()
    assert "RELEASE" not in world.show("intake-lead", reference).held, "the control"

    world.do("intake", conflicts.declare, MINE, subject=reference)

    assert "RELEASE" in world.show("intake-lead", reference).held
    assert world.members["intake"].code not in {each.holder for each in world.show("intake-lead", reference).grants}


def test_what_a_lead_does_not_hold_is_left_shut(world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()
    world.apart(reference, "intake", by="intake-lead")

    (said,) = log.fresh()
    assert said.codes == {"compartments": "IDENTITY+TESTIMONY", "left": "RELEASE"}
    with pytest.raises(NotFound):
        world.show("intake", reference)


def test_nobody_is_named_as_who_knows_of_a_case_they_are_apart_from(world: World) -> None:
    reference = world.case()
    world.person(reference)

    def asked() -> frozenset[str]:
        with world.office._session() as session:
            work = Work(session, world["intake"], world.office.policy, clock.now(), Settings())
            row = session.execute(select(Case.id)).scalar_one()
            return whom_to_ask(work, [row])

    lead = world.members["intake-lead"].code
    assert asked() == {lead}, "the control"
    world.do("intake-lead", conflicts.declare, MINE, subject=reference)
    assert asked() == {world.members["intake"].code}


def test_declared_twice_it_stands_once(world: World) -> None:
    reference = world.whole_case("en")
    world.apart(reference, "protection", by="protection-lead")
    with pytest.raises(Conflict) as refusal:
        world.apart(reference, "protection", by="intake-lead")
    assert "declared already" in refusal.value.sentence


# lifting


def test_ladder_of_lifting(world: World, log: Log) -> None:
    reference = world.whole_case("en")
    row = world.apart(reference, "protection", by="protection-lead")
    lift = Lift(words="It was another village.")

    climb(
        world, log, conflicts.lift,
        Rung("anonymous", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("protection-lead", "done", "lead-lifts-a-conflict"),
        form=lift, subject=row,
    )  # fmt: skip

    assert world.show("protection", reference).held, "what the team holds is there again"
    with pytest.raises(Conflict) as refusal:
        world.do("protection-lead", conflicts.lift, lift, subject=row)
    assert "lifted already" in refusal.value.sentence


def test_a_lead_never_lifts_their_own(world: World) -> None:
    reference = world.case()
    declared = world.do("intake-lead", conflicts.declare, MINE, subject=reference).id
    with pytest.raises(NotFound):
        world.do("intake-lead", conflicts.lift, Lift(words="It is nothing."), subject=declared)


# who is told


def test_auditors_are_told_of_all_and_leads_of_their_cases(world: World) -> None:
    mine, other = world.case(), world.whole_case("en")
    world.do("intake", conflicts.declare, MINE, subject=mine)
    world.apart(other, "legal", by="legal-lead")

    def told(who: str) -> set[str]:
        return {line.reference for line in world.office.ask(world[who], conflicts.conflicts)}

    assert told("auditor") == {mine, other}
    assert told("intake-lead") == {mine, other}
    assert told("narrative-lead") == set()
    assert told("protection") == told("intake") == told("administrator") == set()
    assert "FAMILY" not in str(world.office.ask(world["auditor"], conflicts.conflicts))


# the second net


def test_the_rule_names_every_action_about_a_case(policy: Policy) -> None:
    about = {
        name for name, each in ACTIONS.items()
        if each.on is not None and (each.on.__tablename__ == "cases" or "case_id" in each.on.__mapper__.columns)
    }  # fmt: skip
    assert policy.rules[APART].actions == about


def test_should_a_scope_forget_it_the_rule_does_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the net of the scopes taken away the row is found, and the rule refuses it by name."""
    reference = world.case()
    person = world.person(reference).id
    world.do("intake-lead", conflicts.declare, MINE, subject=reference)
    known = wall.Known.read
    monkeypatch.setattr(wall.Known, "read", classmethod(lambda _c, held, past, _apart: known(held, past, True)))

    with pytest.raises(Denied) as refusal:
        world.do("intake", people.reveal, opening("INTAKE", "legal_name"), subject=person)
    assert refusal.value.rule == "apart-from-the-case"

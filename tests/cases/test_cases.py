"""Opening a case, handing it over, passing facts across the wall: every rung, every refusal."""

from __future__ import annotations

import pytest

from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import HandOver, OpenCase, SendHandoff
from app.errors import Conflict, Denied, NotFound
from app.testimonies import actions as testimonies
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, grant, opening, with_an_onlooker
from tests.world import World


def test_only_intake_opens_a_case(world: World, log: Log) -> None:
    opened = climb(
        world, log, cases.open_case,
        *(Rung(who, "denied", "no-rule") for who in ("operator", "administrator", "auditor", "narrative-lead")),
        *(Rung(who, "denied", "no-rule") for who in ("legal", "legal-lead", "protection")),
        Rung("protection-lead", "denied", "no-opening-from-across-the-wall"),
        Rung("intake", "done", "intake-opens-cases"),
        form=OpenCase(),
    )  # fmt: skip

    assert world.show("intake", opened.reference).state == "OPEN"


def test_a_new_case_is_held_by_its_officer_and_the_leads_and_by_nobody_else(world: World) -> None:
    reference = world.case()
    holders = {
        login: set(world.show(login, reference).held)
        for login in ("intake", "intake-lead", "legal-lead", "protection-lead")
    }

    assert holders == {
        "intake": {"IDENTITY", "TESTIMONY", "RELEASE"},
        "intake-lead": {"IDENTITY", "TESTIMONY"},
        "legal-lead": {"LEGAL"},
        "protection-lead": {"THREAT", "CARE", "LOCATION"},
    }
    for login in ("legal", "protection", "narrative-lead", "auditor", "administrator"):
        with pytest.raises(NotFound):
            world.show(login, reference)


def test_the_opening_holds_nobody_on_both_sides_of_the_wall(world: World) -> None:
    world.case()

    for login in ("intake", "intake-lead", "legal-lead", "protection-lead"):
        (line,) = world.office.ask(world[login], queries.cases)
        assert not {"TESTIMONY", "LOCATION"} <= set(line.held)


def test_only_who_works_on_a_case_hands_it_over(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)

    climb(
        world, log, cases.hand_over,
        Rung("legal", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "done", "holder-hands-over"),
        Rung("intake", "conflict", "none"),
        Rung("legal-lead", "done", "holder-hands-over"),
        form=HandOver(team="legal"), subject=reference,
    )  # fmt: skip

    assert set(world.show("legal", reference).held) == {"TESTIMONY", "LEGAL"}


def test_protection_is_handed_who_and_what_for_and_never_the_account(world: World, log: Log) -> None:
    reference = world.case()

    climb(
        world, log, cases.hand_over,
        Rung("protection", "not_found", "none"),
        Rung("intake", "done", "holder-hands-over"),
        Rung("protection-lead", "done", "holder-hands-over"),
        form=HandOver(team="protection"), subject=reference,
    )  # fmt: skip

    # The place goes to somebody by name; a team never gets it.
    assert set(world.show("protection", reference).held) == {"IDENTITY", "THREAT", "CARE"}


def test_the_entry_of_a_hand_over_names_what_went_to_whom(world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    world.do("intake", cases.hand_over, HandOver(team="protection"), subject=reference)

    said = log.last()
    assert said.codes == {"compartments": "IDENTITY", "ending": 2}
    assert said.recipient in {str(holder) for holder in world["protection"].actor.keyholders}


@pytest.mark.abuse("F06")
def test_a_closed_case_is_neither_handed_over_nor_granted(world: World, database: Database) -> None:
    reference = world.case()
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)
    with pytest.raises(Conflict):
        world.do("intake", cases.give, grant(world, "intake-lead", "RELEASE"), subject=reference)


def test_who_works_on_a_case_passes_facts_to_another_team(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    words = world.canary()

    sent = climb(
        world, log, cases.send,
        Rung("legal", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "conflict", "none", form=SendHandoff(kind="NEED", to_team="intake", words=words)),
        Rung("intake", "done", "holder-passes-facts"),
        form=SendHandoff(kind="THREAT", to_team="protection", words=words), subject=reference,
    )  # fmt: skip

    opened = world.open("protection", cases.open_handoff, sent.id, "words", justification="SAFETY")
    assert opened["words"] == words


@pytest.mark.domain("D44")
def test_only_the_team_it_went_to_reads_a_hand_off_and_its_sender_does_not(world: World, log: Log) -> None:
    reference = world.whole_case()
    form = SendHandoff(kind="THREAT", to_team="protection", words=world.canary())
    sent = world.do("intake", cases.send, form, subject=reference)

    climb(
        world, log, cases.open_handoff,
        Rung("intake", "not_found", "none"),
        Rung("intake-lead", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("protection", "denied", "no-rule", form=opening("INTAKE")),
        Rung("protection", "done", "team-opens-handoffs"),
        form=opening("LIFE_AT_RISK"), subject=sent.id,
    )  # fmt: skip


def test_reasons_are_read_by_who_holds_the_compartment_they_explain(world: World, log: Log) -> None:
    reference = world.whole_case()
    segment = world.row("legal", reference, "segments")
    words = world.canary()
    world.open("legal", testimonies.open_segment, segment, "text", justification="DEMAND", words=words)
    reason = world.row("intake", reference, "justifications")

    view = climb(
        world, log, cases.open_justification,
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE")),
        Rung("intake", "done", "holder-reads-reasons"),
        form=opening("INCIDENT"), subject=reason,
    )  # fmt: skip

    assert words in view.values["words"].read()


def test_a_field_that_is_not_there_opens_nothing(world: World, log: Log) -> None:
    reference = world.whole_case()
    reason = world.do(
        "intake", cases.send, SendHandoff(kind="NEED", to_team="protection", words="shoes"), subject=reference
    )

    climb(
        world, log, cases.open_handoff, Rung("protection", "invalid", "none"),
        form=opening("SAFETY", "words", "sealed_key"), subject=reason.id,
    )  # fmt: skip


@pytest.mark.domain("D29")
def test_legal_and_protection_do_not_find_each_others_records(world: World) -> None:
    reference = world.whole_case()
    seen = {who: {line.table for line in world.show(who, reference).records} for who in ("legal", "protection")}

    assert "mitigation_assessments" in seen["legal"] - seen["protection"]
    assert {"threat_assessments", "residences", "needs"} <= seen["protection"] - seen["legal"]


def test_a_reviewer_without_the_team_cannot_even_be_denied(world: World) -> None:
    """A denial would say that there is a case; without a grant there is only "nothing here"."""
    reference = world.case()

    with pytest.raises(NotFound):
        world.do("narrative-lead", cases.hand_over, HandOver(team="legal"), subject=reference)
    world.do("intake", cases.give, grant(world, "narrative-lead", "RELEASE"), subject=reference)
    with pytest.raises(Denied):
        world.do("narrative-lead", cases.hand_over, HandOver(team="legal"), subject=reference)

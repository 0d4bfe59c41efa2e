"""Public reports: kept by intake, read and coded by narrative editors, and never anybody who came to us."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from app.cases import queries
from app.errors import Conflict, Denied, NotFound, Refusal
from app.intake import actions as intake
from app.intake.forms import Link
from app.narratives import actions as narratives
from app.narratives.forms import CodeReport, RecordReport
from app.work.actions import ACTIONS
from tests.cases.canaries import plant
from tests.cases.every_action import requests
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, end_roles, grant, opening
from tests.world import World, words

# What may happen to the case of a public report. Everything else on a case is about somebody who came.
FITS = {"case.visit", "public_report.record", "grant.give", "grant.revoke", "handoff.send", "conflict.declare"}
NOBODY = "nobody-behind-a-public-report"


def printed(world: World, by: str = "intake") -> str:
    """A case opened for a public report."""
    return world.case(by, origin="PUBLIC_REPORT")


# who holds it


def test_only_release_is_given_out_to_intake_and_the_narrative_team(world: World) -> None:
    reference = printed(world)

    holders = {(line.compartment, line.holder) for line in world.show("intake", reference).grants}
    codes = {login: world.members[login].code for login in ("intake", "intake-lead")}

    people = {(compartment, holder) for compartment, holder in holders if holder != "escrow"}
    assert people == {("RELEASE", codes["intake"]), ("RELEASE", codes["intake-lead"]), ("RELEASE", "narrative")}
    assert {compartment for compartment, holder in holders if holder == "escrow"} == {
        "IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE",
    }  # fmt: skip


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("who", ["legal-lead", "legal", "protection-lead", "protection", "auditor", "administrator"])
def test_to_everybody_else_the_case_does_not_exist(world: World, who: str) -> None:
    reference = printed(world)

    with pytest.raises(NotFound):
        world.show(who, reference)


def test_a_case_of_somebody_who_came_stays_beyond_the_narrative_team(world: World) -> None:
    """The control: it is the origin that lets the team in."""
    reference = world.case(origin="REFERRAL")

    with pytest.raises(NotFound):
        world.show("narrative-lead", reference)


def test_without_a_narrative_team_intake_keeps_it_and_may_let_an_editor_in(world: World, database: Database) -> None:
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE memberships SET lead = false, deputy = false WHERE team_id = "
                      "(SELECT id FROM keyholders WHERE name = 'narrative')")  # fmt: skip
    reference = printed(world)
    with pytest.raises(NotFound):
        world.show("narrative-lead", reference)

    world.do("intake", ACTIONS["grant.give"], grant(world, "narrative-lead", "RELEASE"), subject=reference)

    assert world.show("narrative-lead", reference).held == ("RELEASE",)


def test_pages_and_lists_say_that_it_is_a_public_report(world: World) -> None:
    reference = printed(world)

    assert world.show("intake", reference).origin == "PUBLIC_REPORT"
    listed = world.office.ask(world["narrative-lead"], queries.cases)
    assert [(line.reference, line.origin) for line in listed] == [(reference, "PUBLIC_REPORT")]
    assert world.show("intake", world.case()).origin == "DIRECT"


# nobody came


@pytest.mark.parametrize(
    "name",
    [
        "consent.record", "testimony.begin", "attachment.begin", "person.record", "person.record_document",
        "person.record_contact", "location.record", "checkin.plan", "threat.assess", "care.record",
        "mitigation.take", "mitigation.write", "case.hand_over", "approach.record",
    ],
)  # fmt: skip
def test_a_public_report_takes_nothing_that_only_a_witness_can_give(world: World, log: Log, name: str) -> None:
    asked = requests(world, plant(world))
    form, _ = asked[name]
    reference = printed(world)

    with pytest.raises(Denied) as denied:
        world.do("intake", ACTIONS[name], form, subject=reference)

    assert denied.value.rule == NOBODY
    assert denied.value.sentence.startswith("A public report is nobody who came to us")


def test_the_same_consent_is_recorded_for_somebody_who_came(world: World) -> None:
    """The control of the refusals above."""
    assert world.consents(world.case(origin="PORTAL"), "T4")


def test_every_action_on_a_case_fits_a_public_report_or_is_refused(world: World, log: Log) -> None:
    """So too an action that is added later: whoever tries it holds no key that it needs, or meets the rule."""
    planted = plant(world)
    asked = requests(world, planted)
    on_cases = {name for name, action in ACTIONS.items() if action.on is ACTIONS["consent.record"].on}
    done = set()
    for name in sorted(on_cases):
        for who in ("intake", "legal-lead", "protection-lead", "narrative-lead"):
            reference = printed(world)
            try:
                world.do(who, ACTIONS[name], asked[name][0], subject=reference)
            except Refusal:
                continue
            done.add(name)

    # Revoking was asked of what the legal team never had.
    assert done == FITS - {"grant.revoke"}


def test_a_submission_is_not_taken_into_what_a_paper_printed(world: World) -> None:
    _, submission = world.submit()
    reference = printed(world)

    with pytest.raises(Conflict) as refused:
        world.do("intake", intake.link, Link(case=reference), subject=submission)
    assert "nobody who came to us" in refused.value.sentence
    assert world.do("intake", intake.link, Link(case=world.case()), subject=submission).prior_account


def test_a_report_is_not_kept_in_a_witness_s_own_case(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        world.report(world.case(), by="intake")

    assert "cases of their own" in refused.value.sentence


# keeping


def test_only_intake_keeps_public_reports(world: World, log: Log) -> None:
    reference = printed(world)

    climb(
        world, log, narratives.record,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal-lead", "not_found", "none"),
        Rung("protection-lead", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake-lead", "done", "intake-keeps-public-reports"),
        Rung("intake", "done", "intake-keeps-public-reports"),
        form=RecordReport(**words.report()), subject=reference,
    )  # fmt: skip


def test_sources_that_disagree_stand_side_by_side(world: World) -> None:
    reference = printed(world)
    first = world.report(reference, by="intake", left_in="2014-01..2015-08", source_url=None)
    second = world.report(reference, by="intake", left_in="2015-01..2015-08", nationality=None, sex=None)

    told = [read(world, row, "left_in", "nationality", "sex", "source_url") for row in (first, second)]

    assert [each["left_in"] for each in told] == ["2014-01..2015-08", "2015-01..2015-08"]
    assert (told[0]["source_url"], told[1]["nationality"], told[1]["sex"]) == (None, None, None)


def test_nothing_is_added_to_a_closed_case(world: World, database: Database) -> None:
    reference = printed(world)
    report = world.report(reference, by="intake")
    close_every_case(database)

    with pytest.raises(Conflict) as recording:
        world.report(reference, by="intake")
    with pytest.raises(Conflict) as coding:
        world.code_report(report, "N1a")
    assert "closed" in recording.value.sentence
    assert "closed" in coding.value.sentence


# reading


def test_a_report_is_read_for_release_work_and_cited(world: World, log: Log) -> None:
    canary = world.canary()
    report = world.report(printed(world), by="intake", nationality=canary)
    other = world.report(printed(world), by="intake")
    world.invite("approver", roles=("approver",))
    world.invite("reid", roles=("reid_reviewer",))

    view = climb(
        world, log, narratives.open_report,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("approver", "denied", "no-rule"),
        Rung("reid", "denied", "no-rule"),
        Rung("narrative-lead", "denied", "no-rule", form=opening("RELEASE_WORK", "nationality")),
        Rung("narrative-lead", "denied", "no-rule", form=opening("RELEASE_WORK", "nationality", cites=other)),
        Rung("narrative-lead", "denied", "no-rule", form=opening("INQUIRY", "nationality", cites=report)),
        Rung("intake", "done", "narrative-reads-public-reports"),
        Rung("narrative-lead", "done", "narrative-reads-public-reports"),
        form=opening("RELEASE_WORK", "nationality", cites=report), subject=report,
    )  # fmt: skip

    assert view.values["nationality"].read() == canary


def test_whoever_is_no_longer_an_editor_keeps_the_key_and_reads_nothing(
    world: World, log: Log, database: Database
) -> None:
    report = world.report(printed(world), by="intake")
    end_roles(database, world, "narrative-lead")

    climb(
        world, log, narratives.open_report, Rung("narrative-lead", "denied", "no-rule"),
        form=opening("RELEASE_WORK", "sex", cites=report), subject=report,
    )  # fmt: skip


# coding


def test_only_narrative_editors_code_and_the_second_is_somebody_else(world: World, log: Log) -> None:
    report = world.report(printed(world), by="intake")
    for login, role in (("second", "narrative_editor"), ("third", "narrative_editor"), ("approver", "approver")):
        world.invite(login, roles=(role,))

    climb(
        world, log, narratives.code,
        Rung("administrator", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("intake", "denied", "no-rule"),
        Rung("approver", "denied", "no-rule"),
        Rung("narrative-lead", "done", "editor-codes"),
        Rung("narrative-lead", "denied", "second-coder-is-somebody-else"),
        Rung("second", "done", "editor-codes"),
        Rung("third", "conflict", "none"),
        form=CodeReport(codes=("N2a", "N4d")), subject=report,
    )  # fmt: skip


def test_what_was_coded_comes_back_with_frame_coder_and_number_in_clear(world: World, log: Log) -> None:
    reference = printed(world)
    report = world.report(reference, by="intake")
    world.invite("second", roles=("narrative_editor",))
    first, second = world.code_report(report, "N1c", "N3d"), world.code_report(report, "N4e", by="second")

    lines = {line.id: line for line in world.show("narrative-lead", reference).records}
    coders = [world.members[login].code for login in ("narrative-lead", "second")]

    assert [lines[row].clear["number"] for row in (first, second)] == ["1", "2"]
    assert [lines[row].clear["coded_by"] for row in (first, second)] == coders
    assert {lines[row].clear["frame_version"] for row in (first, second)} == {"2015-09"}
    assert "N1c" not in str([line.clear for line in lines.values()])
    opened = world.open(
        "narrative-lead", narratives.open_coding, second, "codes", justification="RELEASE_WORK", cites=report
    )
    assert json.loads(opened["codes"] or "") == ["N4e"]


def test_only_editors_read_a_coding(world: World, log: Log) -> None:
    report = world.report(printed(world), by="intake")
    coding = world.code_report(report, "N1a")

    climb(
        world, log, narratives.open_coding,
        Rung("auditor", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("intake", "denied", "no-rule"),
        Rung("narrative-lead", "denied", "no-rule", form=opening("RELEASE_WORK", "codes")),
        Rung("narrative-lead", "done", "editor-reads-codings"),
        form=opening("RELEASE_WORK", "codes", cites=report), subject=coding,
    )  # fmt: skip


def read(world: World, report: UUID, *fields: str) -> dict[str, str | None]:
    opened = world.do(
        "narrative-lead", narratives.open_report, opening("RELEASE_WORK", *fields, cites=report), subject=report
    )
    return {name: None if plain is None else plain.read() for name, plain in opened.values.items()}

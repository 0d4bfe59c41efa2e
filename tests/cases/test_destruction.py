"""Destroying a case: by two, never under a legal hold; no key is left, and nothing tells that it ever was."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine

from app import worker
from app.cases import actions as cases
from app.cases import ending, erasing
from app.cases.forms import SendHandoff
from app.errors import Conflict, NotFound
from app.intake import actions as intake
from app.intake.forms import Link
from app.keyholders.manager import FileKeyManager
from app.keyholders.register import Register
from app.policy.engine import Policy
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.settings import Settings
from app.testimonies import drafts
from app.work import Office
from tests.api.test_files import on_disk
from tests.cases.test_endings import a_closed_case, state
from tests.cases.test_holding import at_once
from tests.conftest import Clock, Database
from tests.drills import trials
from tests.ladder import Log, Rung, climb, outside_the_team
from tests.world import World

OFFERED = erasing.ProposeDestruction(offered="TAKEN")
EVERYBODY = ("intake", "intake-lead", "legal", "legal-lead", "protection", "protection-lead", "narrative-lead")


def stored(database: Database, question: str, *given: Any) -> list[tuple[Any, ...]]:
    with database.connect("owner") as owner:
        return owner.execute(question.encode(), given).fetchall()


def grants_of(database: Database, reference: str) -> int:
    question = "SELECT count(*) FROM grants g JOIN cases c ON c.id = g.case_id WHERE c.reference = %s"
    return int(stored(database, question, reference)[0][0])


# who may


def test_who_proposes_a_destruction_and_who_agrees(world: World, log: Log, database: Database) -> None:
    reference = a_closed_case(world, "DESTROY_AT_CLOSE")
    proposed = climb(
        world, log, erasing.propose_destruction,
        Rung("anonymous", "not_found", "none"), Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"), Rung("auditor", "not_found", "none"),
        Rung("legal-lead", "denied", "no-rule"), Rung("protection", "denied", "no-rule"),
        Rung("intake", "done", "intake-proposes-destruction"), Rung("intake-lead", "conflict", "none"),
        form=OFFERED, subject=reference,
    )  # fmt: skip
    climb(
        world, log, erasing.destroy,
        Rung("anonymous", "not_found", "none"), Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"), Rung("intake", "denied", "nobody-seconds-themself"),
        Rung("intake-lead", "denied", "no-rule"), Rung("protection", "done", "another-desk-destroys"),
        Rung("protection", "not_found", "none"), Rung("intake", "not_found", "none"),
        subject=proposed.id,
    )  # fmt: skip
    assert grants_of(database, reference) == 0


@pytest.mark.abuse("E08")
def test_nobody_with_two_hats_destroys_alone(world: World, log: Log) -> None:
    outside_the_team(world, "two-hats", "intake_officer", "legal_reviewer")
    reference = world.case("two-hats")
    world.closed(reference, "DESTROY_AT_CLOSE", by="two-hats")
    proposed: Any = world.do("two-hats", erasing.propose_destruction, OFFERED, subject=reference)

    climb(world, log, erasing.destroy, Rung("two-hats", "denied", "nobody-seconds-themself"), subject=proposed.id)


def test_who_sets_a_hold_and_which_two_lift_it(world: World, log: Log) -> None:
    reference = a_closed_case(world)
    held = climb(
        world, log, erasing.set_hold,
        Rung("narrative-lead", "not_found", "none"), Rung("intake", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"), Rung("legal", "done", "legal-holds"),
        form=erasing.SetHold(words="A court has asked."), subject=reference,
    )  # fmt: skip
    lifting = climb(
        world, log, erasing.propose_lift,
        Rung("auditor", "not_found", "none"), Rung("intake", "denied", "no-rule"),
        Rung("legal", "done", "legal-holds"), Rung("legal-lead", "conflict", "none"),
        subject=held.id,
    )  # fmt: skip
    climb(
        world, log, erasing.lift,
        Rung("auditor", "not_found", "none"), Rung("protection", "denied", "no-rule"),
        Rung("legal", "denied", "nobody-seconds-themself"), Rung("legal-lead", "done", "legal-seconds-lifting"),
        Rung("legal-lead", "conflict", "none"),
        subject=lifting.id,
    )  # fmt: skip
    assert state(world, reference).holds == ()
    with pytest.raises(Conflict):
        world.do("legal", erasing.propose_lift, subject=held.id)


def test_what_waits_for_one_thing_is_good_for_no_other(world: World, log: Log) -> None:
    reference = a_closed_case(world, "DESTROY_AT_CLOSE")
    waits = world.to_be_destroyed(reference)

    for other in (ending.close, erasing.lift):
        with pytest.raises(Conflict):
            world.do("legal-lead", other, subject=waits)
    world.do("protection", ending.drop, subject=waits)
    with pytest.raises(Conflict):
        world.do("legal-lead", erasing.destroy, subject=waits)
    assert state(world, reference).state == "KEPT"


# when


def test_a_case_is_destroyed_in_no_state_but_when_it_is_due(world: World) -> None:
    reference = world.case()
    refused = {}
    refused["OPEN"] = _sentence(world, reference)
    proposed: Any = world.do("intake", ending.propose_closing, subject=reference)
    refused["CLOSING"] = _sentence(world, reference)
    world.do("legal-lead", ending.close, subject=proposed.id)
    refused["KEPT"] = _sentence(world, reference)
    world.retention(reference, "ARCHIVE")
    refused["ARCHIVED"] = _sentence(world, reference)

    assert "closed" in refused["OPEN"]
    assert refused["CLOSING"] == refused["OPEN"]
    assert "until its day" in refused["KEPT"]
    assert "archive" in refused["ARCHIVED"]


def test_after_its_two_years_a_case_may_be_destroyed(world: World, standing_clock: Clock, database: Database) -> None:
    reference = world.case()
    world.closed(reference)
    standing_clock.move(days=2 * 365 + 1)
    for login in ("intake", "legal-lead"):
        world.sign_in(login)

    world.do("legal-lead", erasing.destroy, subject=world.to_be_destroyed(reference))

    assert grants_of(database, reference) == 0


@pytest.mark.domain("D48")
@pytest.mark.abuse("F07")
def test_a_legal_hold_stops_a_destruction_at_either_signature(world: World, database: Database) -> None:
    reference = a_closed_case(world, "DESTROY_AT_CLOSE")
    waits = world.to_be_destroyed(reference)
    held = world.hold(reference)

    with pytest.raises(Conflict) as refused:
        world.do("protection", erasing.destroy, subject=waits)
    assert "legal hold" in refused.value.sentence
    world.do("protection", ending.drop, subject=waits)
    with pytest.raises(Conflict):
        world.to_be_destroyed(reference)
    assert grants_of(database, reference) > 0

    lifting: Any = world.do("legal-lead", erasing.propose_lift, subject=held)
    world.do("legal", erasing.lift, subject=lifting.id)
    world.do("protection", erasing.destroy, subject=world.to_be_destroyed(reference))
    assert grants_of(database, reference) == 0


def test_why_a_case_is_held_is_read_by_legal_and_nobody_else(world: World) -> None:
    reference = a_closed_case(world)
    world.hold(reference, by="legal", words="The investigating judge has written.")
    found = [row for row in world.show("legal", reference).records if row.table == "justifications"]

    assert [row.compartment for row in found] == ["LEGAL"]
    assert all(row.compartment != "LEGAL" for row in world.show("intake", reference).records)


# what is gone


@pytest.mark.domain("D48")
@pytest.mark.abuse("F07")
def test_nothing_that_opens_anything_is_left(world: World, log: Log, database: Database) -> None:
    reference, receipt = _known_everywhere(world)
    case = stored(database, "SELECT id FROM cases WHERE reference = %s", reference)[0][0]
    before = _traces(database, case)
    waits = world.to_be_destroyed(reference)
    log.fresh()

    world.do("protection", erasing.destroy, subject=waits)

    assert all(before.values()), f"the control: each was there: {before}"
    assert set(_traces(database, case).values()) == {0}
    said = log.last()
    assert (said.operation, said.action, said.cases, said.rule) == (
        "erase", "case.destroy", [reference], "another-desk-destroys",
    )  # fmt: skip
    assert said.codes == {
        "drafts": before["drafts"], "grants": before["grants"], "handoffs": before["handoffs"],
        "marks": before["marks"], "submissions": before["submissions"],
    }  # fmt: skip
    assert said.fields is None
    assert receipt


@pytest.mark.domain("D48")
def test_its_people_are_known_no_longer(world: World) -> None:
    reference, _ = _known_everywhere(world)
    world.invite("another", roles=("intake_officer",))
    known = world.ask_known(by="another", document_number="N 4471 902")

    world.do("protection", erasing.destroy, subject=world.to_be_destroyed(reference))

    again = world.ask_known(by="another", document_number="N 4471 902")
    assert known.possible
    assert not again.possible


@pytest.mark.domain("D48")
def test_its_files_are_removed_after_the_commit_and_opened_by_nobody_before(
    world: World, log: Log, settings: Settings, app_engine: Engine, policy: Policy, manager: FileKeyManager
) -> None:
    office = Office(app_engine, policy, settings=settings, register=Register.of(manager))
    reference = world.case()
    world.attach(reference, b"a letter", "letter.txt", "text/plain")
    other = world.case()
    world.attach(other, b"another letter", "other.txt", "text/plain")
    files = on_disk(settings)
    world.destroyed(reference)
    assert on_disk(settings) == files, "not before the commit"
    log.fresh()

    while office.housekeep(lambda session: worker.do_due(session, office)):
        pass

    assert len(files - on_disk(settings)) == 1
    said = log.last()
    assert (said.action, said.operation, said.actor, said.cases) == (
        "attachment.erase", "erase", "worker", [reference],
    )  # fmt: skip
    assert said.codes == {"files": 1}


@pytest.mark.domain("D48")
@pytest.mark.abuse("E02")
def test_for_everybody_a_destroyed_case_is_none(world: World) -> None:
    reference = a_closed_case(world, "DESTROY_AT_CLOSE")
    waits = world.to_be_destroyed(reference)
    world.do("protection", erasing.destroy, subject=waits)

    for who in EVERYBODY:
        with pytest.raises(NotFound):
            world.show(who, reference)
        with pytest.raises(NotFound):
            world.do(who, ending.drop, subject=waits)
        with pytest.raises(NotFound):
            world.do(who, ending.reopen, ending.Reopen(words="they came back"), subject=reference)


# what the database itself refuses


def test_the_database_lets_no_grant_go_of_a_case_that_stands(world: World, database: Database) -> None:
    reference = world.case()
    for statement in (
        "DELETE FROM grants",
        "DELETE FROM grants WHERE case_id = (SELECT id FROM cases WHERE reference = %(case)s)",
    ):
        with pytest.raises(psycopg.Error) as refused, database.connect("app") as app:
            app.execute(statement.encode(), {"case": reference})
        assert refused.value.sqlstate == "AM006"
    assert grants_of(database, reference) > 0


def test_a_destroyed_case_stays_so(world: World, database: Database) -> None:
    reference = world.case()
    world.destroyed(reference)

    with pytest.raises(psycopg.Error) as refused, database.connect("app") as app:
        app.execute("UPDATE cases SET state = 'OPEN' WHERE reference = %s", (reference,))
    assert refused.value.sqlstate == "AM006"


# two at one moment


@pytest.mark.abuse("F07")
@pytest.mark.drill
def test_of_a_hold_and_a_destruction_at_one_moment_exactly_one_stands(world: World, database: Database) -> None:
    form = erasing.SetHold(words="A court has asked.")
    seen = set()
    for _ in range(trials(6, 200)):
        reference = world.case()
        world.closed(reference, "DESTROY_AT_CLOSE")
        waits = world.to_be_destroyed(reference)

        outcomes = at_once(
            partial(world.do, "legal-lead", erasing.set_hold, form, subject=reference),
            partial(world.do, "protection-lead", erasing.destroy, subject=waits),
        )

        gone = grants_of(database, reference) == 0
        seen.add((gone, *outcomes))
        question = "SELECT count(*) FROM holds h JOIN cases c ON c.id = h.case_id WHERE c.reference = %s"
        assert stored(database, question, reference)[0][0] == (0 if gone else 1)
    assert seen <= {(True, "done", "not_found"), (True, "conflict", "done"), (False, "conflict", "done")}


def _sentence(world: World, reference: str) -> str:
    with pytest.raises(Conflict) as refused:
        world.to_be_destroyed(reference)
    return refused.value.sentence


def _known_everywhere(world: World) -> tuple[str, str]:
    """A case with everything that could open or tell something of it; closed, at the witness's wish to be destroyed."""
    reference = world.whole_case("en")
    settled = SettleCheckIn(state="MET_OK")
    world.do("protection", protection.settle_check_in, settled, subject=world.row("protection", reference, "check_ins"))
    receipt, sent = world.submit()
    world.do("intake", intake.link, Link(case=reference), subject=sent)
    words = SendHandoff(kind="NEED", to_team="protection", words="He asks for a doctor.")
    world.do("intake", cases.send, words, subject=reference)
    saved = drafts.SaveDraft(step="CONSENT_T2", fields=drafts.written({"conditions": ("Not before spring.",)}))
    world.do("intake", drafts.save, saved, subject=reference)
    world.closed(reference, "DESTROY_AT_CLOSE")
    return reference, receipt


def _traces(database: Database, case: UUID) -> dict[str, int]:
    """How much is left of what opens or tells something of a case."""
    envelopes = "SELECT count(*) FROM envelopes e WHERE (octet_length(sealed_for_team) > 0 OR team_id IS NOT NULL)"
    questions = {
        "grants": "SELECT count(*) FROM grants WHERE case_id = %s",
        "marks": "SELECT count(*) FROM known_marks WHERE of_case = %s AND (tags IS NOT NULL OR texts IS NOT NULL)",
        "drafts": "SELECT count(*) FROM drafts WHERE case_id = %s AND state <> 'GONE'",
        "handoffs": f"{envelopes} AND id IN (SELECT envelope_id FROM handoffs WHERE case_id = %s)",
        "submissions": f"{envelopes} AND id IN (SELECT s.envelope_id FROM submissions s "
        "JOIN prior_accounts p ON p.submission_id = s.id WHERE p.case_id = %s)",
    }
    return {name: int(stored(database, question, case)[0][0]) for name, question in questions.items()}

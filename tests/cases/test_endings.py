"""The end of a case: closed by two, kept as the witness chose, opened again for whoever comes back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from app import clock
from app.cases import actions as cases
from app.cases import ending, ending_queries
from app.cases.forms import BeginVisit
from app.cases.models import two_years_after
from app.errors import Conflict, Denied, Refusal, Unprocessable
from app.people import actions as people
from app.people.forms import RecordContact
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.testimonies import actions as testimonies
from app.work import Justification
from app.work.actions import ACTIONS
from tests.cases.canaries import Planted, plant
from tests.cases.every_action import requests
from tests.cases.test_holding import at_once
from tests.conftest import Clock, Database
from tests.drills import trials
from tests.ladder import Log, Rung, Said, climb, opening, outside_the_team
from tests.world import World
from tests.world.build import CORE

# What is written of a case that is closed: its end itself, who may see it, and that somebody withdrew or came out.
GOES_ON = {
    "retention.record", "case.reopen", "hold.set", "hold.propose_lift", "hold.lift", "case.close", "case.destroy",
    "destruction.propose", "proposal.drop", "grant.revoke", "case.visit", "case.leave", "consent.withdraw",
    "compartment.renew", "conflict.declare", "conflict.lift",
    # That a case could not be passed on is written down, and that is all: nothing of it moves.
    "takeover.pass",
    "handoff.file", "draft.discard", "draft.rescue", "draft.take_up", "attachment.lapse", "attachment.erase",
    # A look that was begun is ended, and judged, whatever became of the case meanwhile.
    "break_glass.end", "break_glass.review",
    # Whoever is missed is looked for until somebody has found them; while they are, no case is closed at all.
    "checkin.escalate", "checkin.climb", "checkin.acknowledge", "checkin.report",
}  # fmt: skip
# Of the office and of no case; a new case is closed by nobody.
OF_NO_CASE = {
    "case.open", "lookup.ask", "lookup.find", "lookup.file", "submission.triage", "submission.receive",
    "takeover.begin", "takeover.go_on",
    "interpreter.register", "interpreter.undertake", "protocol.publish", "erasure.finish",
    # What was printed lies in a case of its own, which nobody closes.
    "public_report.record", "narrative.code",
}  # fmt: skip


def state(world: World, reference: str, who: str = "intake") -> Any:
    return world.office.ask(world[who], ending_queries.ending, reference)


def a_closed_case(world: World, choice: str | None = None) -> str:
    """A whole case with nobody waited for, closed by two."""
    reference = world.whole_case("en")
    world.do(
        "protection", protection.settle_check_in, SettleCheckIn(state="MET_OK"),
        subject=world.row("protection", reference, "check_ins"),
    )  # fmt: skip
    world.closed(reference, choice)
    return reference


# who may


def test_who_proposes_a_closing_and_who_seconds_it(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    proposed = climb(
        world, log, ending.propose_closing,
        Rung("anonymous", "not_found", "none"), Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"), Rung("auditor", "not_found", "none"),
        Rung("legal-lead", "denied", "no-rule"), Rung("intake", "done", "holder-proposes-closing"),
        Rung("protection", "conflict", "none"),
        subject=reference,
    )  # fmt: skip
    climb(
        world, log, ending.close,
        Rung("legal", "not_found", "none"), Rung("intake-lead", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"), Rung("legal-lead", "done", "legal-seconds-closing"),
        Rung("legal-lead", "conflict", "none"),
        subject=proposed.id,
    )  # fmt: skip


@pytest.mark.abuse("E08")
def test_nobody_with_two_hats_seconds_themself(world: World, log: Log) -> None:
    outside_the_team(world, "two-hats", "intake_officer", "legal_reviewer")
    reference = world.case("two-hats")
    proposed: Any = world.do("two-hats", ending.propose_closing, subject=reference)
    climb(world, log, ending.close, Rung("two-hats", "denied", "nobody-seconds-themself"), subject=proposed.id)


def test_who_records_and_reads_what_the_witness_wants(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    form = ending.Choose(choice="KEEP_2Y", language="ar", how_given="SIGNED")
    kept = climb(
        world, log, ending.record_choice,
        Rung("narrative-lead", "not_found", "none"), Rung("legal", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"), Rung("intake", "done", "holder-records-the-wish"),
        form=form, subject=reference,
    )  # fmt: skip
    asked = opening("WITNESS_REQUEST", "language", "how_given")
    climb(
        world, log, ending.open_choice,
        Rung("protection-lead", "not_found", "none"), Rung("auditor", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", "language")),
        Rung("legal", "done", "holder-reads-the-wish"),
        form=asked, subject=kept.id,
    )  # fmt: skip


def test_who_opens_a_closed_case_again(world: World, log: Log) -> None:
    reference = a_closed_case(world)
    climb(
        world, log, ending.reopen,
        Rung("narrative-lead", "not_found", "none"), Rung("legal", "denied", "no-rule"),
        Rung("protection", "done", "holder-reopens"), Rung("intake", "conflict", "none"),
        form=ending.Reopen(words="She stands at the door."), subject=reference,
    )  # fmt: skip
    assert state(world, reference).state == "OPEN"
    world.need(reference)


# what becomes of it


def test_who_said_nothing_has_two_years(world: World, log: Log) -> None:
    reference = a_closed_case(world)

    found, said = state(world, reference), log.fresh()

    assert (found.state, found.choice, found.kept_until) == ("KEPT", None, two_years_after(closed_at(said)))
    assert said[-1].codes == {"choice": "KEEP_2Y", "state": "KEPT"}


def closed_at(said: list[Said]) -> datetime:
    """When the closing was seconded, from its own entry."""
    return datetime.fromisoformat([each for each in said if each.action == "case.close"][-1].at)


@pytest.mark.parametrize(("day", "kept"), [((2028, 2, 29), (2030, 3, 1)), ((2026, 11, 22), (2028, 11, 22))])
def test_two_years_are_two_years(day: tuple[int, int, int], kept: tuple[int, int, int]) -> None:
    assert two_years_after(datetime(*day, tzinfo=UTC)) == datetime(*kept, tzinfo=UTC)


def test_an_archive_is_named_and_its_code_is_shown_with_the_case(world: World) -> None:
    reference = world.case()
    for given in ({"custodian_code": "ARCH-1"}, {"custodian": "an archive"}, {}):
        with pytest.raises(Unprocessable):
            world.do(
                "intake", ending.record_choice,
                ending.Choose(choice="ARCHIVE", language="ar", how_given="SPOKEN", **given), subject=reference,
            )  # fmt: skip
    row = world.retention(reference)
    world.closed(reference)

    found = state(world, reference)
    said = world.open("intake", ending.open_choice, row, "custodian", justification="WITNESS_REQUEST")

    assert (found.state, found.custodian, found.kept_until) == ("ARCHIVED", "ARCH-1", None)
    assert said == {"custodian": "The municipal archive"}


def test_a_wish_said_after_the_closing_counts_from_then(world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.closed(reference, "ARCHIVE")
    standing_clock.move(days=1)
    world.sign_in("intake")
    world.retention(reference, "DESTROY_AT_CLOSE")

    found = state(world, reference)

    assert (found.state, found.choice, found.custodian) == ("KEPT", "DESTROY_AT_CLOSE", None)
    assert found.kept_until <= clock.now()


def test_a_closing_that_is_dropped_leaves_the_case_open(world: World) -> None:
    reference = world.case()
    proposed: Any = world.do("intake", ending.propose_closing, subject=reference)
    assert state(world, reference).state == "CLOSING"

    world.do("legal-lead", ending.drop, subject=proposed.id)

    assert state(world, reference).state == "OPEN"
    with pytest.raises(Conflict):
        world.do("legal-lead", ending.close, subject=proposed.id)
    world.testimony(reference, upto="TRIAGED")


def test_a_case_is_not_closed_while_somebody_is_waited_for(world: World) -> None:
    reference = world.whole_case("en")

    with pytest.raises(Conflict) as refused:
        world.do("intake", ending.propose_closing, subject=reference)

    assert "check-in" in refused.value.sentence
    assert state(world, reference).state == "OPEN"


def test_what_was_printed_has_no_witness_to_ask(world: World) -> None:
    report = world.case("intake", origin="PUBLIC_REPORT")

    with pytest.raises(Conflict):
        world.do("intake", ending.propose_closing, subject=report)
    with pytest.raises(Denied):
        world.retention(report, "KEEP_2Y")


def test_what_waits_for_a_second_is_on_the_list_of_whoever_may_be_it(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    world.do("intake", ending.propose_closing, subject=reference)

    def waits(who: str) -> list[str]:
        return [line.reference for line in world.office.ask(world[who], ending_queries.waiting)]

    seconds = {who for who in CORE if waits(who) == [reference]}
    assert seconds == {"legal", "legal-lead"}
    assert all(waits(who) == [] for who in CORE - seconds)
    assert world.office.ask(world["legal"], ending_queries.count) == 1


# nothing new


def test_every_action_that_adds_to_a_case_is_refused_once_it_is_closed(world: World) -> None:
    """Walks every action there is; one that is new is in this walk until somebody says why it is not."""
    planted = plant(world)
    tried = requests(world, planted)
    adds = sorted(name for name in tried if _adds(name))
    _close(world, planted)

    outcomes = {name: _everybody_tries(world, name, tried[name]) for name in adds}

    assert len(adds) > 40
    assert {name for name, done in outcomes.items() if done} == set()


def test_the_walk_finds_what_an_open_case_takes(world: World) -> None:
    """The control of the walk: the same requests about the same case, while it is open."""
    planted = plant(world)
    tried = requests(world, planted)

    done = [name for name in sorted(tried) if _adds(name) and _everybody_tries(world, name, tried[name])]

    assert len(done) > 20


def test_reading_a_closed_case_goes_on(world: World) -> None:
    reference = a_closed_case(world)
    segment = world.row("legal", reference, "segments")

    told = world.open("legal", testimonies.open_segment, segment, "text", justification="DEMAND", words="a court asks")
    world.do("intake", cases.visit, BeginVisit(justification=Justification.WITNESS_REQUEST), subject=reference)

    assert told["text"]


def test_withdrawing_goes_on_in_a_closed_case(world: World) -> None:
    reference = a_closed_case(world)

    world.do("intake", testimonies.withdraw, subject=world.row("intake", reference, "consents"))


# two at one moment


@pytest.mark.abuse("F07")
@pytest.mark.parametrize("late", [True, False], ids=["closing first", "recording first"])
def test_what_is_recorded_while_a_case_closes_is_in_it_or_refused(world: World, database: Database, late: bool) -> None:
    """Held open by hand: whoever comes second waits, and sees what the first did."""
    reference = world.case()
    contact = RecordContact(channel="PHONE", address="+00 555 0142")
    outcome: list[str]
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        if late:
            owner.execute("UPDATE cases SET state = 'CLOSING' WHERE reference = %s", (reference,))
            waits = partial(world.do, "intake", people.record_contact, contact, subject=reference)
        else:
            # As a recording does: the keys and the case, shared.
            owner.execute("SELECT FROM cases WHERE reference = %s FOR SHARE", (reference,))
            waits = partial(world.do, "intake", ending.propose_closing, subject=reference)
        outcome = _beside(waits, owner)

    assert outcome == ["waited", "conflict" if late else "done"]


@pytest.mark.drill
def test_of_a_closing_and_a_recording_at_one_moment_neither_is_lost(world: World) -> None:
    for _ in range(trials(5, 200)):
        reference = world.case()
        contact = RecordContact(channel="PHONE", address="+00 555 0142")

        outcomes = at_once(
            partial(world.do, "intake-lead", ending.propose_closing, subject=reference),
            partial(world.do, "intake", people.record_contact, contact, subject=reference),
        )

        kept = [record for record in world.show("intake", reference).records if record.table == "contact_channels"]
        assert outcomes in (["done", "done"], ["conflict", "done"])
        assert len(kept) == outcomes.count("done") - 1
        assert state(world, reference).state == "CLOSING"


def _beside(work: Any, owner: Any) -> list[str]:
    """Do something while a transaction is held open, then let it go; whether it waited, and what came of it."""
    done: list[str] = []

    def run() -> None:
        try:
            work()
            done.append("done")
        except Refusal as refusal:
            done.append(refusal.code)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(1)
    waited = "waited" if thread.is_alive() else "went on"
    owner.commit()
    thread.join(30)
    return [waited, *done]


def _adds(name: str) -> bool:
    """Whether an action adds something to a case: it neither opens nor is of the office alone."""
    action = ACTIONS[name]
    of_the_office = name.split(".")[0] in {
        "account",
        "security_key",
        "signin",
        "team",
        "service",
        "log",
        "clock",
        "inquiry",
        "office",
        "undertaking",
        "rota",
        "custodians",
    }
    return not (action.discloses or of_the_office or name in GOES_ON | OF_NO_CASE or action.operation == "consult")


def _close(world: World, planted: Planted) -> None:
    for reference in (planted.reference, planted.inside):
        proposed: Any = world.do("intake", ending.propose_closing, subject=reference)
        world.do("legal-lead", ending.close, subject=proposed.id)


def _everybody_tries(world: World, name: str, request: tuple[Any, object]) -> list[str]:
    """Who brought an action to its end. Whoever holds nothing of the case is refused for that already."""
    form, subject = request
    done = []
    for who in ("intake", "intake-lead", "legal", "legal-lead", "protection", "protection-lead"):
        try:
            world.do(who, ACTIONS[name], form, subject=subject)
        except Refusal:
            continue
        done.append(who)
    return done

"""Who interprets, what is asked again, what happens in a session; and an interpreter who is no stranger."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app import clock
from app.cases import actions as cases
from app.cases import queries
from app.errors import Conflict, Denied, NotFound
from app.testimonies import actions as testimonies
from app.testimonies import queries as accounts
from app.testimonies import rules, sessions
from app.testimonies.forms import ChooseInterpreter, MoveOn, Passage, ReadAccount, RecordAccount, StartSession
from app.testimonies.reading import read_account
from app.testimonies.rules import Tie
from app.testimonies.session_forms import (
    NoteEvent,
    PrepareSession,
    RecordPrior,
    RegisterInterpreter,
    ReportInterpreter,
    Undertake,
)
from app.work import Justification
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, opening, with_an_onlooker
from tests.world import World

INTAKE = Justification.INTAKE
BEFORE = clock.now().date() - timedelta(days=2000)


def starting(**given: Any) -> StartSession:
    fields = {"place": "OFFICE", "custody_status": "FREE", "guard_present": False, **given}
    return StartSession(**fields)


def rows(world: World, reference: str, table: str) -> list[UUID]:
    return [line.id for line in world.show("intake", reference).records if line.table == table]


def seen(world: World, action: Any, row: UUID, *fields: str) -> dict[str, str]:
    found = world.open("intake", action, row, *fields, justification="WITNESS_REQUEST")
    return {name: str(value) for name, value in found.items()}


# the register


def test_the_register_is_the_intake_teams(world: World, log: Log) -> None:
    form = RegisterInterpreter(
        languages=("ar",), gender="MALE", origin="a town", vetting=world.canary(), undertaking_until=BEFORE
    )
    climb(
        world, log, sessions.register,
        Rung("legal", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("intake", "done", "intake-keeps-interpreters"),
        form=form,
    )  # fmt: skip


def test_who_is_no_member_finds_nobody_in_the_register(world: World, log: Log) -> None:
    row, code = world.interpreter(origin=world.canary())
    testimony = world.testimony(world.case(), upto="READY")

    for login in ("legal", "protection", "auditor"):
        assert world.office.ask(world[login], accounts.interpreters) == ()
    climb(
        world, log, sessions.open_interpreter,
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", "origin")),
        Rung("intake", "done", "intake-opens-interpreters"),
        form=opening("INTAKE", "origin", cites=testimony), subject=row,
    )  # fmt: skip
    climb(
        world, log, sessions.undertake,
        Rung("legal", "not_found", "none"),
        Rung("intake", "done", "intake-keeps-interpreters"),
        form=Undertake(undertaking_until=BEFORE), subject=row,
    )  # fmt: skip
    (line,) = world.office.ask(world["intake"], accounts.interpreters)
    assert (line.code, line.bound) == (code, False)


@pytest.mark.parametrize(
    ("origin", "belongs", "district", "group", "found"),
    [
        ("Old Harbour", "", "old  harbour", None, (Tie.SAME_DISTRICT,)),
        ("Old Harbour", "", "the Old Harbour of the north", None, (Tie.SAME_DISTRICT,)),
        ("حي الميناء", "", "الميناء", None, (Tie.SAME_DISTRICT,)),
        ("Hill", "the Third Company, the Reeds", None, "the reeds", (Tie.SAME_GROUP,)),
        ("Hill", "the Reeds", "Hill", "The Reeds", (Tie.SAME_DISTRICT, Tie.SAME_GROUP)),
        ("Hill", "", "Harbour", "the Reeds", ()),
        ("Hill", "the Reeds", None, None, ()),
    ],
)
def test_what_ties_an_interpreter_to_a_witness(
    origin: str, belongs: str, district: str | None, group: str | None, found: tuple[Tie, ...]
) -> None:
    assert rules.ties(origin, belongs, district=district, group=group) == found


def test_what_speaks_against_an_interpreter_is_shown_before_one_is_chosen(world: World, log: Log) -> None:
    _, near = world.interpreter(origin="Old Harbour", languages=("ar",))
    _, lapsed = world.interpreter(undertaking_until=BEFORE)
    testimony = world.testimony(world.case(), upto="READY")
    form = PrepareSession(justification=INTAKE, cites=testimony, language="en", home_district="old harbour")

    view = climb(
        world, log, sessions.prepare,
        Rung("legal", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=PrepareSession(justification=INTAKE)),
        Rung("intake", "done", "intake-prepares-sessions"),
        form=form, subject=testimony,
    )  # fmt: skip

    told = {each.code: each for each in view.interpreters}
    assert [tie.read() for tie in told[near].ties] == ["SAME_DISTRICT"]
    assert (told[near].speaks, told[near].bound) == (False, True)
    assert (told[lapsed].speaks, told[lapsed].bound, told[lapsed].ties) == (True, False, ())


def test_an_interpreter_with_a_conflict_needs_a_reason_and_one_unknown_or_unbound_is_refused(
    world: World, log: Log
) -> None:
    _, near = world.interpreter(origin="Old Harbour")
    _, lapsed = world.interpreter(undertaking_until=BEFORE)
    testimony = world.testimony(world.case(), upto="READY")

    for form in (
        starting(interpreter_code="I-3333"),
        starting(interpreter_code=lapsed),
        starting(interpreter_code=lapsed, conflict_reason="nobody else"),
        starting(interpreter_code=near, home_district="old harbour"),
    ):
        climb(
            world, log, testimonies.start_session, Rung("intake", "conflict", "none"), form=form, subject=testimony
        )  # fmt: skip

    chosen = starting(interpreter_code=near, home_district="old harbour", conflict_reason="the witness asks for her")
    world.do("intake", testimonies.start_session, chosen, subject=testimony)
    frame = json.loads(seen(world, testimonies.open_testimony, testimony, "frame")["frame"])
    assert (frame["interpreter_code"], frame["ties"]) == (near, "SAME_DISTRICT")
    # Where the witness comes from was asked for the check alone.
    assert "home_district" not in frame


# asked again


def test_who_has_told_it_before_is_asked_again_only_for_a_reason(world: World, log: Log) -> None:
    reference = world.case()
    world.told_before(reference)
    testimony = world.testimony(reference, upto="READY")

    climb(
        world, log, testimonies.start_session,
        Rung("intake", "conflict", "none", form=starting()),
        Rung("intake", "done", "intake-takes-accounts", form=starting(why_again="They left out the winter.")),
        subject=testimony,
    )  # fmt: skip


def test_an_earlier_account_of_this_office_counts_and_one_that_was_only_begun_does_not(world: World) -> None:
    reference = world.case()
    world.testimony(reference, upto="READY")
    first = world.testimony(reference, upto="READY")
    assert world.do("intake", testimonies.start_session, starting(), subject=first).state == "IN_SESSION"

    second = world.testimony(reference, upto="READY")
    with pytest.raises(Conflict):
        world.do("intake", testimonies.start_session, starting(), subject=second)


def test_before_a_session_the_forum_the_time_and_the_warning_of_earlier_accounts_are_seen(world: World) -> None:
    reference = world.case()
    world.told_before(reference, forum="ASYLUM", said_on="last winter", caution="NOT_GIVEN", jurisdiction="TN")
    testimony = world.testimony(reference, upto="READY")

    view = world.do(
        "intake", sessions.prepare, PrepareSession(justification=INTAKE, cites=testimony), subject=testimony
    )

    (prior,) = view.prior
    told = (prior.forum, prior.said_on, prior.caution, prior.jurisdiction)
    assert [each.read() for each in told if each] == ["ASYLUM", "last winter", "NOT_GIVEN", "TN"]
    assert prior.copy is False


def test_what_was_told_elsewhere_is_recorded_by_intake_with_the_account_in_hand(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    form = RecordPrior(forum="POLICE", said_on=world.canary(), caution="GIVEN")
    climb(
        world, log, sessions.record_prior,
        Rung("legal", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=form, subject=reference,
    )  # fmt: skip
    # Nobody holds an account of what a newspaper printed.
    with pytest.raises(Denied):
        world.do("intake", sessions.record_prior, form, subject=world.case(origin="PUBLIC_REPORT"))


# during a session


def test_what_happens_in_a_session_is_read_in_its_order(world: World) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    noted = NoteEvent(kind="TRAUMA_SIGN", words="Hands shake; water, ten minutes.")
    world.do("intake", sessions.note, noted, subject=testimony)
    world.do("intake", testimonies.move, MoveOn(to="PAUSED", words="prayer"), subject=testimony)
    world.do("intake", testimonies.move, MoveOn(to="IN_SESSION"), subject=testimony)
    went = NoteEvent(kind="WENT_OUT", who="C-2", words="the lawyer")
    world.do("intake", sessions.note, went, subject=testimony)

    view = world.do("intake", read_account, _reading(testimony), subject=testimony)

    told = [(event.kind.read(), event.words.read() if event.words else "") for event in view.events if event.kind]
    assert told == [
        ("BEGAN", ""), ("TRAUMA_SIGN", "Hands shake; water, ten minutes."), ("BREAK", "prayer"), ("RESUMED", ""),
        ("WENT_OUT", "C-2: the lawyer"),
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["READY", "RECORDED"])
def test_outside_a_session_nothing_of_it_is_noted_and_no_interpreter_changed(
    world: World, log: Log, state: str
) -> None:
    testimony = world.testimony(world.case(), upto=state)
    for action, form in (
        (sessions.note, NoteEvent(kind="CAME_IN", words="a doctor")),
        (sessions.change_interpreter, ChooseInterpreter()),
    ):
        climb(world, log, action, Rung("intake", "conflict", "none"), form=form, subject=testimony)


def test_only_intake_notes_and_changes_and_reports(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    _, code = world.interpreter()
    testimony = world.testimony(reference, upto="IN_SESSION", interpreter=code)
    world.hand_to_legal(reference)
    for action, form in (
        (sessions.note, NoteEvent(kind="CAME_IN", words="a doctor")),
        (sessions.change_interpreter, ChooseInterpreter(interpreter_code=code)),
        (sessions.report, ReportInterpreter(found="KNOWN_TO_WITNESS", words="cousins", interpreter_code=code)),
    ):
        climb(
            world, log, action,
            Rung("narrative-lead", "not_found", "none"),
            Rung("legal", "denied", "no-rule"),
            Rung("intake", "done", "intake-takes-accounts"),
            form=form, subject=testimony,
        )  # fmt: skip


@pytest.mark.domain("D44")
def test_an_interpreter_found_in_mid_session_stops_it_and_protection_is_told(
    world: World, log: Log, database: Database
) -> None:
    reference = world.case()
    _, code = world.interpreter()
    testimony = world.testimony(reference, upto="IN_SESSION", interpreter=code)
    told = world.canary()
    log.fresh()

    world.report_interpreter(testimony, words=told)

    assert world.office.ask(world["intake"], accounts.show, testimony).state == "PAUSED"
    (heard,) = rows(world, reference, "exposure_events")
    exposed = seen(world, sessions.open_exposure, heard, "person", "manner")
    assert (exposed["person"], exposed["manner"]) == (code, "HEARD")
    with database.connect("owner") as owner:
        assert owner.execute("SELECT kind FROM holds WHERE until IS NULL").fetchall() == [("INCIDENT",)]
    # Protection reads it; whoever sent it cannot open it again.
    (passed,) = world.office.ask(world["protection"], queries.handoffs)
    assert passed.kind == "SAFETY"
    read = opening("WITNESS_REQUEST")
    assert world.do("protection", cases.open_handoff, read, subject=passed.id).values["words"].read() == told
    with pytest.raises(NotFound):
        world.do("intake", cases.open_handoff, read, subject=passed.id)


def test_after_the_finding_the_session_goes_on_only_with_somebody_else(world: World) -> None:
    _, code = world.interpreter()
    _, other = world.interpreter()
    row, lapsing = world.interpreter()
    testimony = world.testimony(world.case(), upto="IN_SESSION", interpreter=code)
    world.report_interpreter(testimony)
    on = MoveOn(to="IN_SESSION")

    with pytest.raises(Conflict):
        world.do("intake", testimonies.move, on, subject=testimony)
    world.do("intake", sessions.change_interpreter, ChooseInterpreter(interpreter_code=lapsing), subject=testimony)
    world.do("intake", sessions.undertake, Undertake(undertaking_until=BEFORE), subject=row)
    with pytest.raises(Conflict):
        world.do("intake", testimonies.move, on, subject=testimony)
    world.do("intake", sessions.change_interpreter, ChooseInterpreter(interpreter_code=other), subject=testimony)

    assert world.do("intake", testimonies.move, on, subject=testimony).state == "IN_SESSION"


def test_what_is_recorded_after_a_finding_counts_as_heard_passage_by_passage(world: World) -> None:
    reference, control = world.case(), world.case()
    _, code = world.interpreter()
    testimony = world.testimony(reference, upto="IN_SESSION", interpreter=code)
    world.report_interpreter(testimony)
    form = RecordAccount(language="ar", segments=(Passage(text="one"), Passage(text="two")))
    world.do("intake", testimonies.record, form, subject=testimony)
    # The control: the same interpreter, nothing found.
    world.testimony(control, interpreter=code)

    exposed = [line for line in world.show("intake", reference).records if line.table == "exposure_events"]
    assert [line.clear.get("segment_id") for line in exposed] == [None, *map(str, rows(world, reference, "segments"))]
    assert rows(world, control, "exposure_events") == []


def test_a_finding_after_the_account_counts_each_passage_there_is(world: World) -> None:
    reference = world.case()
    _, code = world.interpreter()
    testimony = world.testimony(reference, segments=(Passage(text="one"),), interpreter=code)
    world.report_interpreter(testimony)

    assert len(rows(world, reference, "exposure_events")) == 2
    assert world.office.ask(world["intake"], accounts.show, testimony).state == "RECORDED"


def test_only_whoever_interprets_there_is_reported(world: World, log: Log) -> None:
    _, code = world.interpreter()
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    form = ReportInterpreter(found="SAME_GROUP", words="a cousin", interpreter_code=code)

    climb(world, log, sessions.report, Rung("intake", "conflict", "none"), form=form, subject=testimony)


def _reading(testimony: UUID) -> ReadAccount:
    return ReadAccount(justification=INTAKE, cites=testimony)


# an admission that is spoken all the same


def test_an_admission_that_is_spoken_leaves_a_mark_and_no_word_and_legal_is_told(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, upto="IN_SESSION")
    world.hand_to_legal(reference)

    climb(
        world, log, sessions.unprompted,
        Rung("narrative-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        Rung("intake", "done", "intake-takes-accounts"),
        subject=testimony,
    )  # fmt: skip

    events = [each.id for each in world.show("intake", reference).records if each.table == "session_events"]
    opened = [
        world.open("intake", sessions.open_event, row, "kind", "words", justification="WITNESS_REQUEST")
        for row in events
    ]
    assert [each["kind"] for each in opened].count("UNPROMPTED") == 2
    assert {each["words"] for each in opened if each["kind"] == "UNPROMPTED"} == {None}
    assert world.office.ask(world["intake"], accounts.show, testimony).state == "PAUSED"
    assert world.office.ask(world["legal"], queries.count_handoffs) == 2


@pytest.mark.parametrize("state", ["READY", "RECORDED"])
def test_no_admission_is_marked_outside_a_session(world: World, log: Log, state: str) -> None:
    testimony = world.testimony(world.case(), upto=state)

    climb(world, log, sessions.unprompted, Rung("intake", "conflict", "none"), subject=testimony)


def test_with_a_promise_on_file_it_is_kept_and_not_only_marked(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    world.promise(reference)
    testimony = world.testimony(reference, upto="IN_SESSION")

    with pytest.raises(Conflict):
        world.do("intake", sessions.unprompted, subject=testimony)

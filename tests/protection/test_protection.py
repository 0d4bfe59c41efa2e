"""Safety: threats, needs and check-ins for caseworkers, the place by name, the account for none of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import JoinTeam
from app.cases import actions as cases
from app.cases.forms import HandOver
from app.errors import Conflict
from app.protection import actions as protection
from app.protection.forms import (
    VALID_DAYS,
    AssessThreat,
    PlanCheckIn,
    RecordNeed,
    RecordResidence,
    SettleCheckIn,
)
from app.protection.models import CheckIn, CheckInState
from app.work import Action, Form
from tests.conftest import Clock, Database
from tests.ladder import (
    Log,
    Rung,
    climb,
    close_every_case,
    grant,
    next_request,
    opening,
    outside_the_team,
    with_an_onlooker,
)
from tests.world import World, words


def check_in(**given: Any) -> PlanCheckIn:
    return PlanCheckIn(**{"due_at": clock.now() + timedelta(days=2), "agreed_word": "the blue kettle", **given})


# Each action that records, the compartment it needs, its form, and the rule that allows it.
RECORDS: list[tuple[Action, Callable[[], Form], str]] = [
    (protection.assess, lambda: AssessThreat(**words.threat()), "caseworker-assesses-threats"),
    (protection.record_need, lambda: RecordNeed(**words.need()), "caseworker-records-needs"),
    (protection.plan_check_in, check_in, "caseworker-assesses-threats"),
    (protection.record_residence, lambda: RecordResidence(**words.residence()), "caseworker-records-place"),
]
IDS = [action.name for action, _, _ in RECORDS]


@pytest.mark.parametrize(("action", "make", "rule"), RECORDS, ids=IDS)
def test_only_a_caseworker_with_the_key_records(
    world: World, log: Log, action: Action, make: Callable[[], Form], rule: str
) -> None:
    reference = with_an_onlooker(world)
    world.do("intake", cases.hand_over, HandOver(team="protection"), subject=reference)

    climb(
        world, log, action,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        # A caseworker who was handed the name alone.
        Rung("protection", "denied", "no-rule"),
        Rung("protection-lead", "done", rule),
        form=make(), subject=reference,
    )  # fmt: skip


@pytest.mark.parametrize(("action", "make", "rule"), RECORDS, ids=IDS)
def test_nothing_is_recorded_in_a_closed_case(
    world: World, log: Log, database: Database, action: Action, make: Callable[[], Form], rule: str
) -> None:
    reference = world.case()
    close_every_case(database)

    climb(world, log, action, Rung("protection-lead", "conflict", "none"), form=make(), subject=reference)


@pytest.mark.domain("D29")
@pytest.mark.parametrize(
    ("action", "table", "field"),
    [
        (protection.open_threat, "threat_assessments", "findings"),
        (protection.open_check_in, "check_ins", "agreed_word"),
    ],
    ids=["threat.open", "checkin.open"],
)
def test_threats_are_read_for_safety_that_is_cited_or_for_a_life_in_words(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    _, rows, canary = a_case_with_everything(world, field)
    threat, read = rows["threat_assessments"], "caseworker-reads-threats"

    view = climb(
        world, log, action,
        Rung("legal", "not_found", "none"),
        Rung("legal-lead", "not_found", "none"),
        Rung("intake", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("protection", "denied", "no-rule", form=opening("SAFETY", field)),
        Rung("protection", "denied", "no-rule", form=opening("SAFETY", field, cites=rows["needs"])),
        Rung("protection", "denied", "no-rule", form=opening("LIFE_AT_RISK", field)),
        Rung("protection", "denied", "no-rule", form=opening("DEMAND", field, words="a letter came")),
        Rung("protection", "done", read, form=opening("LIFE_AT_RISK", field, words=world.canary())),
        Rung("protection", "done", read, form=opening("CARE", field, cites=rows["check_ins"])),
        Rung("protection", "done", read),
        form=opening("SAFETY", field, cites=threat), subject=rows[table],
    )  # fmt: skip

    assert view.values[field].read() == canary


def test_needs_are_read_for_care_that_is_cited(world: World, log: Log) -> None:
    _, rows, canary = a_case_with_everything(world, "words")

    view = climb(
        world, log, protection.open_need,
        Rung("legal", "not_found", "none"),
        Rung("intake", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("protection", "denied", "no-rule", form=opening("CARE", "words")),
        Rung("protection", "denied", "no-rule", form=opening("LIFE_AT_RISK", "words", words="no air")),
        Rung("protection", "done", "caseworker-reads-needs"),
        form=opening("CARE", "words", cites=rows["needs"]), subject=rows["needs"],
    )  # fmt: skip

    assert view.values["words"].read() == canary


def test_the_place_is_for_who_holds_it_by_name_and_says_why(world: World, log: Log) -> None:
    _, rows, canary = a_case_with_everything(world, "place")
    world.invite("protection2", roles=("caseworker",))
    threat, words_ = rows["threat_assessments"], world.canary()

    view = climb(
        world, log, protection.reveal_residence,
        # In the team that works on the case, with its other keys in hand: the place is not among them.
        Rung("protection2", "not_found", "none"),
        Rung("intake", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("protection", "denied", "no-rule", form=opening("SAFETY", "place", cites=threat)),
        Rung("protection", "denied", "no-rule", form=opening("SAFETY", "place", words="to visit")),
        Rung("protection", "denied", "no-rule", form=opening("WITNESS_REQUEST", "place", words="they ask")),
        Rung("protection", "denied", "no-rule", form=opening("LIFE_AT_RISK", "place")),
        Rung("protection", "done", "caseworker-reveals-place", form=opening("LIFE_AT_RISK", "place", words=words_)),
        Rung("protection", "done", "caseworker-reveals-place"),
        form=opening("SAFETY", "place", cites=threat, words=words_), subject=rows["residences"],
    )  # fmt: skip

    assert view.values["place"].read() == canary


def test_a_reviewer_sees_a_place_for_a_demand_within_hours_and_never_beside_the_account(world: World, log: Log) -> None:
    reference, rows, canary = a_case_with_everything(world, "place")
    outside_the_team(world, "reviewer", "legal_reviewer")
    world.do("protection-lead", cases.give, grant(world, "reviewer", "LOCATION", hours=8), subject=reference)
    demand = opening("DEMAND", "place", words="order 44")

    view = climb(
        world, log, protection.reveal_residence,
        Rung("reviewer", "denied", "no-rule", form=opening("DEMAND", "place")),
        Rung("reviewer", "denied", "no-rule", form=opening("SAFETY", "place", words="to be sure")),
        Rung("reviewer", "done", "legal-reveals-place-boxed"),
        form=demand, subject=rows["residences"],
    )  # fmt: skip
    assert view.values["place"].read() == canary

    # The lead lets them into the team, and with it comes the account.
    world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)
    world.do("legal-lead", accounts.join_team, JoinTeam(team="legal"), subject=world.members["reviewer"].code)
    next_request(world, "reviewer")
    climb(
        world, log, protection.reveal_residence, Rung("reviewer", "denied", "no-place-for-who-holds-the-account"),
        form=demand, subject=rows["residences"],
    )  # fmt: skip


def test_nobody_gets_a_place_by_being_in_a_team(world: World) -> None:
    reference = world.whole_case()

    holders = {
        line.holder
        for line in world.show("protection", reference).grants
        if line.compartment == "LOCATION" and not line.dormant
    }

    assert holders == {"escrow", world.members["protection"].code, world.members["protection-lead"].code}


def test_a_check_in_is_settled_once(world: World, log: Log) -> None:
    _, rows, _ = a_case_with_everything(world, "agreed_word")

    climb(
        world, log, protection.settle_check_in,
        Rung("legal", "not_found", "none"),
        Rung("intake", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("protection", "done", "caseworker-assesses-threats"),
        Rung("protection", "conflict", "none"),
        form=SettleCheckIn(state="MET_CONCERN", outcome=world.canary()), subject=rows["check_ins"],
    )  # fmt: skip


def test_a_check_in_of_a_closed_case_is_not_settled(world: World, database: Database) -> None:
    _, rows, _ = a_case_with_everything(world, "agreed_word")
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("protection", protection.settle_check_in, SettleCheckIn(state="MET_OK"), subject=rows["check_ins"])


@pytest.mark.parametrize("state", [state for state in CheckInState if state != CheckInState.SCHEDULED])
def test_what_was_settled_stays_settled(state: CheckInState) -> None:
    due = clock.now()
    check = CheckIn(state=CheckInState.SCHEDULED, due_at=due)
    check.meet(state, due)

    for other in CheckInState:
        with pytest.raises(Conflict):
            check.meet(other, due)
    assert check.state == state


def test_nobody_is_missed_before_the_time_and_may_have_been_met_before_it() -> None:
    due = clock.now()
    check = CheckIn(state=CheckInState.SCHEDULED, due_at=due)

    with pytest.raises(Conflict) as refused:
        check.meet(CheckInState.MISSED, due - timedelta(seconds=1))
    assert "still to come" in refused.value.sentence

    assert check.state == CheckInState.SCHEDULED
    check.meet(CheckInState.MET_OK, due - timedelta(seconds=1))


def test_an_early_miss_is_refused_and_nothing_is_settled(world: World, log: Log, standing_clock: Clock) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    row = world.check_in(reference, days=0.01)
    missed = SettleCheckIn(state="MISSED", outcome=world.canary())

    climb(
        world, log, protection.settle_check_in,
        Rung("protection", "conflict", "none"),
        form=missed, subject=row,
    )  # fmt: skip
    standing_clock.move(minutes=15)
    world.sign_in("protection")
    climb(
        world, log, protection.settle_check_in,
        Rung("protection", "done", "caseworker-assesses-threats"),
        form=missed, subject=row,
    )  # fmt: skip


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_nobody_agrees_to_speak_in_the_past(world: World, log: Log, seconds: int) -> None:
    reference = world.case()
    due = clock.now() + timedelta(seconds=seconds)

    climb(
        world, log, protection.plan_check_in, Rung("protection-lead", "conflict", "none"),
        form=check_in(due_at=due), subject=reference,
    )  # fmt: skip


def test_when_a_check_in_is_due_is_clear_and_the_word_is_not(world: World, log: Log) -> None:
    reference, rows, canary = a_case_with_everything(world, "agreed_word")

    line = next(line for line in world.show("protection", reference).records if line.id == rows["check_ins"])

    assert set(line.clear) == {"state", "due_at", "duty_refused", "planned_by"}
    assert canary not in str(line)


@pytest.mark.parametrize(("level", "days"), VALID_DAYS.items())
def test_a_level_stands_for_its_term_and_is_itself_sealed(world: World, level: str, days: int) -> None:
    reference = world.case()
    world.do("intake", cases.hand_over, HandOver(team="protection"), subject=reference)
    before = clock.now()

    threat = world.threat(reference, by="protection-lead", level=level)

    line = next(line for line in world.show("protection-lead", reference).records if line.id == threat)
    assert line.clear["valid_until"][:10] == (before + timedelta(days=days)).date().isoformat()
    assert level not in line.clear.values()


def test_a_zone_is_sealed_and_only_the_moment_is_clear(world: World, database: Database) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    row = world.check_in(reference, zone="Africa/Nairobi")

    opened = world.open("protection", protection.open_check_in, row, "zone", justification="CARE", cites=row)

    assert opened["zone"] == "Africa/Nairobi"
    with database.connect("owner") as owner:
        stored = str(owner.execute("SELECT c::text FROM check_ins c WHERE id = %s", (row,)).fetchone())
    assert "Africa" not in stored
    assert b"Africa".hex() not in stored
    assert "+00" in stored, "the control: the moment can be read"


def test_a_graver_level_never_stands_longer() -> None:
    terms = [VALID_DAYS[level] for level in ("CRITICAL", "HIGH", "MODERATE", "LOW", "NONE_KNOWN")]

    assert terms == sorted(terms) == [7, 30, 90, 180, 180]


@pytest.mark.parametrize(
    ("form", "given"),
    [
        (AssessThreat, words.threat() | {"level": "7"}),
        (AssessThreat, words.threat() | {"score": 7}),
        (AssessThreat, words.threat() | {"fear_in_own_words": ""}),
        (RecordNeed, {"kind": "MONEY", "words": "x"}),
        (RecordResidence, words.residence() | {"latitude": 1.0}),
        (PlanCheckIn, {"due_at": "2030-01-01T10:00:00", "agreed_word": "kettle"}),
        (PlanCheckIn, {"due_at": "2030-01-01T10:00:00Z", "agreed_word": "kettle", "zone": "Africa/Nowhere"}),
        (PlanCheckIn, {"due_at": "2030-01-01T10:00:00Z", "agreed_word": "kettle", "zone": "../etc/passwd"}),
        (SettleCheckIn, {"state": "SCHEDULED"}),
    ],
)
def test_safety_is_told_in_words_without_scores_or_maps(form: type[Form], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form.model_validate(given)


def a_case_with_everything(world: World, field: str) -> tuple[str, dict[str, UUID], str]:
    """A case in protection's hands, its rows by table, and the canary that one field of them holds."""
    reference, canary = world.case(), world.canary()
    world.hand_to_protection(reference)

    def marked(*names: str) -> dict[str, Any]:
        return {name: canary for name in names if name == field}

    rows = {
        "threat_assessments": world.threat(reference, **marked("findings")),
        "residences": world.residence(reference, **marked("place")),
        "needs": world.need(reference, **marked("words")),
        "check_ins": world.check_in(reference, **marked("agreed_word")),
    }
    return reference, rows, canary

"""Breaking glass: half an hour, one case, one sign-in, three parties told, judged by somebody else (E10, D47)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.accounts import actions as accounts
from app.accounts.forms import LeaveTeam
from app.cases import actions as cases
from app.cases import glass, queries
from app.cases.forms import GiveGrant, RevokeGrant
from app.errors import Conflict, Denied, NotFound, PlantedKey
from app.keyholders import holders
from app.people import actions as people
from app.protection import actions as protection
from app.pseudonyms import references
from app.testimonies import actions as testimonies
from app.work import Action
from app.work.actions import ACTIONS, QUERIES
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, next_request, opening
from tests.world import World

SLEEPING = {"IDENTITY", "LOCATION", "THREAT"}
# What can be reached under a broken glass, by the table it opens.
OPENS: dict[str, tuple[Action, str]] = {
    "persons": (people.reveal, "legal_name"),
    "contact_channels": (people.reveal_contact, "address"),
    "residences": (protection.reveal_residence, "place"),
    "threat_assessments": (protection.open_threat, "findings"),
}


@pytest.fixture
def night(world: World) -> str:
    """A caseworker of the duty team alone, on duty now: nobody's everyday work is theirs."""
    world.invite("night", roles=("caseworker",), duty="duty")
    gone = LeaveTeam(team="protection")
    world.do("protection-lead", accounts.leave_team, gone, subject=world.members["night"].code)
    for login in ("night", "protection-lead", "protection"):
        next_request(world, login)
    world.on_duty("night")
    return "night"


def rows(world: World, reference: str) -> dict[str, UUID]:
    """The newest row of each kind, as somebody knows them who works on the case."""
    return {record.table: record.id for record in world.show("protection", reference).records}


def form(reference: str, why: str = "LIFE_AT_RISK", words: str | None = "Men at the door.") -> glass.Break:
    return glass.Break(reference=reference, justification=why, words=words)


def opened(world: World, found: dict[str, UUID], broken: UUID | None, by: str = "night") -> set[str]:
    """Which kinds of row somebody can open now, citing the glass they broke."""
    able = set()
    for table, (action, field) in OPENS.items():
        try:
            world.do(by, action, opening("LIFE_AT_RISK", field, cites=broken), subject=found[table])
        except NotFound:
            continue
        able.add(table)
    return able


@pytest.mark.domain("D47")
@pytest.mark.abuse("E10")
def test_off_the_rota_or_without_a_life_words_or_a_fresh_factor_it_is_refused(
    world: World, night: str, log: Log, standing_clock: Clock
) -> None:
    """One answer whether there is such a case or not: the rules speak before anything is looked for."""
    for reference in (world.whole_case(), references.draw()):
        climb(
            world, log, glass.break_glass,
            Rung("protection-lead", "denied", "no-rule"),
            Rung("protection", "denied", "no-rule"),
            Rung("auditor", "denied", "no-rule"),
            Rung("night", "denied", "no-rule", form=form(reference, why="SAFETY")),
            Rung("night", "denied", "no-rule", form=form(reference, words=None)),
            form=form(reference), subject=reference,
        )  # fmt: skip
    standing_clock.move(minutes=6)
    with pytest.raises(Denied):
        world.break_glass(reference, by="night")
    world.sign_in("night")
    with pytest.raises(NotFound):
        world.break_glass(reference, by="night")


@pytest.mark.domain("D47")
@pytest.mark.abuse("E10")
def test_it_opens_identity_place_and_threat_of_that_case_for_half_an_hour(
    world: World, night: str, log: Log, standing_clock: Clock
) -> None:
    reference, other = world.whole_case(), world.whole_case()
    found, elsewhere = rows(world, reference), rows(world, other)
    needs = opening("CARE", "words", cites=found["check_ins"])
    world.sign_in("night")
    assert opened(world, found, None) == set()

    log.fresh()
    broken = world.break_glass(reference, by="night")
    (entry,) = log.fresh()

    assert (entry.action, entry.justification, entry.cases) == ("access.break_glass", "LIFE_AT_RISK", [reference])
    assert entry.codes["compartments"] == "IDENTITY+LOCATION+THREAT"
    assert opened(world, found, broken) == set(OPENS)
    assert {said.cites for said in log.fresh()} == {str(broken)}
    assert opened(world, elsewhere, broken) == set()
    with pytest.raises(NotFound):
        world.do("night", protection.open_need, needs, subject=found["needs"])
    with pytest.raises(NotFound):
        world.do("night", testimonies.open_testimony, opening("LIFE_AT_RISK", "own_words"), subject=found["needs"])
    standing_clock.move(minutes=29)
    assert opened(world, found, broken) == set(OPENS)
    standing_clock.move(minutes=2)
    assert opened(world, found, broken) == set()
    assert world.office.ask(world["protection"], queries.looked, reference)[0].justification == "LIFE_AT_RISK"


@pytest.mark.abuse("E10")
def test_under_the_glass_nothing_else_serves_as_a_reason(world: World, night: str) -> None:
    reference = world.whole_case()
    found = rows(world, reference)
    broken = world.break_glass(reference, by="night")

    for why, cites in (("LIFE_AT_RISK", None), ("SAFETY", found["threat_assessments"]), ("CARE", broken)):
        for table, (action, field) in OPENS.items():
            with pytest.raises(Denied):
                world.do("night", action, opening(why, field, cites=cites, words="why"), subject=found[table])


@pytest.mark.abuse("E10")
def test_it_changes_and_gives_away_nothing(world: World, night: str) -> None:
    """Only what is declared to reach so far does: to all else the case is not there."""
    reference = world.whole_case()
    world.break_glass(reference, by="night")
    give = GiveGrant(user=world.members["protection"].code, compartments=frozenset({"IDENTITY"}))

    with pytest.raises(NotFound):
        world.show("night", reference)
    with pytest.raises(NotFound):
        world.do("night", cases.give, give, subject=reference)
    assert world.office.ask(world["night"], queries.cases) == ()


def test_what_reaches_so_far_is_a_short_list() -> None:
    reaching = {name: each.reaches for name, each in ACTIONS.items()}
    reaching |= {name: each.reaches for name, each in QUERIES.items()}

    assert {name for name, how in reaching.items() if how == "WOKEN"} == {
        "person.reveal", "person.reveal_document", "person.reveal_contact", "person.reveal_claim", "approach.open",
        "location.reveal", "threat.open", "checkin.open", "break_glass.records",
    }  # fmt: skip
    assert {name for name, how in reaching.items() if how == "ASLEEP"} == {
        "access.break_glass", "break_glass.list", "break_glass.show", "break_glass.count",
        # That somebody is missed: a reference, a rung and times. Nothing of them opens anything.
        "escalation.list", "escalation.show", "checkin.acknowledge", "checkin.report",
    }  # fmt: skip


@pytest.mark.abuse("E10")
def test_it_is_of_one_sign_in_and_ends_with_it(world: World, night: str) -> None:
    reference = world.whole_case()
    found = rows(world, reference)
    broken = world.break_glass(reference, by="night")
    first = world["night"]

    world.sign_in("night")

    assert opened(world, found, broken) == set()
    with pytest.raises(NotFound):
        world.office.ask(world["night"], glass.records, broken)
    assert world.office.ask(first, glass.records, broken)


@pytest.mark.domain("D47")
def test_three_parties_are_told_at_once_and_nothing_of_the_case(world: World, night: str, log: Log) -> None:
    reference = world.whole_case()
    world.sign_in("night")
    for login in ("intake-lead", "protection-lead", "auditor"):
        assert world.office.ask(world[login], glass.count) == glass.GlassNumbers(0, 0, 0)

    world.break_glass(reference, by="night", words=world.canary())

    codes = log.last().codes
    assert codes["leads"] >= 2, "the lead of the case and the lead of the team"
    assert codes["auditors"] == 1
    for login in ("intake-lead", "protection-lead", "auditor"):
        (line,) = world.office.ask(world[login], glass.glasses)
        assert (line.reference, line.standing, line.used_by) == (reference, "OPEN", world.members["night"].code)
        assert "CANARY" not in repr(line)
    for login in ("intake", "protection", "legal", "administrator"):
        assert world.office.ask(world[login], glass.glasses) == ()


@pytest.mark.domain("D47")
@pytest.mark.abuse("E10")
def test_an_auditor_judges_it_and_its_user_never(world: World, night: str, log: Log, standing_clock: Clock) -> None:
    reference = world.whole_case()
    broken = world.break_glass(reference, by="night")
    verdict = glass.Review(verdict="JUSTIFIED", why="LIFE_WAS_AT_RISK")
    with pytest.raises(Conflict):
        world.do("auditor", glass.review, verdict, subject=broken)

    standing_clock.move(hours=73)
    for login in ("auditor", "protection-lead", "night", "intake-lead", "administrator"):
        world.sign_in(login)
    assert world.office.ask(world["auditor"], glass.count) == glass.GlassNumbers(0, 0, 1)
    assert world.office.ask(world["auditor"], glass.show, broken).standing == "OVERDUE"
    climb(
        world, log, glass.review,
        Rung("administrator", "not_found", "none"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("night", "denied", "nobody-reviews-their-own-glass"),
        Rung("protection-lead", "denied", "nobody-reviews-their-own-glass"),
        Rung("auditor", "done", "auditor-reviews-glass"),
        Rung("auditor", "conflict", "none"),
        form=verdict, subject=broken,
    )  # fmt: skip
    assert world.office.ask(world["auditor"], glass.show, broken).standing == "JUSTIFIED"
    assert world.office.ask(world["auditor"], glass.count) == glass.GlassNumbers(0, 0, 0)


def test_who_broke_it_ends_it_before_its_time(world: World, night: str, log: Log) -> None:
    reference = world.whole_case()
    found = rows(world, reference)
    broken = world.break_glass(reference, by="night")

    climb(
        world, log, glass.end,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"),
        Rung("night", "done", "who-broke-it-ends-it"),
        Rung("night", "conflict", "none"),
        subject=broken,
    )  # fmt: skip
    assert opened(world, found, broken) == set()


def test_a_verdict_has_a_reason_of_its_own_kind() -> None:
    with pytest.raises(ValueError, match="reason"):
        glass.Review(verdict="MISUSE", why="IN_GOOD_FAITH")


def test_a_glass_is_broken_once_while_it_is_open(world: World, night: str, standing_clock: Clock) -> None:
    reference = world.whole_case()
    world.break_glass(reference, by="night")

    with pytest.raises(Conflict):
        world.break_glass(reference, by="night")
    standing_clock.move(minutes=31)
    world.sign_in("night")
    world.break_glass(reference, by="night")


@pytest.mark.abuse("E10")
def test_keys_taken_back_while_it_is_open_open_nothing_any_more(world: World, night: str) -> None:
    reference = world.whole_case()
    found = rows(world, reference)
    broken = world.break_glass(reference, by="night")
    take = RevokeGrant(team="duty", compartments=frozenset(SLEEPING))

    world.do("protection", cases.revoke, take, subject=reference)

    assert opened(world, found, broken) == set()
    with pytest.raises(NotFound):
        world.break_glass(reference, by="night")


def test_other_keys_taken_back_leave_the_sleeping_ones_asleep(world: World, night: str) -> None:
    """A rotation carries them over as they are: still asleep, and still to be woken."""
    reference = world.whole_case()
    lead = RevokeGrant(user=world.members["protection-lead"].code, compartments=frozenset({"LOCATION", "THREAT"}))
    world.do("protection", cases.revoke, lead, subject=reference)
    found = rows(world, reference)

    assert opened(world, found, None) == set()
    assert opened(world, found, world.break_glass(reference, by="night")) == set(OPENS)


@pytest.mark.abuse("E10")
def test_who_ever_read_the_account_breaks_no_glass_for_it(world: World, log: Log) -> None:
    """Amendment 2: somebody who holds what was said is not let to the place, in any hour."""
    reference = world.whole_case()
    world.invite("two.hats", roles=("caseworker", "intake_officer"), duty="duty")
    world.do("intake", cases.give, GiveGrant(
        user=world.members["two.hats"].code, compartments=frozenset({"TESTIMONY"})), subject=reference)  # fmt: skip
    world.on_duty("two.hats")

    climb(
        world, log, glass.break_glass, Rung("two.hats", "denied", "no-glass-for-who-holds-the-account"),
        form=form(reference), subject=reference,
    )  # fmt: skip


def test_a_colleague_without_an_undertaking_breaks_none(world: World, night: str, database: Database, log: Log) -> None:
    reference = world.whole_case()
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE undertakings SET until = %s", (clock.now() - timedelta(seconds=1),))
    next_request(world, "night")

    climb(
        world, log, glass.break_glass, Rung("night", "denied", "no-glass-without-an-undertaking"),
        form=form(reference), subject=reference,
    )  # fmt: skip


@pytest.mark.abuse("E10")
@pytest.mark.parametrize("planted", [False, True], ids=["control", "woken in the database"])
def test_a_sleeping_key_woken_in_the_database_opens_nothing(
    world: World, night: str, database: Database, planted: bool
) -> None:
    """The tag over a grant says that it sleeps: whoever writes the database cannot wake it unseen."""
    reference = world.whole_case()
    found = rows(world, reference)
    ask: dict[str, Any] = {"form": opening("LIFE_AT_RISK", "findings", words="why")}
    if planted:
        with database.connect("owner") as owner:
            owner.execute("SET session_replication_role = replica")
            owner.execute("UPDATE grants SET dormant = false WHERE dormant")

    with pytest.raises(PlantedKey if planted else NotFound):
        world.do("night", protection.open_threat, **ask, subject=found["threat_assessments"])


@pytest.mark.domain("D55")
def test_of_somebody_inside_nothing_is_laid_to_sleep(world: World, night: str, app_engine: Any) -> None:
    reference = world.case("intake", exit_stage="INSIDE", beside=world.members["protection"].code)
    world.threat(reference, by="protection-lead", level="CRITICAL")
    world.check_in(reference, by="protection-lead")

    assert asleep(world, reference) == set()
    with pytest.raises(NotFound):
        world.break_glass(reference, by="night")
    with Session(app_engine) as session:
        assert holders.team(session, "duty") is not None


def test_only_a_grave_threat_or_a_check_in_lays_keys_to_sleep(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    world.threat(reference, level="MODERATE")
    world.residence(reference)
    assert asleep(world, reference) == set()

    world.threat(reference, level="HIGH")

    assert asleep(world, reference) == SLEEPING
    assert log.last().codes["asleep"] == "IDENTITY+LOCATION+THREAT"


def test_whoever_records_the_place_completes_what_sleeps(world: World) -> None:
    reference = world.case()
    world.hand_to_protection(reference)
    world.invite("protection2", roles=("caseworker",))
    world.check_in(reference, by="protection2")
    assert asleep(world, reference) == {"IDENTITY", "THREAT"}

    world.residence(reference)

    assert asleep(world, reference) == SLEEPING


@pytest.mark.domain("D47")
def test_the_witness_may_say_no(world: World, night: str, log: Log) -> None:
    """Amendment 6: then nothing sleeps, what did is taken back, and a grave threat later changes nothing."""
    reference = world.whole_case()
    assert asleep(world, reference) == SLEEPING

    world.check_in(reference, duty="REFUSED")
    assert log.last().codes == {"refused": True, "asleep": "IDENTITY+LOCATION+THREAT"}
    world.threat(reference, level="CRITICAL")

    assert asleep(world, reference) == set()
    with pytest.raises(NotFound):
        world.break_glass(reference, by="night")
    world.check_in(reference, duty="AGREED", days=3)
    assert asleep(world, reference) == SLEEPING


def asleep(world: World, reference: str) -> set[str]:
    """What lies asleep of a case, as the page of its keys tells."""
    return {line.compartment for line in world.show("protection-lead", reference).grants if line.dormant}

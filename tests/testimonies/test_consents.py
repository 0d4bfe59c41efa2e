"""Consent: asked tier by tier, free or not at all, and withdrawn by whoever is told."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.sql import SQL, Identifier
from pydantic import ValidationError
from sqlalchemy import select

from app.cases.models import Hold
from app.errors import Conflict
from app.testimonies import actions as testimonies
from app.testimonies.forms import RecordConsent
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, with_an_onlooker
from tests.world import World

SAID: dict[str, Any] = {
    "tier": "T3", "granted": True, "text_version": "2026-10", "language": "ar", "how_given": "SPOKEN",
    "custody_status": "FREE", "guard_present": False,
}  # fmt: skip


def consent(**given: Any) -> RecordConsent:
    return RecordConsent.model_validate(SAID | given)


def test_only_intake_with_the_account_in_hand_records_consent(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)

    climb(
        world, log, testimonies.record_consent,
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("protection-lead", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-records-consent"),
        form=consent(conditions=world.canary()), subject=reference,
    )  # fmt: skip


@pytest.mark.domain("D39")
@pytest.mark.parametrize(
    "unfree",
    [
        {"guard_present": True},
        {"custody_status": "DETAINED"},
        {"custody_status": "HELD_BY_ARMED_GROUP"},
        {"custody_status": "CAMP"},
        {"custody_status": "UNKNOWN"},
        {"custody_status": "HELD_BY_ARMED_GROUP", "guard_present": True},
    ],
)
def test_nobody_consents_before_a_guard_or_in_captivity(world: World, log: Log, unfree: dict[str, Any]) -> None:
    reference = world.case()

    climb(
        world, log, testimonies.record_consent,
        Rung("intake", "conflict", "none"),
        # A no is always recorded: it takes nothing from anybody.
        Rung("intake", "done", "intake-records-consent", form=consent(granted=False, **unfree)),
        form=consent(**unfree), subject=reference,
    )  # fmt: skip

    states = {line.clear["state"] for line in world.show("intake", reference).records if line.table == "consents"}
    assert states == {"REFUSED"}


def test_no_consent_is_recorded_in_a_closed_case(world: World, database: Database) -> None:
    reference = world.case()
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("intake", testimonies.record_consent, consent(), subject=reference)


def test_whoever_is_told_records_a_withdrawal(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    given = world.consents(reference, "T3")[0].id
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)

    climb(
        world, log, testimonies.withdraw,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("legal", "done", "holder-records-withdrawal"),
        Rung("intake", "conflict", "none"),
        subject=given,
    )  # fmt: skip


def test_a_withdrawal_holds_what_would_flow_out_in_the_same_transaction(world: World) -> None:
    reference = world.case()
    given = world.consents(reference, "T3")[0].id

    world.do("intake", testimonies.withdraw, subject=given)

    holds = world.office.housekeep(lambda s: s.execute(select(Hold.kind, Hold.tier, Hold.until)).all())
    assert holds == [("CONSENT", "T3", None)]


def test_a_refusal_is_nothing_to_withdraw_and_makes_no_hold(world: World) -> None:
    reference = world.case()
    refused = world.consents(reference, "T3", granted=False)[0].id

    with pytest.raises(Conflict):
        world.do("intake", testimonies.withdraw, subject=refused)

    assert world.office.housekeep(lambda s: s.scalars(select(Hold)).all()) == []


def test_the_log_says_which_tier_and_which_text_and_not_the_conditions(world: World, log: Log) -> None:
    reference, canary = world.case(), world.canary()
    log.fresh()

    world.consents(reference, "T4", conditions=canary)

    said = log.last()
    assert said.codes == {"tier": "T4", "text": "2026-10"}
    assert canary not in str(said.view)


def test_one_withdrawal_leaves_the_other_tiers_standing(world: World) -> None:
    reference = world.case()
    care, release = (stored.id for stored in world.consents(reference, "T1", "T4"))

    world.do("intake", testimonies.withdraw, subject=release)

    states = {line.id: line.clear["state"] for line in world.show("intake", reference).records}
    assert (states[care], states[release]) == ("GRANTED", "WITHDRAWN")


@pytest.mark.parametrize(
    "given",
    [{"tier": "T7"}, {"tier": "ALL"}, {"how_given": "ASSUMED"}, {"text_version": "newest"}, {"granted": None}],
)
def test_a_consent_is_one_tier_one_text_and_one_answer(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        consent(**given)


@pytest.mark.domain("D40")
def test_withdrawing_touches_nothing_that_keeps_the_person_safe(world: World, database: Database) -> None:
    reference = world.whole_case("ar")
    kept = ("threat_assessments", "needs", "check_ins", "clearances", "residences")
    before = {name: _rows(database, name) for name in (*kept, "consents")}

    for consent in world.consents(reference, "T2", "T3", "T4", "T5", "T6"):
        world.do("intake", testimonies.withdraw, subject=consent.id)

    after = {name: _rows(database, name) for name in (*kept, "consents")}
    assert all(before[name] for name in kept[:4])
    assert {name for name in before if before[name] != after[name]} == {"consents"}


def _rows(database: Database, table: str) -> list[str]:
    with database.connect("owner") as owner:
        return sorted(row for (row,) in owner.execute(SQL("SELECT t::text FROM {} t").format(Identifier(table))))

"""The rota: the lead writes it, whoever stands on it passes their own time on, and no two share a rung."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app import clock
from app.accounts import actions as accounts
from app.accounts import factors, rota, security_keys
from app.accounts.forms import LeaveTeam, RenewFactor
from app.errors import Conflict
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, log, next_request
from tests.world import World
from tests.world.keys import added

__all__ = ["log"]


def shift(begins: float = 0, ends: float = 12, rung: int = 1) -> rota.SetShift:
    now = clock.now()
    return rota.SetShift(rung=rung, starts_at=now + timedelta(hours=begins), ends_at=now + timedelta(hours=ends))


def put(world: World, login: str, **given: Any) -> rota.ShiftKept:
    code = world.members[login].code
    kept: rota.ShiftKept = world.do("protection-lead", rota.set_shift, shift(**given), subject=code)
    return kept


def names(world: World) -> list[str]:
    return [line.display_name for line in world.office.ask(world["intake"], rota.on_duty_now)]


def test_the_lead_puts_members_of_the_duty_team_on_it(world: World, log: Log) -> None:
    code = world.members["protection"].code

    climb(
        world, log, rota.set_shift,
        Rung("intake", "denied", "no-rule"),
        Rung("protection", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("protection-lead", "denied", "only-the-duty-team-is-on-duty", subject=world.members["intake"].code),
        Rung("protection-lead", "done", "lead-writes-the-rota"),
        Rung("protection-lead", "conflict", "none"),
        form=shift(), subject=code,
    )  # fmt: skip
    assert names(world) == [world.members["protection"].name]


def test_no_two_share_a_rung_and_nobody_is_on_both(world: World) -> None:
    world.invite("protection2", name="Rania Nassar", roles=("caseworker",), duty="duty")
    next_request(world, "protection-lead")
    put(world, "protection", begins=0, ends=12)
    with pytest.raises(Conflict):
        put(world, "protection2", begins=11, ends=20)
    with pytest.raises(Conflict):
        put(world, "protection", begins=11, ends=20, rung=2)

    put(world, "protection2", begins=0, ends=12, rung=2)
    put(world, "protection2", begins=12, ends=24)

    assert names(world) == [world.members["protection"].name, "Rania Nassar"]


def test_the_database_lets_no_two_share_a_rung_either(world: World, database: Database) -> None:
    """What two leads at one moment have each found free is refused there at the latest."""
    kept = put(world, "protection")
    copied = (
        "INSERT INTO shifts SELECT user_id, person, {rung}, starts_at, ends_at, set_by, set_at, gen_random_uuid() "
        "FROM shifts WHERE id = %s"
    )
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(copied.format(rung=2).encode(), (kept.id,))
        with pytest.raises(Exception, match="ex_shifts_rung"):
            owner.execute(copied.format(rung=1).encode(), (kept.id,))
        owner.rollback()


@pytest.mark.parametrize(("begins", "ends"), [(2, 1), (1, 1), (0, 24 * 15)])
def test_a_time_on_duty_has_an_end_within_two_weeks(begins: float, ends: float) -> None:
    with pytest.raises(ValidationError):
        shift(begins=begins, ends=ends)


def test_what_is_over_is_not_written(world: World) -> None:
    with pytest.raises(Conflict):
        put(world, "protection", begins=-5, ends=-1)


def test_whoever_is_on_duty_passes_it_on_and_nobody_takes_it(world: World, log: Log) -> None:
    kept = put(world, "protection", begins=-1, ends=5)
    lead = rota.PassShift(to=world.members["protection-lead"].code)

    climb(
        world, log, rota.take_over,
        Rung("intake", "denied", "only-the-duty-team-is-on-duty", form=rota.PassShift(to=world.members["intake"].code)),
        Rung("protection-lead", "denied", "no-rule"),
        Rung("protection", "conflict", "none", form=rota.PassShift(to=world.members["protection"].code)),
        Rung("protection", "done", "on-duty-passes-it-on"),
        Rung("protection", "conflict", "none"),
        form=lead, subject=kept.id,
    )  # fmt: skip
    assert names(world) == [world.members["protection-lead"].name]


def test_the_lead_ends_a_time_and_strikes_off_one_that_has_not_begun(world: World, log: Log) -> None:
    running, later = put(world, "protection", begins=-1, ends=5), put(world, "protection", begins=6, ends=9)

    climb(
        world, log, rota.cut,
        Rung("protection", "denied", "no-rule"),
        Rung("protection-lead", "done", "lead-writes-the-rota"),
        Rung("protection-lead", "conflict", "none"),
        subject=running.id,
    )  # fmt: skip
    world.do("protection-lead", rota.cut, subject=later.id)

    assert world.office.ask(world["intake"], rota.rota) == ()
    put(world, "protection", begins=6, ends=9)


def test_who_left_the_team_is_on_duty_no_more(world: World, standing_clock: Clock) -> None:
    put(world, "protection")
    world.do("protection-lead", accounts.leave_team, LeaveTeam(team="duty"), subject=world.members["protection"].code)

    assert names(world) == []


# two second factors


def left(database: Database, world: World, login: str, codes: int) -> None:
    """Somebody has used up their recovery codes but for so many."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE recovery_codes SET used_at = now() WHERE user_id = (SELECT id FROM users WHERE code = %s) "
            "AND id NOT IN (SELECT id FROM recovery_codes WHERE used_at IS NULL "
            "AND user_id = (SELECT id FROM users WHERE code = %s) LIMIT %s)",
            (world.members[login].code, world.members[login].code, codes),
        )


def without_authenticator(database: Database, world: World, login: str) -> None:
    """As if it had never been drawn: no page of the product takes one away."""
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE users SET sealed_totp = NULL WHERE code = %s", (world.members[login].code,))


def test_nobody_with_one_second_factor_is_put_on_duty(world: World, log: Log, database: Database) -> None:
    world.codes_for("protection", factors.CODES_THAT_LAST)
    left(database, world, "protection", factors.CODES_THAT_LAST - 1)
    climb(
        world, log, rota.set_shift,
        Rung("protection", "denied", "no-rule"),
        Rung("protection-lead", "factors.few", "none"),
        form=shift(), subject=world.members["protection"].code,
    )  # fmt: skip
    assert names(world) == []

    added(world, "protection")

    climb(
        world, log, rota.set_shift, Rung("protection-lead", "done", "lead-writes-the-rota"),
        form=shift(), subject=world.members["protection"].code,
    )  # fmt: skip
    assert names(world) == [world.members["protection"].name]


def test_nor_is_a_time_passed_on_to_them(world: World, log: Log, database: Database) -> None:
    kept = put(world, "protection", begins=-1, ends=5)
    left(database, world, "protection-lead", 0)
    climb(
        world, log, rota.take_over, Rung("protection", "factors.few", "none"),
        form=rota.PassShift(to=world.members["protection-lead"].code), subject=kept.id,
    )  # fmt: skip
    assert names(world) == [world.members["protection"].name], "and it stays whose it was"


def test_recovery_codes_drawn_anew_count_again(world: World, database: Database) -> None:
    me = world.members["protection"]
    left(database, world, "protection", 0)
    with pytest.raises(rota.FewFactors):
        put(world, "protection")

    given = {"passphrase": me.passphrase, "code": world.code("protection")}
    drawn = world.signins.renew_factor(me.caller, RenewFactor(which="CODES", **given))
    me.recovery, me.token = drawn.recovery_codes, drawn.token

    assert put(world, "protection").user == world.members["protection"].code


@pytest.mark.parametrize(
    ("codes", "keys", "authenticator", "on_duty"),
    [
        (3, 0, True, True), (2, 0, True, False), (2, 1, True, True), (0, 2, False, True), (0, 1, False, False),
        (3, 1, False, True),
    ],
)  # fmt: skip
def test_what_counts_is_what_still_serves_when_the_rest_is_lost(
    world: World, database: Database, codes: int, keys: int, authenticator: bool, on_duty: bool
) -> None:
    world.codes_for("protection", factors.RECOVERY_CODES)
    for _ in range(keys):
        added(world, "protection")
    left(database, world, "protection", codes)
    if not authenticator:
        without_authenticator(database, world, "protection")

    try:
        done = put(world, "protection").user == world.members["protection"].code
    except rota.FewFactors:
        done = False

    assert done is on_duty


def test_a_key_that_was_taken_away_counts_no_more(world: World, database: Database) -> None:
    key = added(world, "protection")
    left(database, world, "protection", 2)
    world.do("protection", security_keys.remove, subject=key.row)

    with pytest.raises(rota.FewFactors):
        put(world, "protection")

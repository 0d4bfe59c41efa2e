"""Handed to protection, who the witness is ends for intake: so many days after the last conversation."""

from __future__ import annotations

from uuid import UUID

import pytest

from app import clock
from app.cases import actions as cases
from app.cases.forms import HandOver, RevokeGrant
from app.errors import Conflict, NotFound
from app.people import actions as people
from tests.conftest import Clock, Database
from tests.ladder import Log, grant
from tests.world import World

DAYS = 30
DAY = 86_400
ALWAYS = {"protection": None, "escrow": None}
# Beyond the last minute of a day that was told.
LATER = {"seconds": 1}


def ends(world: World, reference: str) -> dict[str, float | None]:
    """Who holds who the witness is, and for how many days more, as the page of keys says it."""
    names = {member.code: login for login, member in world.members.items()}
    return {
        names.get(line.holder, line.holder): None
        if line.until is None
        else round((line.until - clock.now()).total_seconds() / DAY, 2)
        for line in world.show("protection-lead", reference).grants
        if line.compartment == "IDENTITY"
    }


def come_in(world: World, clock_: Clock, *, days: int, **more: int) -> None:
    """So long afterwards, with everybody signed in anew."""
    clock_.move(days=days, **more)
    for login in ("intake", "intake-lead", "protection", "protection-lead", "legal"):
        world.sign_in(login)


def talked(world: World) -> str:
    """A case with its witness in it, in a conversation."""
    reference = world.case()
    world.person(reference)
    world.testimony(reference, upto="IN_SESSION", language="en")
    return reference


def handed(world: World, *, days_ago: int = 0, moved: Clock | None = None) -> str:
    """A case with a conversation in it, handed to both teams so many days later."""
    reference = talked(world)
    if moved is not None:
        come_in(world, moved, days=days_ago)
    world.hand_to_protection(reference)
    return reference


def test_on_the_day_intake_knows_no_more_who_it_is(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    person = world.row("intake", reference, "persons")

    assert ends(world, reference) == {"intake": DAYS, "intake-lead": DAYS, **ALWAYS}
    come_in(world, standing_clock, days=DAYS - 1)
    assert "IDENTITY" in world.show("intake", reference).held
    come_in(world, standing_clock, days=1, **LATER)

    for login in ("intake", "intake-lead"):
        assert set(world.show(login, reference).held) & {"IDENTITY", "TESTIMONY"} == {"TESTIMONY"}
    with pytest.raises(NotFound):
        _reveal(world, "intake", person)
    assert _reveal(world, "protection", person)


def test_handed_to_legal_alone_nothing_ends(world: World, standing_clock: Clock) -> None:
    """The control."""
    reference = talked(world)
    world.hand_to_legal(reference)

    come_in(world, standing_clock, days=DAYS, **LATER)

    assert _reveal(world, "intake", world.row("intake", reference, "persons"))


def test_the_day_counts_from_the_last_conversation(world: World, standing_clock: Clock) -> None:
    reference = handed(world, days_ago=20, moved=standing_clock)

    assert ends(world, reference) == {"intake": DAYS - 20, "intake-lead": DAYS - 20, **ALWAYS}


def test_long_after_it_a_day_is_left_to_finish(world: World, standing_clock: Clock) -> None:
    reference = handed(world, days_ago=90, moved=standing_clock)

    assert ends(world, reference) == {"intake": 1, "intake-lead": 1, **ALWAYS}


def test_a_later_conversation_moves_it_for_those_who_still_know(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    world.invite("intake2", roles=("intake_officer",))
    world.do("protection-lead", cases.give, grant(world, "intake2", "IDENTITY", hours=600), subject=reference)
    come_in(world, standing_clock, days=20)

    world.testimony(reference, upto="IN_SESSION")

    own = {"intake2": 5, **ALWAYS}
    assert ends(world, reference) == {"intake": DAYS, "intake-lead": DAYS, **own}, "a key given until a day keeps it"
    come_in(world, standing_clock, days=DAYS - 1)
    assert "IDENTITY" in world.show("intake", reference).held


def test_once_over_a_conversation_brings_nothing_back(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    come_in(world, standing_clock, days=DAYS, **LATER)

    world.testimony(reference, upto="IN_SESSION")

    assert ends(world, reference) == ALWAYS


def test_who_is_given_it_afterwards_gets_an_end_too(world: World, standing_clock: Clock) -> None:
    reference = handed(world)
    come_in(world, standing_clock, days=10)
    for login, role in (("intake2", "intake_officer"), ("caseworker2", "caseworker")):
        world.invite(login, roles=(role,))
        world.do("protection-lead", cases.give, grant(world, login, "IDENTITY"), subject=reference)

    told = ends(world, reference)
    assert (told["intake2"], told["caseworker2"]) == (DAYS - 10, None)
    come_in(world, standing_clock, days=DAYS)
    world.do("protection-lead", cases.give, grant(world, "intake", "IDENTITY"), subject=reference)
    assert ends(world, reference)["intake"] == 1


def test_protection_cannot_be_left_out_while_only_what_ends_would_stay(world: World) -> None:
    """Else on the day nobody but the custodians could say who it is."""
    reference = handed(world)

    with pytest.raises(Conflict, match="conflict"):
        world.do(
            "protection-lead", cases.revoke,
            RevokeGrant(team="protection", compartments=frozenset({"IDENTITY"})), subject=reference,
        )  # fmt: skip


def test_of_somebody_inside_nothing_ends(world: World) -> None:
    reference = world.case(exit_stage="INSIDE", beside=world.members["protection"].code)

    world.do("protection-lead", cases.hand_over, HandOver(team="protection"), subject=reference)

    assert ends(world, reference) == {"intake": None, "protection": None, "escrow": None}


def test_a_planted_grant_is_given_no_key_on_the_way(world: World, database: Database) -> None:
    """Giving a grant an end seals the key anew: to whoever was given it, not to whoever stands there."""
    reference = talked(world)
    world.invite("intake2", roles=("intake_officer",))
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "INSERT INTO grants SELECT (g).* FROM (SELECT jsonb_populate_record(g, jsonb_build_object('id', "
            "gen_random_uuid(), 'keyholder_id', (SELECT keyholder_id FROM users WHERE code = %s))) AS g FROM grants g "
            "JOIN users u ON u.keyholder_id = g.keyholder_id WHERE g.compartment = 'IDENTITY' AND u.code = %s) x",
            (world.members["intake2"].code, world.members["intake"].code),
        )

    world.hand_to_protection(reference)

    told = ends(world, reference)
    assert (told["intake"], told["intake2"]) == (DAYS, None), "the planted one stands as before, and opens nothing"


def test_the_entry_says_how_many_keys_end(world: World, log: Log) -> None:
    reference = talked(world)
    log.fresh()

    world.do("intake", cases.hand_over, HandOver(team="protection"), subject=reference)

    said = log.last()
    assert said.codes == {"compartments": "IDENTITY", "ending": 2}
    world.do("intake", cases.hand_over, HandOver(team="legal"), subject=reference)
    assert log.last().codes["ending"] == 0


def _reveal(world: World, login: str, person: UUID) -> object:
    return world.open(login, people.reveal, person, "legal_name", justification="WITNESS_REQUEST")


def test_who_was_given_it_for_hours_keeps_their_hours(world: World) -> None:
    reference = talked(world)
    world.invite("intake2", roles=("intake_officer",))
    world.do("intake-lead", cases.give, grant(world, "intake2", "IDENTITY", hours=8), subject=reference)

    world.hand_to_protection(reference)

    assert ends(world, reference)["intake2"] == 0.33

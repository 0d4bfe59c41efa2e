"""Whom and what an account speaks of: chips, names beside each other, ties between cases that one holds both of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.cases import actions as cases
from app.cases.forms import RevokeGrant
from app.errors import Conflict, Denied, NotFound
from app.protection import actions as protection
from app.testimonies import mentions
from app.testimonies.forms import ReadAccount
from app.testimonies.views import ChipRead
from app.work import Justification
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, grant, next_request, outside_the_team, with_an_onlooker
from tests.world import World

BECAUSE = ReadAccount(justification=Justification.WITNESS_REQUEST)


def chips(world: World, login: str, reference: str) -> tuple[ChipRead, ...]:
    row = world.row(login, reference, "mentions")
    found: tuple[ChipRead, ...] = world.do(login, mentions.read, BECAUSE, subject=row).chips
    return found


def names(chip: ChipRead) -> list[str]:
    return [each.name.read() for each in chip.names if each.name is not None]


def passage(world: World, reference: str) -> UUID:
    world.testimony(reference, upto="RECORDED")
    return world.row("intake", reference, "segments")


def tie(world: World, one: str, other: str, **more: Any) -> Any:
    form = mentions.TieMention(chip=world.chip(one), other=world.chip(other))
    return world.do(more.get("by", "intake"), mentions.tie, form, subject=one)


def test_who_takes_the_account_names_whom_it_speaks_of(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)

    climb(
        world, log, mentions.record,
        Rung("protection", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=mentions.RecordMention(kind="PERSON", name=world.canary()), subject=reference,
    )  # fmt: skip


def test_who_reads_the_account_reads_them_with_a_reason(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    row = world.mention(reference)
    world.hand_to_legal(reference)
    without = ReadAccount(justification=Justification.INTAKE)

    climb(
        world, log, mentions.read,
        Rung("protection", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=without),
        Rung("legal", "done", "legal-reads-accounts"),
        Rung("intake", "done", "intake-reads-accounts"),
        form=BECAUSE, subject=row,
    )  # fmt: skip


def test_who_has_seen_the_place_reads_no_name(world: World) -> None:
    """The same wall as before the account: it is asked of a row of the account, not of the case."""
    reference = world.case()
    row = world.mention(reference)
    outside_the_team(world, "reviewer", "legal_reviewer")
    world.hand_to_protection(reference)
    place = world.residence(reference)
    world.do("protection-lead", cases.give, grant(world, "reviewer", "LOCATION", hours=1), subject=reference)
    next_request(world, "reviewer")
    reveal = protection.reveal_residence
    assert world.open("reviewer", reveal, place, "place", justification="DEMAND", words="a court asks")
    take = RevokeGrant(user=world.members["reviewer"].code, compartments=frozenset({"LOCATION"}))
    world.do("protection-lead", cases.revoke, take, subject=reference)
    world.do("intake", cases.give, grant(world, "reviewer", "TESTIMONY"), subject=reference)
    next_request(world, "reviewer")

    with pytest.raises(Denied) as refused:
        world.do("reviewer", mentions.read, BECAUSE, subject=row)

    assert refused.value.rule == "no-account-for-who-holds-the-place"


def test_one_name_is_opened_by_itself(world: World, log: Log) -> None:
    reference = world.case()
    row = world.mention(reference, name="Abu Omar")
    log.fresh()

    opened = world.open("intake", mentions.open_mention, row, "name", "kind", justification="WITNESS_REQUEST")

    assert opened == {"name": "Abu Omar", "kind": "PERSON"}
    assert log.last().fields == ["mentions.kind", "mentions.name"]


def test_named_again_it_is_the_same_chip_and_no_name_goes_over_another(world: World) -> None:
    reference = world.case()
    said = passage(world, reference)
    world.mention(reference, name="Abu Omar", passage=said)
    chip = world.chip(reference)
    world.mention(reference, name="the emir of the gate", chip=chip, passage=said)
    world.mention(reference, kind="PLACE", name="the mill")

    first, second = chips(world, "intake", reference)

    assert (first.chip, names(first)) == (chip, ["Abu Omar", "the emir of the gate"])
    assert {each.passage for each in first.names} == {said}
    assert second.kind is not None
    assert (second.kind.read(), names(second)) == ("PLACE", ["the mill"])
    assert second.chip != chip


def test_one_entry_names_every_row_that_was_read(world: World, log: Log) -> None:
    reference = world.case()
    rows = [world.mention(reference) for _ in range(3)]
    log.fresh()

    chips(world, "intake", reference)

    (said,) = log.fresh()
    assert (said.action, said.operation) == ("mention.read", "consult")
    assert {str(row) for row in rows} <= set(said.subjects[0]["rows"])


def test_what_is_not_of_this_case_is_not_there(world: World) -> None:
    reference, other = world.case(), world.case()
    elsewhere = passage(world, other)
    world.mention(other)

    for wrong in ({"passage": elsewhere}, {"chip": world.chip(other)}, {"chip": "M-333333"}):
        with pytest.raises(NotFound):
            world.mention(reference, **wrong)

    assert "mentions" not in {each.table for each in world.show("intake", reference).records}


def test_nothing_is_named_in_a_closed_case(world: World, database: Database) -> None:
    reference = world.case()
    close_every_case(database)

    with pytest.raises(Conflict):
        world.mention(reference)


# ties


def test_chips_of_two_cases_are_tied_and_seen_from_both(world: World, log: Log) -> None:
    one, other = world.case(), world.case()
    world.mention(one, name="Abu Omar")
    world.mention(other, name="Omar the elder")
    log.fresh()

    tie(world, one, other)

    assert [(said.action, said.operation) for said in log.fresh()] == [("mention.tie", "alter")]
    for here, there in ((one, other), (other, one)):
        (chip,) = chips(world, "intake", here)
        assert [(each.reference, each.other) for each in chip.ties] == [(there, world.chip(there))]


def test_who_holds_one_of_the_cases_alone_learns_nothing_of_the_other(world: World) -> None:
    one, other = world.case(), world.case()
    world.mention(one)
    world.mention(other)
    tie(world, one, other)
    world.invite("intake2", roles=("intake_officer",))
    world.do("intake", cases.give, grant(world, "intake2", "TESTIMONY"), subject=one)
    next_request(world, "intake2")

    (chip,) = chips(world, "intake2", one)
    assert chip.ties == ()

    world.do("intake", cases.give, grant(world, "intake2", "TESTIMONY"), subject=other)
    next_request(world, "intake2")
    (chip,) = chips(world, "intake2", one)
    assert [each.reference for each in chip.ties] == [other], "the control"


def test_the_two_ends_of_a_tie_share_no_value(world: World, database: Database) -> None:
    one, other, third = world.case(), world.case(), world.case()
    for reference in (one, other, third):
        world.mention(reference)
    tie(world, one, other)
    tie(world, other, third)

    with database.connect("owner") as owner:
        rows = owner.execute("SELECT case_id, chip, mark, token FROM mention_ties").fetchall()

    assert len(rows) == 4
    assert len({mark for _, _, mark, _ in rows}) == 4
    assert len({bytes(token) for *_, token in rows}) == 4


def test_a_tie_needs_the_keys_of_both(world: World) -> None:
    one, other = world.case(), world.case()
    world.mention(one)
    world.mention(other)
    world.invite("intake2", roles=("intake_officer",))
    world.do("intake", cases.give, grant(world, "intake2", "TESTIMONY"), subject=one)
    next_request(world, "intake2")
    form = mentions.TieMention(chip=world.chip(one), other=world.chip(other))

    with pytest.raises(NotFound):
        world.do("intake2", mentions.tie, form, subject=one)
    world.hand_to_legal(one)
    with pytest.raises(Denied):
        world.do("legal", mentions.tie, form, subject=one)


def test_a_tie_that_is_said_twice_is_shown_once_and_none_is_within_a_case(world: World) -> None:
    one, other = world.case(), world.case()
    world.mention(one)
    first = world.chip(one)
    world.mention(other)
    tie(world, one, other)
    tie(world, other, one)
    world.mention(one)

    assert [len(chip.ties) for chip in chips(world, "intake", one)] == [1, 0]
    with pytest.raises(Conflict):
        world.do("intake", mentions.tie, mentions.TieMention(chip=world.chip(one), other=first), subject=one)

"""Whether somebody is known: by two strong attributes, yes or no and whom to ask, and never whose case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.accounts import actions as accounts
from app.accounts.forms import LeaveTeam
from app.errors import Conflict, NotFound, PlantedKey, Refusal, TooManyLookUps, Unprocessable
from app.people import actions as people
from app.people import lookups, queries
from app.people.forms import AskKnown, FindCase, RecordClaim, SettleSamePerson
from app.people.memory import MEMORY
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb, with_an_onlooker
from tests.world import World, words

IDRIS: dict[str, Any] = {
    "legal_name": "Idris Sami al-Tamimi", "name_arabic": "إدريس سامي التميمي", "aliases": ("Abu Layth",),
    "birth_date": {"precision": "YEAR", "year": 1990},
}  # fmt: skip
HIM: dict[str, Any] = {
    "name": "Idriss Tamimy", "birth_date": {"precision": "YEAR", "year": 1991}, "justification": "INTAKE",
}  # fmt: skip


def known(world: World, by: str = "intake-lead", **given: Any) -> str:
    """A case of somebody of whom its asker holds nothing."""
    reference = world.case(by)
    world.person(reference, by=by, **{**IDRIS, **given})
    return reference


# the question


@pytest.mark.domain("D35")
@pytest.mark.parametrize(
    "weak",
    [
        {},
        {"name": "Idris Tamimi"},
        {"name": "Idris", "birth_date": {"precision": "YEAR", "year": 1990}},
        {"birth_date": {"precision": "YEAR", "year": 1990}},
        {"document_number": "N 4471 902"},
        {"contact": "+00 555 0142"},
        {"name": "Idris Tamimi", "document_number": "N 4471 902"},
        {"document_number": "N 4471 902", "contact": "12"},
    ],
    ids=range(8),
)
def test_one_strong_attribute_is_refused_and_the_entry_says_so(world: World, log: Log, weak: dict[str, Any]) -> None:
    known(world)
    log.fresh()

    with pytest.raises(Unprocessable) as refused:
        world.do("intake", lookups.ask_known, AskKnown(justification="INTAKE", **weak))

    assert "alone" in refused.value.sentence
    assert [(said.action, said.outcome) for said in log.fresh()] == [("lookup.ask", "invalid")]


@pytest.mark.domain("D35")
def test_two_say_possibly_and_whom_to_ask_and_nothing_of_the_case(world: World, log: Log) -> None:
    reference = known(world)
    log.fresh()

    asked = world.ask_known(**HIM)

    assert (asked.possible, asked.ask, asked.mine) == (True, (world.members["intake-lead"].code,), ())
    said = log.fresh()
    assert [(one.operation, one.action, one.justification) for one in said] == [("consult", "lookup.ask", "INTAKE")]
    # Neither the words nor the case they met, to whoever reads the log.
    assert reference not in json.dumps(said[0].view)
    assert said[0].cases == []
    assert not any(word in json.dumps(said[0].view).lower() for word in ("idris", "tamim", "1991"))
    assert len(said[0].codes["query"]) == 16


@pytest.mark.domain("D34")
@pytest.mark.domain("D35")
@pytest.mark.abuse("E05")
def test_who_is_not_known_is_no_match_and_says_as_much(world: World, log: Log) -> None:
    known(world)
    log.fresh()

    asked = world.ask_known()
    met = world.ask_known(**HIM)

    assert (asked.possible, asked.ask, asked.mine) == (False, (), ())
    one, other = log.fresh()
    assert one.view.keys() == other.view.keys()
    assert one.codes.keys() == other.codes.keys()
    assert met.left == asked.left - 1


@pytest.mark.parametrize(
    ("kept", "again"),
    [
        ({"legal_name": "Mohammed Abd al-Rahman Masri"}, "محمد عبد الرحمن"),
        ({"legal_name": "يوسف خالد الحلبي", "name_arabic": None}, "Halabi Joseph"),
        ({"legal_name": "Fatima Omar Haddad"}, "fatmah HADDAD"),
    ],
    ids=["arabic", "latin", "order"],
)
def test_somebody_is_met_in_the_other_script(world: World, kept: dict[str, Any], again: str) -> None:
    known(world, **kept)

    assert world.ask_known(**{**HIM, "name": again}).possible


def test_exact_numbers_meet_however_they_are_typed(world: World) -> None:
    reference = world.case("intake-lead")
    world.document(reference, by="intake-lead", number="N 4471-902")
    world.contact(reference, by="intake-lead", address="+00 555 0142")

    asked = world.ask_known(name=None, birth_date=None, document_number="n4471902", contact="555-٠١٤٢")

    assert asked.possible


def test_of_my_own_cases_i_am_told_which(world: World) -> None:
    mine = known(world, by="intake")

    asked = world.ask_known(**HIM)

    assert (asked.possible, asked.mine, asked.ask) == (True, (mine,), ())


def test_kin_are_not_met(world: World) -> None:
    reference = world.case("intake-lead")
    world.claim(reference, by="intake-lead", about="FATHER")

    assert not world.ask_known(**HIM).possible


# rungs


def test_only_the_intake_team_asks(world: World, log: Log) -> None:
    known(world)
    form, find = AskKnown(**HIM), FindCase(document_number="N 4471 902")
    others = [Rung(who, "denied", "no-rule") for who in
              ("protection", "legal", "narrative-lead", "auditor", "administrator")]  # fmt: skip

    overseers = [Rung(who, "denied", "overseers-open-nothing") for who in ("auditor", "administrator")]
    asks = (*others[:3], *overseers, Rung("intake", "done", "intake-asks-whether-known"))
    climb(world, log, lookups.ask_known, *asks, form=form)
    climb(world, log, lookups.find, *others, Rung("intake", "done", "intake-finds-its-cases"), form=find)
    climb(world, log, lookups.file, *others, Rung("intake", "done", "intake-finds-its-cases"))
    care = AskKnown(**{**HIM, "justification": "CARE"})
    climb(world, log, lookups.ask_known, Rung("intake", "denied", "no-rule"), form=care)


def test_who_has_left_the_team_asks_nothing(world: World) -> None:
    known(world)
    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=world.members["intake"].code)

    with pytest.raises(Refusal):
        world.ask_known(**HIM)


def test_nobody_asks_more_than_so_often_in_an_hour(world: World, log: Log, standing_clock: Clock) -> None:
    answers = [world.ask_known() for _ in range(30)]
    log.fresh()

    with pytest.raises(TooManyLookUps):
        world.ask_known()

    assert [answer.left for answer in answers[:2]] == [29, 28]
    assert answers[-1].left == 0
    assert [said.outcome for said in log.fresh()] == ["lookup.wait"]
    # A colleague may still ask, and so may the same person an hour later.
    assert world.ask_known(by="intake-lead").left == 29
    standing_clock.move(minutes=61)
    assert world.ask_known().left == 29


def test_who_asks_ten_times_in_vain_is_marked_in_the_log(world: World, log: Log) -> None:
    known(world)
    log.fresh()
    for _ in range(10):
        world.ask_known()
    world.ask_known(**HIM)

    assert [said.codes["in_vain"] for said in log.fresh()] == [False] * 9 + [True, False]


# who holds no key of the index


def test_what_a_caseworker_records_is_met_once_it_is_filed(world: World, log: Log) -> None:
    # Somebody else was recorded before: the index is there, and its key is the intake team's.
    world.person(world.case("intake-lead"), by="intake-lead")
    reference = world.case("intake-lead")
    world.hand_to_protection(reference, by="intake-lead")
    world.person(reference, by="protection", **IDRIS)

    before = world.ask_known(**HIM)
    assert (before.possible, before.unfiled) == (False, 1)
    assert world.office.ask(world["intake"], queries.waiting) == 1
    assert world.office.ask(world["protection"], queries.waiting) == 0
    filed = world.do("intake", lookups.file)
    after = world.ask_known(**HIM)

    assert filed.records == 1
    assert (after.possible, after.unfiled) == (True, 0)
    assert world.do("intake", lookups.file).records == 0


@pytest.mark.domain("D31")
def test_no_name_and_no_skeleton_lies_in_the_index(world: World, database: Database) -> None:
    known(world)
    world.ask_known(**HIM)

    with database.connect("owner") as owner:
        rows = owner.execute("SELECT tags, texts, k::text FROM known_marks k").fetchall()
        asked = owner.execute("SELECT met, l::text FROM look_ups l").fetchall()
    raw = b"".join(bytes(part) if not isinstance(part, str) else part.encode()
                   for row in (*rows, *asked) for part in row if part is not None)  # fmt: skip

    assert rows
    assert asked
    wanted = [word.encode() for word in ("Idris", "idris", "إدريس", "Tamimi", "TMM", "born")]

    def found_in(place: bytes) -> list[bytes]:
        return [word for word in wanted if word in place or word.hex().encode() in place]

    # What looks for them finds one that is planted.
    assert found_in(raw + wanted[0]) == found_in(raw + wanted[0].hex().encode()) == wanted[:1]
    assert found_in(raw) == []


def test_an_index_key_that_the_office_did_not_make_is_refused(world: World, database: Database) -> None:
    known(world)
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE index_keys SET commitment = sha256(commitment)")

    for do in (lambda: world.ask_known(**HIM), lambda: world.person(world.case(), **IDRIS)):
        with pytest.raises(PlantedKey):
            do()


def test_a_row_that_was_deleted_is_met_no_more(world: World, database: Database) -> None:
    known(world)
    assert world.ask_known(**HIM).possible

    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("DELETE FROM known_marks")

    assert not world.ask_known(**HIM).possible


def test_what_is_read_once_is_not_read_again_and_what_is_new_is(world: World, standing_clock: Clock) -> None:
    known(world)
    world.ask_known()
    first = len(MEMORY._known)
    standing_clock.move(minutes=30)
    world.ask_known()
    assert len(MEMORY._known) == first

    known(world, legal_name="Zeno Amir Quispe", birth_date={"precision": "YEAR", "year": 1950})

    assert world.ask_known().possible
    assert len(MEMORY._known) > first


# what was found out


def test_not_the_same_person_is_kept_and_not_met_again(world: World) -> None:
    mine, other = world.case(), known(world)
    asked = world.ask_known(**HIM, for_case=mine)
    assert (asked.possible, asked.mine) == (True, ())

    world.same_person(mine, look_up=asked.id, asked=asked.ask[0])

    assert not world.ask_known(**HIM, for_case=mine).possible
    # For another case, or for none, it is a question again.
    assert world.ask_known(**HIM, for_case=world.case()).possible
    assert world.ask_known(**HIM).possible
    assert other not in repr(asked)


@pytest.mark.parametrize("finding", ["SAME", "UNRESOLVED"])
def test_what_is_not_settled_as_different_is_met_again(world: World, finding: str) -> None:
    mine = world.case()
    known(world)
    asked = world.ask_known(**HIM, for_case=mine)

    world.same_person(mine, look_up=asked.id, finding=finding)

    assert world.ask_known(**HIM, for_case=mine).possible


@pytest.mark.parametrize("finding", ["SAME", "NOT_SAME"])
def test_a_finding_needs_two_strong_attributes(world: World, finding: str) -> None:
    mine = world.case()

    with pytest.raises(Unprocessable) as refused:
        world.same_person(mine, finding=finding, attributes=("NAME_AND_BIRTH",))

    assert "two strong attributes" in refused.value.sentence
    assert world.same_person(mine, finding="UNRESOLVED", attributes=())


def test_a_finding_settles_only_what_was_asked_for_its_case(world: World) -> None:
    mine, another = world.case(), world.case()
    asked = world.ask_known(for_case=another)

    with pytest.raises(NotFound):
        world.same_person(mine, look_up=asked.id)


def test_intake_settles_and_nobody_else(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_protection(reference)

    climb(
        world, log, lookups.settle,
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("protection", "denied", "no-rule"),
        Rung("intake", "done", "intake-settles-same-person"),
        form=SettleSamePerson(**words.same_person()), subject=reference,
    )  # fmt: skip


def test_nothing_is_settled_or_claimed_in_what_a_newspaper_printed(world: World) -> None:
    printed = world.case("intake", origin="PUBLIC_REPORT")

    for action, form in (
        (people.claim, RecordClaim(**words.claim())), (lookups.settle, SettleSamePerson(**words.same_person()))
    ):  # fmt: skip
        with pytest.raises(Refusal) as refused:
            world.do("intake", action, form, subject=printed)
        assert not isinstance(refused.value, Conflict)


# finding one's own


def test_a_case_of_mine_is_found_by_one_exact_particular(world: World, log: Log) -> None:
    mine = known(world, by="intake")
    world.document(mine, number="N 4471 902")
    world.contact(mine, address="+00 555 0142")
    log.fresh()

    for given in (
        {"reference": mine.lower()}, {"alias": "ABU LAYTH"}, {"document_number": "n4471902"}, {"contact": "00 555 0142"}
    ):  # fmt: skip
        assert world.do("intake", lookups.find, FindCase(**given)).references == (mine,), given

    said = log.fresh()
    assert [one.action for one in said] == ["lookup.find"] * 4
    assert [one.cases for one in said] == [[mine]] * 4
    assert not any(word in json.dumps(one.view).lower() for one in said for word in ("layth", "4471", "5550142"))


@pytest.mark.domain("D34")
@pytest.mark.abuse("E05")
def test_another_ones_case_is_found_by_nothing(world: World) -> None:
    theirs = known(world)
    world.document(theirs, by="intake-lead", number="N 4471 902")

    for given in ({"reference": theirs}, {"alias": "Abu Layth"}, {"document_number": "N 4471 902"}):
        found = world.do("intake", lookups.find, FindCase(**given))
        nowhere = world.do("intake", lookups.find, FindCase(**dict.fromkeys(given, "K7QM4TDPX")))
        assert found == nowhere, given


@pytest.mark.parametrize("given", [{}, {"alias": "Abu Layth", "contact": "+00 555 0142"}, {"alias": "x"}], ids=range(3))
def test_a_search_is_by_one_particular_that_can_find_something(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        world.do("intake", lookups.find, FindCase(**given))

"""Reading an account as a whole: one reason, one entry, and what is folded stays shut until it is asked for itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.cases import actions as cases
from app.people import actions as people
from app.testimonies import actions as testimonies
from app.testimonies.forms import Passage, ReadAccount
from app.testimonies.reading import read_account
from app.testimonies.rules import FOLDED, SegmentClass
from app.testimonies.views import AccountRead
from app.work.forms import Justification
from tests.cases.canaries import plant
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, end_roles, grant, opening, outside_the_team
from tests.world import World


def reading(why: str, cites: UUID | None = None, words: str | None = None) -> ReadAccount:
    return ReadAccount(justification=Justification(why), cites=cites, words=words)


def read(world: World, account: UUID, login: str = "intake") -> AccountRead:
    view: AccountRead = world.do(login, read_account, reading("WITNESS_REQUEST"), subject=account)
    return view


def test_an_officer_reads_it_for_what_they_cite_and_nobody_across_the_wall_does(world: World, log: Log) -> None:
    planted = plant(world)
    account = planted.rows["testimonies"]
    elsewhere = world.testimony(world.case(), upto="TRIAGED")
    world.invite("another", roles=("intake_officer",))

    view = climb(
        world, log, read_account,
        Rung("another", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=reading("INTAKE")),
        Rung("intake", "denied", "no-rule", form=reading("INTAKE", cites=elsewhere)),
        Rung("intake", "denied", "no-rule", form=reading("SAFETY", words="to be careful")),
        Rung("legal", "denied", "no-rule", form=reading("LEGAL_ASSESSMENT")),
        Rung("legal", "denied", "no-rule"),
        Rung("legal", "denied", "demand-in-words", form=reading("DEMAND")),
        Rung("legal", "done", "legal-reads-accounts", form=reading("DEMAND", words="order 44 of the court")),
        Rung(
            "legal", "done", "legal-reads-accounts",
            form=reading("LEGAL_ASSESSMENT", cites=planted.rows["mitigation_assessments"]),
        ),
        Rung("intake", "done", "intake-reads-accounts"),
        form=reading("INTAKE", cites=account), subject=account,
    )  # fmt: skip

    shown = {name: value.read() for name, value in view.frame.items() if value is not None}
    assert shown == {
        "statement_language": "ar", "own_words": planted.canaries["testimonies.own_words"],
        "counsel": "DECLINED", "counsel_reason": planted.canaries["testimonies.counsel"],
        "place": "OFFICE", "custody_status": "FREE", "guard_present": "no",
        "why_again": planted.canaries["testimonies.frame"],
        "interpreter_code": shown["interpreter_code"], "recording": "WRITTEN", "under_18": "no", "time_zone": "UTC",
    }  # fmt: skip
    (correction,) = view.passages[0].beside
    assert (correction.kind, correction.text.read()) == ("AMENDMENT", planted.canaries["segment_versions.text"])
    assert planted.canaries["session_events.words"] in view.events[-1].words.read()
    assert [passage.text.read() for passage in view.passages] == [planted.canaries["segments.text"]]


@pytest.mark.domain("D01")
def test_one_entry_names_every_row_and_field_and_none_of_the_words(world: World, log: Log) -> None:
    reference = world.case()
    passages = tuple(Passage(text=world.canary()) for _ in range(3))
    account = world.testimony(reference, segments=passages)
    tables = {"segments", "session_events"}
    rows = [str(line.id) for line in world.show("intake", reference).records if line.table in tables]
    log.fresh()

    read(world, account)

    (said,) = log.fresh()
    assert (said.operation, said.action, said.cases) == ("consult", "testimony.read", [reference])
    assert set(said.subjects[0]["rows"]) == {str(account), *rows}
    assert set(said.fields) == {
        "testimonies.statement_language", "testimonies.own_words", "testimonies.counsel", "testimonies.frame",
        "segments.classes", "segments.text", "segments.language", "segments.speaker",
        "session_events.kind", "session_events.words",
    }  # fmt: skip
    assert said.codes == {"segments": 3}
    assert not any(passage.text in str(said.view) for passage in passages)


@pytest.mark.parametrize("kind", sorted(FOLDED))
def test_a_folded_passage_shows_its_class_its_number_and_its_length_and_opens_by_itself(
    world: World, log: Log, kind: SegmentClass
) -> None:
    hidden, told = world.canary(), world.canary()
    folded = Passage(text=hidden * 20, classes=frozenset({kind, SegmentClass.NARRATIVE}))
    reference = world.case()
    # Without a promise on file no admission is kept.
    world.hand_to_legal(reference)
    world.promise(reference)
    account = world.testimony(reference, segments=(Passage(text=told), folded))

    first, second = read(world, account).passages

    assert (first.folded, first.number, first.classes) == (False, 1, ())
    assert first.text is not None
    assert first.text.read() == told
    assert (second.folded, second.number, second.text, second.speaker) == (True, 2, None, None)
    assert {each.read() for each in second.classes} == {kind, "NARRATIVE"}
    # Cells grow in steps of 512 bytes, so the length is told as coarsely as it is stored.
    assert len(hidden * 20) <= second.bytes_at_most < len(hidden * 20) + 512
    form = opening("WITNESS_REQUEST", "text")
    opened = climb(
        world, log, testimonies.open_segment, Rung("intake", "done", "intake-reads-accounts"),
        form=form, subject=second.id,
    )  # fmt: skip
    assert opened.values["text"].read() == hidden * 20


def test_the_log_does_not_tell_which_passages_stayed_folded(world: World, log: Log) -> None:
    """An entry holds no class of a passage, so it must look the same with a folded one and without."""
    entries: list[dict[str, Any]] = []
    for classes in (frozenset[SegmentClass](), frozenset({SegmentClass.EXIT_METHOD})):
        account = world.testimony(world.case(), segments=(Passage(text="one"), Passage(text="two", classes=classes)))
        log.fresh()
        read(world, account)
        entries.append(log.last().view)

    plain, folded = entries
    assert plain["fields"] == folded["fields"]
    assert plain["codes"] == folded["codes"]
    assert len(plain["subjects"][0]["rows"]) == len(folded["subjects"][0]["rows"])


def test_every_passage_may_be_folded_and_the_frame_is_read_all_the_same(world: World) -> None:
    classes = frozenset({SegmentClass.SEXUAL_VIOLENCE})
    account = world.testimony(world.case(), segments=(Passage(text="one", classes=classes),))

    view = read(world, account)

    assert [passage.text for passage in view.passages] == [None]
    assert view.frame["place"] is not None


def test_an_account_of_which_nothing_is_taken_yet_is_read_too(world: World) -> None:
    account = world.testimony(world.case(), upto="TRIAGED")

    view = read(world, account)

    assert view.passages == ()
    assert set(view.frame.values()) == {None}


@pytest.mark.abuse("E08")
def test_who_holds_the_place_does_not_read_it(world: World, log: Log) -> None:
    reference = world.case()
    account = world.testimony(reference)
    world.do("protection-lead", cases.give, grant(world, "legal", "LOCATION", hours=1), subject=reference)
    world.hand_to_legal(reference)

    climb(
        world, log, read_account, Rung("legal", "denied", "no-account-for-who-holds-the-place"),
        form=reading("ASSURANCE"), subject=account,
    )  # fmt: skip


def test_two_hats_do_not_read_it(world: World, log: Log) -> None:
    reference = world.case()
    account = world.testimony(reference)
    outside_the_team(world, "two-hats", "intake_officer", "caseworker")
    world.do("intake", cases.give, grant(world, "two-hats", "TESTIMONY"), subject=reference)

    climb(
        world, log, read_account, Rung("two-hats", "denied", "no-account-for-caseworkers"),
        form=reading("WITNESS_REQUEST"), subject=account,
    )  # fmt: skip


@pytest.mark.abuse("E04")
def test_a_role_taken_away_reads_it_no_more(world: World, log: Log, database: Database) -> None:
    account = world.testimony(world.case())
    assert read(world, account).passages

    end_roles(database, world, "intake")

    climb(
        world, log, read_account, Rung("intake", "denied", "no-rule"),
        form=reading("WITNESS_REQUEST"), subject=account,
    )  # fmt: skip


@pytest.mark.domain("D02")
def test_reading_it_after_the_name_joins_the_two_and_is_noted_so(world: World, log: Log) -> None:
    reference = world.case()
    person = world.person(reference).id
    account = world.testimony(reference)
    world.open("intake", people.reveal, person, "legal_name", justification="WITNESS_REQUEST")
    log.fresh()

    read(world, account)

    assert [said.operation for said in log.fresh()] == ["consult", "combine"]

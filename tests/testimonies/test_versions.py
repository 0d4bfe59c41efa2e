"""What stands beside an account, the seal on it, what a child is asked, and what comes from paper."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import clock
from app.errors import Conflict, NotFound
from app.testimonies import actions as testimonies
from app.testimonies import paper, queries, versions
from app.testimonies.forms import (
    BeginTestimony,
    MoveOn,
    Passage,
    ReadAccount,
    RecordAccount,
    StartSession,
)
from app.testimonies.reading import read_account
from app.testimonies.rules import SegmentClass
from app.testimonies.session_forms import AddVersion, Amend, Beside, EnterPaper, PrintProtocol
from app.testimonies.views import AccountRead
from app.work import Justification
from tests.ladder import Log, Rung, climb, with_an_onlooker
from tests.world import World


def segments(world: World, reference: str) -> list[UUID]:
    return [line.id for line in world.show("intake", reference).records if line.table == "segments"]


def read(world: World, testimony: UUID) -> AccountRead:
    form = ReadAccount(justification=Justification.INTAKE, cites=testimony)
    view: AccountRead = world.do("intake", read_account, form, subject=testimony)
    return view


def translation(*passages: UUID, text: str = "so it was") -> AddVersion:
    return AddVersion(
        kind="TRANSLATION", language="en", passages=tuple(Beside(segment=each, text=text) for each in passages)
    )


def test_a_correction_stands_beside_the_words_and_changes_none(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, segments=(Passage(text="the eastern road"),))
    world.hand_to_legal(reference)
    (segment,) = segments(world, reference)
    form = Amend(segment=segment, text=world.canary(), language="en", reason="a slip")

    climb(
        world, log, versions.amend,
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=form, subject=testimony,
    )  # fmt: skip

    (passage,) = read(world, testimony).passages
    assert passage.text is not None
    assert passage.text.read() == "the eastern road"
    assert [(each.kind, each.number, each.text.read()) for each in passage.beside if each.text] == [
        ("AMENDMENT", 1, form.text), ("AMENDMENT", 2, form.text),
    ]  # fmt: skip


def test_after_the_seal_corrections_are_added_and_nothing_else(world: World, log: Log) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="SEALED")
    segment = segments(world, reference)[0]

    climb(
        world, log, versions.add_version, Rung("intake", "conflict", "none"),
        form=translation(segment), subject=testimony,
    )  # fmt: skip
    climb(
        world, log, testimonies.record, Rung("intake", "conflict", "none"),
        form=RecordAccount(language="ar", segments=(Passage(text="more"),)), subject=testimony,
    )  # fmt: skip
    world.amend(testimony, segment)
    assert read(world, testimony).passages[0].beside[0].kind == "AMENDMENT"


def test_before_anything_is_said_there_is_nothing_to_correct_or_translate(world: World, log: Log) -> None:
    other = world.case()
    world.testimony(other)
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    segment = segments(world, other)[0]
    amend = Amend(segment=segment, text="words", language="ar", reason="a slip")

    for action, form in ((versions.amend, amend), (versions.add_version, translation(segment))):
        climb(world, log, action, Rung("intake", "conflict", "none"), form=form, subject=testimony)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_passage_of_another_account_is_not_there(world: World, elsewhere: bool) -> None:
    other = world.case()
    world.testimony(other)
    testimony = world.testimony(world.case())
    segment = segments(world, other)[0] if elsewhere else uuid4()
    amend = Amend(segment=segment, text="words", language="ar", reason="a slip")

    for action, form in ((versions.amend, amend), (versions.add_version, translation(segment))):
        with pytest.raises(NotFound):
            world.do("intake", action, form, subject=testimony)


def test_a_translation_stands_beside_the_original_and_passages_keep_their_ids(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, segments=(Passage(text="واحد"), Passage(text="اثنان")))
    before = segments(world, reference)
    transcript = AddVersion(kind="TRANSCRIPT", language="ar", passages=(Beside(segment=before[0], text="واحد."),))

    assert world.do("intake", versions.add_version, transcript, subject=testimony).state == "TRANSCRIBED"
    assert world.do("intake", versions.add_version, translation(*before), subject=testimony).state == "TRANSLATED"
    assert world.do("intake", versions.add_version, translation(before[1]), subject=testimony).state == "TRANSLATED"

    first, second = read(world, testimony).passages
    assert [first.id, second.id] == segments(world, reference) == before
    assert [(each.kind, each.number) for each in first.beside] == [("TRANSCRIPT", 1), ("TRANSLATION", 1)]
    assert [(each.kind, each.number) for each in second.beside] == [("TRANSLATION", 1), ("TRANSLATION", 2)]
    assert first.text is not None
    assert first.text.read() == "واحد"


def test_a_passage_stands_once_in_a_version(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference)
    segment = segments(world, reference)[0]

    with pytest.raises(Conflict):
        world.do("intake", versions.add_version, translation(segment, segment), subject=testimony)


def test_what_stands_beside_folded_words_stays_shut_with_them(world: World) -> None:
    reference, hidden = world.case(), world.canary()
    folded = Passage(text="by night", classes=frozenset({SegmentClass.EXIT_METHOD}))
    testimony = world.testimony(reference, segments=(folded, Passage(text="open")))
    one, two = segments(world, reference)
    world.do("intake", versions.add_version, translation(one, two, text=hidden), subject=testimony)

    first, second = read(world, testimony).passages
    assert (first.folded, first.beside) == (True, ())
    # The control: what is not folded shows the very same words.
    assert [each.text.read() for each in second.beside if each.text] == [hidden]


def test_the_seal_holds_the_hash_of_all_words_and_the_size_of_the_checkpoint(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, segments=(Passage(text="one"), Passage(text="two")))
    first, second = segments(world, reference)
    correction = world.amend(testimony, first, text="won")
    world.read_back(testimony)
    for state in ("SEGMENTED", "SEALED"):
        world.do("intake", testimonies.move, MoveOn.model_validate({"to": state}), subject=testimony)

    told = json.loads(_seal(world, testimony))

    lines = [(first, "ORIGINAL", 1, "one"), (second, "ORIGINAL", 2, "two"), (correction, "AMENDMENT", 1, "won")]
    assert told == {"sha256": _hashed(lines), "checkpoint": 0}
    # The control: one letter more is another hash.
    assert told["sha256"] != _hashed([*lines[:2], (correction, "AMENDMENT", 1, "won.")])


def _hashed(lines: list[tuple[UUID, str, int, str]]) -> str:
    whole = b"".join(
        json.dumps(
            {"id": str(row), "kind": kind, "number": number, "sha256": hashlib.sha256(text.encode()).hexdigest()},
            sort_keys=True,
        ).encode() + b"\n"
        for row, kind, number, text in lines
    )  # fmt: skip
    return hashlib.sha256(whole).hexdigest()


def _seal(world: World, testimony: UUID) -> str:
    opened = world.open("intake", testimonies.open_testimony, testimony, "seal", justification="WITNESS_REQUEST")
    return str(opened["seal"])


# children


@pytest.mark.domain("D38")
@pytest.mark.parametrize("when", ["begun", "in session"])
def test_under_18_at_an_event_sets_the_path_of_a_child(world: World, when: str) -> None:
    reference = world.case(pathway="ADULT")
    world.consents(reference, "T6")
    if when == "begun":
        world.do("intake", testimonies.begin, BeginTestimony(under_18=True), subject=reference)
    else:
        testimony = world.testimony(reference, upto="READY")
        start = StartSession(place="OFFICE", custody_status="FREE", guard_present=False, under_18=True)
        world.do("intake", testimonies.start_session, start, subject=testimony)

    assert world.show("intake", reference).pathway == "CHILD"
    # A yes to name or face that was given before is none any more.
    assert _tier(world, reference, "T6") == "WITHDRAWN"


@pytest.mark.domain("D38")
@pytest.mark.parametrize("granted", [True, False])
def test_a_child_is_never_asked_for_name_or_face(world: World, granted: bool) -> None:
    child, adult = world.case(pathway="CHILD"), world.case(pathway="ADULT")
    assent: dict[str, Any] = {"guardian": "AGREED", "own_assent": True, "best_interest": "to be heard"}

    with pytest.raises(Conflict):
        world.consents(child, "T6", granted=granted, **assent)
    assert world.consents(adult, "T6", granted=granted)


@pytest.mark.domain("D38")
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"guardian": "AGREED", "own_assent": True},
        {"guardian": "AGREED", "own_assent": False, "best_interest": "care"},
        {"guardian": "REFUSED", "own_assent": True, "best_interest": "care"},
        {"own_assent": True, "best_interest": "care"},
    ],
    ids=["nothing asked", "no note", "child says no", "guardian says no", "guardian not asked"],
)
def test_a_childs_yes_needs_the_guardian_the_child_and_the_reason(world: World, given: dict[str, Any]) -> None:
    reference = world.case(pathway="CHILD")

    with pytest.raises(Conflict):
        world.consents(reference, "T1", **given)
    # A no is always kept, and so is a yes with all three.
    world.consents(reference, "T1", granted=False, **given)
    world.consents(reference, "T1", guardian="NONE_TO_ASK", own_assent=True, best_interest="no family is left")
    assert _tier(world, reference, "T1") == "GRANTED"


@pytest.mark.domain("D38")
def test_at_eighteen_every_answer_of_a_child_is_due_again(world: World) -> None:
    reference = world.case(pathway="CHILD")
    today = clock.now().date()
    assent: dict[str, Any] = {"guardian": "AGREED", "own_assent": True, "best_interest": "care"}
    testimony = world.testimony(world.case(), upto="TRIAGED")
    assert testimony
    world.consents(reference, "T1", "T2", adult_on=today, **assent)
    # The control: a year from now nothing is due.
    world.consents(reference, "T3", adult_on=today + timedelta(days=365), **assent)

    assert [_tier(world, reference, tier) for tier in ("T1", "T2", "T3")] == ["RECONFIRM_DUE"] * 2 + ["GRANTED"]


def _tier(world: World, reference: str, tier: str) -> str:
    lines = world.office.ask(world["intake"], queries.consents, reference)
    return next(str(line.state) for line in lines if line.tier == tier)


# paper


def entered(scan: UUID, **given: Any) -> EnterPaper:
    fields: dict[str, Any] = {
        "collected_on": clock.now().date() - timedelta(days=3), "scan": scan, "own_words": "I may stop",
        "counsel": "OFFERED",
        "session": StartSession(place="HOSPITAL", custody_status="FREE", guard_present=False, support_code="P-1"),
        "account": RecordAccount(language="ar", segments=(Passage(text="I went"), Passage(text="I came back"))),
    }  # fmt: skip
    return EnterPaper(**{**fields, **given})


def on_paper(world: World) -> tuple[str, UUID, UUID]:
    """A case that agreed to care, an account begun in it, and a protocol printed for it."""
    reference = world.case()
    testimony = world.testimony(reference, upto="TRIAGED")
    printed = world.print_protocol(testimony)
    world.consents(reference, "T1")
    return reference, testimony, printed


def test_a_protocol_from_paper_says_for_ever_that_it_was_entered_later(world: World) -> None:
    reference, testimony, printed = on_paper(world)
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")
    form = entered(scan)

    world.do("intake", paper.enter, form, subject=printed)
    world.read_back(testimony)

    view = world.office.ask(world["intake"], queries.show, testimony)
    assert (view.state, view.segments, view.admissions) == ("READ_BACK", 2, False)
    assert view.collected_on == form.collected_on.isoformat()
    frame = read(world, testimony).frame
    assert frame["support_code"] is not None
    assert (frame["support_code"].read(), frame["statement_language"].read()) == ("P-1", "ar")  # type: ignore[union-attr]
    (line,) = [each for each in world.show("intake", reference).records if each.table == "paper_sessions"]
    assert (line.clear["state"], line.clear["scan_id"]) == ("ENTERED", str(scan))
    # The control: an account taken here has no such day.
    assert world.office.ask(world["intake"], queries.show, world.testimony(world.case())).collected_on is None


@pytest.mark.domain("D43")
def test_no_admission_comes_in_from_paper(world: World, log: Log) -> None:
    reference, testimony, printed = on_paper(world)
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")
    admission = Passage(text=world.canary(), classes=frozenset({SegmentClass.SELF_INCRIMINATING}))
    form = entered(scan, account=RecordAccount(language="ar", segments=(admission,)))

    climb(world, log, paper.enter, Rung("intake", "conflict", "none"), form=form, subject=printed)
    assert world.office.ask(world["intake"], queries.show, testimony).state == "TRIAGED"


def test_a_protocol_is_entered_once_with_its_scan_and_not_from_the_future(world: World, log: Log) -> None:
    reference, _, printed = on_paper(world)
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")
    foreign = world.attach(world.case(), b"others", "scan.png", "image/png")
    world.told_before(reference)
    again = StartSession(place="OFFICE", custody_status="FREE", guard_present=False, why_again="on paper now")

    climb(
        world, log, paper.enter,
        Rung("legal", "not_found", "none"),
        Rung("intake", "not_found", "none", form=entered(foreign, session=again)),
        Rung("intake", "conflict", "none", form=entered(scan, session=again, collected_on=date(2199, 1, 1))),
        Rung("intake", "conflict", "none", form=entered(scan)),
        Rung("intake", "done", "intake-takes-accounts", form=entered(scan, session=again)),
        Rung("intake", "conflict", "none", form=entered(scan, session=again)),
        subject=printed,
    )  # fmt: skip


def test_a_protocol_without_agreement_to_care_is_not_entered(world: World) -> None:
    reference = world.case()
    printed = world.print_protocol(world.testimony(reference, upto="TRIAGED"))
    scan = world.attach(reference, b"sheets", "scan.png", "image/png")

    with pytest.raises(Conflict):
        world.do("intake", paper.enter, entered(scan), subject=printed)


def test_a_protocol_is_printed_before_anything_is_said_under_a_number_of_its_own(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, upto="TRIAGED")
    form = PrintProtocol(language="ar", carried_by=world.canary())

    printed = climb(
        world, log, paper.print_protocol,
        Rung("legal", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=form, subject=testimony,
    )  # fmt: skip

    assert printed.envelope.startswith("E-")
    assert reference not in str(printed)
    with pytest.raises(Conflict):
        world.print_protocol(world.testimony(world.case(), upto="READY"))

"""What a correction may not do: bring in an admission, or set free what a class keeps back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.errors import Conflict
from app.testimonies import rules, versions
from app.testimonies.actions import record
from app.testimonies.forms import Passage, RecordAccount
from app.testimonies.rules import SegmentClass
from app.testimonies.session_forms import Amend
from tests.ladder import Log, Rung, climb, opening
from tests.testimonies.test_versions import read, segments
from tests.world import World

C = SegmentClass


def amendment(segment: UUID, *classes: SegmentClass, **given: Any) -> Amend:
    fields = {"text": "it was later", "language": "en", "reason": "a slip", **given}
    return Amend(segment=segment, classes=frozenset(classes), **fields)


def test_what_a_correction_may_not_take_away() -> None:
    passage = frozenset({C.FAMILY, C.EXIT_METHOD, C.NARRATIVE})

    assert rules.loosened(passage, frozenset({C.FAMILY})) == {C.EXIT_METHOD}
    assert rules.loosened(passage, frozenset()) == {C.FAMILY, C.EXIT_METHOD}
    # Whether it may be proposed for publication is theirs to take away: that keeps back more, not less.
    assert rules.loosened(passage, passage - {C.NARRATIVE}) == set()
    assert rules.loosened(frozenset(), passage) == set()


@pytest.mark.domain("D43")
@pytest.mark.parametrize("upto", ["RECORDED", "READ_BACK", "SEALED"])
def test_no_admission_comes_in_as_a_correction(world: World, log: Log, upto: str) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto=upto, segments=(Passage(text="one"),))
    (segment,) = segments(world, reference)
    admission = amendment(segment, C.SELF_INCRIMINATING, text=world.canary())

    climb(
        world, log, versions.amend,
        Rung("intake", "conflict", "none"),
        # The control: the same words about something else are kept.
        Rung("intake", "done", "intake-takes-accounts", form=amendment(segment, C.FAMILY, text=world.canary())),
        form=admission, subject=testimony,
    )  # fmt: skip
    assert len(read(world, testimony).passages[0].beside) == 1


def test_an_admission_is_refused_in_the_same_words_wherever_it_comes_in(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, segments=(Passage(text="one"),))
    (segment,) = segments(world, reference)
    begun = world.testimony(world.case(), upto="IN_SESSION")
    admission = Passage(text="two", classes=frozenset({C.SELF_INCRIMINATING}))

    with pytest.raises(Conflict) as corrected:
        world.do("intake", versions.amend, amendment(segment, C.SELF_INCRIMINATING), subject=testimony)
    with pytest.raises(Conflict) as recorded:
        world.do("intake", record, RecordAccount(language="ar", segments=(admission,)), subject=begun)

    assert corrected.value.sentence == recorded.value.sentence
    assert "repeat the limits, go on without it" in corrected.value.sentence


@pytest.mark.parametrize("kept", sorted(set(C) - {C.NARRATIVE, C.SELF_INCRIMINATING}))
def test_a_correction_takes_no_class_from_its_passage(world: World, log: Log, kept: SegmentClass) -> None:
    reference = world.case()
    testimony = world.testimony(reference, segments=(Passage(text="one", classes=frozenset({kept, C.NARRATIVE})),))
    (segment,) = segments(world, reference)

    climb(
        world, log, versions.amend,
        Rung("intake", "conflict", "none"),
        Rung("intake", "conflict", "none", form=amendment(segment, C.NARRATIVE)),
        Rung("intake", "done", "intake-takes-accounts", form=amendment(segment, kept)),
        form=amendment(segment), subject=testimony,
    )  # fmt: skip


def test_a_class_that_a_correction_added_stays_too(world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference, segments=(Passage(text="one"),))
    (segment,) = segments(world, reference)
    world.do("intake", versions.amend, amendment(segment, C.THIRD_PARTY), subject=testimony)

    with pytest.raises(Conflict) as refused:
        world.do("intake", versions.amend, amendment(segment, C.NARRATIVE), subject=testimony)
    assert "leaves out" in refused.value.sentence
    world.do("intake", versions.amend, amendment(segment, C.THIRD_PARTY, C.NARRATIVE), subject=testimony)

    (passage,) = read(world, testimony).passages
    assert [{each.read() for each in version.classes} for version in passage.beside] == [
        {"THIRD_PARTY"}, {"THIRD_PARTY", "NARRATIVE"},
    ]  # fmt: skip
    assert {each.read() for each in passage.classes} == {"THIRD_PARTY", "NARRATIVE"}


def test_a_correction_that_has_to_stay_shut_folds_its_passage(world: World, log: Log) -> None:
    reference, hidden = world.case(), world.canary()
    testimony = world.testimony(reference, segments=(Passage(text="one"), Passage(text="two")))
    first, second = segments(world, reference)
    made = world.do("intake", versions.amend, amendment(first, C.EXIT_METHOD, text=hidden), subject=testimony)
    world.do("intake", versions.amend, amendment(second, C.FAMILY), subject=testimony)

    shut, told = read(world, testimony).passages

    assert (shut.folded, shut.text, shut.beside) == (True, None, ())
    # The control: a class that does not fold leaves both to be read.
    assert (told.folded, len(told.beside)) == (False, 1)
    # It opens by itself, with an entry of its own.
    opened = climb(
        world, log, versions.open_version, Rung("intake", "done", "intake-reads-accounts"),
        form=opening("WITNESS_REQUEST", "text"), subject=made.id,
    )  # fmt: skip
    assert opened.values["text"].read() == hidden

"""The tables of moves, pure: what may follow what, and what may never be kept."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.clock import now
from app.errors import Conflict
from app.testimonies import models
from app.testimonies.rules import MOVES, ConsentState, SegmentClass, State, admissible, may_move

# The straight way of an account, as the domain tells it; side steps are tried below.
STRAIGHT = (
    State.REQUESTED, State.TRIAGED, State.LIMITS_EXPLAINED, State.READY, State.IN_SESSION, State.RECORDED,
    State.READ_BACK, State.SEGMENTED, State.SEALED, State.RETAINED,
)  # fmt: skip
ENDS = {State.VOIDED, State.HANDED_OVER, State.DESTROYED}
DEFINED = [(here, there) for here in State for there in State if there in MOVES[here]]
UNDEFINED = [(here, there) for here in State for there in State if there not in MOVES[here]]


def a_testimony(state: State) -> models.Testimony:
    return models.Testimony(state=state, state_at=now())


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(MOVES) == set(State)


@pytest.mark.abuse("F06")
@pytest.mark.parametrize(("here", "there"), UNDEFINED, ids=lambda state: str(state))
def test_a_move_that_is_not_in_the_table_is_refused_and_changes_nothing(here: State, there: State) -> None:
    testimony = a_testimony(here)
    before = testimony.state_at

    with pytest.raises(Conflict):
        testimony.move(there, at=now())

    assert (testimony.state, testimony.state_at) == (here, before)


@pytest.mark.parametrize(("here", "there"), DEFINED, ids=lambda state: str(state))
def test_a_move_in_the_table_is_taken(here: State, there: State) -> None:
    testimony, at = a_testimony(here), now()

    testimony.move(there, at=at)

    assert (testimony.state, testimony.state_at) == (there, at)


def test_an_account_goes_the_straight_way_and_skips_no_step() -> None:
    for here, there in pairwise(STRAIGHT):
        assert may_move(here, there)
    for number, here in enumerate(STRAIGHT[:8]):
        assert not any(may_move(here, there) for there in STRAIGHT[number + 2 :])


@pytest.mark.domain("D43")
def test_no_way_leads_to_a_session_around_the_limits_and_the_lawyer() -> None:
    def ways_in(state: State, without: State) -> set[State]:
        reached, edge = {state}, [state]
        while edge:
            here = edge.pop()
            for there in MOVES[here] - reached - {without}:
                reached.add(there)
                edge.append(there)
        return reached

    for step in (State.LIMITS_EXPLAINED, State.READY):
        assert State.IN_SESSION not in ways_in(State.REQUESTED, without=step)
    assert State.IN_SESSION in ways_in(State.REQUESTED, without=State.DISPUTED)


def test_a_witness_can_stop_until_the_account_is_sealed() -> None:
    stoppable = {state for state in State if State.STOPPED_BY_WITNESS in MOVES[state]}

    assert stoppable == set(STRAIGHT[:8]) | {State.PAUSED, State.TRANSCRIBED, State.TRANSLATED}


def test_what_has_ended_does_not_begin_again() -> None:
    assert all(MOVES[state] == frozenset() for state in ENDS)


def test_a_state_that_nobody_knows_is_a_defect_and_not_an_answer() -> None:
    with pytest.raises(ValueError, match="DREAMT"):
        may_move("DREAMT", State.SEALED)


@pytest.mark.domain("D43")
@pytest.mark.parametrize("others", [frozenset(), frozenset({SegmentClass.THIRD_PARTY, SegmentClass.NARRATIVE})])
def test_with_no_promise_on_file_no_admission_is_kept(others: frozenset[SegmentClass]) -> None:
    admission = others | {SegmentClass.SELF_INCRIMINATING}

    assert not admissible(admission, admissions=False)
    assert admissible(admission, admissions=True)
    assert admissible(others, admissions=False)


@pytest.mark.parametrize("state", [ConsentState.REFUSED, ConsentState.WITHDRAWN])
def test_only_a_consent_that_stands_is_withdrawn(state: ConsentState) -> None:
    with pytest.raises(Conflict):
        models.Consent(state=state, state_at=now()).withdraw(at=now())


def test_the_original_is_kept_once() -> None:
    attachment = models.Attachment(state="INCOMING")
    attachment.keep(blob="a" * 64, size_bytes=3)

    with pytest.raises(Conflict):
        attachment.keep(blob="b" * 64, size_bytes=4)

    assert (attachment.blob, attachment.size_bytes) == ("a" * 64, 3)

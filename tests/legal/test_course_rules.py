"""Every pair of states, whose step it can be, what it rests on, and the days that run: without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict
from app.legal import course
from app.legal.course import Clock, Ground, State, Step, Whose
from app.web.course_words import CLOCKS, GROUNDS, STATES, WHOSE

# As the design has it: the main line, and the side steps of its text.
MAIN = (
    "NOT_RAISED", "INITIAL_VIEW", "OFFER_PENDING", "AGREEMENT_SIGNED", "PERFORMING", "PERFORMED", "REPORTED",
    "CONSIDERED", "CREDITED",
)  # fmt: skip
SIDE = """
CONSIDERED NOT_CREDITED · INITIAL_VIEW DECLINED · OFFER_PENDING DECLINED · INITIAL_VIEW WITHDRAWN ·
OFFER_PENDING WITHDRAWN · AGREEMENT_SIGNED WITHDRAWN · PERFORMING WITHDRAWN · DECLINED INITIAL_VIEW ·
WITHDRAWN INITIAL_VIEW · AGREEMENT_SIGNED BREACH_ALLEGED · PERFORMING BREACH_ALLEGED · PERFORMED BREACH_ALLEGED ·
REPORTED BREACH_ALLEGED · CONSIDERED BREACH_ALLEGED · REVOCATION_WINDOW BREACH_ALLEGED ·
BREACH_ALLEGED BREACH_FOUND · BREACH_ALLEGED BREACH_DISMISSED · BREACH_FOUND CONSIDERED ·
BREACH_FOUND REFERRED_BACK · REPORTED REFERRED_BACK · CONSIDERED REFERRED_BACK · CREDITED REFERRED_BACK ·
NOT_CREDITED REFERRED_BACK · REFERRED_BACK PERFORMING · REFERRED_BACK CONSIDERED · CREDITED REVOCATION_WINDOW ·
REVOCATION_WINDOW CLOSED
"""
TAKEN = {*pairwise(MAIN), *(tuple(pair.split()) for pair in SIDE.split("·"))}
TODAY = date(2026, 11, 24)


def well_founded(to: State, **changed: object) -> Step:
    """A step that lacks nothing."""
    given = {
        "whose": min(course.WHOSE[to]), "instrument": to in course.ON_PAPER,
        "ground": Ground.FINDING if to in course.BREACHES else None, **changed,
    }  # fmt: skip
    return Step(to, **given)  # type: ignore[arg-type]


def taken(history: Sequence[State], step: Step, *, running: bool = False) -> bool:
    try:
        course.must_follow(history, step, running=running)
    except Conflict:
        return False
    return True


@pytest.mark.parametrize(("here", "to"), list(product(State, State)), ids=lambda state: str(state))
def test_exactly_the_steps_of_the_design_are_taken(here: State, to: State) -> None:
    history = [] if here is State.NOT_RAISED else [here]

    # Of a dismissed allegation alone nobody knows where it stood before it: nothing follows but a first view.
    wanted = (here, to) in TAKEN or (here, to) == (State.BREACH_DISMISSED, State.INITIAL_VIEW)

    assert taken(history, well_founded(to)) == wanted
    assert (to in course.next_steps(history)) == wanted


def test_the_end_is_an_end_and_everything_is_reached() -> None:
    assert course.MOVES[State.CLOSED] == frozenset()
    assert {to for following in course.MOVES.values() for to in following} == set(State) - {State.NOT_RAISED}
    assert set(course.MOVES) == set(course.WHOSE) == set(State)


@pytest.mark.parametrize("before", [State.AGREEMENT_SIGNED, State.PERFORMING, State.PERFORMED, State.REVOCATION_WINDOW])
def test_a_dismissed_allegation_leaves_it_where_it_stood(before: State) -> None:
    history = [before, State.BREACH_ALLEGED, State.BREACH_DISMISSED]

    assert course.next_steps(history) == course.MOVES[before]
    # Also when something was noted in between, and when it happened twice.
    again = [before, State.BREACH_ALLEGED, State.BREACH_ALLEGED, State.BREACH_DISMISSED, *history[1:]]
    assert course.next_steps(again) == course.MOVES[before]
    assert State.PERFORMED not in course.next_steps([State.AGREEMENT_SIGNED, *history[1:]])


BEFORE = {State(to): [State(here)] for here, to in sorted(TAKEN)} | {State.INITIAL_VIEW: []}


@pytest.mark.parametrize(("to", "whose"), list(product(BEFORE, Whose)), ids=lambda code: str(code))
def test_a_step_is_of_those_whose_it_can_be(to: State, whose: Whose) -> None:
    assert taken(BEFORE[to], well_founded(to, whose=whose)) == (whose in course.WHOSE[to])


@pytest.mark.parametrize("to", [State.BREACH_FOUND, State.BREACH_DISMISSED, State.BREACH_ALLEGED, State.CREDITED,
                                State.NOT_CREDITED, State.REVOCATION_WINDOW, State.REFERRED_BACK])  # fmt: skip
def test_the_office_and_the_witness_decide_nothing(to: State) -> None:
    assert course.WHOSE[to] == {Whose.COURT, Whose.AUTHORITY}


def test_a_breach_is_found_by_a_finding_and_a_new_arrest_alone_is_an_allegation() -> None:
    alleged = [State.BREACH_ALLEGED]

    found = {
        (whose, ground, paper)
        for whose, ground, paper in product(Whose, [*Ground, None], (True, False))
        if taken(alleged, Step(State.BREACH_FOUND, whose, paper, ground))
    }

    assert found == {(Whose.COURT, Ground.FINDING, True), (Whose.AUTHORITY, Ground.FINDING, True)}
    for ground in Ground:
        assert taken([State.PERFORMING], Step(State.BREACH_ALLEGED, Whose.AUTHORITY, ground=ground))
    with pytest.raises(Conflict) as arrested:
        course.must_follow(alleged, Step(State.BREACH_FOUND, Whose.COURT, True, Ground.NEW_ARREST), running=False)
    assert "Until then it is an allegation, and so is a new arrest." in arrested.value.sentence


@pytest.mark.parametrize("to", BEFORE, ids=lambda state: str(state))
def test_what_rests_on_a_paper_needs_it_and_a_ground_belongs_to_a_breach(to: State) -> None:
    assert taken(BEFORE[to], well_founded(to, instrument=False)) == (to not in course.ON_PAPER)
    assert taken(BEFORE[to], well_founded(to, instrument=True))
    assert taken(BEFORE[to], well_founded(to, ground=Ground.OTHER)) == (to is State.BREACH_ALLEGED)
    assert taken(BEFORE[to], well_founded(to, ground=None)) == (to not in course.BREACHES)


# --- days


@pytest.mark.parametrize(("here", "clock"), list(product(State, [None, *Clock])), ids=lambda code: str(code))
def test_a_step_that_stays_sets_or_ends_a_day_and_does_nothing_else(here: State, clock: Clock | None) -> None:
    history = [] if here is State.NOT_RAISED else [here]
    step = Step(here, Whose.OFFICE, clock=clock)

    starts = clock is not None and here in course.STARTS_IN.get(clock, ())
    assert taken(history, step, running=False) == starts
    assert taken(history, step, running=True) == (starts or clock is Clock.MET)


@pytest.mark.parametrize(
    ("clock", "runs_from", "last"),
    [
        # D.L. 8/1991 Art. 16-quater (row D9): 180 days of the declared will.
        (Clock.FULL_ACCOUNT, date(2026, 1, 10), date(2026, 7, 9)),
        (Clock.FULL_ACCOUNT, date(2027, 12, 31), date(2028, 6, 28)),
        # Loi 2025-532 art. 31 (row D8): ten years, twenty years.
        (Clock.FURTHER_TERM_LESSER, date(2026, 3, 1), date(2036, 3, 1)),
        (Clock.FURTHER_TERM_SERIOUS, date(2026, 3, 1), date(2046, 3, 1)),
        (Clock.FURTHER_TERM_LESSER, date(2028, 2, 29), date(2038, 2, 28)),
        (Clock.FURTHER_TERM_SERIOUS, date(2028, 2, 29), date(2048, 2, 29)),
        (Clock.MET, date(2026, 3, 1), None),
    ],
)
def test_the_last_day_is_reckoned_from_what_happened(clock: Clock, runs_from: date, last: date | None) -> None:
    assert course.due(clock, runs_from) == last


@given(st.dates(date(1990, 1, 1), TODAY), st.sampled_from([clock for clock in Clock if clock is not Clock.MET]))
def test_nothing_runs_out_before_it_began(runs_from: date, clock: Clock) -> None:
    last = course.due(clock, runs_from)

    assert last is not None
    assert last >= runs_from + timedelta(days=course.FULL_ACCOUNT_DAYS)


@given(st.lists(st.tuples(st.sampled_from(State), st.sampled_from([None, *Clock])), max_size=30))
def test_a_day_runs_only_where_one_can_and_only_after_one_began(tried: list[tuple[State, Clock | None]]) -> None:
    """Whatever is tried in whatever order: what is refused changes nothing, and what runs has begun."""
    history: list[State] = []
    running: date | None = None
    for to, clock in tried:
        step = well_founded(to, clock=clock)
        if not taken(history, step, running=running is not None):
            continue
        before, running = running, course.due_after(step, TODAY if clock not in {None, Clock.MET} else None, running)
        history.append(to)
        assert running is None or to in course.RUNS_IN
        assert running is None or before is not None or clock is not None
        assert clock is not Clock.MET or running is None


def test_every_code_has_its_word() -> None:
    assert (set(STATES), set(WHOSE), set(GROUNDS), set(CLOCKS)) == tuple(
        {str(code) for code in codes} for codes in (State, Whose, Ground, Clock)
    )


def test_nothing_of_a_course_is_a_measure_of_anybody() -> None:
    """No score and no expected outcome: days and codes, and the lengths that a law sets."""
    numbers = {name for name, value in vars(course).items() if isinstance(value, int | float)}

    assert numbers == {"FULL_ACCOUNT_DAYS", "WARN_DAYS"}
    assert set(course.FURTHER_TERM_YEARS.values()) == {10, 20}

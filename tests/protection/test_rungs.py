"""The ladder by itself: nobody who is missing is ever waited for in silence, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.errors import Conflict
from app.protection.rungs import AGAIN, GRACE, TO_ANSWER, TO_FIND, Call, Rung, climb, first, grace_over, is_due

CODES = ("S-AAAAAA", "S-BBBBBB", "S-CCCCCC", "S-DDDDDD")
STAFF = st.fixed_dictionaries({rung: st.frozensets(st.sampled_from(CODES)) for rung in Rung})
DUE = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
A, B, C = (frozenset({code}) for code in CODES[:3])


def test_the_domains_numbers() -> None:
    hours, minutes = timedelta(hours=1), timedelta(minutes=1)
    assert (2 * hours, 30 * minutes, hours, 10 * minutes) == (GRACE, TO_ANSWER, TO_FIND, AGAIN)


def test_one_after_another_is_called_and_the_last_again_and_again() -> None:
    people = {Rung.CASEWORKER: A, Rung.DUTY: B, Rung.LEAD: C}
    call = first(people, due_at=DUE, now=DUE + GRACE)
    calls, called = [call], call.people
    for _ in range(4):
        call = climb(call.rung, called, people, next_at=call.next_at, now=call.next_at)
        calls, called = [*calls, call], called | call.people

    start = DUE + GRACE
    assert [(call.rung, call.people) for call in calls] == [
        (Rung.CASEWORKER, A), (Rung.DUTY, B), (Rung.LEAD, C), (Rung.LEAD, C), (Rung.LEAD, C),
    ]  # fmt: skip
    assert [(call.next_at - start) // timedelta(minutes=1) for call in calls] == [30, 60, 70, 80, 90]


@pytest.mark.parametrize(
    ("people", "rungs"),
    [
        ({Rung.CASEWORKER: A, Rung.DUTY: A, Rung.LEAD: C}, [Rung.CASEWORKER, Rung.LEAD]),
        ({Rung.CASEWORKER: A, Rung.DUTY: frozenset(), Rung.LEAD: C}, [Rung.CASEWORKER, Rung.LEAD]),
        ({Rung.CASEWORKER: frozenset(), Rung.DUTY: B, Rung.LEAD: C}, [Rung.DUTY, Rung.LEAD]),
        ({Rung.LEAD: C}, [Rung.LEAD, Rung.LEAD]),
        ({}, [Rung.LEAD, Rung.LEAD]),
    ],
    ids=["one person on two rungs", "nobody on duty", "the caseworker is gone", "only a lead", "nobody at all"],
)
def test_a_rung_on_which_nobody_new_stands_takes_no_time(people: dict[Rung, frozenset[str]], rungs: list[Rung]) -> None:
    one = first(people, due_at=DUE, now=DUE + GRACE)
    two = climb(one.rung, one.people, people, next_at=one.next_at, now=one.next_at)

    assert [one.rung, two.rung] == rungs


def test_whoever_comes_on_duty_while_the_lead_is_called_is_called_too() -> None:
    night, morning = {Rung.DUTY: A, Rung.LEAD: C}, {Rung.DUTY: B, Rung.LEAD: C}
    called = first(night, due_at=DUE, now=DUE + GRACE).people | C

    assert climb(Rung.LEAD, called, morning, next_at=DUE, now=DUE).people == B | C


def test_nobody_is_called_before_their_time() -> None:
    with pytest.raises(Conflict):
        first({}, due_at=DUE, now=DUE + GRACE - timedelta(microseconds=1))
    with pytest.raises(Conflict):
        climb(Rung.DUTY, A, {}, next_at=DUE, now=DUE - timedelta(microseconds=1))


# The two nights of a year on which the clocks change, and any other.
LOCAL = st.one_of(
    st.datetimes(datetime(2026, 3, 28, 22), datetime(2026, 3, 29, 6)),
    st.datetimes(datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 6)),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
)


@given(LOCAL, st.sampled_from((0, 1)))
def test_two_hours_are_two_hours_in_the_night_the_clocks_change(local: datetime, fold: int) -> None:
    due = local.replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)

    assert grace_over(due).timestamp() - due.timestamp() == GRACE.total_seconds()


def test_the_control_by_the_wall_clock_it_would_be_three() -> None:
    due = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert (due + GRACE).timestamp() - due.timestamp() == 3 * 3600
    assert grace_over(due) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


class Night(RuleBasedStateMachine):
    """Time passes, stops, jumps; people come and go; some answer. A worker looks as often as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = DUE
        self.people: dict[Rung, frozenset[str]] = {}
        self.call: Call | None = None
        self.called = frozenset[str]()
        self.answered = False
        self.next_at = grace_over(DUE)
        self.calls = 0

    @rule(people=STAFF)
    def staff_changes(self, people: dict[Rung, frozenset[str]]) -> None:
        self.people = people

    @rule(minutes=st.integers(0, 300))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.work()

    @precondition(lambda self: self.call is not None)
    @rule(days=st.sampled_from((-1, -400, 1, 3650)))
    def the_clock_is_set(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.work()

    @precondition(lambda self: self.call is not None and not self.answered)
    @rule()
    def somebody_answers(self) -> None:
        self.answered, self.next_at = True, self.now + TO_FIND

    def work(self) -> None:
        """Everything that is due now; it must come to an end."""
        for _ in range(len(Rung) + 1):
            try:
                fresh = self.step()
            except Conflict:
                return
            self.check(fresh)
        raise AssertionError("the worker never comes to rest")

    def step(self) -> Call:
        if self.call is None:
            return first(self.people, due_at=DUE, now=self.now)
        return climb(self.call.rung, self.called, self.people, next_at=self.next_at, now=self.now)

    def check(self, fresh: Call) -> None:
        if self.call is not None:
            assert fresh.rung > self.call.rung or fresh.rung == self.call.rung == Rung.LEAD
        if fresh.rung != Rung.LEAD:
            assert fresh.people, "half an hour lost on nobody"
            assert not fresh.people & self.called, "called twice on the way up"
        else:
            assert fresh.people >= self.people.get(Rung.LEAD, frozenset())
        self.call, self.called = fresh, self.called | fresh.people
        self.answered, self.next_at, self.calls = False, fresh.next_at, self.calls + 1

    @invariant()
    def the_next_step_is_never_far(self) -> None:
        if self.call is None:
            assert self.now < grace_over(DUE)
            return
        limit = TO_FIND if self.answered else (AGAIN if self.call.rung == Rung.LEAD else TO_ANSWER)
        assert is_due(self.next_at, self.now) or self.next_at - self.now <= limit


# A jump of the clock back leaves a next step that no longer has come: then it is seen as due, and done.
TestNight = Night.TestCase

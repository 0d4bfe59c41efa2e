"""What may be done with words that were said under a promise: the rules alone, without a database."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.legal import restrictions
from app.legal.restrictions import (
    TEMPLATES,
    Answer,
    Body,
    Effect,
    Forum,
    Kind,
    Restriction,
    Rule,
    Subject,
    Use,
    Verdict,
    admits,
    answer,
    effect,
    ends_with_body,
    judge,
    may_leave,
    rules_of,
    stricter,
    tightens,
)

SAID = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = SAID + timedelta(days=200)
HERE = Forum("US", Body.CRIMINAL_COURT)
ELSEWHERE = Forum("FR", Body.CRIMINAL_COURT)
WITNESS = Subject.DECLARANT
STRICTNESS = (Effect.ALLOWED, Effect.UNSETTLED, Effect.BARRED)

times = st.integers(-10, 20).map(lambda days: SAID + timedelta(days=days))
rules = st.builds(
    Restriction, use=st.sampled_from(Use), subject=st.sampled_from(Subject), effect=st.sampled_from(Effect),
    forums=st.frozensets(st.sampled_from([HERE, ELSEWHERE]), min_size=1), since=times,
    until=st.none() | times,
)  # fmt: skip


def under(kind: Kind, *, forum: Forum = HERE, until: datetime | None = None) -> list[Restriction]:
    """What a promise of this kind lays on words that are said under it."""
    return [
        Restriction(rule.use, rule.subject, rule.effect, frozenset({forum}), SAID, until) for rule in rules_of(kind)
    ]


def found(kind: Kind, use: Use, subject: Subject = WITNESS, forum: Forum = HERE) -> Effect:
    return effect(under(kind), subject, use, forum, at=NOW)


# by name of the domain


@pytest.mark.domain("D04")
def test_what_is_found_by_way_of_the_words_is_open_under_a_proffer_and_barred_under_an_order() -> None:
    assert found(Kind.PROFFER, Use.DERIVATIVE) is Effect.ALLOWED
    assert found(Kind.PROFFER, Use.DIRECT) is Effect.BARRED
    assert found(Kind.IMMUNITY_ORDER, Use.DERIVATIVE) is Effect.BARRED


@pytest.mark.domain("D04")
def test_what_no_rule_matches_does_not_leave() -> None:
    verdict = judge([], WITNESS, Use.MEDIA, HERE, said_at=SAID, now=NOW, agreed=True)

    assert (verdict.at_statement, verdict.now) == (Effect.UNSETTLED, Effect.UNSETTLED)
    assert not verdict.leaves


@pytest.mark.domain("D05")
@pytest.mark.parametrize(("then", "now"), list(itertools.product(Effect, repeat=2)), ids=str)
def test_words_leave_only_if_they_were_open_when_said_and_are_now(then: Effect, now: Effect) -> None:
    assert may_leave(then, now, agreed=True) == ((then, now) == (Effect.ALLOWED, Effect.ALLOWED))
    assert not may_leave(then, now, agreed=False)


@pytest.mark.domain("D05")
@given(st.lists(rules, max_size=6), st.sampled_from(Use), st.sampled_from(Subject), times, st.data())
def test_a_lapse_opens_nothing(
    held: list[Restriction], use: Use, subject: Subject, ended: datetime, data: st.DataObject
) -> None:
    """Rules under which the words were said end afterwards, any of them: nothing leaves that did not leave before."""
    before = judge(held, subject, use, HERE, said_at=SAID, now=NOW, agreed=True)
    ended = max(ended, SAID + timedelta(seconds=1))
    lapsed = [
        replace(rule, until=min(rule.until or ended, ended))
        if rule.since <= SAID and data.draw(st.booleans())
        else rule
        for rule in held
    ]

    after = judge(lapsed, subject, use, HERE, said_at=SAID, now=NOW, agreed=True)

    assert after.leaves <= before.leaves


@pytest.mark.domain("D05")
def test_were_the_time_of_the_statement_not_asked_a_lapse_would_open_words() -> None:
    """The control: two promises, the stricter one lapses, and what is left allows."""
    held = [*under(Kind.PROFFER), *under(Kind.IMMUNITY_ORDER, until=SAID + timedelta(days=1))]

    verdict = judge(held, WITNESS, Use.DERIVATIVE, HERE, said_at=SAID, now=NOW, agreed=True)

    assert (verdict.at_statement, verdict.now, verdict.leaves) == (Effect.BARRED, Effect.ALLOWED, False)


# by property


@given(st.lists(rules, max_size=6), rules, st.sampled_from(Use), st.sampled_from(Subject), times)
def test_a_further_rule_opens_nothing_but_what_is_unsettled(
    held: list[Restriction], more: Restriction, use: Use, subject: Subject, at: datetime
) -> None:
    before = effect(held, subject, use, HERE, at=at)
    after = effect([*held, more], subject, use, HERE, at=at)

    assert after is before or tightens(before, after) or before is Effect.UNSETTLED
    if before is Effect.UNSETTLED and after is Effect.ALLOWED:
        # Nothing had matched before: no unsettled rule is ever outweighed by one that allows.
        assert not any(
            r.use is use and r.subject is subject and HERE in r.forums
            and r.since <= at and (r.until is None or at < r.until)
            for r in held
        )  # fmt: skip


@given(st.lists(rules, max_size=6), st.randoms(), st.sampled_from(Use), st.sampled_from(Subject), times)
def test_the_order_of_rules_says_nothing(
    held: list[Restriction], chance: object, use: Use, subject: Subject, at: datetime
) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert effect(held, subject, use, HERE, at=at) is effect(shuffled, subject, use, HERE, at=at)


@given(st.sampled_from(Effect), st.sampled_from(Effect), st.sampled_from(Effect))
def test_the_stricter_of_two_is_one_order(one: Effect, other: Effect, third: Effect) -> None:
    assert stricter(one, other) is stricter(other, one)
    assert stricter(stricter(one, other), third) is stricter(one, stricter(other, third))
    assert tightens(one, other) == (STRICTNESS.index(other) > STRICTNESS.index(one))


@given(st.sampled_from(Kind), st.frozensets(st.tuples(st.sampled_from(Use), st.sampled_from(Subject))))
def test_a_reviewer_can_only_make_a_promise_stricter(kind: Kind, barred: frozenset[tuple[Use, Subject]]) -> None:
    plain = {(rule.use, rule.subject): rule.effect for rule in rules_of(kind)}
    made = {(rule.use, rule.subject): rule.effect for rule in rules_of(kind, barred)}

    for pair in itertools.product(Use, Subject):
        before, after = plain.get(pair, Effect.UNSETTLED), made.get(pair, Effect.UNSETTLED)
        assert after is before or tightens(before, after)
        assert (after is Effect.BARRED) == (before is Effect.BARRED or pair in barred)


# by template


@pytest.mark.parametrize(
    ("kind", "barred", "allowed"),
    [
        (Kind.IMMUNITY_ORDER, {Use.DIRECT, Use.DERIVATIVE}, set()),
        (Kind.IMMUNITY_NOTICE, {Use.DIRECT}, set()),
        (Kind.USE_UNDERTAKING, {Use.DIRECT}, set()),
        (Kind.PROFFER, {Use.DIRECT}, {Use.DERIVATIVE, Use.IMPEACHMENT}),
        (Kind.SENTENCING_PROTECTION, {Use.SENTENCING_RANGE}, set()),
        (Kind.COURT_CONFIDENTIALITY, {Use.DIRECT, Use.DERIVATIVE}, set()),
        (Kind.TRUTH_AGREEMENT, {Use.DIRECT}, set()),
        (Kind.INQUIRY_PROMISE, {Use.DIRECT}, set()),
        (Kind.AGENCY_POLICY, set(), set()),
        (Kind.NONE, set(), set()),
    ],
    ids=lambda given: given.value if isinstance(given, Kind) else "",
)
def test_a_template_says_so_much_and_leaves_the_rest_unsettled(
    kind: Kind, barred: set[Use], allowed: set[Use]
) -> None:  # fmt: skip
    effects = {use: found(kind, use) for use in Use}

    assert {use for use, each in effects.items() if each is Effect.BARRED} == barred
    assert {use for use, each in effects.items() if each is Effect.ALLOWED} == allowed
    assert set(TEMPLATES) == set(Kind)


def test_a_truth_agreement_opens_what_is_said_of_others() -> None:
    assert found(Kind.TRUTH_AGREEMENT, Use.DIRECT, Subject.THIRD_PARTY) is Effect.ALLOWED
    assert found(Kind.PROFFER, Use.DERIVATIVE, Subject.THIRD_PARTY) is Effect.UNSETTLED


@pytest.mark.parametrize("kind", Kind, ids=str)
def test_a_forum_binds_itself_alone(kind: Kind) -> None:
    assert {found(kind, use, forum=ELSEWHERE) for use in Use} == {Effect.UNSETTLED}
    assert {found(kind, use, forum=Forum("US", Body.ASYLUM)) for use in Use} == {Effect.UNSETTLED}


def test_an_admission_is_kept_only_where_its_direct_use_is_barred() -> None:
    keeps = {kind for kind in Kind if admits(rules_of(kind))}

    assert keeps == set(Kind) - {Kind.SENTENCING_PROTECTION, Kind.AGENCY_POLICY, Kind.NONE}
    assert not admits([Rule(Use.DIRECT, Subject.THIRD_PARTY, Effect.BARRED)])


def test_only_the_promise_of_an_inquiry_ends_with_the_body_that_gave_it() -> None:
    assert {kind for kind in Kind if ends_with_body(kind, survives_organisation=False)} == {Kind.INQUIRY_PROMISE}
    assert not ends_with_body(Kind.INQUIRY_PROMISE, survives_organisation=True)


def test_a_rule_counts_from_its_first_moment_to_before_its_last() -> None:
    until = SAID + timedelta(days=10)
    held = under(Kind.PROFFER, until=until)
    moments = [SAID - timedelta(seconds=1), SAID, until - timedelta(seconds=1), until]

    seen = [effect(held, WITNESS, Use.DERIVATIVE, HERE, at=at) for at in moments]

    assert seen == [Effect.UNSETTLED, Effect.ALLOWED, Effect.ALLOWED, Effect.UNSETTLED]


@given(rules)
def test_what_is_sealed_of_a_rule_reads_the_same_again(rule: Restriction) -> None:
    held = restrictions.packed([Rule(rule.use, rule.subject, rule.effect)], rule.forums)

    assert restrictions.unpacked(held, since=rule.since, until=rule.until) == (rule,)


OPEN = Verdict(Effect.ALLOWED, Effect.ALLOWED, leaves=True)
SHUT = Verdict(Effect.BARRED, Effect.BARRED, leaves=False)


@pytest.mark.domain("D06")
@pytest.mark.parametrize(
    ("own", "declarant", "subject", "incriminates", "said"),
    [
        (SHUT, SHUT, Subject.THIRD_PARTY, False, Answer.STAYS),
        (OPEN, SHUT, Subject.THIRD_PARTY, False, Answer.WITHOUT_OWN_ACTS),
        (OPEN, SHUT, Subject.THIRD_PARTY, True, Answer.STAYS),
        (OPEN, OPEN, Subject.THIRD_PARTY, True, Answer.LEAVES),
        (OPEN, OPEN, Subject.DECLARANT, True, Answer.LEAVES),
    ],
    ids=["shut", "of others", "of others, and own acts", "open for both", "against the witness"],
)  # fmt: skip
def test_what_speaks_against_the_witness_is_cut_out_of_what_is_said_of_others(
    own: Verdict, declarant: Verdict, subject: Subject, incriminates: bool, said: Answer
) -> None:
    assert answer(own, declarant, subject, incriminates=incriminates) is said


def test_a_thousand_passages_and_eight_uses_are_judged_at_once() -> None:
    """Measured at 11 ms where 50 are wanted; a busy machine has ten times as much."""
    held = [under(Kind.PROFFER) + under(Kind.TRUTH_AGREEMENT) for _ in range(1000)]

    began = time.process_time()
    verdicts = [
        judge(rules_on, WITNESS, use, HERE, said_at=SAID, now=NOW, agreed=True) for rules_on in held for use in Use
    ]
    took = time.process_time() - began

    assert sum(verdict.leaves for verdict in verdicts) == 2000
    assert took < 0.5

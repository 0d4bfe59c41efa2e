"""The rules give the answers that their examples promise, and every rule and action has examples."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import cedarpy
import pytest

from app.policy.engine import FOLDER, Policy
from app.work.actions import ACTIONS
from tests.policy import examples
from tests.policy.examples import Example

ROWS = examples.read()


@pytest.fixture(scope="module")
def whole() -> Policy:
    """The same rules, every one of them asked about every action."""
    policy = Policy.read()
    every = cedarpy.PolicySet.from_str("\n".join(path.read_text() for path in sorted(FOLDER.glob("*.cedar"))))
    policy._sets = dict.fromkeys(policy.actions, every)
    return policy


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.action}-{row.rule}")
def test_a_rule_answers_as_its_example_says(policy: Policy, row: Example) -> None:
    assert examples.answer(policy, row) == (row.allowed, row.rule), row.says


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.action}-{row.rule}")
def test_rules_of_other_actions_would_change_no_answer(policy: Policy, whole: Policy, row: Example) -> None:
    """The engine asks only the rules that name the action. Asked all at once, they answer the same."""
    assert examples.answer(whole, row) == examples.answer(policy, row)


def test_every_action_has_an_allowed_and_a_denied_example(policy: Policy) -> None:
    answers: dict[str, set[bool]] = defaultdict(set)
    for row in ROWS:
        answers[row.action].add(row.allowed)

    assert {name for name in policy.actions | set(ACTIONS) if answers[name] != {True, False}} == set()


def test_every_rule_decides_at_least_one_example(policy: Policy) -> None:
    assert set(policy.rules) - {row.rule for row in ROWS} == set()


def test_an_example_of_an_action_that_is_gone_is_found(policy: Policy) -> None:
    assert {row.action for row in ROWS} - policy.actions == set()


def test_a_denial_shows_the_sentence_of_the_rule_and_never_the_row(policy: Policy) -> None:
    for row in ROWS:
        if not row.allowed and row.rule != "no-rule":
            assert policy.rules[row.rule].effect == "forbid"
            assert policy.rules[row.rule].says.endswith(".")


@pytest.mark.parametrize(
    "wrong",
    [
        'says = "x"\ndoes = ["case.open"]\n',
        'says = "x"\ndoes = ["case.open"]\nallowed_by = "a"\ndenied_by = "b"\n',
        'says = "x"\ndoes = ["case.open"]\nallowd_by = "intake-opens-cases"\n',
    ],
)
def test_a_misspelt_example_is_an_error_and_not_a_pass(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "wrong.toml").write_text("[[example]]\n" + wrong)

    with pytest.raises(ValueError, match="x"):
        examples.read(tmp_path)


def test_an_example_that_expects_the_wrong_answer_fails(policy: Policy, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(
        '[[example]]\nsays = "x"\nroles = ["auditor"]\ndoes = ["case.open"]\nallowed_by = "intake-opens-cases"\n'
    )
    (row,) = examples.read(tmp_path)

    assert examples.answer(policy, row) != (row.allowed, row.rule)

"""Promises of the rules, proved for every request there can be; and that the prover can be trusted."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import app.whole  # noqa: F401  every action is known once the program is
from app.accounts.rules import ROLES, TEAMS
from app.cli import rulebook
from app.errors import CannotStart, Denied, StepUpNeeded
from app.keyholders.grants import COMPARTMENTS
from app.policy import formula, proofs
from app.policy.actor import Actor, Circumstances, Subject
from app.policy.engine import FOLDER, KINDS, Policy
from app.policy.formula import Formulas, NotUnderstood
from app.work import Justification
from tests.policy import examples

POLICY = Policy.read()
SCHEMA = (FOLDER / "schema.cedarschema").read_text()
CLAIMS = proofs.claims(POLICY, rulebook.openings())
CODES = ("S-AAAAAA", "S-BBBBBB")
READ = """@id("r") @says("Says.") permit (principal is User, action == Action::"case.open", resource)
when {{ {} }};"""


def rules(*texts: str) -> Policy:
    return Policy({f"{number}.cedar": text for number, text in enumerate(texts)}, SCHEMA)


def without(policy: Policy, *ids: str) -> Policy:
    return rules(*(rule.text for rule in policy.rules.values() if rule.id not in ids))


# What is proved


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_shipped_rules_keep_every_promise(claim: proofs.Claim) -> None:
    verdict = proofs.verdict(Formulas(POLICY), claim)

    assert verdict.holds, f"{verdict.action} is allowed to {dict(verdict.request)}"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_broken_policy_is_refuted_with_a_request_that_cedar_allows(claim: proofs.Claim) -> None:
    """The control of each promise: everything allowed and nothing forbidden where it speaks."""
    spoken_of = [rule for rule in POLICY.rules.values() if rule.actions & set(claim.actions)]
    kept = [rule for rule in spoken_of if rule.effect == "permit"]
    named = ", ".join(f'Action::"{action}"' for action in claim.actions)
    broken = rules(
        *(rule.text for rule in kept),
        f'@id("broken") @says("Anybody may.") permit (principal, action in [{named}], resource);',
    )

    verdict = proofs.verdict(Formulas(broken), claim)

    assert verdict.action in claim.actions
    actor, subject, said = rebuilt(dict(verdict.request))
    assert broken.decide(actor, verdict.action, subject, said)


def rebuilt(request: dict[str, str]) -> tuple[Actor, Subject, Circumstances]:
    """A request that the prover told, as one that Cedar can be asked."""
    told: dict[str, dict[str, Any]] = {"principal": {}, "resource": {}, "context": {}}
    for place, value in request.items():
        whose, _, name = place.partition(".")
        if whose != "kind":
            told[whose][name] = _value(formula.SHAPES[whose][name], value)
    actor = Actor(request["kind"], told["principal"].pop("code", "none"), **told["principal"])  # type: ignore[arg-type]
    return actor, Subject(**told["resource"]), Circumstances(**told["context"])


def _value(shown: Any, value: str) -> Any:
    if isinstance(shown, bool):
        return value == "yes"
    return value if isinstance(shown, str) else frozenset(value.split(", "))


@pytest.mark.parametrize("rule", sorted(POLICY.rules))
def test_no_rule_is_there_for_nothing(rule: str) -> None:
    """Without it some request would be answered otherwise: a rule that changes nothing misleads its reader."""
    words = formula.Words()
    whole, less = Formulas(POLICY, words), Formulas(POLICY, words)
    # Only read by the prover: whether Cedar takes the rest for valid is asked where it has to decide.
    less.policy = copy.copy(POLICY)
    less.policy.rules = {each: text for each, text in POLICY.rules.items() if each != rule}
    actions = POLICY.rules[rule].actions

    solver = z3.Solver()
    solver.add(z3.Or([whole.allowed(action) != less.allowed(action) for action in actions]))

    assert solver.check() == z3.sat


# That the prover reads rules as Cedar does

STRINGS = st.sampled_from(["none", *CODES, *TEAMS, *COMPARTMENTS, "PUBLIC_REPORT", "OPEN"])
SETS = {
    "roles": st.frozensets(st.sampled_from([*ROLES, "service", "team_lead"]), max_size=3),
    "teams": st.frozensets(st.sampled_from(TEAMS), max_size=2),
    "woken": st.frozensets(st.sampled_from(COMPARTMENTS), max_size=2),
    "held": st.frozensets(st.sampled_from(COMPARTMENTS)),
    "authors": st.frozensets(st.sampled_from(CODES)),
}
actors = st.builds(
    Actor,
    st.sampled_from(KINDS),
    st.sampled_from(CODES),
    roles=SETS["roles"],
    teams=SETS["teams"],
    leads=SETS["teams"],
    undertaken=st.booleans(),
    keyed=st.booleans(),
)
subjects = st.builds(
    Subject, state=STRINGS, compartment=STRINGS, origin=STRINGS, team=STRINGS, held=SETS["held"], woken=SETS["woken"],
    seen=SETS["held"],
    by_name=SETS["held"], authors=SETS["authors"], target_roles=SETS["roles"], target_teams=SETS["teams"],
    target=st.sampled_from([*CODES, "none"]), target_held=SETS["held"],
    target_undertaken=st.booleans(),
)  # fmt: skip
saids = st.builds(
    Circumstances, justification=st.sampled_from(["none", *Justification]), cited=st.booleans(), words=st.booleans(),
    boxed=st.booleans(), fresh=st.booleans(), stepped=st.booleans(), compartments=SETS["held"],
    profile=st.sampled_from(["ngo", "authority"]),
)  # fmt: skip
FORMULAS = Formulas(POLICY)
ALLOWED = {action: FORMULAS.allowed(action) for action in sorted(POLICY.actions)}


def proved(formulas: Formulas, allowed: Any, actor: Actor, subject: Subject, said: Circumstances) -> bool:
    """What the formula says of one request."""
    whole = {"principal": actor.entity()["attrs"], "resource": subject.entity()["attrs"], "context": said.context()}
    number = formulas.asked.words.number
    solver = z3.Solver()
    solver.add(allowed, formulas.asked.is_(actor.kind))
    for (of, name), unknown in formulas.asked.attributes.items():
        value = whole[of][name]
        if isinstance(value, bool):
            solver.add(unknown == value)
        elif isinstance(value, str):
            solver.add(unknown == number(value))
        else:
            solver.add(unknown == formula.set_of([number(each) for each in value]))
    return bool(solver.check() == z3.sat)


def decided(policy: Policy, action: str, actor: Actor, subject: Subject, said: Circumstances) -> bool:
    try:
        policy.decide(actor, action, subject, said)
    except (Denied, StepUpNeeded):
        return False
    return True


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(ALLOWED)), min_size=8, max_size=8), actors, subjects, saids)
@example(
    ["grant.give"], Actor("User", "S-AAAAAA", roles=frozenset({"caseworker"}), undertaken=True),
    Subject(held=frozenset({"CARE"}), target_undertaken=True,
    target_roles=frozenset({"caseworker"})), Circumstances(compartments=frozenset({"CARE"}), stepped=True),
)  # fmt: skip
def test_a_formula_says_what_cedar_says(
    actions: list[str], actor: Actor, subject: Subject, said: Circumstances
) -> None:
    for action in actions:
        assert proved(FORMULAS, ALLOWED[action], actor, subject, said) == decided(POLICY, action, actor, subject, said)


def test_a_formula_says_what_each_example_says() -> None:
    for row in examples.read():
        assert proved(FORMULAS, ALLOWED[row.action], row.actor, row.subject, row.given) == row.allowed


def test_a_construct_read_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: were containsAll read the other way round, an example would tell."""
    monkeypatch.setitem(formula._BINARY, "containsAll", lambda left, right: z3.IsSubset(left, right))
    wrong = Formulas(POLICY)
    actor = Actor("User", "S-AAAAAA", roles=frozenset({"caseworker"}), undertaken=True)
    subject = Subject(
        held=frozenset({"CARE", "THREAT"}), target_roles=frozenset({"caseworker"}), target_undertaken=True
    )
    said = Circumstances(compartments=frozenset({"CARE"}), stepped=True)

    assert decided(POLICY, "grant.give", actor, subject, said)
    assert not proved(wrong, wrong.allowed("grant.give"), actor, subject, said)


@pytest.mark.parametrize(
    "condition",
    [
        'principal.code like "S-*"', "principal has code", "if context.cited then true else false",
        'principal == User::"S-AAAAAA"',
    ],
    ids=["like", "has", "if", "entity"],
)  # fmt: skip
def test_what_the_prover_does_not_know_raises(condition: str) -> None:
    with pytest.raises(NotUnderstood, match="r: "):
        Formulas(rules(READ.format(condition))).allowed("case.open")


def test_a_counterexample_holds_what_matters_and_nothing_else() -> None:
    claim = replace(
        CLAIMS[0], actions=("case.open",), must=lambda asked: z3.Not(asked.has("principal.roles", "auditor"))
    )
    policy = rules(READ.format('principal.roles.contains("auditor") && context.cited'))

    verdict = proofs.verdict(Formulas(policy), claim)

    assert dict(verdict.request) == {"kind": "User", "principal.roles": "auditor", "context.cited": "yes"}


def test_without_the_prover_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formula, "z3", None)

    with pytest.raises(CannotStart, match="needs z3"):
        Formulas(POLICY)


# Tables made of them


def test_rules_that_are_the_same_differ_in_no_request() -> None:
    assert list(proofs.changes(POLICY, Policy.read())) == []


def test_each_difference_is_a_request_that_only_one_side_allows() -> None:
    less = without(POLICY, "nobody-grants-themself", "holder-revokes")

    found = list(proofs.changes(POLICY, less))

    assert {(each.action, each.allowed_by) for each in found} == {("grant.give", "new"), ("grant.revoke", "old")}
    for each in found:
        actor, subject, said = rebuilt(dict(each.request))
        here, there = (less, POLICY) if each.allowed_by == "new" else (POLICY, less)
        assert decided(here, each.action, actor, subject, said)
        assert not decided(there, each.action, actor, subject, said)


def test_the_matrix_in_the_readme_is_that_of_the_rules() -> None:
    told = (FOLDER / "README.md").read_text()

    assert "\n".join(rulebook.table(rulebook.matrix())) in told, "bring it up to date: amana policy matrix"


def test_a_key_that_differs_from_row_to_row_is_no_never() -> None:
    """It was: of whoever reads by the key of a row's own compartment the table said nothing at all."""
    rule = READ.format('principal.roles.contains("auditor") && resource.held.contains(resource.compartment)')

    table = proofs.matrix(rules(rule), ["auditor", "approver"], ["CARE", "LEGAL"])

    assert table == {"case.open": {"auditor": "its key", "approver": ""}}


def test_a_role_that_may_nothing_else_stands_empty() -> None:
    table = proofs.matrix(rules(READ.format('principal.roles.contains("auditor") && resource.held.contains("CARE")')),
                          ["auditor", "approver"], ["CARE", "LEGAL"])  # fmt: skip

    assert table == {"case.open": {"auditor": "CARE", "approver": ""}}

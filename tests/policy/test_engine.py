"""The engine reads rules strictly, decides by them, and refuses to start on a doubt."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import app.whole  # noqa: F401  every action is known once the program is
from app.errors import CannotStart, Denied
from app.policy.actor import ANONYMOUS, OPERATOR, Actor, Circumstances, Subject
from app.policy.engine import FOLDER, Policy
from app.work.actions import ACTIONS
from app.work.office import check_actions

SCHEMA = (FOLDER / "schema.cedarschema").read_text()
OPEN = """@id("intake-opens") @says("Intake opens.")
permit (principal is User, action == Action::"case.open", resource)
when { principal.roles.contains("intake_officer") };
"""
CLOSED = """@id("not-on-closed") @says("Not on what is closed.")
forbid (principal, action == Action::"case.open", resource) when { resource.state == "KEPT" };
"""


def office(**files: str) -> Policy:
    return Policy({f"{name}.cedar": text for name, text in files.items()}, SCHEMA)


def officer(*roles: str) -> Actor:
    return Actor("User", "S-TESTER", roles=frozenset(roles))


def test_a_rule_that_allows_is_named() -> None:
    policy = office(a=OPEN)

    granted = policy.decide(officer("intake_officer"), "case.open")

    assert (granted.rule, granted.policy_hash) == ("intake-opens", policy.hash)


def test_what_no_rule_allows_is_denied() -> None:
    with pytest.raises(Denied) as denied:
        office(a=OPEN).decide(officer("auditor"), "case.open")

    assert (denied.value.rule, denied.value.sentence) == ("no-rule", Denied.sentence)


def test_no_permit_outweighs_a_forbid() -> None:
    with pytest.raises(Denied) as denied:
        office(a=OPEN, b=CLOSED).decide(officer("intake_officer"), "case.open", Subject(state="KEPT"))

    assert (denied.value.rule, denied.value.sentence) == ("not-on-closed", "Not on what is closed.")


def test_a_rule_that_names_two_actions_decides_both_and_no_third() -> None:
    both = CLOSED.replace('action == Action::"case.open"', 'action in [Action::"case.open", Action::"case.shut"]')
    policy = office(a=OPEN, b=OPEN.replace("case.open", "case.shut").replace("intake-opens", "intake-shuts"), c=both)

    for action in ("case.open", "case.shut"):
        assert policy.decide(officer("intake_officer"), action).rule.startswith("intake-")
        with pytest.raises(Denied) as denied:
            policy.decide(officer("intake_officer"), action, Subject(state="KEPT"))
        assert denied.value.rule == "not-on-closed"
    assert not policy.allows(officer("intake_officer"), "case.burn")


def test_an_action_that_no_rule_names_is_denied_to_everybody() -> None:
    for actor in (officer("intake_officer"), ANONYMOUS, OPERATOR, Actor("Service", "worker"), Actor("Witness", "w")):
        assert not office(a=OPEN).allows(actor, "case.burn")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('@says("No id.") permit (principal, action == Action::"case.open", resource);', "needs an @id"),
        ('@id("no-sentence") permit (principal, action == Action::"case.open", resource);', "needs an @id"),
        ('@id("all") @says("Everything.") permit (principal is User, action, resource);', "names no action"),
        (OPEN + OPEN, "share an @id"),
        (OPEN.replace("principal.roles", "principal.salary"), "not valid"),
        (OPEN.replace("principal is User", "principal is Ghost"), "not valid"),
    ],
)
@pytest.mark.abuse("L04")
def test_rules_that_cannot_be_trusted_do_not_start(text: str, why: str) -> None:
    with pytest.raises(CannotStart, match=why):
        office(a=text)


@pytest.mark.abuse("L04")
def test_an_id_that_two_files_share_does_not_start() -> None:
    """One of two rules would else vanish from every explanation, and the log could not say which decided."""
    with pytest.raises(CannotStart, match="intake-opens"):
        office(a=OPEN, b=OPEN.replace("intake_officer", "administrator"))


@pytest.mark.abuse("L04")
def test_an_action_without_a_rule_does_not_start(policy: Policy) -> None:
    with pytest.raises(CannotStart, match=r"case\.burn"):
        policy.must_match([*ACTIONS, "case.burn"])


@pytest.mark.abuse("L04")
def test_a_rule_without_an_action_does_not_start(policy: Policy) -> None:
    with pytest.raises(CannotStart, match=r"segment\.open"):
        policy.must_match(set(ACTIONS) - {"segment.open"})


def test_the_shipped_rules_and_actions_are_one_to_one(policy: Policy) -> None:
    check_actions(policy)


def test_the_hash_changes_with_one_character_of_a_rule() -> None:
    before, after = office(a=OPEN), office(a=OPEN.replace("Intake opens.", "Intake opens!"))

    assert before.hash != after.hash
    assert len(bytes.fromhex(before.hash)) == hashlib.sha256().digest_size


def test_the_hash_is_of_the_files_as_they_lie(policy: Policy) -> None:
    whole = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.cedar")))

    assert policy.hash == hashlib.sha256((SCHEMA + whole).encode()).hexdigest()


def test_an_explanation_lists_permits_first_and_then_what_forbids(policy: Policy) -> None:
    told = policy.about("location.reveal")

    assert [rule.effect for rule in told] == sorted((rule.effect for rule in told), reverse=True)
    assert {"caseworker-reveals-place", "no-place-for-intake"} <= {rule.id for rule in told}
    assert all("location.reveal" in rule.text for rule in told)
    assert policy.about("case.burn") == []


def test_rules_in_another_folder_are_read_from_there(tmp_path: Path) -> None:
    (tmp_path / "only.cedar").write_text(OPEN)
    (tmp_path / "schema.cedarschema").write_text(SCHEMA)

    assert set(Policy.read(tmp_path).rules) == {"intake-opens"}


def test_a_role_taken_a_second_ago_has_no_scope_left(policy: Policy) -> None:
    assert "log" in policy.scopes(officer("auditor"))
    assert "log" not in policy.scopes(officer())


def test_what_a_caller_declares_cannot_name_another_kind_of_caller() -> None:
    """A code is an id inside its kind: no code makes an anonymous caller a user."""
    policy = office(a=OPEN)

    for code in ("S-TESTER", 'x", roles: ["intake_officer', 'User::"S-TESTER"'):
        assert not policy.allows(Actor("Anonymous", code, roles=frozenset({"intake_officer"})), "case.open")


def test_circumstances_start_from_the_least() -> None:
    assert Circumstances().context() == {
        "justification": "none",
        "cited": False,
        "words": False,
        "boxed": False,
        "fresh": False,
        "stepped": False,
        "compartments": [],
        "profile": "ngo",
    }

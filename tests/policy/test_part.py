"""A process that knows a part of the actions reads the rules of that part, and refuses all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import CannotStart, Denied
from app.policy.actor import Actor
from app.policy.engine import FOLDER, Policy

SCHEMA = (FOLDER / "schema.cedarschema").read_text()
OPEN = """
@id("intake-opens")
@says("Intake opens cases.")
permit (principal is User, action == Action::"case.open", resource) when { principal.roles.contains("intake_officer") };
"""
BROKEN = """
@id("broken")
@says("A rule about what is nowhere.")
permit (principal is User, action == Action::"case.burn", resource) when { principal.shoes == "red" };
"""
OFFICER = Actor("User", "S-TESTER", roles=frozenset({"intake_officer"}), undertaken=True)


def test_it_decides_its_own_actions_as_the_whole_does_and_no_other() -> None:
    whole, part = Policy.read(), Policy.read(of=["submission.receive", "case.open"])

    assert part.hash == whole.hash, "an entry is judged by all rules that were in force"
    assert part.rules == whole.rules
    assert part.decide(OFFICER, "case.open") == whole.decide(OFFICER, "case.open")
    assert part.scopes(OFFICER) == whole.scopes(OFFICER)
    assert whole.decide(OFFICER, "signin.leave").rule, "the control"
    with pytest.raises(Denied) as denied:
        part.decide(OFFICER, "signin.leave")
    assert denied.value.rule == "no-rule"


def test_a_rule_of_its_own_that_does_not_fit_stops_its_start_and_one_of_others_theirs(tmp_path: Path) -> None:
    (tmp_path / "schema.cedarschema").write_text(SCHEMA)
    (tmp_path / "a.cedar").write_text(OPEN + BROKEN)

    assert Policy.read(tmp_path, of=["case.open"]).allows(OFFICER, "case.open")
    for mine in (["case.burn"], ["case.burn", "case.open"], None):
        with pytest.raises(CannotStart, match="not valid"):
            Policy.read(tmp_path, of=mine)

"""What the program says of itself is what it does: its doors, its columns, its rules."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from app.api.doors import POSTS
from app.cli import facts
from app.db import sealed_columns, tables
from app.settings import Settings


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return facts.facts(Settings())


def _may(told: dict[str, Any], action: str, *, grant: bool = True) -> set[str]:
    rows = (rule for rule in told["rules"] if rule["action"] == action and rule["grant"] == grant)
    return {rule["role"] for rule in rows if rule["allowed"]}


def test_every_door_is_named_with_its_action(told: dict[str, Any]) -> None:
    named = {(action["name"], action["path"]) for action in told["actions"]}

    assert {(door.action.name, door.path) for door in POSTS} <= named
    assert ("submission.receive", "/portal/submissions") in named


def test_every_action_stands_at_an_address_that_is_served(told: dict[str, Any]) -> None:
    served = {(route["method"], route["path"]) for route in told["routes"]}

    assert all((action["method"], action["path"]) in served for action in told["actions"])


def test_what_discloses_is_every_opening_and_the_download(told: dict[str, Any]) -> None:
    disclosing = {action["name"] for action in told["actions"] if action["discloses"]}

    assert {"segment.open", "person.reveal", "location.reveal", "attachment.download"} <= disclosing
    assert not disclosing & {"testimony.record", "handoff.send", "log.query"}


def test_every_sealed_column_is_listed_as_sealed(told: dict[str, Any]) -> None:
    listed = {(column["table"], column["column"]) for column in told["columns"] if column["sealed"]}

    assert listed == {(name, column) for name, table in tables().items() for column in sealed_columns(table)}


def test_a_sealed_column_of_a_case_names_its_compartment(told: dict[str, Any]) -> None:
    compartments = {(c["table"], c["column"]): c["compartment"] for c in told["columns"]}

    assert compartments["residences", "place"] == "LOCATION"
    assert compartments["segments", "text"] == "TESTIMONY"
    assert compartments["submissions", "account"] is None
    assert compartments["cases", "reference"] is None


def test_roles_follow_the_rules(told: dict[str, Any]) -> None:
    assert _may(told, "segment.open") == {"intake_officer", "legal_reviewer"}
    assert _may(told, "mitigation.write") == {"legal_reviewer"}
    assert _may(told, "log.query") == {"auditor"}
    assert "administrator" not in _may(told, "person.reveal")


def test_without_a_grant_nobody_may_do_anything_with_a_case(told: dict[str, Any]) -> None:
    assert _may(told, "segment.open", grant=False) == set()
    assert _may(told, "case.hand_over", grant=False) == set()
    assert _may(told, "case.open", grant=False) == {"intake_officer"}


def test_limits_are_the_settings_and_say_nothing_of_the_place(told: dict[str, Any]) -> None:
    assert told["limits"]["attachment_mib_max"] == Settings().attachment_mib_max
    assert not told["limits"].keys() & facts.PRIVATE


def test_a_reader_gets_a_line_for_each_action(told: dict[str, Any]) -> None:
    lines = list(facts.lines(told))

    assert len(lines) == len(told["actions"])
    assert any(line.startswith("mitigation.write") and line.endswith("legal_reviewer") for line in lines)


def test_the_command_needs_no_installation_and_prints_one_object() -> None:
    surroundings = {"PATH": "/usr/bin:/bin", "AMANA_HOME": "/nonexistent/amana"}
    words = [sys.executable, "-m", "app.cli", "facts", "--json"]
    done = subprocess.run(words, env=surroundings, capture_output=True, check=True, timeout=60)

    assert set(json.loads(done.stdout)) == {"actions", "columns", "limits", "routes", "rules"}

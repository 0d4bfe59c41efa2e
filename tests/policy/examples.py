"""The rows of ``policies/examples``: one question to the rules, and the answer they must give."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import app.whole  # noqa: F401  every action is known once the program is
from app.errors import Denied, StepUpNeeded
from app.policy.actor import Actor, Circumstances, Subject
from app.policy.engine import FOLDER, Policy

EXAMPLES = FOLDER / "examples"
KNOWN = {
    "says", "who", "code", "roles", "teams", "leads", "undertaken", "keyed", "does", "about", "given", "allowed_by",
    "denied_by",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One row for one action. ``rule`` is the @id that must decide, or ``no-rule``."""

    says: str
    actor: Actor
    action: str
    subject: Subject
    given: Circumstances
    allowed: bool
    rule: str


def read(folder: Path = EXAMPLES) -> list[Example]:
    """Every row of every file, one for each action it names. A misspelt key is an error."""
    rows = [row for path in sorted(folder.glob("*.toml")) for row in tomllib.loads(path.read_text())["example"]]
    return [_example(row, action) for row in rows for action in row["does"]]


def answer(policy: Policy, example: Example) -> tuple[bool, str]:
    """What the rules say: whether it is allowed, and by which rule."""
    try:
        granted = policy.decide(example.actor, example.action, example.subject, example.given)
    except (Denied, StepUpNeeded) as denied:
        return False, str(denied.rule)
    return True, granted.rule


def _example(row: dict[str, Any], action: str) -> Example:
    if unknown := set(row) - KNOWN:
        raise ValueError(f"{row['says']}: unknown {sorted(unknown)}")
    if ("allowed_by" in row) == ("denied_by" in row):
        raise ValueError(f"{row['says']}: give either allowed_by or denied_by")
    actor = Actor(
        row.get("who", "User"),
        row.get("code", "S-SOMEBO"),
        roles=frozenset(row.get("roles", ())),
        teams=frozenset(row.get("teams", ())) | frozenset(row.get("leads", ())),
        leads=frozenset(row.get("leads", ())),
        undertaken=row.get("undertaken", True),
        keyed=row.get("keyed", True),
    )
    return Example(
        says=row["says"],
        actor=actor,
        action=action,
        # As nearly always: a row that is about one who has not signed says so, and one without a second factor.
        subject=Subject(**_frozen({"target_undertaken": True} | row.get("about", {}))),
        given=Circumstances(**_frozen({"stepped": True} | row.get("given", {}))),
        allowed="allowed_by" in row,
        rule=row.get("allowed_by") or row["denied_by"],
    )


def _frozen(given: dict[str, Any]) -> dict[str, Any]:
    return {name: frozenset(value) if isinstance(value, list) else value for name, value in given.items()}

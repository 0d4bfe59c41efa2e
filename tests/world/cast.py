"""The cast as a file: everything an invented office knows, for whoever drives or visits it."""

from __future__ import annotations

import base64
import itertools
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.accounts import actions as accounts
from app.cases import queries
from tests.world.build import World


@dataclass(frozen=True)
class Canary:
    """A mark that was put into one sealed column of one case or submission."""

    text: str
    table: str
    column: str
    case: str
    compartment: str | None


@dataclass(frozen=True)
class Filled:
    """What was put into a founded office: references of cases, marks if there are any, and what was sealed."""

    cases: list[str]
    canaries: list[Canary] = field(default_factory=list)
    planted: list[str] = field(default_factory=list)


def cast_of(world: World, filled: Filled) -> dict[str, Any]:
    """People by role and by duty, what they sign in with, who holds what, cases, receipts, canaries."""
    members = world.members.values()
    people: dict[str, list[str]] = {}
    for member in members:
        for word in filter(None, (member.role, member.duty)):
            people.setdefault(word, []).append(member.login)
    return {
        "people": people,
        "members": {
            member.login: {
                "name": member.name,
                "role": member.role,
                "duty": member.duty,
                "code": member.code,
                "passphrase": member.passphrase,
                "totp": base64.b32encode(member.totp).decode().rstrip("="),
                "recovery": list(member.recovery),
                # The last half minute whose code was used; the same one opens nothing again.
                "last_step": member.last_step,
            }
            for member in members
        },
        "cases": filled.cases,
        "receipts": dict(world.receipts),
        "canaries": [asdict(canary) for canary in filled.canaries],
        # What a hunt through the stolen database looks for: this file is the answer sheet, and no thief has it.
        "planted": filled.planted,
        "grants": {login: _held(world, login, filled.cases) for login in world.members},
    }


def write(path: Path, cast: dict[str, Any]) -> None:
    """Write it for this account alone, over an older one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(cast, file, ensure_ascii=False, indent=1)
    path.chmod(0o600)


def go_home(world: World) -> None:
    """Everybody signs out: what is seeded leaves no open session behind."""
    for member in world.members.values():
        world.office.perform(member.caller, accounts.leave)


def _held(world: World, login: str, cases: list[str]) -> dict[str, list[str]]:
    """From their own list: asking for each case by name would fill the log with refusals."""
    held: dict[str, list[str]] = {}
    for page in itertools.count():
        lines = world.office.ask(world[login], queries.cases, page)
        if not lines:
            break
        held |= {line.reference: list(line.held) for line in lines if line.reference in cases}
    return held

"""An office in which whoever wrote something down wrote it for a page to run, and the desks it is read at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from app.accounts import security_keys
from app.accounts.forms import RenameKey
from app.cases import actions as cases
from app.cases.forms import BeginVisit
from app.db import CaseRow, tables
from tests.cases.canaries import Planted, fields_of, plant
from tests.hostile import TEMPLATES, XSS
from tests.web.browser import Browser
from tests.world import World


def _halved(words: list[str]) -> tuple[str, str]:
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


# The kind of a file is the shortest text that takes free words: two halves of each line, with a number, fit there too.
PAYLOADS = (*(half for line in XSS for half in _halved(line.split(" "))), " ".join(TEMPLATES))
# Who reads the case at which desk, for which reason, citing a row of which table.
VISITS = {
    "intake": ("INTAKE", "testimonies"),
    "intake-lead": ("INTAKE", "testimonies"),
    "legal": ("LEGAL_ASSESSMENT", "mitigation_assessments"),
    "protection": ("SAFETY", "threat_assessments"),
    "narrative-lead": ("RELEASE_WORK", "public_reports"),
}
DESKS = (*VISITS, "auditor", "administrator")


@contextmanager
def everything_hostile(world: World, turn: int) -> Iterator[None]:
    """Every mark of the world is one of the payloads, the next one each time, with a number that is only its own."""
    numbers = count(turn)
    with patch.object(world, "canary", lambda: _numbered(next(numbers))):
        yield


def _numbered(number: int) -> str:
    return f"{PAYLOADS[number % len(PAYLOADS)]} ~{number}~"


def settled(world: World, turn: int = 0) -> Planted:
    """A case with a payload in every sealed field and file name, colleagues of such names, a visit of each desk.

    turn  which payload comes first: over as many turns as there are payloads each stands in each field
    """
    with everything_hostile(world, turn):
        planted = plant(world)
        for role in ("intake_officer", "legal_reviewer", "caseworker"):
            world.invite(f"{role}-{turn}".replace("_", "-"), name=planted.mark(world, f"names.{role}"), roles=(role,))
        name = planted.canaries["security_keys.name"] = "<script>alert(1)</script> ~key~"
        world.do("intake", security_keys.rename, RenameKey(name=name), subject=planted.rows["security_keys"])
    for login, (why, cited) in VISITS.items():
        reference = planted.report if cited == "public_reports" else planted.reference
        reason = BeginVisit(justification=why, cites=planted.rows[cited])
        world.do(login, cases.visit, reason, subject=reference)
    return planted


def begins(planted: Planted) -> tuple[str, ...]:
    """Where a walk begins: with the case itself, before other cases of the same kind of page are come to."""
    return f"/cases/{planted.reference}", f"/cases/{planted.report}", f"/arrivals/{planted.submission}", "/today"


def reveal_all(browser: Browser, planted: Planted, login: str) -> None:
    """Ask for every field of each row of the case, for the reason of this desk: for two minutes its page shows them."""
    why, cited = VISITS.get(login, ("", ""))
    for table, row in planted.rows.items():
        reference = planted.report if table == "public_reports" else planted.reference
        address = f"/cases/{reference}/reveal/{row}"
        # A desk without a reason of its own opens nothing, and what is not theirs has no such page.
        if why and issubclass(tables()[table], CaseRow) and browser.get(address).status_code == 200:
            reason: dict[str, Any] = {"justification": why, "cites": str(planted.rows[cited]), "words": "as they asked"}
            browser.submit(address, fields=list(fields_of(table)), **reason)

"""Every colleague tries every row of a case in which every field holds a canary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.cases.forms import Opening
from app.db import CaseRow, tables
from app.edge.render import as_json
from app.errors import Refusal
from app.legal.forms import AskLeaving
from app.policy.engine import Policy
from app.work.actions import ACTIONS, Action
from app.work.forms import CITES, Justification
from tests.cases.canaries import NOT_WORDS, Planted, fields_of, plant, sealed_fields
from tests.drills import trials
from tests.ladder import CANARY, Log
from tests.world import World

ACCOUNT = (
    "testimonies", "segments", "segment_versions", "session_events", "exposure_events", "paper_sessions", "consents",
    "protocol_answers", "claims", "read_backs", "mentions", "terms_of_use", "use_restrictions",
    "attachments", "custody_events", "prior_accounts", "justifications", "retention_choices",
)  # fmt: skip
WHO = ("persons", "identity_documents", "contact_channels", "approaches", "identity_claims")
FOUND = ("same_person_findings",)
SAFETY = ("threat_assessments", "check_ins", "needs", "residences", "handoffs")
PORTAL = ("submissions", "submission_files", "interpreters")
PRINTED = ("public_reports",)

# What each may come to read of this case by any of the reasons there are: the whole of it.
READS: dict[str, tuple[str, ...]] = {
    "administrator": (),
    "auditor": (),
    "narrative-lead": PRINTED,
    "intake": (*WHO, *FOUND, *ACCOUNT, "drafts", *PORTAL, *PRINTED),
    "intake-lead": (*WHO, *FOUND, *ACCOUNT, "drafts", *PORTAL, *PRINTED),
    "legal": (*ACCOUNT, "mitigation_factors", "mitigation_steps", "second_readings", "assurances"),
    "legal-lead": (*ACCOUNT, "mitigation_factors", "mitigation_steps", "second_readings", "assurances"),
    "protection": (*WHO, *SAFETY),
    "protection-lead": (*WHO, *SAFETY),
}
POLICY = Policy.read()


def test_every_sealed_field_of_the_product_holds_a_canary_or_says_why_not(world: World) -> None:
    planted = plant(world)

    assert set(planted.canaries) | NOT_WORDS == sealed_fields()


@pytest.mark.drill
@pytest.mark.abuse("E02")
@pytest.mark.abuse("E03")
@pytest.mark.parametrize("who", READS)
def test_only_fields_of_compartments_one_holds_come_back(world: World, log: Log, who: str) -> None:
    planted = plant(world)
    # The account of a submission stands in two rows: in the queue and in the case.
    may = planted.of(*READS[who])

    assert read_by(world, planted, who) == may


@pytest.mark.abuse("G13")
def test_nothing_that_was_read_stands_in_the_log(world: World, log: Log) -> None:
    planted = plant(world)

    seen = read_by(world, planted, "intake")

    assert seen
    assert not any(CANARY in str(said.view) for said in log.fresh())


def read_by(world: World, planted: Planted, who: str) -> set[str]:
    """Every canary that somebody can bring out of the case, trying each row for each reason."""
    found: set[str] = set()
    for action in ACTIONS.values():
        for table in action.opens:
            for why in reasons(action):
                values = _try(world, planted, who, action, table.__tablename__, why)
                found |= {mark for mark in planted.canaries.values() if any(mark in value for value in values)}
    return found


def reasons(action: Action) -> list[Justification]:
    """The reasons to try: those the action's rules tell apart and two that they do not; in a drill every one there is.

    Rules only compare words: those that none of them names are all the same to them.
    """
    rules = [rule.text for rule in POLICY.rules.values() if action.name in rule.actions]
    told = [why for why in Justification if any(f'"{why}"' in text for text in rules)]
    others = [why for why in Justification if why not in told]
    return told + others[: trials(2, len(others))]


def _try(world: World, planted: Planted, who: str, action: Action, table: str, why: Justification) -> list[str]:
    # What opens a whole account asks for no fields and is about the account, not about a passage of it.
    about = table if action.form is Opening else "testimonies"
    subject: object = planted.submission if about == "submissions" else planted.rows[about]
    words = "because" if issubclass(tables()[about], CaseRow) else None
    fields: dict[str, Any] = {"fields": fields_of(about)} if action.form is Opening else {}
    if action.form is AskLeaving:
        fields = {"use": "DIRECT", "subject": "THIRD_PARTY", "jurisdiction": "US", "body": "CRIMINAL_COURT"}
    kind: Any = action.form
    form = kind(**fields, justification=why, cites=_cites(planted, why), words=words)
    try:
        opened: Any = world.do(who, action, form, subject=subject)
    except Refusal:
        return []
    return list(_opened(as_json(opened)))


def _opened(view: Any) -> Iterator[str]:
    """Every text of a view, at whatever depth."""
    if isinstance(view, dict | list):
        for each in view.values() if isinstance(view, dict) else view:
            yield from _opened(each)
    elif isinstance(view, str):
        yield view


def _cites(planted: Planted, why: Justification) -> object:
    kinds = [kind for kind in CITES.get(why, ()) if kind in planted.rows]
    return planted.rows[kinds[0]] if kinds else None

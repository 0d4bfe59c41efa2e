"""Filters that are kept: one's own, in codes, under no name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.errors import Conflict, NotFound, Unprocessable
from app.oversight import keeping
from app.oversight.forms import KeepFilter
from tests.ladder import CANARY, Log, Rung, climb
from tests.world import World


def kept(world: World, login: str = "auditor") -> list[dict[str, Any]]:
    return [each.asks for each in world.office.ask(world[login], keeping.kept_filters)]


def test_auditors_keep_filters_and_nobody_else_does(world: World, log: Log) -> None:
    made = climb(
        world, log, keeping.keep,
        *(Rung(login, "denied", "no-rule") for login in world.members if login != "auditor"),
        Rung("operator", "denied", "no-rule"), Rung("anonymous", "denied", "no-rule"),
        Rung("auditor", "done", "auditor-keeps-filters"), Rung("auditor", "conflict", "none"),
        form=KeepFilter(operation="consult", nights=True),
    )  # fmt: skip
    climb(
        world, log, keeping.drop,
        Rung("anonymous", "not_found", "none"), Rung("intake", "not_found", "none"),
        Rung("auditor", "done", "auditor-keeps-filters"), Rung("auditor", "conflict", "none"),
        subject=made.id,
    )  # fmt: skip
    assert kept(world) == []


def test_another_auditor_has_filters_of_their_own(world: World) -> None:
    world.invite("second-auditor", roles=("auditor",))
    mine = world.do("auditor", keeping.keep, KeepFilter(refused=True))
    world.do("second-auditor", keeping.keep, KeepFilter(alarms=True))

    assert (kept(world), kept(world, "second-auditor")) == ([{"refused": True}], [{"alarms": True}])
    with pytest.raises(NotFound):
        world.do("second-auditor", keeping.drop, subject=mine.id)


@pytest.mark.abuse("G13")
@pytest.mark.parametrize(
    "asks",
    [
        {"actor": "Idris"}, {"case": "Tamimi"}, {"case": "k7qm4tdpx"}, {"action": "CANARY"}, {"outcome": "he"},
        {"rule": "the.rule"}, {"operation": "read"}, {"justification": "BREAD"},
    ],
    ids=lambda asks: "-".join(asks),
)  # fmt: skip
def test_a_word_in_the_place_of_a_code_is_not_kept(world: World, log: Log, asks: dict[str, str]) -> None:
    """It may be a name: in an address it is gone with the page, in a table it would lie open for years."""
    with pytest.raises(Unprocessable):
        world.do("auditor", keeping.keep, KeepFilter.model_validate(asks))

    assert kept(world) == []
    assert next(iter(asks.values())) not in str(log.last().view) or asks.keys() == {"operation"}


def test_codes_of_every_kind_are_kept(world: World) -> None:
    reference = world.case()
    asks = {
        "actor": world.members["intake"].code, "case": reference, "action": "person.reveal", "operation": "consult",
        "outcome": "done", "justification": "INTAKE", "rule": "no-rule", "days": 30,
    }  # fmt: skip

    world.do("auditor", keeping.keep, KeepFilter.model_validate(asks))

    assert kept(world) == [asks]


def test_filters_that_let_everything_through_are_none() -> None:
    with pytest.raises(ValidationError):
        KeepFilter()


def test_twenty_are_kept_at_most(world: World) -> None:
    for days in range(1, 21):
        world.do("auditor", keeping.keep, KeepFilter(days=days))

    with pytest.raises(Conflict):
        world.do("auditor", keeping.keep, KeepFilter(days=21))
    assert CANARY not in str(kept(world))

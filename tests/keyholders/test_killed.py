"""kill -9 in the middle of what custodians and the operator do with keys: said again, it is whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import ending_queries
from app.cases.ending_queries import Erasures
from app.cli import custodian_commands, rewriting
from app.cli.ceremony import Table
from app.cli.database import Roles
from app.crypto import hpke
from app.db import engine_for
from app.errors import SealBroken
from app.keyholders import custodians, resealing
from app.keyholders.grants import grant_info
from app.keyholders.keyring import Keyring
from app.keyholders.models import Grant, Keyholder
from app.policy.engine import Policy
from app.work import Caller, Office
from tests.conftest import Database
from tests.cuts import Cut, killed
from tests.embedded.test_erasing import files_with, keys_of
from tests.world import World

Beside = Callable[[], Office]


@pytest.fixture
def beside(world: World, database: Database, policy: Policy) -> Beside:
    """The office as another process has it: what it inherits of ours it must not use."""
    url, register = database.addresses.urls["app"], world.office.register
    return lambda: Office(engine_for(url, connections_max=2), policy, register=register)


# custodians replace


class Copied(Table):
    """Custodians who copy their shares without a mistake, onto paper that outlives the program."""

    def __init__(self, paper: Path) -> None:
        self.paper = paper

    def deal(self, dealt: custodians.Dealt) -> None:
        self.paper.write_text("\n".join(dealt.lines))


def replace(office: Office, old: tuple[str, ...], paper: Path) -> None:
    """As ``amana custodians replace`` goes, with the old shares on the table."""
    sets = office.housekeep(custodians.sets_of)
    custodian_commands._replace(office, Copied(paper), sets, 3, 2, given=old, as_json=True)


def ring(office: Office, lines: list[str]) -> Keyring:
    made: Keyring = office.housekeep(lambda session: custodians.joined(session, lines))
    return made


def shut(database: Database, rings: list[Keyring]) -> int:
    """How many live grants of escrow none of these rings opens."""
    with Session(database.engine("owner")) as session:
        escrow = select(Keyholder.id).where(Keyholder.kind == "escrow")
        grants = session.scalars(select(Grant).where(Grant.keyholder_id.in_(escrow), Grant.revoked_at.is_(None))).all()
        assert grants
        return sum(not any(_opens(each, one) for one in rings) for each in grants)


def _opens(grant: Grant, with_: Keyring) -> bool:
    info = grant_info(grant.case_id, grant.compartment, grant.generation, grant.keyholder_id)
    try:
        hpke.open_with(with_.private(grant.keyholder_id, grant.keyholder_generation), grant.sealed_key, info=info)
    except (SealBroken, LookupError):
        return False
    return True


REPLACING = (
    Cut("before", Office, "perform"), Cut("after", custodians, "replace"), Cut("after", Office, "perform"),
    Cut("after", resealing, "reseal"), Cut("after", Office, "perform", 2), Cut("after", resealing, "reseal", 3),
    Cut("after", Office, "perform", 3),
)  # fmt: skip


@pytest.mark.abuse("H07")
@pytest.mark.parametrize("cut", REPLACING, ids=str)
def test_a_replacement_of_custodians_is_killed_and_goes_on(
    world: World, database: Database, beside: Beside, tmp_path: Path, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing.reseal, "__kwdefaults__", {"portion": 5})
    for _ in range(2):
        world.case()
    old, paper = world.dealt.lines[:3], tmp_path / "paper"
    before = ring(world.office, list(old))

    assert killed(cut, lambda: replace(beside(), old, paper)), f"{cut} was never reached"

    # Whatever was cut: the shares that count now, or the old ones, open every grant there is.
    committed = len(world.office.housekeep(custodians.sets_of).sets) > 1
    first = paper.read_text().splitlines()
    rings = [before, *([ring(world.office, first[:2])] if committed else [])]
    assert shut(database, rings) == 0
    replace(world.office, old, paper)
    now = paper.read_text().splitlines()
    assert (now == first) is committed, "shares that were dealt and count are not dealt again"
    assert shut(database, [ring(world.office, now[:2])]) == 0
    # The control: the old ones open nothing any more, and there is something to open.
    assert shut(database, [before]) == 14


# erase finish


ERASING = (
    *(Cut("before", psycopg.Connection, "execute", nth) for nth in (1, 2, 4)),
    *(Cut("after", psycopg.Connection, "execute", nth) for nth in (2, 5, 6)),
    Cut("before", Office, "perform"), Cut("after", Office, "perform"),
)  # fmt: skip


@pytest.mark.abuse("K02")
@pytest.mark.domain("D48")
def test_finishing_an_erasure_is_killed_at_each_step_and_goes_on(
    world: World, database: Database, beside: Beside
) -> None:
    """Until its entry is committed an erasure waits; said again, no file of the database holds a key of the case."""
    roles, cluster = Roles(dict(database.addresses.urls)), database.server._cluster
    for cut in ERASING:
        reference = world.case()
        erased = keys_of(database, reference)
        world.destroyed(reference)
        assert waiting(world) == 1

        assert killed(cut, lambda: rewriting.finish(roles, beside())), f"{cut} was never reached"

        entered = cut == ERASING[-1]
        assert waiting(world) == (0 if entered else 1), str(cut)
        if cut == ERASING[0]:
            assert sum(files_with(cluster, erased).values()) >= 7, "the control: nothing was written anew yet"
        assert rewriting.finish(roles, world.office) == (0 if entered else 1)
        assert files_with(cluster, erased) == {}, str(cut)
        assert waiting(world) == 0


def waiting(world: World) -> int:
    left: Erasures = world.office.ask(Caller.operator(), ending_queries.erasures)
    return left.number

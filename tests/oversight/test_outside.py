"""How far outside witnesses have signed: told on the auditor's pages, in amber when it has been too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import clock
from app.audit.cosigning import Cosigning
from app.audit.tiles import TileFolder
from app.oversight import queries
from app.oversight.outside import outside
from app.oversight.views import Outside
from app.settings import Settings
from tests.audit.sample_log import key
from tests.audit.test_witness import asking, grown, made, tiles_of, trust_of
from tests.conftest import Clock
from tests.world import World

NAMES = ("counsel", "university", "partner")


@pytest.fixture
def published(tmp_path: Path) -> Settings:
    """An office whose log of five entries is published, and which asks nobody yet."""
    settings = Settings(home=tmp_path / "home")
    settings.keys_folder.mkdir(parents=True)
    settings.log_trust_path.write_text(f"log {key()}\nquorum none\n")
    tiles_of(settings.log_folder, 5)
    return settings


@pytest.fixture
def witnessed(published: Settings, tmp_path: Path) -> Callable[[int], None]:
    """Three are asked, two are enough; so many of them can be reached."""
    witnesses = [made(tmp_path, name) for name in NAMES]
    trust = trust_of(*witnesses, quorum="2")
    published.log_trust_path.write_text(trust.text())

    def reached(count: int) -> None:
        Cosigning(TileFolder(published.log_folder), trust, key(), asking(*witnesses[:count])).round()

    return reached


def test_where_nobody_is_asked_the_page_can_say_so(published: Settings) -> None:
    assert outside(published, clock.now()) == Outside(0, 0, None, False)
    published.log_trust_path.unlink()
    assert outside(published, clock.now()) == Outside(0, 0, None, False)


def test_too_few_are_as_good_as_nobody(published: Settings, witnessed: Callable[[int], None]) -> None:
    witnessed(1)

    assert outside(published, clock.now()) == Outside(3, 0, None, True)


def test_enough_are_told_with_their_time_and_late_after_three_days(
    published: Settings, witnessed: Callable[[int], None], standing_clock: Clock
) -> None:
    witnessed(2)
    told = outside(published, clock.now())

    assert (told.asked, told.size, told.late) == (3, 5, False)
    assert told.at is not None
    assert abs((clock.now() - told.at).total_seconds()) < 5
    standing_clock.move(hours=71)
    assert not outside(published, clock.now()).late
    standing_clock.move(hours=2)
    assert outside(published, clock.now()).late


def test_a_log_that_grew_without_them_is_still_signed_as_far_as_it_was(
    published: Settings, witnessed: Callable[[int], None]
) -> None:
    witnessed(2)
    grown(TileFolder(published.log_folder), 5, 9)
    witnessed(0)

    assert outside(published, clock.now()).size == 5


def test_a_signature_that_somebody_wrote_there_counts_for_nothing(
    published: Settings, witnessed: Callable[[int], None]
) -> None:
    witnessed(2)
    kept = published.log_folder / "cosigned"
    note = kept.read_bytes()
    kept.write_bytes(note.replace(b"\n5\n", b"\n6\n", 1))

    assert note != kept.read_bytes()
    assert outside(published, clock.now()) == Outside(3, 0, None, True)


# on the pages


@pytest.fixture
def told_of(world: World, published: Settings) -> Iterator[None]:
    before = world.office._settings
    world.office._settings = replace(before, home=published.home)
    yield
    world.office._settings = before


@pytest.mark.usefixtures("told_of")
def test_a_program_is_told_the_same(world: World, witnessed: Callable[[int], None]) -> None:
    witnessed(2)

    assert world.office.ask(world["auditor"], queries.badge, "log").outside.size == 5

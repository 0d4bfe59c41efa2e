"""What an auditor's pages say of outside witnesses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from starlette.types import ASGIApp

from app.settings import Settings
from tests.audit.sample_log import key
from tests.audit.test_witness import tiles_of
from tests.conftest import Clock
from tests.oversight.test_outside import witnessed
from tests.web.browser import arrived
from tests.world import World

__all__ = ["witnessed"]


@pytest.fixture
def published(settings: Settings) -> Iterator[Settings]:
    """The door's own office, for this test with a published log; nothing of it stays."""
    assert not settings.log_trust_path.exists()
    shutil.rmtree(settings.log_folder, ignore_errors=True)
    tiles_of(settings.log_folder, 5)
    yield settings
    shutil.rmtree(settings.log_folder)
    settings.log_trust_path.unlink(missing_ok=True)


def test_the_auditors_pages_say_how_far(
    staff_door: ASGIApp, world: World, published: Settings, witnessed: Callable[[int], None], standing_clock: Clock
) -> None:
    def page() -> str:
        return arrived(staff_door, world, "auditor").get("/audit").text

    assert "Not cosigned yet" in page()
    witnessed(2)
    assert "Outside witnesses signed 5 entries" in page()
    assert "Not cosigned" not in page()
    standing_clock.move(hours=73)
    world.sign_in("auditor")
    assert "Not cosigned for days" in page()
    published.log_trust_path.write_text(f"log {key()}\nquorum none\n")
    assert "Nobody outside signs" in page()

"""The defaults are those of the security design. That each is documented is tested with the documents."""

from __future__ import annotations

import pytest

from app.errors import CannotStart
from app.settings import LEAST, Settings


def test_the_defaults_are_those_of_the_security_design() -> None:
    settings = Settings()

    assert (settings.passphrase_length_min, settings.passphrase_length_max) == (15, 128)
    assert (settings.argon2_memory_mib, settings.argon2_passes, settings.argon2_lanes) == (64, 3, 1)
    assert (settings.signin_delay_from_try, settings.signin_disable_at_try) == (5, 50)
    assert (settings.session_hours_max, settings.session_idle_minutes_max) == (8, 15)
    assert (settings.narrow_session_hours_max, settings.narrow_session_idle_minutes_max) == (1, 10)
    assert (settings.invite_hours_max, settings.receipt_words) == (24, 12)
    assert (settings.body_mib_max, settings.attachment_mib_max, settings.receipt_quota_mib) == (1, 2048, 1024)
    assert (settings.submission_file_mib_max, settings.case_files_mib_max) == (200, 10_240)
    assert (settings.totp_for_all, settings.digits_do, Settings(demo=True).digits_do) == (False, False, True)
    assert (settings.tree_tick_ms, settings.checkpoint_minutes, settings.pool_wait_seconds) == (250, 5, 2)


def test_no_default_lies_below_what_is_refused() -> None:
    assert all(getattr(Settings(), name) >= least for name, least in LEAST.items())


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Baghdad", "UTC"])
def test_the_office_has_a_time_of_its_own(zone: str) -> None:
    assert Settings.read({"AMANA_OFFICE_ZONE": zone}).zone.key == zone


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "../../etc/passwd", "/etc/localtime", "", "Europe"])
def test_a_zone_that_nobody_knows_is_refused_at_start(zone: str) -> None:
    with pytest.raises(CannotStart, match="AMANA_OFFICE_ZONE"):
        Settings.read({"AMANA_OFFICE_ZONE": zone})

"""Where tries are counted and made to wait: a lane for a name as strangers try it, others for those who are known."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.accounts import actions, rules
from app.accounts.models import Throttle
from app.errors import TooManyTries
from app.settings import Settings
from app.work import Caller, Office

# Of tokens of services that open nothing: no right one waits there.
SERVICES: Final = hashlib.sha256(b"amana/throttle/v1\x00services").digest()


class Lanes:
    """Tries of one process, counted in the database, where every process finds them."""

    def __init__(self, office: Office, settings: Settings) -> None:
        self._office, self._settings = office, settings

    def count(self, lane: bytes, code: str | None) -> None:
        """Count a try on a lane; TooManyTries if it has to wait, and then nothing is tried."""
        left, tries = self._office.housekeep(lambda s: self._add_try(s, lane))
        if left > 0:
            raise TooManyTries(int(left) + 1)
        if tries == self._settings.signin_disable_at_try and code is not None:
            self._office.perform(Caller.service("signin"), actions.close_lane, subject=code)

    def take_back(self, lane: bytes) -> None:
        """Count one try less: it was not made. How long the lane waits stays, for that may be another try's."""
        less = update(Throttle).where(Throttle.lane == lane, Throttle.tries > 0).values(tries=Throttle.tries - 1)
        self._office.housekeep(lambda s: s.execute(less))

    def clear(self, lane: bytes) -> None:
        self._office.housekeep(
            lambda s: s.execute(update(Throttle).where(Throttle.lane == lane).values(tries=0, wait_until=None))
        )

    def _add_try(self, session: Session, lane: bytes) -> tuple[float, int]:
        """Seconds still to wait, and how many tries there were with this one; a waiting lane is not counted."""
        session.execute(insert(Throttle).values(lane=lane, tries=0, wait_until=None).on_conflict_do_nothing())
        row = session.get_one(Throttle, lane, with_for_update=True)
        left = (row.wait_until - clock.now()).total_seconds() if row.wait_until else 0.0
        if left > 0:
            return left, row.tries
        row.tries += 1
        wait = rules.wait_seconds(
            row.tries, delay_from=self._settings.signin_delay_from_try,
            longest=self._settings.signin_delay_seconds_max,
        )  # fmt: skip
        if row.tries >= self._settings.signin_disable_at_try:
            wait = 24 * 3600
        row.wait_until = clock.now() + timedelta(seconds=wait) if wait else None
        return 0.0, row.tries


def lane_of(login_name: str, whose: str) -> bytes:
    return hashlib.sha256(b"amana/throttle/v1\x00" + f"{login_name}\x00{whose}".encode()).digest()

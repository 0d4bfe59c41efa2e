"""The first ten minutes: eight scenes in which a newcomer tries the promise on the demonstration.

Only a process that serves a demonstration to this machine has these pages, and only for two weeks:
its buttons sign in as people whose passphrases lie in a file. They do it as anybody does, with
the passphrase and the six digits of this half minute, and nothing they do is done another way.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fastapi import Request

from app import clock
from app.accounts import rules
from app.accounts.forms import SignInForm
from app.accounts.views import Entered
from app.edge.desk import Desk
from app.errors import NotSignedIn, SignInRefused, TooManyTries
from app.settings import Settings
from app.work import Caller, Office

DAYS: Final = 14
HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# Digits of the next half minute are taken already, those of a half minute whose digits were given are not.
AHEAD: Final = 1


class TooSoon(Exception):
    """This person's digits of this half minute and of the next are used."""


@dataclass
class Tour:
    """The demonstration of this process. ``silent`` gives an office whose database takes nothing in.

    used    login -> the half minute whose digits were given last
    tokens  login -> the session that the tour began: a button goes on in it, and so does what a scene does itself
    """

    settings: Settings
    founded: datetime
    silent: Callable[[], Office]
    used: dict[str, int] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return clock.now() >= self.founded + timedelta(days=DAYS)

    @property
    def cast(self) -> Any:
        """Who is in it, what they sign in with, which cases there are."""
        return json.loads((self.settings.home / "cast.json").read_text())

    @property
    def story(self) -> str:
        """The case of the scenes: the last that intake, legal and protection hold together."""
        cast = self.cast
        teams = {"intake": "TESTIMONY", "legal": "TESTIMONY", "protection": "LOCATION"}
        held = cast["grants"]
        shared = [
            case for case in cast["cases"] if all(part in held[who].get(case, ()) for who, part in teams.items())
        ]  # fmt: skip
        return str(shared[-1])

    @property
    def trials(self) -> Mapping[str, Any]:
        """What ``make steal`` and ``make forge`` found last."""
        try:
            found: Mapping[str, Any] = json.loads((self.settings.home / "trials.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def come(self, desk: Desk, login: str) -> Caller:
        """Somebody of the cast, signed in: as they are already, or else afresh. Raises TooSoon."""
        try:
            return desk.enter().caller(self.tokens[login])
        except (KeyError, NotSignedIn):
            self.tokens[login] = self._enter(desk, login).token
        return desk.enter().caller(self.tokens[login])

    def _enter(self, desk: Desk, login: str) -> Entered:
        """The ordinary sign-in. Raises TooSoon where their digits are used."""
        member = self.cast["members"][login]
        secret = str(member["totp"])
        raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
        now = int(time.time()) // rules.STEP_SECONDS
        first = max(now, self.used.get(login, 0) + 1, int(member["last_step"]) + 1)
        for step in range(first, now + AHEAD + 1):
            self.used[login] = step
            form = SignInForm(login_name=login, passphrase=member["passphrase"], code=rules.totp_at(raw, step))
            try:
                return desk.enter().enter(form)
            except SignInRefused:
                # Somebody gave these digits by hand a moment ago.
                continue
            except TooManyTries:
                break
        raise TooSoon


def founded(settings: Settings) -> datetime | None:
    """When this folder's demonstration was made; None unless it is one and this machine alone can reach it."""
    if not settings.demo or settings.tls != "none" or settings.host not in HERE:
        return None
    try:
        mark = json.loads((settings.home / "installation").read_text())
    except (FileNotFoundError, ValueError):
        return None
    if mark.get("kind") != "demonstration" or not _filled(settings.home):
        return None
    return datetime.fromisoformat(mark["made_at"])


def _filled(home: Path) -> bool:
    return (home / "cast.json").exists()


@dataclass(frozen=True)
class Line:
    """One line of what happened: a sentence, and what stands in it."""

    words: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Going:
    """Into the product: as whom, and to which address, found when they are in."""

    login: str
    address: Callable[[Tour, Desk, Caller], str]


@dataclass(frozen=True)
class Step:
    """One button. ``run`` says what happened, or where in the product to go on as whom."""

    name: str
    words: str
    run: Callable[[Tour, Desk, Request], tuple[Line, ...] | Going]


@dataclass(frozen=True)
class Scene:
    """What is to be seen, the buttons, and sentences that may be copied into the product."""

    title: str
    about: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    sentences: tuple[str, ...] = ()
    template: str = "tour/scene.html"

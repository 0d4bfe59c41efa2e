"""The door's side of signing in: stretching, throttling, and building a Caller from a token.

The passphrase is stretched before any transaction begins, at most a few at a time, so
that a crowd at this door cannot starve the others of memory or connections.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import actions, covering, mine, rules, security_keys, stepping
from app.accounts.bearer import STILL, Bearers, judge, recheck
from app.accounts.challenges import Challenges, Purpose
from app.accounts.covering import Back, InSession
from app.accounts.forms import (
    AcceptInvitation,
    AddKey,
    AskKey,
    ChangePassphrase,
    ComeBack,
    ComingBack,
    Confirming,
    Enrolment,
    Entering,
    GiveFactor,
    GivesFactor,
    KeySeen,
    RenewFactor,
    Renewing,
    Reseal,
    Rewrapping,
    ShownKey,
    SignInForm,
)
from app.accounts.lanes import Lanes, lane_of
from app.accounts.models import AccountState, Device, User
from app.accounts.stepping import Stepped
from app.accounts.tokens import token_hash
from app.accounts.views import Changed, Enrolled, Entered, KeyLine, KeyQuestion, Renewed
from app.crypto import boxes, passphrases
from app.errors import (
    Alarm,
    NotSignedIn,
    Refusal,
    SealBroken,
    SignInRefused,
    Unavailable,
    Unprocessable,
)
from app.keyholders import resealing
from app.keyholders.manager import KeyManager
from app.settings import Settings
from app.work import Caller, Office
from app.work.subjects import Standing

log = logging.getLogger("amana.accounts")

Errand = Callable[[Office, Caller], object]


class Crowded(Unavailable):
    """Nothing was tried: too many passphrases are being stretched at this moment."""

    sentence = (
        "Many people are signing in at this moment, so nothing was tried. Please wait a few seconds and send it again."
    )


@dataclass(frozen=True)
class _Known:
    user_id: UUID
    code: str
    salt: bytes
    pepper: int
    sealed_private: bytes


class SignIns:
    """Sign-in, invitations and sessions of one process that holds the pepper."""

    def __init__(
        self, office: Office, manager: KeyManager, settings: Settings, errands: Sequence[Errand] = (),
        in_session: InSession = covering.nobody,
    ) -> None:  # fmt: skip
        """errands   what is done with the keys of whoever comes in, before they get their first page"""
        self._office = office
        self._errands = errands
        office.recheck = recheck
        office.standing = Standing(STILL, judge)
        self._manager = manager
        self._settings = settings
        self._lanes = Lanes(office, settings)
        self.bearers = Bearers(office, settings, self._lanes, in_session)
        self.keys = Challenges(office, manager, settings)
        self._stretching = threading.BoundedSemaphore(settings.argon2_parallel_max)
        # A name nobody has is stretched against this, so that the answer takes as long.
        self._nobody = _Known(UUID(int=0), "", secrets.token_bytes(16), 0, secrets.token_bytes(140))

    def accept(self, form: AcceptInvitation) -> Enrolled:
        """Use an invitation: set the passphrase, get the second factor."""
        invite_hash = rules.code_hash(form.code)
        login = self._office.housekeep(
            lambda s: s.scalar(select(User.login_name).where(User.invite_hash == invite_hash))
        )
        if login is None:
            raise SignInRefused("This invitation opens nothing. Ask for a new one.")
        chosen = self._normal(form.passphrase)
        self._check(chosen, login)
        salt = secrets.token_bytes(16)
        pepper = self._manager.newest_pepper()
        (key,) = self._wrapping_keys(chosen, salt, pepper)
        inner = Enrolment(
            invite_hash=invite_hash, salt=salt, pepper=pepper, wrapping_key=key,
            undertaking=form.undertaking, language=form.language,
        )  # fmt: skip
        enrolled: Enrolled = self._office.perform(Caller.anonymous(), actions.accept, inner)
        return enrolled

    def enter(self, form: SignInForm) -> Entered:
        """Sign in. One answer, in one time, for every way to be wrong.

        raises  SignInRefused, TooManyTries (the same for names that do not exist)
        """
        _must_give_one(form)
        known = self._known(form.login_name)
        purpose = Purpose.to_sign_in(form.login_name)
        seen = self.keys.seen(purpose, known.user_id if known else None, form.key) if form.key else None
        lane = self._lane(form, known, seen)
        with self._counted(lane, known.code if known else None), self._watching(seen):
            entered = self._try(form, known or self._nobody, seen)
        self._lanes.clear(lane)
        self._reseal(entered.token)
        return entered

    def change_passphrase(self, caller: Caller, form: ChangePassphrase) -> Changed:
        """Put another passphrase in the place of one's own; tries at the present one are throttled.

        raises  Unconfirmed for a wrong passphrase or second factor, WeakPassphrase, TooManyTries
        """
        me = self._whose(caller, form)
        chosen = self._normal(form.new_passphrase)
        self._check(chosen, me.login_name)
        lane, present = self._at_the_desk(caller, me, form.passphrase)
        seen = self._confirmed(caller, mine.change_passphrase.name, caller.actor.code, form.key)
        salt, pepper = secrets.token_bytes(16), self._manager.newest_pepper()
        (fresh,) = self._wrapping_keys(chosen, salt, pepper)
        inner = Rewrapping(
            wrapping_key=present, new_salt=salt, new_pepper=pepper, new_wrapping_key=fresh,
            code=form.code, recovery_code=form.recovery_code, seen=seen,
        )  # fmt: skip
        with self._watching(seen):
            changed: Changed = self._office.perform(caller, mine.change_passphrase, inner)
        self._lanes.clear(lane)
        return changed

    def renew_factor(self, caller: Caller, form: RenewFactor) -> Renewed:
        """Draw one's own second factor anew; tries at the passphrase are throttled together with those to change it.

        raises  Unconfirmed for a wrong passphrase or second factor, TooManyTries
        """
        lane, present = self._at_the_desk(caller, self._whose(caller, form), form.passphrase)
        seen = self._confirmed(caller, mine.renew_factor.name, caller.actor.code, form.key)
        inner = Renewing(
            which=form.which, wrapping_key=present, code=form.code, recovery_code=form.recovery_code, seen=seen
        )  # fmt: skip
        with self._watching(seen):
            renewed: Renewed = self._office.perform(caller, mine.renew_factor, inner)
        self._lanes.clear(lane)
        return renewed

    def step_up(self, caller: Caller, form: GiveFactor) -> Stepped:
        """Give a second factor for one action; tries are throttled, for a session may be left open.

        raises  NotConfirmed for a wrong one, TooManyTries, NotFound for what the caller holds no key of
        """
        if caller.actor.sign_in is None or caller.actor.id is None:
            raise NotSignedIn
        given = form.model_dump(exclude={"key"})
        with self._one_more_try(caller, form.action, form.subject, form) as seen:
            stepped: Stepped = self._office.perform(caller, stepping.step_up, Confirming(**given, seen=seen))
        return stepped

    def to_come_back(self, token: str) -> KeyQuestion:
        """Ask one of the keys of whoever's session is covered. NotSignedIn for one that is not."""
        caller = self.bearers.covered(token)
        return self.keys.to_confirm(caller, AskKey(action=covering.come_back.name, subject=caller.actor.code))

    def add_key(self, caller: Caller, form: AddKey) -> KeyLine:
        """Add a security key to the caller's own account, after a step-up for that."""
        made = self.keys.made(caller, form)
        added: KeyLine = self._office.perform(caller, security_keys.add, made, subject=caller.actor.code)
        return added

    def _confirmed(self, caller: Caller, action: str, subject: str, shown: ShownKey | None) -> KeySeen | None:
        """The key of the caller's that confirms this, if one does."""
        return self.keys.seen(Purpose.to_confirm(caller, action, subject), caller.actor.id, shown) if shown else None

    @contextmanager
    def _one_more_try(self, caller: Caller, action: str, subject: str, form: GivesFactor) -> Iterator[KeySeen | None]:
        """A try at the second factor of somebody who is in already: counted, and forgotten once one was right."""
        _must_give_one(form)
        lane = lane_of(caller.actor.code, "step-up")
        self._lanes.count(lane, caller.actor.code)
        seen = self._confirmed(caller, action, subject, form.key)
        with self._watching(seen):
            yield seen
        self._lanes.clear(lane)

    @contextmanager
    def _watching(self, seen: KeySeen | None) -> Iterator[None]:
        """What is refused with a key in hand may have been tried with a copy of it."""
        try:
            yield
        except Refusal:
            self.keys.look_for_copies(seen)
            raise

    def come_back(self, token: str, form: ComeBack) -> Back:
        """Uncover a session; tries are throttled together with those at a step-up.

        raises  NotSignedIn for a session that is not covered, NotConfirmed for a wrong second factor, TooManyTries
        """
        caller = self.bearers.covered(token)
        given = form.model_dump(exclude={"key"})
        with self._one_more_try(caller, covering.come_back.name, caller.actor.code, form) as seen:
            back: Back = self._office.perform(caller, covering.come_back, ComingBack(**given, seen=seen))
        return back

    def caller(self, token: str) -> Caller:
        """As ``Bearers.caller``."""
        return self.bearers.caller(token)

    def _reseal(self, token: str) -> None:
        """Let a member who comes in seal a portion of what somebody who left could open.

        Whatever hinders it has its entry already; nobody is kept out by it, and the next who
        comes in goes on.
        """
        caller = self.caller(token)
        if self._office.policy.lacks_key(caller.actor):
            return
        for team in self._office.housekeep(lambda s: resealing.teams_behind(s, caller.actor.keyholders)):
            try:
                self._office.perform(caller, actions.reseal, Reseal(team=team))
            except (Refusal, Alarm) as hindered:
                log.warning("old seals of a team: %s", hindered.code)
        for errand in self._errands:
            errand(self._office, caller)

    def _known(self, login_name: str) -> _Known | None:
        row = self._office.housekeep(
            lambda s: s.execute(
                select(User.id, User.code, User.salt, User.pepper, User.sealed_private).where(
                    User.login_name == login_name,
                    User.state.in_([AccountState.ENROLLED, AccountState.ACTIVE]),
                )
            ).one_or_none()
        )
        return _Known(row.id, row.code, bytes(row.salt), row.pepper, bytes(row.sealed_private)) if row else None

    def _try(self, form: SignInForm, known: _Known, seen: KeySeen | None) -> Entered:
        newest = self._manager.newest_pepper()
        keys = self._wrapping_keys(self._normal(form.passphrase), known.salt, known.pepper or newest, newest)
        try:
            raw = boxes.open_box(keys[0], known.sealed_private, context=known.user_id.bytes)
        except SealBroken:
            raise SignInRefused from None
        inner = Entering(
            user_id=known.user_id, private_raw=raw, code=form.code, recovery_code=form.recovery_code, seen=seen,
            renewed=(newest, known.salt, keys[1]) if known.pepper != newest else None,
        )  # fmt: skip
        entered: Entered = self._office.perform(Caller.anonymous(), actions.enter, inner)
        return entered

    def _whose(self, caller: Caller, form: ChangePassphrase | RenewFactor) -> Any:
        _must_give_one(form)
        wanted = select(User.login_name, User.code, User.salt, User.pepper).where(User.id == caller.actor.id)
        me = self._office.housekeep(lambda s: s.execute(wanted).one_or_none())
        if me is None:
            raise NotSignedIn
        return me

    def _at_the_desk(self, caller: Caller, me: Any, passphrase: str) -> tuple[bytes, bytes]:
        """The lane of somebody who types their passphrase afresh, and the key that it makes."""
        # A session left open at an empty desk must not become a place to guess at leisure.
        lane = lane_of(me.login_name, "passphrase")
        with self._counted(lane, me.code):
            (present,) = self._wrapping_keys(self._normal(passphrase), bytes(me.salt), me.pepper)
        return lane, present

    @contextmanager
    def _counted(self, lane: bytes, code: str | None) -> Iterator[None]:
        """Count a try before it is made, under the lane's lock: many tries at one moment are many tries."""
        self._lanes.count(lane, code)
        try:
            yield
        except Crowded:
            # Whoever waits in a crowd and sends again is not slowed for it as somebody who guesses.
            self._lanes.take_back(lane)
            raise

    def _check(self, chosen: str, login: str) -> None:
        rules.check_passphrase(
            chosen, login,
            shortest=self._settings.passphrase_length_min, longest=self._settings.passphrase_length_max,
        )  # fmt: skip

    def _normal(self, passphrase: str) -> str:
        if len(passphrase) > self._settings.passphrase_length_max:
            raise Unprocessable("A passphrase is shorter than that.")
        return passphrases.normal_form(passphrase)

    def _wrapping_keys(self, passphrase: str, salt: bytes, *peppers: int) -> tuple[bytes, ...]:
        """The key that a passphrase makes under each of these generations of the pepper; stretched once."""
        with self._turn():
            digest = passphrases.stretch(
                passphrase, salt,
                memory_mib=self._settings.argon2_memory_mib,
                passes=self._settings.argon2_passes, lanes=self._settings.argon2_lanes,
            )  # fmt: skip
        return tuple(passphrases.wrapping_key(digest, self._manager.pepper(digest, each)) for each in peppers)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._stretching.acquire(timeout=self._settings.pool_wait_seconds):
            raise Crowded
        try:
            yield
        finally:
            self._stretching.release()

    # Throttling: strangers, a person's own devices and whoever has shown their security key wait in
    # different lanes, so a stranger's tries never lock out the owner.

    def _lane(self, form: SignInForm, known: _Known | None, seen: KeySeen | None) -> bytes:
        if seen is not None:
            return lane_of(form.login_name, f"key {seen.row}")
        own = known is not None and form.device is not None and self._is_device(known.user_id, form.device)
        return lane_of(form.login_name, str(form.device) if own else "strangers")

    def _is_device(self, user_id: UUID, device: str) -> bool:
        wanted = select(Device.id).where(Device.user_id == user_id, Device.token_hash == token_hash(device))
        return self._office.housekeep(lambda s: s.scalar(wanted)) is not None


def _must_give_one(form: GivesFactor) -> None:
    if sum(each is not None for each in (form.code, form.recovery_code, form.key)) != 1:
        raise Unprocessable("Give one second factor: a security key, the six digits or a recovery code.")

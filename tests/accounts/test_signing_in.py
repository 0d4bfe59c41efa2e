"""Signing in: one answer for every way to be wrong, guessing that ends, codes that work once, sessions that end."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from app.accounts import actions as accounts
from app.accounts import rules
from app.accounts.forms import Entering, SignInForm
from app.accounts.signin import SignIns
from app.clock import now, uuid7
from app.crypto import passphrases
from app.errors import NotSignedIn, Refusal, SignInRefused, TooManyTries, Unprocessable
from app.settings import Settings
from app.work import Caller
from tests.accounts.test_colleagues import accept, invite
from tests.conftest import Clock, Database
from tests.ladder import Log, Rung, climb
from tests.world import World

WRONG = "a passphrase that is not the one"


def form(world: World, login: str = "intake", **given: Any) -> SignInForm:
    """A right sign-in with the next code, or what is given instead. A wrong one uses no code up."""
    member = world.members.get(login)
    right = {"login_name": login, "passphrase": member.passphrase if member else WRONG}
    if member and not {"passphrase", "code", "recovery_code"} & set(given):
        right["code"] = world.code(login)
    elif "recovery_code" not in given:
        right["code"] = "000000"
    return SignInForm.model_validate(right | given)


def answer(world: World, tried: SignInForm) -> tuple[str, str, int, str]:
    """All that a stranger can learn of one try."""
    with pytest.raises(Refusal) as caught:
        world.signins.enter(tried)
    return type(caught.value).__name__, caught.value.code, caught.value.status, caught.value.sentence


@pytest.mark.abuse("D01")
def test_every_way_to_be_wrong_gets_one_answer(world: World) -> None:
    world.invite("shut", roles=("caseworker",))
    world.do("administrator", accounts.disable, subject=world.members["shut"].code)
    wrong = [
        form(world, "nobody"),
        form(world, "nobody", recovery_code=rules.recovery_code()),
        form(world, "NOT EVEN A NAME"),
        form(world, "shut"),
        form(world, passphrase=WRONG),
        form(world, code="000000"),
        form(world, passphrase=WRONG, recovery_code=world.members["intake"].recovery[0]),
        form(world, recovery_code=rules.recovery_code()),
        form(world, "legal", recovery_code=world.members["intake"].recovery[0]),
        form(world, "legal-lead", code=world.code("intake")),
    ]

    answers = {answer(world, tried) for tried in wrong}

    assert answers == {
        ("SignInRefused", "signin.refused", 401, "These particulars do not open an account."),
    }  # fmt: skip


@pytest.mark.abuse("D01")
def test_a_name_nobody_has_is_stretched_like_a_name_somebody_has(world: World, inside: Inside) -> None:
    for login in ("intake", "nobody"):
        before = inside.times
        answer(world, form(world, login, passphrase=WRONG))
        assert inside.times == before + 1


@pytest.mark.parametrize("given", [{"code": None}, {"recovery_code": "A" * 24, "code": "000000"}])
def test_a_sign_in_brings_exactly_one_second_factor(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable):
        world.signins.enter(form(world, **given))


@pytest.mark.parametrize("passphrase", ["tab\there and then some", "null\x00null null null"])
def test_a_passphrase_that_cannot_be_typed_is_told_apart_for_nobody(world: World, passphrase: str) -> None:
    answers = {answer(world, form(world, login, passphrase=passphrase)) for login in ("intake", "nobody")}

    assert len(answers) == 1
    assert answers.pop()[1] == "invalid"


def test_the_same_passphrase_opens_however_a_phone_encodes_it(world: World) -> None:
    chosen = "Ä café is open all night"
    enrolled = accept(world, invite(world).invitation, chosen)
    secret = base64.b32decode(enrolled.totp_secret)
    decomposed = "A\u0308 cafe\u0301 is open all night"
    code = rules.totp_at(secret, int(now().timestamp()) // rules.STEP_SECONDS)

    entered = world.signins.enter(SignInForm(login_name="newcomer", passphrase=decomposed, code=code))

    assert entered.user == enrolled.user


def test_only_whoever_opened_their_own_key_signs_in(world: World, log: Log) -> None:
    entering = Entering(user_id=world["intake"].actor.id or uuid7(), private_raw=b"", code="000000", recovery_code=None)

    climb(
        world, log, accounts.enter,
        Rung("administrator", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        form=entering,
    )  # fmt: skip


def test_everybody_ends_their_own_sessions_and_nobody_elses(world: World, log: Log) -> None:
    climb(
        world, log, accounts.leave_everywhere,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("intake", "done", "anybody-signs-out"),
    )  # fmt: skip

    with pytest.raises(NotSignedIn):
        world.signins.caller(world.members["intake"].token)
    assert world.signins.caller(world.members["legal"].token)


def test_that_guessing_was_stopped_is_noted_by_the_house_alone(world: World, log: Log) -> None:
    code = world.members["intake"].code

    climb(
        world, log, accounts.close_lane,
        Rung("administrator", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        subject=code,
    )  # fmt: skip

    world.office.perform(Caller.service("signin"), accounts.close_lane, subject=code)
    said = log.last()
    assert (said.actor, said.rule, said.codes) == ("signin", "guessing-is-stopped", {"account": code})


@pytest.mark.abuse("D02")
def test_guessing_ends_after_fifty_tries_and_somebody_is_told(
    world: World, log: Log, settings: Settings, standing_clock: Clock
) -> None:
    log.fresh()
    tried, waited = guess(world, standing_clock, "intake", until_wait=3600)

    assert tried == settings.signin_disable_at_try == 50
    assert waited > 23 * 3600
    (said,) = log.fresh()
    assert (said.action, said.actor, said.codes) == (
        "signin.close_lane", "signin", {"account": world.members["intake"].code},
    )  # fmt: skip


@pytest.mark.abuse("D02")
def test_whoever_comes_back_each_day_gets_one_try_a_day(world: World, standing_clock: Clock) -> None:
    tried, _ = guess(world, standing_clock, "intake", until_wait=3600)

    for _day in range(5):
        standing_clock.move(hours=24, seconds=1)
        more, _ = guess(world, standing_clock, "intake", until_wait=3600)
        tried += more

    assert tried == 50 + 5


@pytest.mark.abuse("D01")
@pytest.mark.abuse("D02")
def test_a_name_nobody_has_waits_just_as_long_and_nobody_is_told(world: World, log: Log, standing_clock: Clock) -> None:
    waits = {login: [_wait_after(world, login) for _ in range(7)] for login in ("intake", "nobody")}
    log.fresh()

    guess(world, standing_clock, "nobody", until_wait=3600)

    assert waits["intake"] == waits["nobody"] == [0, 0, 0, 0, 0, 1, 1]
    assert log.fresh() == []


def test_whoever_waits_is_refused_before_anything_is_stretched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        answer(world, form(world, passphrase=WRONG))
    monkeypatch.setattr(passphrases, "stretch", lambda *_a, **_k: pytest.fail("stretched"))

    assert answer(world, form(world))[:2] == ("TooManyTries", "signin.wait")


def test_a_right_sign_in_forgets_the_wrong_ones_before_it(world: World, standing_clock: Clock) -> None:
    for _ in range(3):
        for _ in range(4):
            answer(world, form(world, passphrase=WRONG))
        standing_clock.move(seconds=rules.STEP_SECONDS)
        assert world.sign_in("intake")


@pytest.mark.abuse("D03")
def test_a_strangers_failures_do_not_lock_out_the_owners_own_device(world: World, standing_clock: Clock) -> None:
    device = world.signins.enter(form(world)).device
    guess(world, standing_clock, "intake", until_wait=3600)
    assert answer(world, form(world))[0] == "TooManyTries"

    entered = world.signins.enter(form(world, device=device))

    assert world.signins.caller(entered.token).actor.code == world.members["intake"].code


@pytest.mark.abuse("D03")
@pytest.mark.parametrize("whose", ["nobodys", "a colleagues"])
def test_a_device_of_somebody_else_opens_no_lane(world: World, whose: str) -> None:
    colleagues = world.signins.enter(form(world, "legal")).device
    for _ in range(6):
        answer(world, form(world, passphrase=WRONG))

    device = "x" * 32 if whose == "nobodys" else colleagues
    assert answer(world, form(world, device=device))[0] == "TooManyTries"


@pytest.mark.abuse("D02")
def test_guessing_from_a_stolen_device_ends_too(world: World, standing_clock: Clock) -> None:
    device = world.signins.enter(form(world)).device

    tried, waited = guess(world, standing_clock, "intake", until_wait=3600, device=device)

    assert (tried, waited > 23 * 3600) == (50, True)


@pytest.mark.abuse("D04")
def test_one_code_fifty_times_at_once_signs_in_once(world: World) -> None:
    tried = form(world)

    outcomes = Counter(crowd(world.signins, [tried] * 50))

    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "signin.refused", "signin.wait", "unavailable"}


@pytest.mark.abuse("D04")
def test_one_recovery_code_fifty_times_at_once_signs_in_once(world: World) -> None:
    tried = form(world, recovery_code=world.members["intake"].recovery[0])

    outcomes = Counter(crowd(world.signins, [tried] * 50))

    assert outcomes["done"] == 1


def test_a_code_does_not_work_twice_nor_does_an_older_one(world: World, standing_clock: Clock) -> None:
    standing_clock.move(minutes=5)
    step = int(now().timestamp()) // rules.STEP_SECONDS
    secret = world.members["legal"].totp
    at = {offset: rules.totp_at(secret, step + offset) for offset in (-1, 0, 1)}

    assert world.signins.enter(form(world, "legal", code=at[0]))
    for offset in (0, -1):
        assert answer(world, form(world, "legal", code=at[offset]))[0] == "SignInRefused"
    assert world.signins.enter(form(world, "legal", code=at[1]))


def test_each_recovery_code_works_once_however_typed(world: World, log: Log) -> None:
    member = world.members["legal"]
    log.fresh()

    for code in member.recovery:
        assert world.signins.enter(form(world, "legal", recovery_code=code.lower()))
        assert answer(world, form(world, "legal", recovery_code=code))[0] == "SignInRefused"

    assert [said.codes["factor"] for said in log.fresh()] == ["recovery"] * len(member.recovery)


@pytest.mark.abuse("D05")
@pytest.mark.abuse("J11")
def test_a_clock_that_goes_back_opens_nothing_that_was_shut(world: World, standing_clock: Clock) -> None:
    used = form(world)
    token = world.signins.enter(used).token
    standing_clock.move(hours=-2)

    # Neither the session of the future nor a code of the past, used or not.
    with pytest.raises(NotSignedIn):
        world.signins.caller(token)
    assert answer(world, used)[0] == "SignInRefused"
    earlier = rules.totp_at(world.members["intake"].totp, int(now().timestamp()) // rules.STEP_SECONDS)
    assert answer(world, form(world, code=earlier))[0] == "SignInRefused"

    standing_clock.move(hours=2)
    assert world.signins.caller(token)


@pytest.mark.abuse("D05")
def test_a_clock_that_jumps_ahead_makes_no_session_longer(world: World, standing_clock: Clock) -> None:
    used = form(world)
    token = world.signins.enter(used).token

    standing_clock.move(days=2)

    with pytest.raises(NotSignedIn):
        world.signins.caller(token)
    assert answer(world, used)[0] == "SignInRefused"
    assert world.sign_in("intake")


@pytest.mark.abuse("D06")
def test_a_token_is_good_until_its_session_ends(world: World) -> None:
    first, second = (world.signins.enter(form(world)).token for _ in range(2))
    world.office.perform(world.signins.caller(first), accounts.leave)

    with pytest.raises(NotSignedIn):
        world.signins.caller(first)
    assert world.signins.caller(second)


@pytest.mark.abuse("D06")
@pytest.mark.parametrize("token", ["", "x" * 43, "x" * 10_000, "' OR 1=1 --" * 4, "x" * 39, "\u0661" * 43])
def test_a_token_nobody_was_given_is_nobody(world: World, token: str) -> None:
    with pytest.raises(NotSignedIn):
        world.signins.caller(token)


@pytest.mark.abuse("D06")
def test_a_token_is_drawn_at_each_sign_in_and_stands_nowhere(world: World, database: Database) -> None:
    entered = [world.signins.enter(form(world)) for _ in range(2)]
    secrets = [*(each.token for each in entered), *(each.device for each in entered)]
    assert len(set(secrets)) == 4

    with database.connect("owner") as owner:
        rows = [
            row
            for table in ("sign_ins", "devices", "entry_bodies", "throttles")
            for (row,) in owner.execute(f"SELECT t::text FROM {table} t".encode())
        ]
    assert not [row for row in rows for secret in secrets if secret in row or secret.encode().hex() in row]


@pytest.mark.abuse("D07")
@pytest.mark.parametrize(("login", "minutes"), [("intake", 15), ("auditor", 15), ("administrator", 10)])
def test_a_session_left_alone_ends(world: World, standing_clock: Clock, login: str, minutes: int) -> None:
    token = world.signins.enter(form(world, login)).token

    standing_clock.move(minutes=minutes, seconds=-1)
    assert world.signins.caller(token)
    standing_clock.move(minutes=minutes, seconds=1)
    with pytest.raises(NotSignedIn):
        world.signins.caller(token)


@pytest.mark.abuse("D07")
@pytest.mark.parametrize(("login", "hours"), [("intake", 8), ("legal", 8), ("administrator", 1)])
def test_a_session_in_use_ends_too(world: World, standing_clock: Clock, login: str, hours: int) -> None:
    token = world.signins.enter(form(world, login)).token
    began = standing_clock.seconds

    while standing_clock.seconds - began < hours * 3600 - 60:
        standing_clock.move(seconds=min(540, hours * 3600 - 30 - (standing_clock.seconds - began)))
        assert world.signins.caller(token)
    standing_clock.move(seconds=61)

    with pytest.raises(NotSignedIn):
        world.signins.caller(token)


@pytest.mark.abuse("D07")
def test_the_third_session_ends_the_oldest(world: World) -> None:
    world.do("legal", accounts.leave_everywhere)
    codes = world.members["legal"].recovery[:3]
    tokens = [world.signins.enter(form(world, "legal", recovery_code=code)).token for code in codes]

    with pytest.raises(NotSignedIn):
        world.signins.caller(tokens[0])
    assert [world.signins.caller(token).actor.code for token in tokens[1:]] == [world.members["legal"].code] * 2


def test_a_sign_in_is_an_entry_that_names_the_factor_and_no_device(world: World, log: Log) -> None:
    log.fresh()

    entered = world.signins.enter(form(world, "legal"))

    said = log.last()
    assert (said.operation, said.action, said.actor) == ("sign-in", "signin.enter", "anonymous")
    assert said.codes == {"account": world.members["legal"].code, "factor": "totp"}
    assert not any(secret in str(said.view) for secret in (entered.token, entered.device, "legal-lead"))


def test_a_callers_roles_and_teams_are_read_at_every_request(world: World) -> None:
    caller = world.signins.caller(world.members["intake-lead"].token)

    actor = caller.actor
    assert [set(of) for of in (actor.roles, actor.teams, actor.leads)] == [{"intake_officer"}, {"intake"}, {"intake"}]
    assert repr(caller.keyring) == "<keyring>"


@pytest.mark.abuse("D10")
@pytest.mark.parametrize("characters", [129, 1024])
def test_a_passphrase_longer_than_any_is_refused_before_it_is_stretched(
    world: World, characters: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passphrases, "stretch", lambda *_a, **_k: pytest.fail("stretched"))

    assert answer(world, form(world, passphrase="x" * characters))[1] == "invalid"


@pytest.mark.abuse("D10")
def test_a_passphrase_of_a_megabyte_ends_at_the_form_and_at_once(world: World) -> None:
    began = time.perf_counter()

    with pytest.raises(ValidationError):
        form(world, passphrase="x" * 1_000_000)

    assert time.perf_counter() - began < 0.05


@pytest.mark.abuse("D10")
def test_of_sixty_four_at_the_door_only_a_few_are_stretched_at_once(
    world: World, settings: Settings, inside: Inside
) -> None:
    tried = [form(world, f"nobody{number}") for number in range(64)]

    outcomes = Counter(crowd(world.signins, tried))

    assert 1 < inside.most <= settings.argon2_parallel_max == 4
    assert set(outcomes) <= {"signin.refused", "unavailable"}
    assert outcomes.total() == 64


class Inside:
    """How many are being stretched, and how many ever were at one moment."""

    def __init__(self) -> None:
        self._lock, self._now, self.most, self.times = threading.Lock(), 0, 0, 0

    def __enter__(self) -> None:
        with self._lock:
            self._now, self.times = self._now + 1, self.times + 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> Inside:
    counter, stretch = Inside(), passphrases.stretch

    def counted(*given: Any, **more: Any) -> bytes:
        with counter:
            return stretch(*given, **more)

    monkeypatch.setattr(passphrases, "stretch", counted)
    return counter


def crowd(signins: SignIns, tried: list[SignInForm]) -> list[str]:
    """Everybody at the door at once; what became of each."""
    gate = threading.Barrier(len(tried))

    def one(form: SignInForm) -> str:
        gate.wait()
        try:
            signins.enter(form)
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(len(tried)) as people:
        return list(people.map(one, tried))


def guess(world: World, clock: Clock, login: str, *, until_wait: int, **given: Any) -> tuple[int, int]:
    """Try wrong passphrases, waiting as told, until the wait is longer than that; tries and the last wait."""
    tried = 0
    while True:
        try:
            world.signins.enter(form(world, login, passphrase=WRONG, code="000000", **given))
        except SignInRefused:
            tried += 1
        except TooManyTries as wait:
            if wait.retry_after_seconds > until_wait:
                return tried, wait.retry_after_seconds
            clock.move(seconds=wait.retry_after_seconds)


def _wait_after(world: World, login: str) -> int:
    """How long one is told to wait at the next wrong try; 0 if it is judged."""
    try:
        world.signins.enter(form(world, login, passphrase=WRONG, code="000000"))
    except TooManyTries as wait:
        return wait.retry_after_seconds
    except SignInRefused:
        return 0
    raise AssertionError("a wrong passphrase signed in")

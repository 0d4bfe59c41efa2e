"""Signing in and staying signed in, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import httpx
import pytest

from app.accounts.undertakings import VERSION
from app.settings import Settings
from tests.api.conftest import Client, Staff
from tests.api.doors import ORIGIN
from tests.conftest import Clock
from tests.ladder import Log
from tests.world import World

REFUSED = {"error": {"code": "signin.refused", "sentence": "These particulars do not open an account."}}


def particulars(world: World, login: str = "intake", **other: Any) -> dict[str, Any]:
    # Each code that is made is a step further on, so none is made that is not used.
    code = other.pop("code") if "code" in other else world.code(login)
    return {"login_name": login, "passphrase": world.members[login].passphrase, "code": code, **other}


def at_once(door: Client, path: str, bodies: list[dict[str, Any]]) -> list[httpx.Response]:
    """All of these requests at one moment, in one loop, as one process serves them."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(door.program, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=door.base) as client:
            return list(await asyncio.gather(*(client.post(path, json=body) for body in bodies)))

    return asyncio.run(all_of_them())


@pytest.mark.abuse("D01")
def test_a_wrong_passphrase_a_wrong_code_and_an_unknown_name_are_answered_alike(stranger: Client, world: World) -> None:
    tried = [
        particulars(world, passphrase="not what was chosen at all", code="000000"),
        particulars(world, code="000000"),
        particulars(world, login_name="no-such-person", code="000000"),
        particulars(world, code=None, recovery_code="AAAAA-BBBBB-CCCCC-DDDDD"),
        particulars(world, login_name="nobody", code=None, recovery_code="AAAAA-BBBBB-CCCCC-DDDDD"),
    ]

    answers = [stranger.post("/api/sign-in", body) for body in tried]

    assert {answer.status_code for answer in answers} == {401}
    assert [answer.json() for answer in answers] == [REFUSED] * len(tried)
    assert len({tuple(sorted(answer.headers.multi_items())) for answer in answers}) == 1
    assert stranger.post("/api/sign-in", particulars(world)).status_code == 200, "the control"


@pytest.mark.abuse("D01")
def test_an_unknown_an_expired_and_a_used_invitation_are_answered_alike(
    stranger: Client, staff: Staff, world: World, standing_clock: Clock
) -> None:
    def invite(login: str) -> str:
        body = {"login_name": login, "display_name": "New", "roles": ["caseworker"]}
        return str(staff["administrator"].post("/api/people", body).json()["invitation"])

    def accept(code: str) -> httpx.Response:
        return stranger.post(
            "/api/invitations/accept",
            {"code": code, "passphrase": "several words by the river", "undertaking": VERSION},
        )

    used, late = invite("used-one"), invite("late-one")
    assert accept(used).status_code == 201, "the control"
    standing_clock.move(hours=25)

    answers = [accept(code) for code in (used, late, "AAAAA-BBBBB-CCCCC-DDDDD")]

    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


@pytest.mark.abuse("D04")
def test_one_code_signs_in_once_however_many_try_it_together(stranger: Client, world: World) -> None:
    body = particulars(world)

    answers = at_once(stranger, "/api/sign-in", [body] * 50)

    told = Counter(answer.status_code for answer in answers)
    assert told[200] == 1
    assert set(told) <= {200, 401, 429, 503}
    assert told[401] > 0, "the control: others came as far as the code"


@pytest.mark.abuse("D04")
def test_one_recovery_code_signs_in_once_however_many_try_it_together(stranger: Client, world: World) -> None:
    body = particulars(world, code=None, recovery_code=world.members["intake"].recovery[0])

    answers = at_once(stranger, "/api/sign-in", [body] * 50)

    assert Counter(answer.status_code for answer in answers)[200] == 1
    other = particulars(world, code=None, recovery_code=world.members["intake"].recovery[1])
    assert stranger.post("/api/sign-in", other).status_code in {200, 429}


@pytest.mark.abuse("D04")
def test_one_invitation_makes_one_account_however_many_use_it_together(stranger: Client, staff: Staff) -> None:
    body = {"login_name": "newcomer", "display_name": "New", "roles": ["caseworker"]}
    code = staff["administrator"].post("/api/people", body).json()["invitation"]

    answers = at_once(
        stranger,
        "/api/invitations/accept",
        [{"code": code, "passphrase": "several words by the river", "undertaking": VERSION}] * 12,
    )

    assert Counter(answer.status_code for answer in answers)[201] == 1


@pytest.mark.abuse("D06")
def test_a_token_chosen_before_signing_in_is_never_one(stranger: Client, world: World) -> None:
    chosen = "A" * 43
    stranger.token, stranger.cookies = chosen, {"amana_session": chosen}

    entered = stranger.post("/api/sign-in", particulars(world))

    assert entered.status_code == 200
    assert entered.json()["token"] != chosen
    assert "set-cookie" not in entered.headers, "the interface for programs knows no cookies"
    assert stranger.get("/api/me").status_code == 401


@pytest.mark.abuse("D06")
@pytest.mark.parametrize("end", ["sign-out", "sign-out-everywhere", "disabled"])
def test_a_token_of_an_ended_session_is_never_one_again(staff: Staff, world: World, end: str) -> None:
    old = staff["intake"]
    assert old.get("/api/me").status_code == 200, "the control"

    if end == "disabled":
        staff["administrator"].post(f"/api/people/{world.members['intake'].code}/disable", {})
    else:
        old.post(f"/api/{end}", {})

    assert old.get("/api/me").status_code == 401
    assert old.post("/api/cases", {}).status_code == 401
    assert old.post("/api/sign-out", {}).status_code == 401


def test_signing_out_everywhere_ends_the_other_session_and_nobody_elses(staff: Staff, world: World) -> None:
    first = staff["intake"]
    world.sign_in("intake")
    second = staff["intake"]

    assert second.post("/api/sign-out-everywhere", {}).json() == {"ended": 2}

    assert [first.get("/api/me").status_code, second.get("/api/me").status_code] == [401, 401]
    assert staff["legal"].get("/api/me").status_code == 200


@pytest.mark.abuse("D07")
def test_an_idle_session_ends_and_a_busy_one_goes_on(staff: Staff, standing_clock: Clock, settings: Settings) -> None:
    idle = settings.session_idle_minutes_max

    for _ in range(3):
        standing_clock.move(minutes=idle - 1)
        assert staff["intake"].get("/api/me").status_code == 200
    standing_clock.move(minutes=idle, seconds=1)

    assert staff["intake"].get("/api/me").status_code == 401


@pytest.mark.abuse("D07")
@pytest.mark.parametrize(("login", "hours"), [("intake", 8), ("administrator", 1)])
def test_no_session_outlives_its_hours_however_busy(
    staff: Staff, standing_clock: Clock, login: str, hours: int
) -> None:
    statuses = []
    for _ in range(hours * 12 + 1):
        standing_clock.move(minutes=5)
        statuses.append(staff[login].get("/api/me").status_code)

    # The last minute belongs to the hour in which the office was founded.
    assert statuses[: hours * 12 - 1] == [200] * (hours * 12 - 1)
    assert statuses[-1] == 401


@pytest.mark.abuse("D07")
def test_a_third_session_ends_the_oldest(stranger: Client, world: World, staff: Staff) -> None:
    first = staff["intake"]
    tokens = [stranger.post("/api/sign-in", particulars(world)).json()["token"] for _ in range(2)]

    after = [first.get("/api/me").status_code]
    after += [Client(staff.program, ORIGIN, token=token).get("/api/me").status_code for token in tokens]

    assert after == [401, 200, 200]


@pytest.mark.abuse("D03")
def test_guessing_is_slowed_and_the_owners_own_device_is_not(stranger: Client, world: World, log: Log) -> None:
    device = stranger.post("/api/sign-in", particulars(world)).json()["device"]

    guess = particulars(world, passphrase="a guess", code="000000")
    guesses = [stranger.post("/api/sign-in", guess) for _ in range(8)]
    owner = stranger.post("/api/sign-in", particulars(world, device=device))

    assert [answer.status_code for answer in guesses] == [401] * 5 + [429] * 3
    assert int(guesses[-1].headers["retry-after"]) >= 1
    assert owner.status_code == 200


@pytest.mark.abuse("D03")
def test_guessing_at_a_name_that_nobody_has_is_slowed_just_the_same(stranger: Client, world: World) -> None:
    def guesses(name: str) -> list[tuple[int, bytes, str | None]]:
        answers = [stranger.post("/api/sign-in", particulars(world, login_name=name, code="000000")) for _ in range(8)]
        return [(answer.status_code, answer.content, answer.headers.get("retry-after")) for answer in answers]

    assert guesses("intake") == guesses("nobody-at-all")


@pytest.mark.abuse("D09")
def test_the_second_factor_is_shown_once_and_no_answer_has_it_again(staff: Staff, world: World) -> None:
    member = world.members["intake"]
    said = json.dumps([
        staff[login].get(path).json()
        for login in ("administrator", "intake", "auditor") for path in ("/api/me", "/api/people")
    ])  # fmt: skip

    for secret in (member.totp.hex(), *member.recovery, member.token, member.passphrase):
        assert secret not in said
    assert member.code in said, "the control"

"""At a second factor a session goes on under another token: with the one before nobody comes in any more (D06)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from app.cases import actions as cases
from app.cases.forms import OpenCase
from app.errors import NotSignedIn
from tests.api.conftest import Client, Staff
from tests.api.doors import ORIGIN
from tests.conftest import Database
from tests.ladder import Log
from tests.world import World

AT = "/api/step-ups"


def bare(staff: Staff, login: str = "intake") -> Client:
    """Somebody's client that does nothing of its own accord, and holds on to the token it was given."""
    return Client(staff.program, ORIGIN, token=staff[login].token)


def comes_in(program: ASGIApp, token: str) -> tuple[int, int, str]:
    """What the interface for programs, a page and a page's form answer to this token."""
    page = Client(program, ORIGIN, cookies={"amana_session": token})
    read, sent = page.get("/today"), page.ask("POST", "/sign-out", data={"csrf": "A" * 64}, headers={"Origin": ORIGIN})
    assert "set-cookie" not in sent.headers, "nobody's cookie is taken away by a request that comes too late"
    return Client(program, ORIGIN, token=token).get("/api/me").status_code, read.status_code, str(sent.status_code)


OPEN = (200, 200, "403")  # a form without its page's token changes nothing
SHUT = (401, 303, "401")


@pytest.mark.abuse("D06")
@pytest.mark.asvs("V7.2.4")
def test_the_token_of_before_a_second_factor_opens_nothing_at_any_process(
    staff: Staff, strict_door: ASGIApp, world: World, log: Log
) -> None:
    reference = world.case()
    client, doors = bare(staff), (staff.program, strict_door)
    old, given = client.token, {"action": "grant.give", "subject": reference}
    log.steps = True
    log.fresh()

    climbed = [
        Client(staff.program, ORIGIN).post(AT, given | world.factor("intake")).status_code,
        client.post(AT, given | {"code": "000000"}).status_code,
        client.post(AT, given | {"subject": "2222-2222-2"} | world.factor("intake")).status_code,
        client.post(AT, given | {"action": "case.open"} | world.factor("intake")).status_code,
    ]
    assert climbed == [401, 422, 404, 422]
    assert [comes_in(door, old) for door in doors] == [OPEN, OPEN], "what was refused renews nothing, and ends nothing"
    said = log.fresh()

    right = client.post(AT, given | world.factor("intake"))

    assert right.status_code == 201
    assert right.json()["token"] == client.token != old
    assert [comes_in(door, old) for door in doors] == [SHUT, SHUT]
    assert [comes_in(door, client.token) for door in doors] == [OPEN, OPEN]
    assert len(client.get("/api/me/sessions").json()) == 1, "it is the same session"
    tried = [(entry.action, entry.outcome) for entry in (*said, *log.fresh())]
    assert tried == [
        ("signin.step_up", "step_up.refused"), ("signin.step_up", "not_found"), ("signin.step_up", "invalid"),
        ("signin.step_up", "done"),
    ]  # fmt: skip


@pytest.mark.abuse("D06")
def test_neither_token_is_written_down_anywhere(staff: Staff, world: World, database: Database) -> None:
    client = bare(staff)
    tokens = [client.token]
    client.post(AT, {"action": "grant.give", "subject": world.case(), **world.factor("intake")})
    tokens.append(client.token)

    with database.connect("owner") as owner:
        rows = [
            row
            for table in ("sign_ins", "step_ups", "entry_bodies", "kept_answers")
            for (row,) in owner.execute(f"SELECT t::text FROM {table} t".encode())
        ]

    assert len(set(tokens)) == 2
    assert not [token for token in tokens for row in rows if token in row or token.encode().hex() in row]
    assert rows, "the control"


@pytest.mark.abuse("D06")
def test_what_was_on_its_way_is_answered_and_what_comes_later_ends_nothing(staff: Staff, world: World) -> None:
    client = bare(staff)
    old, on_its_way = client.token, world.signins.caller(client.token)
    client.post(AT, {"action": "grant.give", "subject": world.case(), **world.factor("intake")})

    world.office.perform(on_its_way, cases.open_case, OpenCase())
    late = Client(staff.program, ORIGIN, token=old)
    left = [late.post(f"/api/{end}", {}).status_code for end in ("sign-out", "sign-out-everywhere")]

    assert left == [401, 401]
    assert client.get("/api/me").status_code == 200


@pytest.mark.abuse("D06")
def test_of_two_second_factors_at_one_moment_one_token_is_left(staff: Staff, world: World) -> None:
    client, reference = bare(staff), world.case()
    bodies = [{"action": "grant.give", "subject": reference, **world.factor("intake")} for _ in range(4)]

    async def all_of_them() -> list[httpx.Response]:
        line: Any = httpx.ASGITransport(staff.program, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {client.token}"}
        async with httpx.AsyncClient(transport=line, base_url=ORIGIN, headers=headers) as asker:
            return list(await asyncio.gather(*(asker.post(AT, json=body) for body in bodies)))

    answers = asyncio.run(all_of_them())

    given = [answer.json()["token"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 401}
    assert given, "the control"
    assert sorted(comes_in(staff.program, token) for token in (client.token, *given)) == [OPEN, *[SHUT] * len(given)]


@pytest.mark.abuse("D06")
def test_a_session_that_was_signed_out_is_not_brought_back_by_a_second_factor(staff: Staff, world: World) -> None:
    """Nor is one whose account was shut: ``test_a_token_of_an_ended_session_is_never_one_again``."""
    client, about = bare(staff), {"action": "grant.give", "subject": world.case()}
    client.post("/api/sign-out", {})

    assert client.post(AT, about | world.factor("intake")).status_code == 401
    with pytest.raises(NotSignedIn):
        world.signins.caller(client.token)

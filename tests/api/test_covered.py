"""A covered session at the interface for programs: one word for it, and one way back."""

from __future__ import annotations

import pytest

from tests.accounts.test_covering import talking
from tests.api.conftest import Client, Staff
from tests.api.doors import ORIGIN
from tests.conftest import Clock
from tests.ladder import Log
from tests.world import World
from tests.world.keys import added

AT = "/api/session/return"


@pytest.mark.abuse("D06")
def test_nothing_is_shown_until_a_second_factor_was_given(
    staff: Staff, world: World, standing_clock: Clock, log: Log
) -> None:
    client = Client(staff.program, ORIGIN, token=talking(world))
    assert client.get("/api/cases").status_code == 200, "the control"
    standing_clock.move(minutes=6)
    log.fresh()

    refused = [client.get("/api/cases"), client.post("/api/cases", {"pathway": "ADULT"}), client.get("/api/me")]

    assert [answer.status_code for answer in refused] == [401, 401, 401]
    assert {answer.json()["error"]["code"] for answer in refused} == {"signin.covered"}
    assert log.fresh() == []
    tried = [
        client.post(AT, {}), client.post(AT, {"code": "000000"}), client.post(AT, {"code": "0" * 600}),
        Client(staff.program, ORIGIN).post(AT, world.factor("intake")),
        Client(staff.program, ORIGIN, token="x" * 43).post(AT, world.factor("intake")),
    ]  # fmt: skip
    assert [answer.status_code for answer in tried] == [422, 422, 422, 401, 401]

    back = client.post(AT, world.factor("intake"))

    assert back.status_code == 200
    assert Client(staff.program, ORIGIN, token=back.json()["token"]).get("/api/cases").status_code == 200
    assert client.post(AT, world.factor("intake")).status_code == 401, "there is nothing to come back to"


@pytest.mark.abuse("D15")
def test_a_security_key_brings_back_and_confirms_nothing_else(
    staff: Staff, world: World, standing_clock: Clock, log: Log
) -> None:
    key = added(world, "intake")
    client = Client(staff.program, ORIGIN, token=talking(world))
    other = client.post("/api/me/security-keys/challenge", {"action": "grant.give", "subject": world.case()}).json()
    assert client.post(f"{AT}/challenge").status_code == 401, "nothing is covered yet"
    standing_clock.move(minutes=6)
    log.fresh()

    elsewhere = client.post(AT, {"key": key.sign(other)})
    asked = client.post(f"{AT}/challenge").json()
    back = client.post(AT, {"key": key.sign(asked)})

    assert (elsewhere.status_code, back.status_code) == (422, 200)
    tried = [(entry.action, entry.outcome) for entry in log.fresh()]
    assert tried == [("signin.come_back", "step_up.refused"), ("signin.come_back", "done")]

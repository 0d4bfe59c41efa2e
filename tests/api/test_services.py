"""A program at the staff door: its token instead of a sign-in, and nothing that people do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.accounts.rules import SERVICE_PREFIX
from tests.api.conftest import Client, Staff, heard, logged
from tests.world import World

__all__ = ["heard"]


def made(staff: Staff, team: str = "legal") -> dict[str, Any]:
    ends_at = (clock.now() + timedelta(days=30)).isoformat()
    answer = staff[f"{team}-lead"].post(
        "/api/services", {"team": team, "name": "reader", "purpose": "ARCHIVE", "ends_at": ends_at}
    )
    assert answer.status_code == 201
    told: dict[str, Any] = answer.json()
    return told


def program(staff: Staff, token: str) -> Client:
    return Client(staff.program, "http://localhost:8000", token=token)


def test_a_program_reads_what_it_was_granted_and_is_gone_when_it_is_ended(staff: Staff, world: World) -> None:
    reference = world.whole_case("en")
    service = made(staff)
    reader = program(staff, service["token"])
    given = {"user": service["user"], "compartments": ["TESTIMONY"]}
    consent, segment = (world.row("intake", reference, table) for table in ("consents", "segments"))
    reading = {"fields": ["text"], "justification": "AGREED_DISCLOSURE", "cites": str(consent)}

    before = reader.get(f"/api/cases/{reference}").status_code
    granted = staff["legal"].post(f"/api/cases/{reference}/grants", given)
    shown = reader.get(f"/api/cases/{reference}").json()
    opened = reader.post(f"/api/segments/{segment}/open", reading)
    without = reader.post(f"/api/segments/{segment}/open", reading | {"cites": None})
    ended = staff["administrator"].post(f"/api/services/{service['user']}/end", {})
    after = reader.post(f"/api/segments/{segment}/open", reading)

    assert (before, granted.status_code, shown["held"]) == (404, 201, ["TESTIMONY"])
    assert (opened.status_code, without.status_code) == (200, 403)
    assert opened.json()["values"]["text"]
    assert ended.json() == {"user": service["user"], "grants": 1}
    assert after.status_code == 401


def test_a_token_in_a_cookie_or_a_form_is_no_token(staff: Staff, stranger: Client) -> None:
    token = made(staff)["token"]

    stranger.cookies["amana"] = token
    stranger.cookies["__Host-amana"] = token

    assert stranger.get("/api/cases").status_code == 401
    assert stranger.get("/", headers={"authorization": f"Basic {token}"}).status_code in {303, 307, 401}
    assert program(staff, token).get("/api/cases").status_code == 200


@pytest.mark.abuse("D02")
def test_wrong_tokens_wait_and_stand_in_no_log(
    staff: Staff, world: World, heard: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    token = made(staff)["token"]
    wrong = SERVICE_PREFIX + "w" * 43

    answers = [program(staff, wrong).get("/api/cases").status_code for _ in range(7)]

    assert answers == [401, 401, 401, 401, 401, 429, 429]
    assert program(staff, token).get("/api/cases").status_code == 200
    assert wrong not in logged(heard)
    assert token not in logged(heard)


def test_a_program_does_nothing_that_people_do(staff: Staff, world: World) -> None:
    reader = program(staff, made(staff)["token"])

    for path, body in (
        ("/api/cases", {"pathway": "ADULT"}),
        ("/api/sign-out", {}),
        ("/api/people", {"login_name": "another", "display_name": "Another", "roles": ["caseworker"]}),
        ("/api/log/entries", {}),
        ("/api/teams/reseal", {"team": "legal"}),
    ):
        assert reader.post(path, body).status_code == 403, path
    assert reader.get("/api/people").json() == []
    assert reader.get("/api/services").json() == []

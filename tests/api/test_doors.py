"""Who gets through which door: the live product against the table written from the design."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.types import ASGIApp

from app.accounts.rules import ROLES
from app.api.doors import POSTS
from app.cli import rulebook
from tests.api.conftest import Client, Staff
from tests.api.doors import (
    ACTIONS,
    ADMINISTRATOR,
    ENDINGS,
    EVERYBODY,
    OPEN,
    OPENINGS,
    PAGES,
    QUESTIONS,
    SIGNED_IN,
    Ask,
    Scene,
    routes_of,
    send,
)  # fmt: skip
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.world import World

PORTAL = {
    ("POST", "/portal/receipts"), ("POST", "/portal/submissions"), ("POST", "/portal/state"),
    ("POST", "/portal/looked"), ("GET", "/healthz"),
}  # fmt: skip
REFUSED = {401, 403, 404}


def test_every_route_of_the_staff_door_stands_in_the_table(staff_door: ASGIApp) -> None:
    known = {(ask.method, ask.path) for ask in SIGNED_IN} | set(OPEN) | set(PAGES)

    assert routes_of(staff_door) == known


def test_every_route_of_the_portal_stands_in_the_table(portal_door: ASGIApp) -> None:
    assert routes_of(portal_door) == PORTAL


def test_every_door_answers_those_it_is_for(staff: Staff, world: World) -> None:
    """The control of all refusals here: with the same body, those who may are not refused."""
    scene = Scene.set(world)

    for ask in SIGNED_IN[:-2]:
        answer = send(staff, scene, ask)
        as_written = {ask.status} if ask.body is None else {ask.status, 409}
        assert answer.status_code in as_written, f"{ask}: {answer.text}"


def test_every_role_stands_at_every_door(world: World) -> None:
    scene = Scene.set(world)

    assert {scene.world.members[login].role for login in EVERYBODY} == set(ROLES)


@pytest.mark.abuse("E01")
@pytest.mark.parametrize("login", sorted(EVERYBODY))
def test_each_member_gets_through_exactly_the_doors_of_the_table(
    staff: Staff, world: World, standing_clock: Clock, login: str
) -> None:
    scene = Scene.set(world)
    wrong = []

    for ask in SIGNED_IN:
        through = send(staff, scene, ask, login).status_code not in REFUSED
        if through != (login in ask.may):
            wrong.append(f"{ask}: {'let through' if through else 'refused'}")
        if ask.path.startswith("/api/sign-out"):
            # A code of another half minute: each is good for one sign-in.
            standing_clock.move(seconds=30)
            world.sign_in(login)

    assert wrong == []


@pytest.mark.abuse("E01")
def test_the_table_lets_nobody_through_whom_no_rule_knows(world: World) -> None:
    """By role, against what a solver says of the rules; and one let through by mistake is found, as the control."""
    scene, rules = Scene.set(world), rulebook.matrix()
    coded = next(ask for ask in ACTIONS if ask.path == "/api/public_reports/{row}/codes")
    mistaken = replace(coded, may=coded.may | {"reid"})

    assert _beyond(scene, rules, (*ACTIONS, *OPENINGS, *ENDINGS)) == []
    assert _beyond(scene, rules, (mistaken,)) == ["narrative.code: reid_reviewer"]


def _beyond(scene: Scene, rules: dict[str, dict[str, str]], asks: tuple[Ask, ...]) -> list[str]:
    action_at = {door.path: door.action.name for door in POSTS}
    return [
        f"{action}: {role}"
        for ask in asks
        if (action := action_at.get(ask.path)) is not None
        for role in sorted({scene.world.members[login].role for login in ask.may})
        if not rules[action][role]
    ]


@pytest.mark.abuse("E01")
def test_a_stranger_gets_through_no_door_that_needs_a_sign_in(stranger: Client, staff: Staff, world: World) -> None:
    scene = Scene.set(world)

    for ask in SIGNED_IN:
        for token in ("", "x" * 43, world.members["intake"].token[:-1] + "~"):
            stranger.token = token
            answer = stranger.ask(ask.method, scene.address(ask), **({"json": {}} if ask.method == "POST" else {}))
            assert answer.status_code == 401, f"{ask}: {answer.status_code}"
            assert answer.json() == {"error": {"code": "signed_out", "sentence": "Please sign in."}}


@pytest.mark.abuse("E09")
def test_an_administrator_reads_nothing_at_any_door(staff: Staff, world: World, log: Log) -> None:
    scene = Scene.set(world)
    log.fresh()

    for ask in (*QUESTIONS, *OPENINGS):
        answer = send(staff, scene, ask, "administrator")
        assert CANARY not in answer.text, ask
        assert scene.planted.reference not in answer.text, ask
        assert answer.status_code == (200 if "administrator" in ask.may else 404), ask
        if answer.status_code == 404:
            assert [(said.operation, said.outcome) for said in log.fresh()] == [("refuse", "not_found")], ask


@pytest.mark.abuse("E09")
def test_an_administrator_gives_themself_neither_role_nor_team_nor_grant(staff: Staff, world: World, log: Log) -> None:
    scene = Scene.set(world)
    me, door = world.members["administrator"].code, staff["administrator"]
    log.fresh()

    invited = door.post("/api/people", {
        "login_name": "my-other-self", "display_name": "Me", "roles": ["administrator", "intake_officer"]})  # fmt: skip
    team = door.post(f"/api/people/{me}/team", {"team": "intake"})
    grant = door.post(f"/api/cases/{scene.planted.reference}/grants", {"user": me, "compartments": ["TESTIMONY"]})

    assert [invited.status_code, team.status_code, grant.status_code] == [403, 403, 404]
    assert [said.outcome for said in log.fresh()] == ["denied", "denied", "not_found"]
    assert door.get("/api/me").json()["roles"] == ["administrator"]


@pytest.mark.abuse("E11")
def test_no_staff_route_is_at_the_portal(portal: Client, staff: Staff, world: World) -> None:
    scene = Scene.set(world)
    unknown = portal.get("/nothing-here")
    portal.token = world.members["intake"].token

    for ask in SIGNED_IN:
        assert _nothing(portal, ask.method, scene.address(ask), unknown.content), ask
    for method, path in (set(OPEN) | set(PAGES)) - PORTAL:
        assert _nothing(portal, method, path.replace("{reference}", scene.planted.reference), unknown.content), path


@pytest.mark.abuse("E11")
def test_no_portal_route_is_at_the_staff_door(stranger: Client) -> None:
    unknown = stranger.get("/nothing-here")

    for method, path in PORTAL - set(OPEN):
        assert _nothing(stranger, method, path, unknown.content), path


def test_a_route_that_nobody_listed_is_found(staff_door: ASGIApp) -> None:
    """The control of the walk: it does see a route more."""
    known = {(ask.method, ask.path) for ask in SIGNED_IN[1:]} | set(OPEN) | set(PAGES)

    assert routes_of(staff_door) - known == {("GET", "/api/me")}
    assert Ask("GET", "/api/me", ADMINISTRATOR) not in SIGNED_IN


def _nothing(door: Client, method: str, path: str, nothing: bytes) -> bool:
    answer = door.ask(method, path, **({"json": {}} if method == "POST" else {}))
    return (answer.status_code, answer.content) == (404, nothing)

"""What every answer carries, whatever it answers; and what the reference says of every body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from app.api.doors import GETS, POSTS
from tests.api.conftest import Client, Staff, program_of
from tests.api.doors import BODIED, OPEN, PAGES, SIGNED_IN, UPLOAD, Scene, send
from tests.conftest import Database
from tests.world import World

STAFF = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
PORTAL = STAFF | {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}
DOWNLOAD = STAFF | {"content-security-policy": STAFF["content-security-policy"] + "; sandbox"}
NEVER = ("server", "x-powered-by", "access-control-allow-origin", "last-modified", "etag")


def lacks(answer: httpx.Response, wanted: dict[str, str]) -> dict[str, str | None]:
    """The headers that are missing or other than wanted."""
    return {name: answer.headers.get(name) for name, value in wanted.items() if answer.headers.get(name) != value}


@pytest.mark.abuse("D14")
def test_every_door_carries_the_full_set_whether_it_opens_or_not(staff: Staff, world: World, stranger: Client) -> None:
    scene = Scene.set(world)
    seen = set()

    for ask in SIGNED_IN:
        wanted = DOWNLOAD if ask.path.endswith("/download") else STAFF
        answers = [
            (send(staff, scene, ask, "auditor"), STAFF),
            (stranger.ask(ask.method, scene.address(ask)), STAFF),
            (staff["intake"].ask("DELETE", scene.address(ask)), STAFF),
            (send(staff, scene, ask), wanted),
        ]
        for answer, expected in answers:
            seen.add(answer.status_code)
            assert lacks(answer, expected) == {}, f"{ask}: {answer.status_code}"
            assert not set(NEVER) & set(answer.headers), f"{ask}: {answer.status_code}"
    assert {200, 201, 401, 404, 405} <= seen


@pytest.mark.abuse("D14")
def test_pages_static_files_and_every_refusal_carry_it_too(staff: Staff, world: World, stranger: Client) -> None:
    scene = Scene.set(world)
    big = {"content": b"x" * (1024 * 1024 + 1), "headers": {"content-type": "application/json"}}

    for method, path in (*OPEN, *PAGES):
        assert lacks(stranger.ask(method, path.replace("{reference}", "2222-2222-2")), STAFF) == {}, path
    for status, answer in {
        400: stranger.get("/sign-in", headers={"Host": "evil"}),
        403: stranger.ask("POST", "/sign-in", data={"login_name": "x"}),
        404: stranger.get("/nowhere"),
        405: stranger.ask("DELETE", "/sign-in"),
        413: staff["intake"].ask("POST", "/api/sign-out", **big),
        414: stranger.get("/" + "a" * 3000),
        415: staff["intake"].ask("POST", "/api/cases", content=b"{}", headers={"content-type": "text/plain"}),
        422: staff["intake"].post("/api/cases", {"x": 1}),
    }.items():
        assert answer.status_code == status
        assert lacks(answer, STAFF) == {}, status
    assert send(staff, scene, UPLOAD).status_code == 201


@pytest.mark.abuse("D14")
@pytest.mark.abuse("H02")
def test_an_alarm_carries_it_too_and_shows_nothing(staff: Staff, world: World, database: Database) -> None:
    """One bit of a sealed name is flipped: the answer is an incident, and the log has it."""
    scene = Scene.set(world)
    person = next(ask for ask in BODIED if ask.path == "/api/persons/{row}/open")
    assert send(staff, scene, person).status_code == 200, "the control"
    with database.connect("owner") as owner:
        owner.execute(
            "SET session_replication_role = replica; "
            "UPDATE persons SET legal_name = set_byte(legal_name, 60, get_byte(legal_name, 60) # 1)"
        )

    answer = send(staff, scene, person)

    assert answer.status_code == 500
    assert set(answer.json()["error"]) == {"code", "sentence", "incident"}
    assert lacks(answer, STAFF) == {}
    asked = staff["auditor"].post("/api/log/entries", {"outcome": "seal.broken"}).json()["entries"]
    assert [entry["body"]["action"] for entry in asked] == ["person.reveal"]


@pytest.mark.abuse("D14")
def test_the_portal_carries_its_own_set(portal: Client) -> None:
    answers = {
        200: portal.get("/healthz"), 201: portal.post("/portal/receipts", {}), 404: portal.get("/x"),
        405: portal.get("/portal/state"), 422: portal.post("/portal/state", {}),
        415: portal.ask("POST", "/portal/submissions", content=b"x", headers={"content-type": "text/plain"}),
        400: portal.get("/healthz", headers={"Host": "evil"}),
    }  # fmt: skip

    for status, answer in answers.items():
        assert answer.status_code == status
        assert lacks(answer, PORTAL) == {}, status
        assert not set(NEVER) & set(answer.headers)


def test_a_missing_header_is_found() -> None:
    """The control of this page."""
    bare = httpx.Response(200, headers={**STAFF, "x-frame-options": "SAMEORIGIN"})
    del bare.headers["referrer-policy"]

    assert lacks(bare, STAFF) == {"referrer-policy": None, "x-frame-options": "SAMEORIGIN"}


def test_health_says_that_it_is_well_and_nothing_else(stranger: Client, portal: Client) -> None:
    assert [stranger.get("/healthz").content, portal.get("/healthz").content] == [b'{"ok":true}'] * 2


# Patterns: what repeats without an end, and what stands in square brackets and repeats nothing.
ENDLESS, CLASS = re.compile(r"[*+]|\{\d+,\}"), re.compile(r"\[[^]]*\]")
WITNESS = {"/portal/receipts", "/portal/submissions", "/portal/state", "/portal/looked"}


def bodies_of(door: ASGIApp) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that the description of a door knows, with its address."""
    for path, methods in program_of(door).openapi()["paths"].items():
        for told in methods.values():
            for content in told.get("requestBody", {}).get("content", {}).values():
                yield path, content["schema"]


def unbounded(schema: Any, where: str) -> Iterator[str]:
    """Places of a schema whose length or size nothing bounds."""
    if isinstance(schema, list):
        for each in schema:
            yield from unbounded(each, where)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if "$ref" in schema:
        yield f"{where}: points elsewhere"
    if kind == "string" and not {"maxLength", "pattern", "enum", "const", "format"} & set(schema):
        yield where
    if kind == "string" and "maxLength" not in schema and ENDLESS.search(CLASS.sub("x", schema.get("pattern", ""))):
        yield f"{where}: a pattern without an end"
    if kind == "array" and "maxItems" not in schema and not schema.get("items", {}).get("enum"):
        yield where
    if kind == "integer" and not {"minimum", "maximum"} <= set(schema):
        yield where
    if kind == "object" and schema.get("additionalProperties") is not False:
        yield f"{where}: open"
    for name, inner in schema.get("properties", {}).items():
        yield from unbounded(inner, f"{where}.{name}")
    for word in ("items", "anyOf", "allOf", "oneOf", "prefixItems"):
        yield from unbounded(schema.get(word), where)


def test_every_body_is_described_with_every_bound(staff_door: ASGIApp, portal_door: ASGIApp) -> None:
    described = [*bodies_of(staff_door), *bodies_of(portal_door)]
    described_paths = {path for path, _ in described}

    assert [place for path, schema in described for place in unbounded(schema, path)] == []
    # A file's bytes are no form; and some doors take none, such as agreeing to what a colleague proposed.
    formless = {post.path for post in POSTS if post.action.form is None}
    formed = {ask.path for ask in BODIED if ask.body and not ask.path.endswith("/download")} - formless
    assert formed <= described_paths
    assert 6 < len(formless) < len(formed)
    assert {path for _, path in OPEN[:2]} | {
        "/portal/receipts",
        "/portal/submissions",
        "/portal/state",
        "/portal/looked",
    } <= described_paths


def test_a_bound_that_is_missing_is_found() -> None:
    schema = {"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        "c": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}, "d": {"$ref": "#/$defs/D"},
        "e": {"type": "string", "pattern": "^a+$"}, "f": {"type": "string", "maxLength": 3},
    }}  # fmt: skip

    assert list(unbounded(schema, "x")) == [
        "x: open", "x.a", "x.b", "x.c", "x.d: points elsewhere", "x.e: a pattern without an end",
    ]  # fmt: skip


def test_the_reference_names_every_door_and_runs_nothing(stranger: Client) -> None:
    page = stranger.get("/api/reference")

    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for ask in SIGNED_IN:
        assert f"<code>{ask.method} {ask.path}</code>" in page.text, ask
    assert not re.search(r"<script|<style|style=|\son\w+=|https?://|javascript:", page.text)


def test_the_reference_says_which_lists_have_pages_and_what_may_be_repeated(stranger: Client) -> None:
    page = stranger.get("/api/reference").text

    paged = set(re.findall(r"<code>GET (\S+)</code> <small>paged</small>", page))
    repeatable = set(re.findall(r"<small>(\S+) · \w[\w-]* · repeatable</small>", page))

    assert paged == {door.path for door in GETS if door.paged}
    assert repeatable == {door.action.name for door in POSTS if door.action.creates}
    assert paged
    assert "case.open" in repeatable
    assert "hold.set" not in repeatable


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/api/openapi.json"])
def test_the_pages_of_the_framework_are_off(stranger: Client, portal: Client, path: str) -> None:
    assert [stranger.get(path).status_code, portal.get(path).status_code] == [404, 404]

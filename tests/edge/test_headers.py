"""The full set of headers on every answer there is."""

from __future__ import annotations

from typing import get_args

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.headers import IMMUTABLE, Door, SecurityHeaders, content_policy
from app.edge.refusals import Incidents
from tests.edge.asking import CAP, ask, ask_json, guarded, small_app

FULL_SET = {
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
# Copied from the interface page by hand, not from the code.
POLICIES: dict[Door, str] = {
    "portal": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "staff": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'",
    "api": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
}
ANSWERS: dict[int, tuple[str, str, bytes | None]] = {
    200: ("GET", "/place", None),
    400: ("POST", "/files", b"not a form"),
    404: ("GET", "/none", None),
    405: ("PUT", "/place", None),
    413: ("POST", "/raw", b"x" * (CAP + 1)),
    414: ("GET", "/" + "a" * 5000, None),
    415: ("POST", "/statements", b"{}"),
    422: ("GET", "/cases/x", None),
    429: ("GET", "/refuse/wait", None),
    500: ("GET", "/refuse/defect", None),
    503: ("GET", "/refuse/busy", None),
}


def missing(answered: httpx.Response, door: Door) -> dict[str, str | None]:
    expected = FULL_SET | {"content-security-policy": POLICIES[door]}
    return {name: answered.headers.get(name) for name in expected if answered.headers.get(name) != expected[name]}


def ask_for(app: ASGIApp, status: int) -> httpx.Response:
    method, path, content = ANSWERS[status]
    kind = {"content-type": "multipart/form-data; boundary=b"} if path == "/files" else {}
    return ask(app, method, path, headers=kind, content=content)


@pytest.mark.abuse("D14")
@pytest.mark.parametrize("door", get_args(Door))
@pytest.mark.parametrize("status", ANSWERS)
def test_abuse_d14_every_status_at_every_door_carries_the_full_set(door: Door, status: int) -> None:
    answered = ask_for(guarded(door=door), status)
    assert answered.status_code == status
    assert missing(answered, door) == {}
    assert "server" not in answered.headers


def test_control_the_bare_application_lacks_them_all() -> None:
    answered = ask(small_app(), "GET", "/place")
    assert len(missing(answered, "staff")) == len(FULL_SET) + 1


@pytest.mark.abuse("D14")
def test_abuse_d14_a_bad_host_and_a_disguised_path_carry_them_too() -> None:
    assert missing(ask(guarded(), "GET", "/place", headers={"host": "evil"}), "staff") == {}
    assert missing(ask(guarded(), "GET", "/cases/%31"), "staff") == {}


@pytest.mark.abuse("D14")
def test_abuse_d14_a_fault_in_the_edge_itself_is_dressed_as_well() -> None:
    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    answered = ask(SecurityHeaders(Incidents(faulty), door="portal"), "GET", "/")
    assert answered.status_code == 500
    assert missing(answered, "portal") == {}


@pytest.mark.abuse("D14")
def test_abuse_d14_a_fault_between_the_edge_and_the_routes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """No such fault is known, so one is planted: the path check finds no path."""
    monkeypatch.setattr("app.edge.paths.is_plain", lambda scope: scope["absent"])
    answered = ask(guarded(), "GET", "/place")
    assert answered.status_code == 500
    assert missing(answered, "staff") == {}


def test_what_a_route_sets_loosely_is_replaced_and_what_names_the_software_removed() -> None:
    static = ask(guarded(), "GET", "/static/app.css")
    assert missing(static, "staff") == {}
    assert not {"server", "x-powered-by"} & set(static.headers)
    assert static.headers.get_list("x-frame-options") == ["DENY"]
    assert missing(ask(guarded(), "GET", "/loose"), "staff") == {}


def test_only_a_static_file_asked_for_by_its_hash_may_be_kept() -> None:
    def cached(path: str) -> str:
        return ask(guarded(), "GET", path).headers["cache-control"]

    assert cached("/static/app.css?v=5f1c") == IMMUTABLE
    assert cached("/static/app.css") == "no-store"
    assert cached("/static/none.css?v=5f1c") == "no-store"
    assert cached("/place?v=5f1c") == "no-store"


def test_a_page_with_sound_may_add_that_and_nothing_else() -> None:
    answered = ask(guarded(), "GET", "/sound")
    assert answered.headers["content-security-policy"] == POLICIES["staff"] + "; media-src 'self'"
    at_the_portal = ask(guarded(door="portal"), "GET", "/sound")
    assert at_the_portal.headers["content-security-policy"] == POLICIES["portal"]
    assert content_policy("api", "sandbox") == POLICIES["api"] + "; sandbox"


def test_strict_transport_is_said_only_where_there_is_tls() -> None:
    name = "strict-transport-security"
    assert name not in ask(guarded(), "GET", "/place").headers
    assert ask(guarded(tls=True), "GET", "/none").headers[name] == "max-age=63072000"


def test_the_clearnet_portal_names_the_onion_address_of_the_same_page() -> None:
    app = guarded(door="portal", onion_location="http://abc.onion")
    assert ask(app, "GET", "/place").headers["onion-location"] == "http://abc.onion/place"
    assert "onion-location" not in ask(guarded(door="portal"), "GET", "/place").headers


def test_the_portal_allows_no_script_at_all() -> None:
    policy = ask_json(guarded(door="portal"), "/statements", b"{}").headers["content-security-policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy

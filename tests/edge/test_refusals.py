"""From what was raised to what is said: fixed sentences, no input, no values."""

from __future__ import annotations

import logging
import re

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from app.edge.refusals import FIELDS_SHOWN_MAX, install
from tests.edge.asking import CANARY, Statement, ask, ask_json, ask_raw, code_of, guarded, small_app
from tests.edge.served import exchange, serving


def test_a_refusal_says_its_code_and_sentence_and_the_rule_that_decided() -> None:
    denied = ask(guarded(), "GET", "/refuse/denied")
    assert denied.status_code == 403
    assert denied.json() == {
        "error": {"code": "denied", "sentence": "A rule does not allow this.", "rule": "own-case-only"}
    }


def test_no_grant_looks_like_no_case_and_like_no_page() -> None:
    answers = [ask(guarded(), "GET", path) for path in ("/refuse/absent", "/refuse/ungranted", "/none", "/cases/%31")]
    assert {answered.status_code for answered in answers} == {404}
    assert len({answered.content for answered in answers}) == 1
    assert len({tuple(sorted(answered.headers.items())) for answered in answers}) == 1


def test_who_must_wait_is_told_how_long() -> None:
    assert ask(guarded(), "GET", "/refuse/wait").headers["retry-after"] == "7"
    busy = ask(guarded(), "GET", "/refuse/busy")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")


def test_a_wrong_method_says_which_are_right() -> None:
    answered = ask(guarded(), "PUT", "/place")
    assert (answered.status_code, code_of(answered), answered.headers["allow"]) == (405, "method", "GET")


@pytest.mark.parametrize(("status", "shown"), [(400, 400), (401, 401), (413, 413), (418, 400), (500, 503)])
def test_the_frameworks_own_refusals_lose_their_words(status: int, shown: int) -> None:
    app = FastAPI()
    install(app)

    @app.get("/x")
    def refusing() -> None:
        raise HTTPException(status, CANARY, {"X-Detail": CANARY})

    answered = ask(app, "GET", "/x")
    assert answered.status_code == shown
    assert CANARY not in answered.text + str(answered.headers)


MISSHAPEN = {
    "missing_field": b'{"account": "%s"}',
    "wrong_type": b'{"account": "a", "person": "%s"}',
    "too_long": b'{"account": "a", "person": {"alias": "%s", "age_years": 1}}',
    "not_a_number": b'{"account": "a", "person": {"alias": "a", "age_years": "%s"}}',
    "extra_key": b'{"account": "a", "person": {"alias": "a", "age_years": 1}, "%s": 1}',
    "extra_key_inside": b'{"account": "a", "person": {"alias": "a", "age_years": 1, "%s": 1}}',
    "key_of_a_mapping": b'{"account": "a", "person": {"alias": "a", "age_years": 1}, "remarks": {"%s": "x"}}',
    "a_list": b'["%s"]',
    "a_string": b'"%s"',
    "broken": b'{"account": "%s"',
}


@pytest.mark.abuse("A06")
@pytest.mark.parametrize("route", ["/statements", "/models"])
@pytest.mark.parametrize("shape", MISSHAPEN)
def test_abuse_a06_no_part_of_a_refused_body_comes_back_or_is_logged(
    shape: str, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answered = ask_json(guarded(), route, MISSHAPEN[shape] % CANARY.encode())
    assert (answered.status_code, code_of(answered)) == (422, "invalid")
    assert CANARY not in answered.text + str(answered.headers) + caplog.text


def test_control_the_framework_alone_gives_the_input_back() -> None:
    bare = FastAPI()

    @bare.post("/models")
    def model(form: Statement) -> None: ...

    assert CANARY in ask_json(bare, "/models", MISSHAPEN["missing_field"] % CANARY.encode()).text


@pytest.mark.abuse("A06")
def test_abuse_a06_path_query_and_header_values_do_not_come_back() -> None:
    for path in (f"/cases/{CANARY}", f"/cases/1?page={CANARY}"):
        answered = ask(guarded(), "GET", path)
        assert answered.status_code == 422
        assert CANARY not in answered.text


@pytest.mark.parametrize("route", ["/statements", "/models"])
def test_each_field_is_named_with_its_kind_and_a_sentence(route: str) -> None:
    raw = b'{"person": {"alias": "%s", "account": 1}}' % (b"a" * 21)
    fields = ask_json(guarded(), route, raw).json()["error"]["fields"]
    assert [(field["field"], field["kind"]) for field in fields] == [
        ("account", "missing"),
        ("person.alias", "string_too_long"),
        ("person.age_years", "missing"),
        ("person.unknown field", "extra_forbidden"),
    ]
    assert fields[0]["sentence"] == "This is needed."


def test_a_parameter_of_the_route_is_named_too() -> None:
    fields = ask(guarded(), "GET", "/cases/x?page=y").json()["error"]["fields"]
    assert [field["field"] for field in fields] == ["path.case", "query.page"]


@pytest.mark.abuse("A05")
def test_abuse_a05_ten_thousand_unknown_fields_give_a_short_answer() -> None:
    many = b"{" + b",".join(b'"k%d": 1' % n for n in range(10_000)) + b"}"
    answered = ask_json(guarded(), "/statements", many)
    assert answered.status_code == 422
    assert len(answered.json()["error"]["fields"]) == FIELDS_SHOWN_MAX


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), str(2**64), "1" + "0" * 30, "9" * 1500, "1e400"])
def test_abuse_a02_no_number_in_a_path_or_query_is_a_server_error(number: str) -> None:
    for path in (f"/cases/{number}", f"/cases/1?page={number}"):
        assert ask(guarded(), "GET", path).status_code in (200, 404, 422)


@pytest.mark.parametrize(("kind", "code", "level"), [("defect", "incident", "ERROR"), ("alarm", "alarm", "CRITICAL")])
def test_what_breaks_shows_a_number_and_logs_where_but_not_what(
    kind: str, code: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    answered = ask(guarded(), "GET", f"/refuse/{kind}")
    said = answered.json()["error"]
    assert (answered.status_code, said["code"]) == (500, code)
    assert re.fullmatch(r"[0-9a-f]{16}", said["incident"])
    ours = [record for record in caplog.records if record.name == "amana.edge"]
    assert [record.levelname for record in ours] == [level]
    line = ours[0].getMessage()
    assert said["incident"] in line
    assert re.search(r"(KeyError|SealBroken) at .*asking\.py:\d+", line)
    assert CANARY not in answered.text + caplog.text
    assert ours[0].exc_info is None


@pytest.mark.abuse("K03")
@pytest.mark.parametrize("path", [b"/refuse/defect", b"/halfway"])
def test_abuse_k03_the_server_itself_logs_no_message_of_an_exception(
    path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(guarded(hosts={"h"})) as port:
        answered = exchange(port, b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert CANARY.encode() not in answered
    assert CANARY not in caplog.text
    assert "incident" in caplog.text


def test_control_the_bare_application_has_the_server_log_the_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(small_app()) as port:
        exchange(port, b"GET /refuse/defect HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert CANARY in caplog.text


def test_an_answer_that_breaks_halfway_is_seen_to_be_cut() -> None:
    with serving(guarded(hosts={"h"})) as port:
        answered = exchange(port, b"GET /halfway HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b"begun" in answered
    assert not answered.endswith(b"0\r\n\r\n"), "the last chunk would say that this was all"


def test_causes_are_logged_by_type_and_place_only(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install(app)

    @app.get("/x")
    def failing() -> None:
        try:
            raise ValueError(CANARY)
        except ValueError as inner:
            raise RuntimeError(CANARY) from inner

    assert ask(app, "GET", "/x").status_code == 500
    assert re.search(r"RuntimeError at .* < builtins\.ValueError at ", caplog.text)
    assert CANARY not in caplog.text


def test_a_caller_who_left_is_not_an_incident(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(IndexError):  # nothing was sent, so there is no answer to look at
        ask_raw_and_leave()
    assert caplog.text == ""


def ask_raw_and_leave() -> None:
    app = small_app()

    @app.post("/leave")
    async def leave() -> None:
        from starlette.requests import ClientDisconnect

        raise ClientDisconnect

    ask_raw(guarded(app), "POST", path="/leave")

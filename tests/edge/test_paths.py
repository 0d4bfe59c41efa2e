"""One spelling for each address, and only our own names."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from app.edge.paths import forbid_redirects
from tests.edge.asking import HOST, ask, ask_raw, guarded, small_app
from tests.edge.served import exchange, serving

DISGUISES = [
    b"//cases/1",
    b"/cases//1",
    b"/cases/1/",
    b"/cases/%31",
    b"/%63ases/1",
    b"/cases%2f1",
    b"/cases/%2e/1",
    b"/x/%2e%2e%2fcases/1",
    b"/x/../cases/1",
    b"/./cases/1",
    b"/cases/1/..",
    b"/cases/1;x=1",
    b"/cases/1;2",
    b"/cases;x=1/1",
    b"/cases/1%00",
    b"/cases/1%3bx",
    b"/cases/%ff",
    b"/cases/%c0%af1",
    b"/cases\\1",
    b"/cases/1%0d%0aX-Evil:%201",
    b"/Cases/1",
    b"/CASES/1",
    b"@evil/cases/1",
    b"http://evil/cases/1",
    b"*",
    b"cases/1",
]


@pytest.mark.abuse("A16", "E07")
@pytest.mark.parametrize("target", DISGUISES)
def test_abuse_a16_e07_another_spelling_of_a_path_is_not_found(target: bytes) -> None:
    request = b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    plain_404 = b"GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    with serving(guarded(hosts={"h"})) as port:
        answered, none = exchange(port, request), exchange(port, plain_404)
    assert answered.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), answered[:100]
    assert b"location:" not in answered.lower()
    if answered.startswith(b"HTTP/1.1 404 "):
        assert answered.partition(b"\r\n\r\n")[2] == none.partition(b"\r\n\r\n")[2]


def test_control_the_plain_spelling_is_found_and_the_bare_application_takes_disguises() -> None:
    assert ask(guarded(), "GET", "/cases/1").json() == {"case": 1, "page": 1}
    with serving(small_app()) as port:
        disguised = exchange(port, b"GET /%63ases/%31 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert disguised.startswith(b"HTTP/1.1 200 ")


@pytest.mark.abuse("A16")
@pytest.mark.parametrize("target", [b"/cases/\xff", b"/cases/\xd8\xa3", b"/cases/1\x00", b"/ca ses/1", b"/cases/1\t"])
def test_abuse_a16_raw_bytes_in_a_target_end_at_a_refusal(target: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with serving(guarded(hosts={"h"})) as port:
        answered = exchange(port, b"GET " + target + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 4"), answered[:100]
    assert "Traceback" not in caplog.text


def test_a_path_that_the_server_read_otherwise_than_it_was_sent_is_not_found() -> None:
    assert ask_raw(guarded(), path="/cases/1", raw_path=b"/cases/2")[0] == 404
    assert ask_raw(guarded(), path="/cases/1", raw_path=b"/cases/1")[0] == 200


def test_what_our_own_paths_are_made_of_is_let_through() -> None:
    for path in ("/", "/cases/1", "/.well-known/security.txt", "/en-GB/x_y~z", "/a:b,c"):
        status = ask_raw(guarded(), path=path)[0]
        assert status == (200 if path == "/cases/1" else 404), path


@pytest.mark.abuse("E07")
def test_abuse_e07_no_slash_is_added_or_taken_away_by_redirect() -> None:
    def app_with_slash() -> FastAPI:
        app = FastAPI()
        app.get("/with/")(lambda: "x")
        return app

    tamed = app_with_slash()
    forbid_redirects(tamed)
    assert ask(app_with_slash(), "GET", "/with").status_code == 307  # the control
    assert ask(tamed, "GET", "/with").status_code == 404
    assert ask(guarded(app_with_slash()), "GET", "/with").status_code == 404


@pytest.mark.abuse("E07")
@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_abuse_e07_a_method_is_what_the_request_line_says(header: str) -> None:
    assert ask(guarded(), "GET", "/raw", headers={header: "POST"}).status_code == 405
    assert ask(guarded(), "GET", "/raw?_method=POST").status_code == 405
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert ask(guarded(), "POST", "/cases/1", headers=kind, content=b"_method=GET").status_code == 405


@pytest.mark.abuse("E07")
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "get"])
def test_abuse_e07_other_methods_reach_nothing(method: str) -> None:
    assert ask_raw(guarded(), method, path="/cases/1")[0] == 405
    assert ask_raw(guarded(), method, path="/none")[0] == 404


BAD_HOSTS: list[list[bytes]] = [
    [],
    [b""],
    [b"evil"],
    [b"evil:99999"],
    [b"a@b"],
    [b"evil@amana.test"],
    [b"[::"],
    [b"amana.test:99999"],
    [b"amana.test."],
    [b"amana.test,evil"],
    [b"amana.test/evil"],
    [b" amana.test"],
    [b"amana.test", b"evil"],
    [b"amana.test", b"amana.test"],
    [b"amana.test\xff"],
]


@pytest.mark.abuse("A17")
@pytest.mark.parametrize("hosts", BAD_HOSTS)
def test_abuse_a17_a_host_that_is_not_ours_or_not_one_is_refused(hosts: list[bytes]) -> None:
    status, _, said = ask_raw(guarded(), headers=[(b"host", host) for host in hosts])
    assert (status, said["error"]["code"]) == (400, "request.malformed")


@pytest.mark.abuse("A17")
@pytest.mark.parametrize(
    "host", [b"", b"Host:\r\n", b"Host: evil\r\n", b"Host: h\r\nHost: h\r\n", b"Host: h\r\n : x\r\n"]
)
def test_abuse_a17_a_bad_host_on_the_wire_is_refused(host: bytes) -> None:
    for version in (b"1.1", b"1.0"):
        with serving(guarded(hosts={"h"})) as port:
            answered = exchange(port, b"GET /place HTTP/" + version + b"\r\n" + host + b"Connection: close\r\n\r\n")
        assert b" 400 " in answered[:20]


def test_control_our_own_host_is_let_through_in_any_case() -> None:
    assert ask_raw(guarded(), headers=[(b"host", b"AMANA.test")])[0] == 200
    assert ask_raw(guarded(hosts={"localhost:8000"}), headers=[(b"host", b"localhost:8000")])[0] == 200


@pytest.mark.abuse("A17")
def test_abuse_a17_forwarded_hosts_and_schemes_are_not_even_seen() -> None:
    claims = [
        (b"x-forwarded-host", b"evil"),
        (b"x-forwarded-proto", b"https"),
        (b"x-forwarded-for", b"10.9.8.7"),
        (b"X-Forwarded-Prefix", b"/evil"),
        (b"forwarded", b"host=evil"),
        (b"x-original-url", b"/evil"),
        (b"x-rewrite-url", b"/evil"),
    ]
    status, headers, said = ask_raw(guarded(), headers=[(b"host", HOST.encode()), *claims])
    assert (status, said) == (200, [f"http://{HOST}/", f"http://{HOST}/place", "host"])
    assert "evil" not in str(headers)


def test_control_without_the_edge_the_claims_are_seen() -> None:
    _, _, said = ask_raw(small_app(), headers=[(b"host", b"evil"), (b"x-forwarded-host", b"evil")])
    assert said == ["http://evil/", "http://evil/place", "host", "x-forwarded-host"]

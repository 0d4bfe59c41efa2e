"""A change must come from one of our own pages."""

from __future__ import annotations

import base64

import pytest

from app.edge.origin import check_csrf, csrf_token
from app.edge.refusals import CrossSite
from tests.edge.asking import HOST, ask, code_of, guarded

OURS = f"http://{HOST}"
SECRET = bytes(range(32))
OTHER = bytes(range(1, 33))

GOOD = [
    [("Origin", OURS)],
    [("Origin", OURS), ("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "same-origin")],
    [("Sec-Fetch-Site", "none")],
]
BAD = [
    [],
    [("Origin", "null")],
    [("Origin", "")],
    [("Origin", "http://evil")],
    [("Origin", f"https://{HOST}")],
    [("Origin", f"http://{HOST}:8000")],
    [("Origin", f"http://{HOST}.evil")],
    [("Origin", f"http://evil@{HOST}")],
    [("Origin", f"{OURS}/")],
    [("Origin", f"{OURS} http://evil")],
    [("Origin", OURS), ("Origin", "http://evil")],
    [("Origin", OURS), ("Origin", OURS)],
    [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
    [("Origin", OURS), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", OURS), ("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "cross-site")],
    [("Sec-Fetch-Site", "same-site")],
    [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    [("Referer", f"{OURS}/place")],
]


@pytest.mark.parametrize("headers", GOOD)
def test_a_change_from_our_own_page_is_let_through(headers: list[tuple[str, str]]) -> None:
    assert ask(guarded(), "POST", "/change", headers=headers).json() == "changed"


@pytest.mark.abuse("D08")
@pytest.mark.parametrize("headers", BAD)
def test_abuse_d08_a_change_from_anywhere_else_is_refused(headers: list[tuple[str, str]]) -> None:
    refused = ask(guarded(), "POST", "/change", headers=headers)
    assert (refused.status_code, code_of(refused)) == (403, "csrf")


@pytest.mark.abuse("D08")
def test_abuse_d08_a_change_by_get_does_not_exist() -> None:
    assert ask(guarded(), "GET", "/change", headers=[("Origin", OURS)]).status_code == 405


def test_a_token_opens_its_own_session_and_differs_on_every_page() -> None:
    tokens = {csrf_token(SECRET) for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        check_csrf(SECRET, token)


def flipped(token: str, bit: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[bit // 8] ^= 1 << bit % 8
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.abuse("D08")
def test_abuse_d08_a_foreign_missing_or_altered_token_is_refused() -> None:
    token = csrf_token(SECRET)
    wrong = [None, "", token[:-1], token + "A", csrf_token(OTHER), "A" * 64, "é" * 64, "=" * 64, "\0" * 64]
    wrong += [flipped(token, bit) for bit in range(48 * 8)]
    for each in wrong:
        with pytest.raises(CrossSite):
            check_csrf(SECRET, each)


def test_a_secret_too_short_to_be_one_is_a_defect() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        csrf_token(b"short")

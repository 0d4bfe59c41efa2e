"""Plain form posts under a cap."""

from __future__ import annotations

import time

import pytest

from tests.edge.asking import ask_json, guarded

FORM = "application/x-www-form-urlencoded"


def status(content: bytes, kind: str = FORM) -> int:
    return ask_json(guarded(), "/forms", content, kind).status_code


def test_a_form_is_read_with_blank_and_repeated_fields() -> None:
    answered = ask_json(guarded(), "/forms", b"a=1&a=2&b=&c=%D8%A3+x", FORM)
    assert (answered.status_code, answered.json()) == (200, 4)


@pytest.mark.abuse("A11")
def test_abuse_a11_a_form_of_a_hundred_thousand_fields_is_refused_in_under_a_second() -> None:
    many = b"&".join(b"f%d=1" % n for n in range(100_000))
    begun = time.process_time()
    assert status(many[: 1024 * 1024]) == 413
    assert time.process_time() - begun < 1


@pytest.mark.abuse("A11")
def test_abuse_a11_a_field_of_fifty_megabytes_is_refused_in_under_a_second() -> None:
    large = b"a=" + b"x" * 50_000_000
    begun = time.process_time()
    assert status(large) == 413
    assert time.process_time() - begun < 1


def test_control_two_hundred_fields_pass_and_one_more_does_not() -> None:
    assert status(b"&".join([b"a=1"] * 200)) == 200
    assert status(b"&".join([b"a=1"] * 201)) == 413


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("content", [b"a=%ff", b"a=%00", b"%00=a", "a=é".encode(), b"a=%ed%a0%80"])
def test_abuse_a03_what_is_not_text_is_refused(content: bytes) -> None:
    assert status(content) == 400


@pytest.mark.abuse("A12")
@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", f"{FORM}; charset=utf-7"])
def test_abuse_a12_another_content_type_is_refused(kind: str) -> None:
    assert status(b"a=1", kind) == 415

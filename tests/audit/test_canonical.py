"""One entry has one spelling, and its commitment tells nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.canonical import canonical, commitment
from tests.audit.sample_log import body, entry, leaves, salt
from tests.kit import verify_log

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


def test_names_are_sorted_and_blanks_are_left_out() -> None:
    assert canonical({"b": [1, True, None], "a": {"d": "", "c": -5}}) == b'{"a":{"c":-5,"d":""},"b":[1,true,null]}'


def test_names_are_sorted_as_utf16() -> None:
    """U+FB33 comes after U+1F600, whose first half is U+D83D: the example of RFC 8785 3.2.3."""
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "bad",
    [
        {"n": 1.5},
        {"n": 1.0},
        {"n": float("nan")},
        {"n": float("inf")},
        {"n": 2**53},
        {"n": -(2**53)},
        {1: "n"},
        {"n": {None: 1}},
        {"n": [{"m": [2.0]}]},
        {"n": b"bytes"},
        {"n": {1, 2}},
        {"n": "\ud800"},
        {"\ud800": 1},
    ],
)
def test_what_json_spells_in_two_ways_or_not_at_all_is_refused(bad: dict[Any, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each with its own words, some from the library)
        canonical(bad)


def test_the_commitment_is_the_hash_of_salt_and_body() -> None:
    assert commitment(salt(0), b"{}") == hashlib.sha256(salt(0) + b"{}").digest()


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    """Salt and body are not parted by anything, so a longer salt could swallow the body's beginning."""
    with pytest.raises(ValueError, match="16"):
        commitment(bytes(length), b"{}")


def test_the_same_body_twice_gives_commitments_that_do_not_show_it() -> None:
    raw = canonical(body(0))
    assert commitment(salt(0), raw) != commitment(salt(1), raw)


HOSTILE = {
    "line ends": "one\r\ntwo\u2028three\u2029four\x0bfive\x85six",
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "nul": "a\x00b",
    "quotes": '"}\n{"body":{},"salt":"',
    "direction": "\u202eevil\u202c\u200f\ufeff",
    "megabyte": "x" * 1_000_000,
}


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", sorted(body(0)))
def test_hostile_text_in_any_field_stays_one_line_of_json(name: str, text: str) -> None:
    raw = canonical(body(0, **{name: text}))
    assert raw.count(b"\n") == raw.count(b"\r") == 0
    assert not any(byte < 0x20 for byte in raw)
    assert json.loads(raw)[name] == text
    assert verify_log.read_body(raw) == body(0, **{name: text})


@given(st.dictionaries(st.text(), values, max_size=6))
def test_the_verifier_reads_exactly_what_the_log_writes(drawn: dict[str, Any]) -> None:
    raw = canonical(drawn)
    assert verify_log.read_body(raw) == drawn
    assert canonical(json.loads(raw)) == raw


@pytest.mark.parametrize(
    "bend",
    [
        lambda raw: raw.replace(b",", b", ", 1),
        lambda raw: raw.replace(b'"at"', b'"\\u0061t"'),
        lambda raw: raw.replace(b'"outcome":"done"', b'"outcome":"done","outcome":"done"'),
        lambda raw: b'{"zeal":1,' + raw[1:],
        lambda raw: raw.replace(b'"seq":1', b'"seq":1.0'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":1e0'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":-0'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":NaN'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":9007199254740992'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":-9007199254740992'),
        lambda raw: raw.replace(b'"seq":1', b'"seq":' + b"9" * 5000),
        lambda raw: raw.replace(b"P-0412", b"P-0\\/12"),
        lambda raw: raw.replace(b"P-0412", b"P-0412\xff"),
        lambda raw: raw.replace(b"P-0412", b"\\ud800"),
        lambda raw: raw + b" ",
        lambda raw: b"[" + raw + b"]",
        lambda raw: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        lambda raw: b"",
    ],
)
def test_the_verifier_takes_no_other_spelling(bend: Callable[[bytes], bytes]) -> None:
    raw = canonical(body(0))
    assert bend(raw) != raw
    with pytest.raises(ValueError):  # noqa: PT011 (any of the ways to be no entry)
        verify_log.read_body(bend(raw))


def test_an_erased_entry_keeps_its_leaf() -> None:
    whole = entry(4)
    assert leaves([whole]) == leaves([commitment(*whole)])

"""A fact is written in one way, and its tag is made by whoever holds the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.statements import TAG_BYTES, statement, tag, tag_fits

KEY = bytes(range(32))
PARTS = st.lists(st.binary(max_size=6), max_size=5)


@given(PARTS, PARTS)
def test_two_facts_are_spelt_alike_only_if_they_are_one(first: list[bytes], second: list[bytes]) -> None:
    label = "amana/register/holder/v1"

    assert (statement(label, *first) == statement(label, *second)) == (first == second)


@given(PARTS)
def test_a_fact_of_one_kind_is_none_of_another(parts: list[bytes]) -> None:
    assert statement("amana/register/holder/v1", *parts) != statement("amana/register/member/v1", *parts)


@pytest.mark.parametrize("label", ["", "amana/Grant/v1", "grant", "amana/grant/v1\x00", "amana/grant"])
def test_a_label_has_one_shape(label: str) -> None:
    with pytest.raises(ValueError, match="a label reads"):
        statement(label, b"part")


def test_a_tag_fits_one_key_one_label_and_one_fact() -> None:
    made = tag(KEY, "amana/grant-tag/v1", b"case", b"holder")

    assert len(made) == TAG_BYTES
    assert tag_fits(made, KEY, "amana/grant-tag/v1", b"case", b"holder")
    assert not tag_fits(made, bytes(32), "amana/grant-tag/v1", b"case", b"holder")
    assert not tag_fits(made, KEY, "amana/other-tag/v1", b"case", b"holder")
    assert not tag_fits(made, KEY, "amana/grant-tag/v1", b"caseh", b"older")
    assert not tag_fits(made[:-1], KEY, "amana/grant-tag/v1", b"case", b"holder")
    assert not tag_fits(b"", KEY, "amana/grant-tag/v1", b"case", b"holder")

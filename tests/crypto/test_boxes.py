"""A wrapped secret opens under its key and for its purpose only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import boxes
from app.errors import SealBroken

KEY = bytes(range(32))
CONTEXT = b"person:0001:private-key"
SECRET = bytes(range(96))


def stays_shut(sealed: bytes, *, key: bytes = KEY, context: bytes = CONTEXT) -> None:
    with pytest.raises(SealBroken) as broken:
        boxes.open_box(key, sealed, context=context)
    assert broken.value.args == ()
    assert broken.value.__cause__ is None


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.binary(max_size=60))
def test_what_is_boxed_opens(key: bytes, secret: bytes, context: bytes) -> None:
    sealed = boxes.seal_box(key, secret, context=context)
    assert boxes.open_box(key, sealed, context=context) == secret
    assert len(sealed) == len(secret) + 61


@pytest.mark.abuse("H01")
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_box_moved_to_another_purpose_stays_shut(one: bytes, other: bytes) -> None:
    sealed = boxes.seal_box(KEY, SECRET, context=one)
    if one != other:
        stays_shut(sealed, context=other)


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_a_box_is_one_error() -> None:
    sealed = boxes.seal_box(KEY, SECRET, context=CONTEXT)
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        stays_shut(bytes(flipped))


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_the_context_is_one_error() -> None:
    sealed = boxes.seal_box(KEY, SECRET, context=CONTEXT)
    for bit in range(8 * len(CONTEXT)):
        flipped = bytearray(CONTEXT)
        flipped[bit // 8] ^= 1 << bit % 8
        stays_shut(sealed, context=bytes(flipped))


@pytest.mark.abuse("H02")
def test_each_cut_of_a_box_is_the_same_error() -> None:
    sealed = boxes.seal_box(KEY, SECRET, context=CONTEXT)
    for length in range(len(sealed)):
        stays_shut(sealed[:length])
    stays_shut(sealed + b"\x00")


def test_a_box_names_one_key_before_anything_is_decrypted() -> None:
    sealed = boxes.seal_box(KEY, SECRET, context=CONTEXT)
    other = boxes.seal_box(bytes(32), SECRET, context=CONTEXT)
    assert sealed[1:33] != other[1:33]
    stays_shut(sealed, key=bytes(32))
    stays_shut(other[:33] + sealed[33:], key=bytes(32))


def test_a_secret_boxed_twice_does_not_look_the_same() -> None:
    one, two = (boxes.seal_box(KEY, SECRET, context=CONTEXT) for _ in range(2))
    assert one[33:45] != two[33:45]


def test_a_key_or_nonce_of_another_length_is_a_defect() -> None:
    for key in (b"", bytes(16), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            boxes.seal_box(key, SECRET, context=CONTEXT)
        with pytest.raises(ValueError, match="32 bytes"):
            boxes.open_box(key, bytes(100), context=CONTEXT)
    with pytest.raises(ValueError, match="12 bytes"):
        boxes.seal_box(KEY, SECRET, context=CONTEXT, nonce=b"short")

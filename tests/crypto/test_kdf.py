"""Keys made from keys."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import kdf

KEY = bytes(range(32))


def test_a_derived_key_is_hkdf_sha256_over_label_zero_context() -> None:
    expected = HKDF(SHA256(), 32, salt=None, info=b"amana/thing/v1\x00here").derive(KEY)
    assert kdf.derive(KEY, "amana/thing/v1", context=b"here") == expected


def test_two_labels_give_unrelated_keys() -> None:
    assert kdf.derive(KEY, "amana/one/v1") != kdf.derive(KEY, "amana/two/v1")
    assert kdf.derive(KEY, "amana/one/v1") != kdf.derive(KEY, "amana/one/v2")


def test_deriving_and_expanding_are_two_functions() -> None:
    assert kdf.derive(KEY, "amana/one/v1") != kdf.expand(KEY, "amana/one/v1")


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_two_contexts_give_two_keys(one: bytes, other: bytes) -> None:
    same = kdf.expand(KEY, "amana/x/v1", context=one) == kdf.expand(KEY, "amana/x/v1", context=other)
    assert same == (one == other)


@pytest.mark.parametrize("length", [1, 16, 32, 96, 8160])
def test_a_key_has_the_length_asked_for(length: int) -> None:
    assert len(kdf.derive(KEY, "amana/x/v1", length)) == length


@pytest.mark.parametrize(
    "label",
    [
        "",
        "amana",
        "amana//v1",
        "amana/x",
        "amana/x/v",
        "Amana/x/v1",
        "amana/x/v1\x00",
        "amana/x/v1 ",
        "other/x/v1",
    ],
)
def test_a_label_of_another_shape_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        kdf.derive(KEY, label)
    with pytest.raises(ValueError, match="label"):
        kdf.expand(KEY, label)


def test_a_key_too_short_to_be_secret_derives_nothing() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        kdf.derive(bytes(15), "amana/x/v1")


def test_a_commitment_belongs_to_one_key_and_is_cut_from_one_value() -> None:
    assert kdf.commitment(KEY, 8) == kdf.commitment(KEY, 32)[:8]
    assert kdf.commitment(KEY, 8) != kdf.commitment(bytes(32), 8)
    assert len(kdf.commitment(KEY, 32)) == 32

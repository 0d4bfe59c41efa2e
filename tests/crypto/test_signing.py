"""Who signed this, and did anyone touch it since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import signing
from app.errors import SealBroken

SEED = bytes(range(32))
MESSAGE = b"amana.example/log\n3\nroot\n"


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_what_was_signed_is_verified(seed: bytes, message: bytes) -> None:
    signature = signing.sign(seed, message)
    assert len(signature) == 64
    signing.verify(signing.public(seed), message, signature)


def test_each_flipped_bit_of_message_and_signature_is_found() -> None:
    signature, public = signing.sign(SEED, MESSAGE), signing.public(SEED)
    for bit in range(8 * len(signature)):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            signing.verify(public, MESSAGE, bytes(flipped))
    for bit in range(8 * len(MESSAGE)):
        flipped = bytearray(MESSAGE)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            signing.verify(public, bytes(flipped), signature)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32, signing.public(bytes(32))])
def test_another_or_malformed_public_key_verifies_nothing(public: bytes) -> None:
    with pytest.raises(SealBroken) as broken:
        signing.verify(public, MESSAGE, signing.sign(SEED, MESSAGE))
    assert broken.value.args == ()


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65)])
def test_a_malformed_signature_verifies_nothing(signature: bytes) -> None:
    with pytest.raises(SealBroken):
        signing.verify(signing.public(SEED), MESSAGE, signature)


def test_seeds_are_fresh_and_of_one_length() -> None:
    assert len(signing.generate()) == 32
    assert signing.generate() != signing.generate()
    with pytest.raises(ValueError, match="32"):
        signing.public(bytes(31))

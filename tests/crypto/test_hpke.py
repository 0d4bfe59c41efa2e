"""Sealing to a key holder who is not here."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crypto import hpke
from app.errors import SealBroken

HOLDER = hpke.PrivateKey.from_raw(bytes(range(96)))
INFO = b"grant\x00case\x00holder\x00gen"
SECRET = b"thirty-two bytes of a key here.."


def stays_shut(sealed: bytes, *, holder: hpke.PrivateKey = HOLDER, info: bytes = INFO) -> None:
    with pytest.raises(SealBroken) as broken:
        hpke.open_with(holder, sealed, info=info)
    assert broken.value.args == ()
    assert broken.value.__cause__ is None


@settings(max_examples=30)
@given(st.binary(min_size=96, max_size=96), st.binary(max_size=500), st.binary(max_size=60))
def test_what_is_sealed_to_a_holder_opens_for_that_holder(raw: bytes, plain: bytes, info: bytes) -> None:
    holder = hpke.PrivateKey.from_raw(raw)
    sealed = hpke.seal_to(holder.public, plain, info=info)
    assert hpke.open_with(holder, sealed, info=info) == plain
    assert len(sealed) == len(plain) + 1137


def test_a_holder_is_the_same_after_being_kept_as_bytes() -> None:
    made = hpke.generate()
    kept = hpke.PrivateKey.from_raw(made.raw)
    assert (len(made.raw), len(made.public)) == (96, 1216)
    assert kept.public == made.public
    assert hpke.open_with(kept, hpke.seal_to(made.public, SECRET, info=INFO), info=INFO) == SECRET


def test_no_two_holders_and_no_two_seals_are_alike() -> None:
    assert hpke.generate().raw != hpke.generate().raw
    one, two = (hpke.seal_to(HOLDER.public, SECRET, info=INFO) for _ in range(2))
    assert one[1:1121] != two[1:1121]
    assert one[1121:] != two[1121:]


def test_another_holder_opens_nothing() -> None:
    stays_shut(hpke.seal_to(HOLDER.public, SECRET, info=INFO), holder=hpke.generate())


@pytest.mark.parametrize("half", [slice(0, 64), slice(64, 96)])
def test_half_of_the_hybrid_key_opens_nothing(half: slice) -> None:
    raw = bytearray(hpke.generate().raw)
    raw[half] = HOLDER.raw[half]
    stays_shut(hpke.seal_to(HOLDER.public, SECRET, info=INFO), holder=hpke.PrivateKey.from_raw(bytes(raw)))


@pytest.mark.abuse("H01")
@pytest.mark.parametrize("info", [b"", INFO + b"\x00", INFO[:-1], b"grant\x00other\x00holder\x00gen"])
def test_a_seal_carried_to_another_use_stays_shut(info: bytes) -> None:
    stays_shut(hpke.seal_to(HOLDER.public, SECRET, info=INFO), info=info)


@pytest.mark.abuse("H02")
def test_each_altered_byte_of_a_seal_is_one_error() -> None:
    sealed = hpke.seal_to(HOLDER.public, SECRET, info=INFO)
    for at in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[at] ^= 1 << at % 7
        stays_shut(bytes(flipped))


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_version_text_and_tag_is_one_error() -> None:
    sealed = hpke.seal_to(HOLDER.public, SECRET, info=INFO)
    for at in (0, *range(1121, len(sealed))):
        for bit in range(8):
            flipped = bytearray(sealed)
            flipped[at] ^= 1 << bit
            stays_shut(bytes(flipped))


@pytest.mark.abuse("H02")
def test_cut_lengthened_and_degenerate_seals_are_the_same_error() -> None:
    sealed = hpke.seal_to(HOLDER.public, SECRET, info=INFO)
    for length in (0, 1, 2, 1088, 1089, 1120, 1121, 1122, 1136, 1137, len(sealed) - 1):
        stays_shut(sealed[:length])
    stays_shut(sealed + b"\x00")
    stays_shut(sealed[:1089] + bytes(32) + sealed[1121:])


def test_a_private_key_shows_nothing_of_itself() -> None:
    holder = hpke.generate()
    assert repr(holder) == str(holder) == f"{holder}" == "PrivateKey()"
    assert repr({"key": [holder]}) == "{'key': [PrivateKey()]}"


def test_a_private_key_is_neither_pickled_nor_copied_nor_changed() -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            attempt(HOLDER)
    with pytest.raises(AttributeError):
        HOLDER.raw = bytes(96)  # type: ignore[misc]  # the refusal at run time is the point
    assert not hasattr(HOLDER, "__dict__")


@pytest.mark.parametrize("length", [0, 32, 64, 95, 97])
def test_a_private_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="96 bytes"):
        hpke.PrivateKey.from_raw(bytes(length))


def test_what_is_no_public_key_is_refused() -> None:
    for public in (b"", HOLDER.public[:-1], HOLDER.public + b"\x00"):
        with pytest.raises(ValueError, match="1,216"):
            hpke.seal_to(public, SECRET, info=INFO)
    for public in (b"\xff" * 1184 + HOLDER.public[1184:], HOLDER.public[:1184] + bytes(32)):
        with pytest.raises(ValueError, match=r".+"):
            hpke.seal_to(public, SECRET, info=INFO)

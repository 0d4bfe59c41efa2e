"""A file seals and opens as it streams; whatever happened to it in between is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crypto import chunks
from app.errors import SealBroken

KEY = bytes(range(32))
FULL = chunks.CHUNK_BYTES + 16


def seal(plain: bytes, *, pieces: int = 10_000) -> bytes:
    sealer = chunks.Sealer(KEY)
    sealed = [sealer.header]
    sealed += [sealer.update(plain[at : at + pieces]) for at in range(0, len(plain), pieces)]
    return b"".join([*sealed, sealer.finish()])


def opened(sealed: bytes, *, key: bytes = KEY, pieces: int = 7_000) -> bytes:
    return b"".join(chunks.open_chunks(key, cut(sealed, pieces)))


def cut(sealed: bytes, pieces: int) -> Iterator[bytes]:
    return (sealed[at : at + pieces] for at in range(0, len(sealed), pieces))


def stays_shut(sealed: bytes, *, key: bytes = KEY) -> None:
    with pytest.raises(SealBroken) as broken:
        opened(sealed, key=key)
    assert broken.value.args == ()
    assert broken.value.__cause__ is None


PLAIN = bytes(i % 251 for i in range(2 * chunks.CHUNK_BYTES + 500))
SEALED = seal(PLAIN)


@settings(max_examples=40)
@given(st.integers(0, 60_000), st.integers(1, 40_000), st.integers(1, 40_000))
def test_a_file_opens_however_it_was_cut_on_the_way(length: int, pieces_in: int, pieces_out: int) -> None:
    plain = bytes(length)
    assert opened(seal(plain, pieces=pieces_in), pieces=pieces_out) == plain


@pytest.mark.parametrize("length", [0, 1, 16383, 16384, 16385, 32768])
def test_a_file_that_fills_its_last_chunk_has_a_short_one_after_it(length: int) -> None:
    sealed = seal(bytes(length))
    assert len(sealed) == 56 + length + 16 * (length // 16384 + 1)
    assert opened(sealed) == bytes(length)


def test_byte_by_byte_is_the_same_file() -> None:
    short = seal(b"a short statement", pieces=1)
    assert opened(short, pieces=1) == b"a short statement"


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_a_small_file_is_one_error() -> None:
    sealed = seal(b"photograph")
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        stays_shut(bytes(flipped))


@pytest.mark.abuse("H02")
@settings(max_examples=60)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_breaks_a_file(at: int, change: int) -> None:
    stays_shut(SEALED[:at] + bytes([SEALED[at] ^ change]) + SEALED[at + 1 :])


@pytest.mark.abuse("H02")
@pytest.mark.parametrize(
    "end",
    [0, 1, 24, 55, 56, 57, 71, 56 + FULL - 1, 56 + FULL, 56 + FULL + 15, 56 + 2 * FULL, len(SEALED) - 1],
)
def test_a_file_cut_anywhere_is_broken_also_between_chunks(end: int) -> None:
    stays_shut(SEALED[:end])


@pytest.mark.abuse("H01")
def test_chunks_exchanged_repeated_or_left_out_break_a_file() -> None:
    header, one, two, last = (
        SEALED[:56],
        SEALED[56 : 56 + FULL],
        SEALED[56 + FULL : 56 + 2 * FULL],
        SEALED[-516:],
    )
    assert header + one + two + last == SEALED
    for order in (
        (two, one, last),
        (one, one, last),
        (one, last),
        (two, last),
        (one, two, two, last),
        (last,),
    ):
        stays_shut(header + b"".join(order))


@pytest.mark.abuse("H01")
def test_a_chunk_of_another_file_under_the_same_key_does_not_fit() -> None:
    other = seal(PLAIN)
    stays_shut(SEALED[: 56 + FULL] + other[56 + FULL :])
    stays_shut(other[:56] + SEALED[56:])


@pytest.mark.parametrize("more", [b"\x00", bytes(16), bytes(500), SEALED[-516:], SEALED])
def test_bytes_after_the_last_chunk_break_a_file(more: bytes) -> None:
    stays_shut(SEALED + more)


def test_another_key_is_found_at_the_header_before_any_chunk_is_given() -> None:
    given_out: list[bytes] = []
    with pytest.raises(SealBroken):
        given_out.extend(chunks.open_chunks(bytes(32), cut(SEALED, 1000)))
    assert given_out == []


def test_nothing_of_a_chunk_is_given_before_its_tag_was_verified() -> None:
    spoilt = SEALED[: 56 + 2 * FULL - 1] + bytes([SEALED[56 + 2 * FULL - 1] ^ 1]) + SEALED[56 + 2 * FULL :]
    given_out: list[bytes] = []
    with pytest.raises(SealBroken):
        given_out.extend(chunks.open_chunks(KEY, cut(spoilt, 1000)))
    assert b"".join(given_out) == PLAIN[: chunks.CHUNK_BYTES]


def test_the_first_chunk_is_given_before_the_last_was_read() -> None:
    read = 0

    def source() -> Iterator[bytes]:
        nonlocal read
        for piece in cut(SEALED, 1000):
            read += len(piece)
            yield piece

    first = next(chunks.open_chunks(KEY, source()))
    assert len(first) == chunks.CHUNK_BYTES
    assert read < 56 + FULL + 1000


def test_the_header_is_known_at_once_and_no_two_are_alike() -> None:
    one, two = chunks.Sealer(KEY), chunks.Sealer(KEY)
    assert len(one.header) == chunks.HEADER_BYTES
    assert one.header[:24] != two.header[:24]
    assert one.header[24:] != two.header[24:]


def test_a_sealer_shows_nothing_of_its_key() -> None:
    sealer = chunks.Sealer(KEY)
    assert KEY.hex() not in repr(vars(sealer))
    assert repr(KEY) not in repr(vars(sealer))


def test_a_key_of_another_length_is_a_defect() -> None:
    with pytest.raises(ValueError, match=r".+"):
        chunks.Sealer(bytes(16))
    with pytest.raises(ValueError, match=r".+"):
        list(chunks.open_chunks(bytes(16), [SEALED]))

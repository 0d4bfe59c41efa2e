"""A sealed field opens in its own cell, under its own key, unaltered; and nowhere else."""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import fields, kdf
from app.errors import SealBroken

KEY = bytes(range(32))
CELL = fields.Cell(
    table="testimonies",
    column="account",
    row=UUID(int=1),
    case=UUID(int=2),
    compartment="TESTIMONY",
    generation=7,
)
PLAIN = b"they took the phones at the bridge"

names = st.text(min_size=1, max_size=20)
cells = st.builds(
    fields.Cell,
    table=names,
    column=names,
    row=st.uuids(),
    case=st.uuids(),
    compartment=names,
    generation=st.integers(0, 0xFFFF),
)


def stays_shut(cell: fields.Cell, sealed: bytes, key: bytes = KEY) -> None:
    with pytest.raises(SealBroken) as broken:
        fields.open_cell(key, cell, sealed)
    # One error and nothing in it: no argument, no cause that tells how it failed.
    assert type(broken.value) is SealBroken
    assert broken.value.args == ()
    assert broken.value.__cause__ is None
    assert broken.value.__suppress_context__ or broken.value.__context__ is None


@given(st.binary(min_size=32, max_size=32), cells, st.binary(max_size=3000))
def test_what_is_sealed_opens(key: bytes, cell: fields.Cell, plaintext: bytes) -> None:
    sealed = fields.seal(key, cell, plaintext)
    assert fields.open_cell(key, cell, sealed) == plaintext
    assert fields.generation_of(sealed) == cell.generation


@pytest.mark.abuse("H01")
@pytest.mark.parametrize(
    "moved",
    [
        replace(CELL, row=UUID(int=3)),
        replace(CELL, column="summary"),
        replace(CELL, table="persons"),
        replace(CELL, case=UUID(int=3)),
        replace(CELL, compartment="IDENTITY"),
        replace(CELL, generation=8),
        replace(CELL, row=CELL.case, case=CELL.row),
        replace(CELL, table=CELL.column, column=CELL.table),
        replace(CELL, table="testimoniesa", column="ccount"),
    ],
)
def test_a_field_moved_to_another_cell_stays_shut(moved: fields.Cell) -> None:
    stays_shut(moved, fields.seal(KEY, CELL, PLAIN))


@pytest.mark.abuse("H01")
@given(cells, cells)
def test_two_cells_never_open_each_other(one: fields.Cell, other: fields.Cell) -> None:
    sealed = fields.seal(KEY, one, PLAIN)
    if one == other:
        assert fields.open_cell(KEY, other, sealed) == PLAIN
    else:
        stays_shut(other, sealed)


@pytest.mark.abuse("H01")
def test_a_field_with_its_generation_rewritten_stays_shut() -> None:
    sealed = fields.seal(KEY, CELL, PLAIN)
    rewritten = sealed[:1] + (8).to_bytes(2, "big") + sealed[3:]
    assert fields.generation_of(rewritten) == 8
    stays_shut(replace(CELL, generation=8), rewritten)
    stays_shut(CELL, rewritten)


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_header_nonce_text_and_tag_is_one_error() -> None:
    sealed = fields.seal(KEY, CELL, PLAIN)
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        stays_shut(CELL, bytes(flipped))


@pytest.mark.abuse("H02")
def test_each_flipped_bit_of_the_associated_data_is_one_error() -> None:
    sealed = fields.seal(KEY, CELL, PLAIN)
    for bit in range(128):
        stays_shut(replace(CELL, row=UUID(int=CELL.row.int ^ 1 << bit)), sealed)
        stays_shut(replace(CELL, case=UUID(int=CELL.case.int ^ 1 << bit)), sealed)
    for bit in range(16):
        stays_shut(replace(CELL, generation=CELL.generation ^ 1 << bit), sealed)
    for bit in range(7 * len(CELL.compartment)):
        letters = [*CELL.compartment]
        letters[bit // 7] = chr(ord(letters[bit // 7]) ^ 1 << bit % 7)
        stays_shut(replace(CELL, compartment="".join(letters)), sealed)


@pytest.mark.abuse("H02")
def test_each_cut_and_each_extension_is_the_same_error() -> None:
    sealed = fields.seal(KEY, CELL, PLAIN)
    for length in range(len(sealed)):
        stays_shut(CELL, sealed[:length])
    stays_shut(CELL, sealed + b"\x00")
    stays_shut(CELL, sealed + sealed)


def test_another_key_does_not_open_even_where_the_commitment_is_copied() -> None:
    sealed, other = fields.seal(KEY, CELL, PLAIN), bytes(32)
    stays_shut(CELL, sealed, key=other)
    forged = fields.seal(other, CELL, PLAIN)[:11] + sealed[11:]
    stays_shut(CELL, forged, key=other)


@given(st.binary(max_size=200))
def test_random_bytes_are_no_field(noise: bytes) -> None:
    stays_shut(CELL, noise)


def test_the_same_value_sealed_twice_does_not_look_the_same() -> None:
    one, two = fields.seal(KEY, CELL, PLAIN), fields.seal(KEY, CELL, PLAIN)
    assert one[11:23] != two[11:23]
    assert one[23:] != two[23:]


@pytest.mark.parametrize(
    ("length", "bucket"),
    [
        (0, 32),
        (28, 32),
        (29, 64),
        (60, 64),
        (61, 128),
        (252, 256),
        (253, 512),
        (508, 512),
        (509, 1024),
        (1021, 1536),
    ],
)
def test_a_sealed_length_tells_only_its_bucket(length: int, bucket: int) -> None:
    assert len(fields.seal(KEY, CELL, b"x" * length)) == 39 + bucket


def test_yes_and_no_are_equally_long_when_sealed() -> None:
    assert len(fields.seal(KEY, CELL, b"yes")) == len(fields.seal(KEY, CELL, b"no"))


def test_trailing_zeros_are_kept_and_not_taken_for_padding() -> None:
    for plaintext in (b"", b"\x00", b"a\x00", bytes(28), bytes(600)):
        assert fields.open_cell(KEY, CELL, fields.seal(KEY, CELL, plaintext)) == plaintext


@pytest.mark.parametrize(
    "fill",
    [
        b"",
        b"\x00" * 3,
        b"\x00\x00\x00\x02no" + bytes(25) + b"!",
        b"\x00\x00\x00\x02no" + bytes(58),
        b"\xff" * 32,
    ],
)
def test_a_second_padding_of_the_same_value_is_broken_even_under_the_right_key(fill: bytes) -> None:
    place = b"\x00\x0btestimonies\x00\x07account"
    associated = b"\x01" + place + CELL.row.bytes + CELL.case.bytes + b"\x00\x09TESTIMONY\x00\x07"
    field_key = kdf.expand(KEY, "amana/field/v1", context=place)
    header = fields.seal(KEY, CELL, PLAIN, nonce=bytes(12))[:23]

    def sealed(padded: bytes) -> bytes:
        return header + AESGCM(field_key).encrypt(bytes(12), padded, associated)

    assert fields.open_cell(KEY, CELL, sealed(b"\x00\x00\x00\x02no" + bytes(26))) == b"no"
    stays_shut(CELL, sealed(fill))


def test_each_column_has_a_key_of_its_own() -> None:
    columns = (CELL, replace(CELL, column="summary"), replace(CELL, table="notes"))
    assert len({fields.seal(KEY, cell, PLAIN)[3:11] for cell in columns}) == 3


def test_the_layout_is_the_one_in_the_readme() -> None:
    sealed = fields.seal(KEY, CELL, PLAIN, nonce=bytes(12))
    assert sealed[0] == 1
    assert sealed[1:3] == (7).to_bytes(2, "big")
    assert sealed[11:23] == bytes(12)
    assert len(sealed[23:]) == 64 + 16


@pytest.mark.parametrize("noise", [b"", b"\x01\x00", b"\x02" + bytes(60), bytes(60), b"\x01" + bytes(37)])
def test_no_generation_is_read_from_what_is_no_field(noise: bytes) -> None:
    with pytest.raises(SealBroken):
        fields.generation_of(noise)


def test_keys_nonces_and_cells_the_format_cannot_hold_are_defects() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        fields.seal(bytes(16), CELL, PLAIN)
    with pytest.raises(ValueError, match="32 bytes"):
        fields.open_cell(bytes(31), CELL, fields.seal(KEY, CELL, PLAIN))
    with pytest.raises(ValueError, match="12 bytes"):
        fields.seal(KEY, CELL, PLAIN, nonce=os.urandom(16))
    for generation in (-1, 0x10000):
        with pytest.raises(ValueError, match="generation"):
            replace(CELL, generation=generation)
    for unnamed in ({"table": ""}, {"column": ""}, {"compartment": ""}):
        with pytest.raises(ValueError, match="names"):
            fields.Cell(**{name: getattr(CELL, name) for name in inspect.signature(fields.Cell).parameters} | unnamed)


@given(st.binary(max_size=3000))
def test_the_size_of_a_cell_tells_only_the_bucket(plaintext: bytes) -> None:
    told = fields.room(fields.seal(KEY, CELL, plaintext))

    assert len(plaintext) <= told
    assert told == fields.room(fields.seal(KEY, CELL, b"x" * told)), "the longest that fits has the same size"
    assert fields.room(b"") == 0


def many(count: int, key: bytes = KEY) -> list[tuple[bytes, bytes]]:
    """Rows of one column, each with what it says: its own number."""
    cells_ = [replace(CELL, row=UUID(int=number)) for number in range(count)]
    return [(cell.row.bytes, fields.seal(key, cell, b"row %d" % cell.row.int)) for cell in cells_]


def test_many_rows_of_a_column_open_as_one_by_one() -> None:
    rows = many(5)

    assert [*fields.open_cells(KEY, CELL, rows)] == [
        fields.open_cell(KEY, replace(CELL, row=UUID(bytes=row)), sealed) for row, sealed in rows
    ]


@pytest.mark.parametrize("bad", ["swapped", "altered", "cut", "another key", "another column"])
def test_among_many_rows_one_that_is_wrong_is_broken(bad: str) -> None:
    rows, cell = many(3), CELL
    (first, one), (second, two) = rows[0], rows[1]
    if bad == "swapped":
        rows[:2] = [(first, two), (second, one)]
    elif bad == "altered":
        rows[2] = (rows[2][0], rows[2][1][:-1] + bytes([rows[2][1][-1] ^ 1]))
    elif bad == "cut":
        rows[2] = (rows[2][0], rows[2][1][:20])
    elif bad == "another key":
        rows[2] = many(3, bytes(32))[2]
    else:
        cell = replace(CELL, column="counsel")

    with pytest.raises(SealBroken):
        list(fields.open_cells(KEY, cell, rows))

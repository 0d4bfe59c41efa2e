"""Sealed fields: one cell of one row of one case, which opens nowhere else.

``0x01 || generation u16 || commitment[8] || nonce[12] || AES-256-GCM(padded) || tag[16]``

The rule kept here: a seal that was moved, altered, cut or made under another key
raises SealBroken, and nothing tells which of these it was.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.crypto import kdf
from app.errors import SealBroken

VERSION = 1
_HEADER_BYTES, _NONCE_BYTES, _TAG_BYTES = 11, 12, 16
_LENGTH_BYTES, _BUCKET_LEAST, _BUCKET_STEP = 4, 32, 512


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a sealed value lives. All six are bound into the seal.

    generation   of the compartment key, 0 to 65,535
    raises       ValueError for a generation or a name that the format cannot hold
    """

    table: str
    column: str
    row: UUID
    case: UUID
    compartment: str
    generation: int

    def __post_init__(self) -> None:
        if not 0 <= self.generation <= 0xFFFF:
            raise ValueError("a generation lies between 0 and 65,535")
        if not all((self.table, self.column, self.compartment)):
            raise ValueError("a cell names its table, column and compartment")


def seal(key: bytes, cell: Cell, plaintext: bytes, *, nonce: bytes | None = None) -> bytes:
    """Seal a value to its cell.

    key       the compartment key of that case and generation, 32 random bytes
    nonce     12 bytes; given only to make golden vectors, random otherwise
    returns   39 bytes plus the bucket of ``plaintext``
    raises    ValueError for a key or nonce of another length
    """
    field_key = _field_key(key, cell)
    nonce = os.urandom(_NONCE_BYTES) if nonce is None else nonce
    if len(nonce) != _NONCE_BYTES:
        raise ValueError("a nonce has 12 bytes")
    sealed = AESGCM(field_key).encrypt(nonce, _pad(plaintext), _associated(cell))
    return _header(field_key, cell) + nonce + sealed


def open_cell(key: bytes, cell: Cell, sealed: bytes) -> bytes:
    """What was sealed to exactly this cell under exactly this key.

    raises   SealBroken for every way the seal can fail; ValueError only for a key that
             has not 32 bytes, which is a defect of the caller
    """
    field_key = _field_key(key, cell)
    header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    if len(rest) < _NONCE_BYTES + _TAG_BYTES or not hmac.compare_digest(header, _header(field_key, cell)):
        raise SealBroken
    try:
        padded = AESGCM(field_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _associated(cell))
    except InvalidTag:
        raise SealBroken from None
    return _unpad(padded)


def open_cells(key: bytes, cell: Cell, sealed: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """What was sealed to many rows of one column under one key: as ``open_cell``, a third of its time each.

    cell     any of them: all but its row holds for all of them
    sealed   row id, 16 bytes, and its sealed text
    raises   SealBroken at the first that does not open
    """
    field_key = _field_key(key, cell)
    aead, expected = AESGCM(field_key), _header(field_key, cell)
    before, after = _around(cell)
    for row, text in sealed:
        if text[:_HEADER_BYTES] != expected or len(text) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES:
            raise SealBroken
        nonce, body = text[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES], text[_HEADER_BYTES + _NONCE_BYTES :]
        try:
            padded = aead.decrypt(nonce, body, before + row + after)
        except InvalidTag:
            raise SealBroken from None
        yield _unpad(padded)


def room(sealed: bytes) -> int:
    """How many bytes of plaintext a cell has room for: all that its size tells, to anybody who has the cell."""
    return max(0, len(sealed) - _HEADER_BYTES - _NONCE_BYTES - _TAG_BYTES - _LENGTH_BYTES)


def generation_of(sealed: bytes) -> int:
    """Which generation of the compartment key to fetch. Not proven until the seal opens.

    raises   SealBroken if these bytes cannot be a sealed field
    """
    if len(sealed) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[0] != VERSION:
        raise SealBroken
    return int.from_bytes(sealed[1:3], "big")


def _field_key(key: bytes, cell: Cell) -> bytes:
    if len(key) != 32:
        raise ValueError("a compartment key has 32 bytes")
    return kdf.expand(key, "amana/field/v1", context=_named(cell.table) + _named(cell.column))


def _header(field_key: bytes, cell: Cell) -> bytes:
    return bytes([VERSION]) + cell.generation.to_bytes(2, "big") + kdf.commitment(field_key, 8)


def _associated(cell: Cell) -> bytes:
    before, after = _around(cell)
    return before + cell.row.bytes + after


def _around(cell: Cell) -> tuple[bytes, bytes]:
    """What the associated data says before and after the row."""
    # Every text carries its length: "ab"+"c" and "a"+"bc" must never be the same cell.
    before = bytes([VERSION]) + _named(cell.table) + _named(cell.column)
    return before, cell.case.bytes + _named(cell.compartment) + cell.generation.to_bytes(2, "big")


def _named(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _bucket(length: int) -> int:
    # 32, 64, 128, 256, 512, then multiples of 512: a sealed "no" is as long as a sealed "yes".
    size = _BUCKET_LEAST
    while size < length and size < _BUCKET_STEP:
        size *= 2
    return size if length <= size else -(-length // _BUCKET_STEP) * _BUCKET_STEP


def _pad(plaintext: bytes) -> bytes:
    filled = len(plaintext).to_bytes(_LENGTH_BYTES, "big") + plaintext
    return filled.ljust(_bucket(len(filled)), b"\x00")


def _unpad(padded: bytes) -> bytes:
    # A holder of the key could seal a second padding of the same value and smuggle in
    # the fill what no reader sees; so there is one padding, and any other is broken.
    plaintext = padded[_LENGTH_BYTES:][: int.from_bytes(padded[:_LENGTH_BYTES], "big")]
    if not hmac.compare_digest(padded, _pad(plaintext)):
        raise SealBroken
    return plaintext

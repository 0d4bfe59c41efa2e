"""Boxes: a wrapped secret under a symmetric key, bound to what it is for.

``0x01 || commitment[32] || nonce[12] || AES-256-GCM(plaintext) || tag[16]``

The commitment is whole here, not cut to 8 bytes as in a field: a box may lie under a key
made of a passphrase, and a shorter one would let one forged box test many guesses at once.
"""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.crypto import kdf
from app.errors import SealBroken

VERSION = 1
_HEADER_BYTES, _NONCE_BYTES, _TAG_BYTES = 33, 12, 16


def seal_box(key: bytes, plaintext: bytes, *, context: bytes, nonce: bytes | None = None) -> bytes:
    """Wrap a secret.

    key       32 uniformly random or derived bytes
    context   what the secret is and whose; the same bytes are needed to open
    nonce     12 bytes; given only to make golden vectors, random otherwise
    returns   61 bytes more than ``plaintext``
    raises    ValueError for a key or nonce of another length
    """
    box_key = _box_key(key)
    nonce = os.urandom(_NONCE_BYTES) if nonce is None else nonce
    if len(nonce) != _NONCE_BYTES:
        raise ValueError("a nonce has 12 bytes")
    return _header(box_key) + nonce + AESGCM(box_key).encrypt(nonce, plaintext, _associated(context))


def open_box(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """The secret that was wrapped under this key for this context.

    raises   SealBroken for every way the seal can fail; ValueError only for a key that
             has not 32 bytes, which is a defect of the caller
    """
    box_key = _box_key(key)
    header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    if len(rest) < _NONCE_BYTES + _TAG_BYTES or not hmac.compare_digest(header, _header(box_key)):
        raise SealBroken
    try:
        return AESGCM(box_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], _associated(context))
    except InvalidTag:
        raise SealBroken from None


def _box_key(key: bytes) -> bytes:
    if len(key) != 32:
        raise ValueError("the key of a box has 32 bytes")
    return kdf.expand(key, "amana/box/v1")


def _header(box_key: bytes) -> bytes:
    return bytes([VERSION]) + kdf.commitment(box_key, 32)


def _associated(context: bytes) -> bytes:
    return bytes([VERSION]) + context

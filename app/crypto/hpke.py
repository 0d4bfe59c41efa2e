"""Sealing to a key holder who is not here: HPKE, post-quantum hybrid from the first row.

``0x01 || enc[1120] || AES-256-GCM(plaintext) || tag[16]``

RFC 9180 base mode; KEM X-Wing (ML-KEM-768 + X25519, id 0x647A), HKDF-SHA256, AES-256-GCM.
The hybrid key classes of ``cryptography`` do not serialise, so a key is kept as its parts:
private ``seed[64] || X25519[32]``, public ``ML-KEM[1184] || X25519[32]``.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from app.errors import SealBroken

VERSION = 1
PRIVATE_BYTES, PUBLIC_BYTES = 96, 1216
_SEED_BYTES, _ENCAPSULATION_BYTES = 64, 1184
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class PrivateKey:
    """A key holder's private key in memory. Prints as nothing and refuses to be pickled.

    Its two halves and its public key are worked out when first asked for, and once: expanding
    the seed costs as much as opening a seal, and most requests need neither more than once.
    """

    __slots__ = ("_halves", "_public", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._halves: tuple[MLKEM768PrivateKey, X25519PrivateKey] | None = None
        self._public: bytes | None = None

    @classmethod
    def from_raw(cls, raw: bytes) -> PrivateKey:
        """Build the key from its 96 bytes; ValueError for any other length."""
        if len(raw) != PRIVATE_BYTES:
            raise ValueError("a private key has 96 bytes")
        return cls(raw)

    @property
    def raw(self) -> bytes:
        """96 bytes: ML-KEM seed[64] || X25519[32]."""
        return self._raw

    @property
    def public(self) -> bytes:
        """1,216 bytes: ML-KEM[1184] || X25519[32]."""
        if self._public is None:
            post_quantum, classical = self.halves
            self._public = post_quantum.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw()
        return self._public

    @property
    def halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        """The two private keys the library takes."""
        if self._halves is None:
            self._halves = (
                MLKEM768PrivateKey.from_seed_bytes(self._raw[:_SEED_BYTES]),
                X25519PrivateKey.from_private_bytes(self._raw[_SEED_BYTES:]),
            )
        return self._halves

    def __repr__(self) -> str:
        return "PrivateKey()"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not pickled or copied")


def generate() -> PrivateKey:
    """A new key pair."""
    return PrivateKey.from_raw(os.urandom(PRIVATE_BYTES))


def seal_to(public: bytes, plaintext: bytes, *, info: bytes) -> bytes:
    """Seal so that only the holder of the private key can open.

    public    1,216 bytes
    info      binds the use: purpose, both ids, generation; needed again to open
    returns   1,137 bytes more than ``plaintext``; never the same twice
    raises    ValueError if ``public`` is no public key
    """
    if len(public) != PUBLIC_BYTES:
        raise ValueError("a public key has 1,216 bytes")
    holder = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_ENCAPSULATION_BYTES]),
        X25519PublicKey.from_public_bytes(public[_ENCAPSULATION_BYTES:]),
    )
    return bytes([VERSION]) + _SUITE.encrypt(plaintext, holder, info)


def open_with(private: PrivateKey, sealed: bytes, *, info: bytes) -> bytes:
    """What was sealed to this key for this use; SealBroken for every way it can fail."""
    if sealed[:1] != bytes([VERSION]):
        raise SealBroken
    try:
        return _SUITE.decrypt(sealed[1:], hpke.MLKEM768X25519PrivateKey(*private.halves), info)
    except (InvalidTag, ValueError):
        raise SealBroken from None

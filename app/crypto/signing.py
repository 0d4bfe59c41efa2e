"""Ed25519 (RFC 8032): a seed of 32 bytes, a public key of 32, a signature of 64."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import SealBroken


def generate() -> bytes:
    """A new seed, 32 bytes."""
    return os.urandom(32)


def public(seed: bytes) -> bytes:
    """The public key of a seed, 32 bytes; ValueError if the seed has not 32."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of a message, 64 bytes; ValueError if the seed has not 32."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Return if the holder of ``public`` signed exactly this; else SealBroken, as for a malformed key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise SealBroken from None
